#pragma once
// Which characters are letters and digits to the published clients, whose patterns use Python's \w and \d: letters, digits and
// numbers of any script, and '_'. The tables are made from the Unicode database by word_characters.py.
//
//   WordCharacterBytes("é|progress")   // 2
//   WordCharacterBytes("|progress")    // 0
//
// Pure functions; any thread. A byte that does not begin a well-formed UTF-8 character is no character at all.

#include <array>
#include <cstddef>
#include <string_view>

namespace provdlab::status {

// The character that a text begins with.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: the text is empty, or its first byte begins nothing that is UTF-8
};
Character FirstCharacter(std::string_view text);

// For each byte: is it an ASCII letter, a digit or '_'? What reads many of them looks here first.
inline constexpr std::array<bool, 0x100> kIsAsciiWord = [] {
  std::array<bool, 0x100> is{};
  for (unsigned char c = 0; c < 0x80; ++c) is[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return is;
}();

// How many bytes the \w that `text` begins with has; 0 if it begins with something else.
std::size_t WordCharacterBytes(std::string_view text);

// The value of the \d that `text` begins with and how many bytes it has (0: none there).
struct Digit {
  unsigned value = 0;
  std::size_t bytes = 0;
};
Digit FirstDigit(std::string_view text);

}  // namespace provdlab::status
