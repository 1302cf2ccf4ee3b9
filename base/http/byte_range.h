#pragma once
// The part of a file that a request's Range asks for (RFC 9110, 14).
//
//   RangeAnswer answer = ReadRange("bytes=0-1", 929);
//   if (answer.kind == RangeAnswer::Kind::kPart) Send206(answer.offset, answer.length);
//
// Only one range is given at a time: a request for several, or a field that can't be understood, gets the whole file, as a server may
// always answer. Pure; any thread.

#include <cstdint>
#include <string_view>

namespace provdlab::http {

struct RangeAnswer {
  enum class Kind { kWhole, kPart, kNowhere };  // 200, 206, 416
  Kind kind = Kind::kWhole;
  std::uint64_t offset = 0;  // of kPart
  std::uint64_t length = 0;  // likewise; at least 1
  friend bool operator==(const RangeAnswer&, const RangeAnswer&) = default;
};

RangeAnswer ReadRange(std::string_view field, std::uint64_t size);

}  // namespace provdlab::http
