#pragma once
// Reads one file over TFTP and waits for it: for tests and tools. What drives many phones at once uses Receiver.
//
//   tftp::Fetched fetched = tftp::Fetch({.host = "127.0.0.1", .port = 69}, {.file = "Acme/common.cfg"}, std::chrono::seconds(10));
//   if (fetched.result.end == tftp::ReceiverEnd::kWhole) Use(fetched.result.bytes);
//
// Any thread; each call has a socket of its own.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/tftp/packet.h"
#include "base/tftp/receiver.h"

namespace provdlab::tftp {

struct ClientOptions {
  std::string host = "127.0.0.1";  // an IPv4 address
  std::uint16_t port = 69;
  std::string local_address{};   // where requests come from; empty: the system chooses
  std::uint16_t local_port = 0;  // 0: a free one
  ReceiverOptions receiving{};
};

struct Fetched {
  ReceiverResult result{};
  std::string server{};  // the address that the answers came from
  std::uint16_t server_port = 0;
};

// kTimeout: it was not over by the deadline; kUnavailable: nothing can be sent there. How the transfer ended, well or badly, is in the
// result.
Result<Fetched> Fetch(const ClientOptions& options, Request request, std::chrono::milliseconds deadline);

}  // namespace provdlab::tftp
