#include "grammar/status/word.h"

#include <algorithm>
#include <iterator>

namespace provdlab::status {
namespace {

struct Range {
  char32_t first, last;
};

#include "grammar/status/word_characters.inc"

// The least code point that may be written with a given number of bytes: longer spellings are not UTF-8.
constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};

}  // namespace

Character FirstCharacter(std::string_view text) {
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7F >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0) != 0x80) return {};
    code = code << 6 | (c & 0x3F);
  }
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes};
}

std::size_t WordCharacterBytes(std::string_view text) {
  const Character c = FirstCharacter(text);
  if (c.bytes <= 1) return c.bytes == 1 && kIsAsciiWord[c.code] ? 1 : 0;
  const auto* range = std::upper_bound(std::begin(kWordRanges), std::end(kWordRanges), c.code,
                                       [](char32_t code, const Range& r) { return code < r.first; });
  return range != std::begin(kWordRanges) && c.code <= std::prev(range)->last ? c.bytes : 0;
}

Digit FirstDigit(std::string_view text) {
  const Character c = FirstCharacter(text);
  if (c.bytes <= 1) return c.bytes == 1 && c.code >= '0' && c.code <= '9' ? Digit{static_cast<unsigned>(c.code - '0'), 1} : Digit{};
  const auto* zero = std::upper_bound(std::begin(kZeros), std::end(kZeros), c.code);
  if (zero == std::begin(kZeros) || c.code - *std::prev(zero) > 9) return {};
  return {static_cast<unsigned>(c.code - *std::prev(zero)), c.bytes};
}

}  // namespace provdlab::status
