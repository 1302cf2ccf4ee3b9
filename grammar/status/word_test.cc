#include "grammar/status/word.h"

#include <gtest/gtest.h>

#include <string>

namespace provdlab::status {
namespace {

TEST(FirstCharacter, DecodesWellFormedUtf8) {
  struct Case {
    std::string text;
    char32_t code;
    std::size_t bytes;
  };
  for (const Case& c :
       {Case{"a", 'a', 1}, Case{"\x7F", 0x7F, 1}, Case{"\xC2\x80", 0x80, 2}, Case{"\xDF\xBF", 0x7FF, 2}, Case{"\xE0\xA0\x80", 0x800, 3},
        Case{"\xEF\xBF\xBF", 0xFFFF, 3}, Case{"\xF0\x90\x80\x80", 0x10000, 4}, Case{"\xF4\x8F\xBF\xBF", 0x10FFFF, 4}}) {
    EXPECT_EQ(FirstCharacter(c.text).code, c.code);
    EXPECT_EQ(FirstCharacter(c.text).bytes, c.bytes);
  }
}

TEST(FirstCharacter, IsNoneWhereBytesAreNotUtf8) {
  for (const char* text : {"", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                           "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(FirstCharacter(text).bytes, 0u) << ::testing::PrintToString(text);
  }
}

TEST(WordCharacterBytes, KnowsLettersDigitsAndUnderscoreOfAnyScript) {
  // Latin, Cyrillic, Arabic digit, Devanagari letter, CJK at both ends of its block, Roman numeral, superscript, fraction,
  // fullwidth, mathematical digit, CJK beyond the basic plane.
  for (const char* text : {"a", "Z", "0", "_", "\u00AA", "\u00E9", "\u0416", "\u0663", "\u0915", "\u4E00", "\u9FFF", "\u2167", "\u00B2",
                           "\u00BD", "\uFF21", "\U0001D7D8", "\U00020000"}) {
    EXPECT_EQ(WordCharacterBytes(text), std::string(text).size()) << text;
  }
}

TEST(WordCharacterBytes, IsNoneForAllElse) {
  // Punctuation, a sign, a currency, a combining mark, an emoji, a private character, a zero width joiner, a no-break blank.
  for (const char* text : {"", "-", "|", " ", "@", "[", "`", "{", "\x7F", "\u00A9", "\u00D7", "\u20AC", "\u0301", "\U0001F600", "\uE000",
                           "\u200D", "\u00A0", "\U0010FFFF", "\xE9"}) {
    EXPECT_EQ(WordCharacterBytes(text), 0u) << text;
  }
}

TEST(FirstDigit, HasTheValueInAnyScript) {
  EXPECT_EQ(FirstDigit("7|").value, 7u);
  EXPECT_EQ(FirstDigit("\u0660").value, 0u);
  EXPECT_EQ(FirstDigit("\u0669").value, 9u);
  EXPECT_EQ(FirstDigit("\u096C").value, 6u);
  EXPECT_EQ(FirstDigit("\U0001D7FF").value, 9u);
  for (const char* text : {"", "x", "/", ":", "\u00B2", "\u2167", "\u066A", "\u00E9", "\xFF"})
    EXPECT_EQ(FirstDigit(text).bytes, 0u) << text;
}

}  // namespace
}  // namespace provdlab::status
