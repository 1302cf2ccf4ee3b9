#pragma once
// What a DHCP server tells about a phone's lease.
//
//   auto info = ParseDhcpInfo(R"({"op": "commit", "ip": "192.0.2.7", "mac": "00-1A-2B-3C-4D-5E", "options": ["06054.65.73.74"]})"_json);
//   info->mac;             // "00:1a:2b:3c:4d:5e"
//   info->options.at(60);  // "Test"
//
// A value; any thread.

#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

struct DhcpInfo {
  enum class Event { kCommit, kExpiry, kRelease };
  Event event = Event::kCommit;
  std::string ip;
  // Of a commit only:
  std::string mac;                     // in normal form
  std::map<int, std::string> options;  // by code; a value may be empty
};

// `info` is an object. An option is a text of three decimal digits of code and hexadecimal bytes joined by dots; of a repeated one the last
// counts. kInvalid, with a sentence that names the member.
Result<DhcpInfo> ParseDhcpInfo(const Json& info);

}  // namespace provdlab::server
