#pragma once
// TFTP's datagrams as plain values: RFC 1350 with the options of RFC 2347.
//
//   auto packet = tftp::Parse(datagram);                                     // kInvalid: what is wrong with it
//   if (const auto* request = std::get_if<tftp::Request>(&*packet)) Serve(request->file);
//   Send(tftp::Encode(tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "File not found"}));
//
// Pure; any thread. Parsing never throws, whatever the bytes are.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace provdlab::tftp {

inline constexpr std::size_t kBlockSize = 512;             // unless another one is agreed on
inline constexpr std::size_t kLeastBlockSize = 8;          // RFC 2348
inline constexpr std::size_t kGreatestBlockSize = 65'464;  // RFC 2348
inline constexpr std::size_t kLongestRequest = 512;        // RFC 2347

// RFC 1350, and 8 of RFC 2347.
enum class ErrorCode : std::uint16_t {
  kUndefined = 0,
  kNotFound = 1,
  kAccess = 2,
  kDiskFull = 3,
  kIllegalOperation = 4,
  kUnknownTransfer = 5,
  kFileExists = 6,
  kNoSuchUser = 7,
  kOptionRefused = 8,
};

struct Option {
  std::string name, value;  // as they were written; names mean the same in any letter case
  friend bool operator==(const Option&, const Option&) = default;
};

struct Request {
  bool write = false;  // a WRQ
  std::string file;
  std::string mode;  // "octet", "netascii", … in any letter case
  std::vector<Option> options{};
  friend bool operator==(const Request&, const Request&) = default;
};
struct Data {
  std::uint16_t block = 0;
  std::string bytes;
  friend bool operator==(const Data&, const Data&) = default;
};
struct Ack {
  std::uint16_t block = 0;
  friend bool operator==(const Ack&, const Ack&) = default;
};
struct ErrorPacket {
  ErrorCode code = ErrorCode::kUndefined;
  std::string message;
  friend bool operator==(const ErrorPacket&, const ErrorPacket&) = default;
};
struct OptionAck {
  std::vector<Option> options;
  friend bool operator==(const OptionAck&, const OptionAck&) = default;
};
using Packet = std::variant<Request, Data, Ack, ErrorPacket, OptionAck>;

Result<Packet> Parse(std::string_view datagram);
std::string Encode(const Packet& packet);

}  // namespace provdlab::tftp
