// Any bytes, cut anywhere: parsing ends, takes no more than it was given, and comes to the same whatever the pieces were. The first byte
// says how long the pieces are, the rest is what a peer sends.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/parser.h"

namespace {

using provdlab::http::RequestParser;
using provdlab::http::ResponseParser;

// All whole requests before the first that is refused, as one text. Where there are several mistakes, or the end is missing, it may
// depend on the pieces which mistake is seen first, and when; not what is a request.
std::string Requests(std::string_view bytes, std::size_t piece) {
  RequestParser parser({.max_target_bytes = 64, .max_header_bytes = 512, .max_body_bytes = 1024});
  std::string seen;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    buffer += bytes.substr(at, piece);
    for (bool again = true; again && parser.state() != RequestParser::State::kRefused;) {
      const std::size_t used = parser.Put(buffer);
      if (used > buffer.size()) __builtin_trap();
      buffer.erase(0, used);
      again = parser.state() == RequestParser::State::kDone;
      if (!again) continue;
      const provdlab::http::Request request = parser.Take();
      seen += request.method + " " + request.target + "\n";
      for (const provdlab::http::Header& header : request.headers.fields()) seen += header.name + ": " + header.value + "\n";
      seen += request.body + "\n";
      again = !buffer.empty();
    }
  }
  const bool refused = parser.state() == RequestParser::State::kRefused;
  if (refused && (parser.refusal().status < 400 || parser.refusal().sentence.empty())) __builtin_trap();
  return seen;
}

// The answer as one text; empty if it is malformed or not whole.
std::string Answer(std::string_view bytes, std::size_t piece, bool to_head) {
  ResponseParser parser(to_head, 1024);
  std::string buffer;
  const auto reads = [&] { return parser.state() != ResponseParser::State::kDone && parser.state() != ResponseParser::State::kMalformed; };
  for (std::size_t at = 0; at < bytes.size() && reads(); at += piece) {
    buffer += bytes.substr(at, piece);
    const std::size_t used = parser.Put(buffer);
    if (used > buffer.size()) __builtin_trap();
    buffer.erase(0, used);
  }
  parser.PutEnd();
  if (parser.state() == ResponseParser::State::kMalformed) {
    if (parser.problem().empty()) __builtin_trap();
    return "";
  }
  if (parser.state() != ResponseParser::State::kDone) return "";
  const provdlab::http::Response response = parser.Take();
  return std::to_string(response.status) + "\n" + response.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (Requests(bytes, bytes.size()) != Requests(bytes, piece)) __builtin_trap();
  for (const bool to_head : {false, true})
    if (Answer(bytes, bytes.size(), to_head) != Answer(bytes, piece, to_head)) __builtin_trap();
  return 0;
}
