#pragma once
// Where a phone finds its files: a server, and a folder on it.
//
//   std::optional<Location> base = ReadLocation("http://192.0.2.10:8667/Aastra");
//   base->PathOf("aastra.cfg", false);                                // "/Aastra/aastra.cfg"
//
// Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/phone/phone.h"

namespace provdlab::phone {

struct Location {
  Fetch::Protocol protocol = Fetch::Protocol::kHttp;
  std::string host;
  std::uint16_t port = 0;
  std::string folder;  // as it is written behind the host: "", "/", "/Aastra", "/Aastra/"

  // What is asked for to get a file of that name there. Bytes that can't stand in a request are written as %XX over HTTP. With
  // `keep_double_slashes` a folder that ends in '/' makes "//". Nothing if no request can hold it.
  std::optional<std::string> PathOf(std::string_view name, bool keep_double_slashes) const;
  // As the name says, which is a whole path.
  std::optional<std::string> PathAsWritten() const;
  std::string Text() const;  // as it is written, with the port if it is not the protocol's own
  friend bool operator==(const Location&, const Location&) = default;
};

// Of an http, https or tftp URL; nothing for another scheme, and for what is no URL.
std::optional<Location> ReadLocation(std::string_view url);

}  // namespace provdlab::phone
