#include "base/result.h"

#include <algorithm>

namespace provdlab {
namespace {

constexpr std::size_t kWidestLine = 160;

// The part of `line` that is worth showing around `column` (from 1), and the column in that part.
std::pair<std::string, std::size_t> Excerpt(std::string_view line, std::size_t column) {
  std::size_t begin = 0;
  if (line.size() > kWidestLine && column > kWidestLine / 2) begin = std::min(column - kWidestLine / 2, line.size());
  // Never begin inside a UTF-8 sequence.
  while (begin > 0 && begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xC0) == 0x80) --begin;
  std::string shown(line.substr(begin, kWidestLine));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '.';
  }
  return {shown, column - begin};
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not-found";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kForbidden:
      return "forbidden";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

std::string RenderError(const Error& error, std::string_view text, std::string_view name) {
  std::string out(name);
  if (!error.position) return out + ": " + error.message;
  const Position& at = *error.position;
  out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + error.message;
  const std::size_t offset = std::min(at.offset, text.size());
  const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find('\n', offset), text.size());
  const auto [line, column] = Excerpt(text.substr(begin, end - begin), at.column);
  // The caret's line has one blank per character shown, not per byte.
  std::string blanks;
  for (std::size_t i = 0; i + 1 < column && i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) blanks += ' ';
  }
  return out + "\n  " + line + "\n  " + blanks + "^";
}

}  // namespace provdlab
