#include "simulator/phone/syntax/lines.h"

#include <optional>
#include <utility>

#include "base/http/message.h"
#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kLongestName = 200;

// The value as it was meant, of what stands behind the separator.
std::string Value(std::string_view text, const LinesSyntax& syntax) {
  if (syntax.trim_values)
    text = Trim(text);
  else if (text.starts_with(' '))
    text.remove_prefix(1);
  if (!syntax.quote.empty() && text.starts_with(syntax.quote)) {
    text.remove_prefix(syntax.quote.size());
    return std::string(text.substr(0, text.find(syntax.quote)));
  }
  if (syntax.comment_behind_values && !syntax.comment.empty()) {
    text = text.substr(0, text.find(syntax.comment));
    if (syntax.trim_values) text = Trim(text);
  }
  return std::string(text);
}

// A stray '%' stays what it is.
std::string Decoded(std::string value) {
  const std::optional<std::string> decoded = http::PercentDecode(value);
  return decoded && decoded->find('\0') == std::string::npos ? *decoded : value;
}

}  // namespace

std::string NormalName(std::string_view name, const LinesSyntax& syntax) {
  if (!syntax.ignore_case) return std::string(name);
  std::string normal;
  for (const char c : Lower(name)) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (normal.empty() || normal.back() == ' ')) continue;
    normal += blank ? ' ' : c;
  }
  if (normal.ends_with(' ')) normal.pop_back();
  return normal;
}

Result<std::vector<Setting>> ReadLines(std::string_view text, const LinesSyntax& syntax) {
  const auto broken = [&](std::size_t offset, const std::string& what) {
    const Position position = PositionAt(text, offset);
    return Fail(ErrorKind::kInvalid, "line " + std::to_string(position.line) + ": " + what, position);
  };
  if (text.size() > kLargestFile) return Fail(ErrorKind::kInvalid, "it is larger than " + std::to_string(kLargestFile) + " bytes");
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) return broken(nul, "there is a NUL byte");
  std::vector<Setting> settings;
  std::optional<std::size_t> first_odd;  // where the first line begins that is no setting
  for (std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0; at < text.size();) {
    const std::size_t begin = at;
    const std::size_t end = text.find('\n', at);
    std::string_view line = text.substr(at, end == std::string_view::npos ? end : end - at);
    at = end == std::string_view::npos ? text.size() : end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (Trim(line).empty() || (!syntax.comment.empty() && Trim(line).starts_with(syntax.comment))) continue;

    const std::size_t separator = line.find(syntax.separator);
    std::string_view name = Trim(line.substr(0, separator));
    while (!name.empty() && syntax.prefixes.find(name.front()) != std::string::npos) name = Trim(name.substr(1));
    if (separator == std::string_view::npos || name.empty() || name.size() > kLongestName || name.front() == '<') {
      if (syntax.strict) return broken(begin, "this is no setting: " + std::string(line.substr(0, 60)));
      if (!first_odd) first_odd = begin;
      continue;
    }
    if (settings.size() >= kMostSettings) return broken(begin, "there are more than " + std::to_string(kMostSettings) + " settings");

    std::string_view rest = line.substr(separator + syntax.separator.size());
    const std::string normal = NormalName(name, syntax);
    if (syntax.pieces.empty()) {
      std::string value = Value(rest, syntax);
      settings.push_back({normal, syntax.percent ? Decoded(std::move(value)) : std::move(value)});
      continue;
    }
    for (int number = 1; !rest.empty() || number == 1; ++number) {
      const std::size_t piece_end = rest.find(syntax.pieces);
      std::string value = Value(rest.substr(0, piece_end), syntax);
      rest = piece_end == std::string_view::npos ? "" : rest.substr(piece_end + syntax.pieces.size());
      settings.push_back(
          {number == 1 ? normal : normal + "." + std::to_string(number), syntax.percent ? Decoded(std::move(value)) : value});
      if (settings.size() > kMostSettings) return broken(begin, "there are more than " + std::to_string(kMostSettings) + " settings");
    }
  }
  if (settings.empty() && first_odd) return broken(*first_odd, "nothing in it is a setting");
  return settings;
}

}  // namespace provdlab::phone
