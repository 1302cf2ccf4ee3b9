#pragma once
// One TFTP transfer as a scenario describes it, over real sockets: with the misfortunes and the misconduct that it asks for.
//
//   auto seen = ReadOverTftp({.from = "127.64.0.1", .host = "127.0.0.1", .port = 69, .within = 20s}, {.file = "Aastra/aastra.cfg"});
//   (*seen)["end"];                                  // "whole"
//
// Any thread; each call has sockets of its own. What comes of the server's conduct is in the result; an error is this machine's fault.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::conformance {

struct TransferPlace {
  std::string from{};  // the phone's address; empty: this machine's
  std::string host{};  // a name or an IPv4 address
  std::uint16_t port = 69;
  std::chrono::milliseconds within{0};  // for all of it
  std::uint64_t seed = 1;               // of the noise on the line
  // How long it is looked for what comes although the phone has said that all is over.
  std::chrono::milliseconds afterwards{200};
};

struct TransferOrder {
  std::string file{};
  std::string mode = "octet";
  std::vector<std::pair<std::string, std::string>> options{};
  std::optional<std::uint64_t> loses_block{}, loses_ack{}, repeats_ack{}, stops_after{};  // block 0: the OACK
  std::optional<std::uint64_t> noise{};                                                   // of 100 datagrams so many are lost, each way
  std::string interjects{};                                                               // a datagram to the transfer's port, sent
  std::uint64_t interjects_after = 0;                                                     // before this block is acknowledged; 0: none is
  bool disturbed = false;                                                                 // a stranger acknowledges a block in the middle
};

// {"end": "whole" | "error" | "gave-up" | "too-large" | "malformed" | "stopped", "size", "sha1", "text", "blocks", "options", "error",
// "datagrams", "duplicates", "repeated", "afterwards", "stranger", "problem"}; members without a value are left out.
Result<Json> ReadOverTftp(const TransferPlace& place, const TransferOrder& order);
// A WRQ. {"end": "accepted" | "error" | "silent" | "malformed", "error"}
Result<Json> WriteOverTftp(const TransferPlace& place, const TransferOrder& order);
// One datagram, and the first that comes back. {"end": "data" | "accepted" | "options" | "error" | "silent" | "malformed", "error", …}
Result<Json> SendDatagram(const TransferPlace& place, const std::string& bytes);

}  // namespace provdlab::conformance
