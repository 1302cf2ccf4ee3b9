#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace provdlab {
namespace {

using testing::ElementsAre;

TEST(GlobMatch, FollowsTheTable) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"?", "", false},
      {"?", "a", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"install.*", "install.post-answers-201", true},
      {"install.*", "installed.get", false},
      {"*.get", "oip.get", true},
      {"*.get", "oip.get-more", false},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"**", "x", true},
      {"x**", "x", true},
      {"[ab]", "a", false},
      {"[ab]", "[ab]", true},
  };
  for (const auto& [pattern, text, matches] : kCases) EXPECT_EQ(GlobMatch(pattern, text), matches) << pattern << " on " << text;
}

TEST(GlobMatch, ManyStarsDoNotExplode) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatch(pattern + "b", std::string(5000, 'a')));
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(Split("a,b,,c", ','), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(Split("", ','), ElementsAre(""));
  EXPECT_THAT(Split(",", ','), ElementsAre("", ""));
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(Join({"a", "", "c"}, ", "), "a, , c");
  EXPECT_EQ(Join({}, ", "), "");
}

TEST(Trim, TakesBlanksOffBothEndsOnly) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \t "), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Case, IsThatOfAsciiOnly) {
  EXPECT_EQ(Lower("Content-TYPE \xC3\x89"), "content-type \xC3\x89");
  EXPECT_TRUE(EqualIgnoringCase("HoSt", "hOsT"));
  EXPECT_FALSE(EqualIgnoringCase("host", "hosts"));
  EXPECT_FALSE(EqualIgnoringCase("@", "`"));
}

TEST(Utf8, NamesTheFirstByteThatDoesNotFit) {
  const struct {
    std::string_view text;
    std::optional<std::size_t> bad;
  } kCases[] = {
      {"", std::nullopt},
      {"plain", std::nullopt},
      {std::string_view("nul\0nul", 7), std::nullopt},
      {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x93\x9E", std::nullopt},
      {"\xF4\x8F\xBF\xBF", std::nullopt},
      {"\xED\x9F\xBF", std::nullopt},
      {"caf\xE9", 3},              // latin-1
      {"\x80", 0},                 // a follower alone
      {"\xC0\xAF", 0},             // overlong
      {"a\xE0\x80\xAF", 1},        // overlong
      {"\xF0\x80\x80\xAF", 0},     // overlong
      {"\xED\xA0\x80", 0},         // a surrogate
      {"\xF4\x90\x80\x80", 0},     // beyond U+10FFFF
      {"ab\xE2\x82", 2},           // cut
      {"\xF8\x88\x80\x80\x80", 0}  // five bytes
  };
  for (const auto& [text, bad] : kCases) {
    EXPECT_EQ(FirstNonUtf8(text), bad) << text;
    EXPECT_EQ(IsUtf8(text), !bad.has_value()) << text;
  }
}

TEST(CompareNaturally, CountsRunsOfDigitsAsNumbers) {
  const char* const kAscending[] = {
      "",     "1",        "01",        "2",          "10", "010", "99999999999999999999999", "100000000000000000000000",
      "acme", "acme-9.0", "acme-10.0", "acme-10.0a", "b"};
  for (std::size_t i = 0; i < std::size(kAscending); ++i) {
    for (std::size_t k = 0; k < std::size(kAscending); ++k) {
      const int sign = i < k ? -1 : i > k ? 1 : 0;
      EXPECT_EQ(CompareNaturally(kAscending[i], kAscending[k]), sign) << kAscending[i] << " and " << kAscending[k];
      EXPECT_EQ(NaturalLess(kAscending[i], kAscending[k]), i < k);
    }
  }
}

TEST(NearestTexts, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"Aastra/00085D237429.cfg", "Aastra/aastra.cfg", "Aastra/6731i.st", "000000000000.cfg"};
  EXPECT_EQ(NearestTexts("Aastra/00085d237429.cfg", names, 1), std::vector<std::string>{"Aastra/00085D237429.cfg"});
  EXPECT_EQ(NearestTexts("aastra.cfg", names, 1), std::vector<std::string>{"Aastra/aastra.cfg"});  // a part
  EXPECT_EQ(NearestTexts("6731i.st", names, 9), std::vector<std::string>{"Aastra/6731i.st"});
  EXPECT_EQ(NearestTexts("Aastra/astra.cfg", names, 2), std::vector<std::string>{"Aastra/aastra.cfg"});
  EXPECT_EQ(NearestTexts("something else altogether", names, 9), std::vector<std::string>());
  EXPECT_EQ(NearestTexts("", {"abc", "abcdefgh"}, 9), std::vector<std::string>{"abc"});
  EXPECT_EQ(NearestTexts(std::string(1'000'000, 'x'), names, 9), std::vector<std::string>());
}

TEST(ParseDecimal, TakesWholeNumbersOnly) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("007"), 7u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), 18446744073709551615u);
  for (const char* const bad : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616"})
    EXPECT_EQ(ParseDecimal(bad), std::nullopt) << bad;
}

TEST(PositionAt, CountsLinesAndColumnsFromOne) {
  const std::string_view text = "ab\n\ncd";
  EXPECT_EQ(PositionAt(text, 0), (Position{0, 1, 1}));
  EXPECT_EQ(PositionAt(text, 2), (Position{2, 1, 3}));
  EXPECT_EQ(PositionAt(text, 3), (Position{3, 2, 1}));
  EXPECT_EQ(PositionAt(text, 5), (Position{5, 3, 2}));
  EXPECT_EQ(PositionAt(text, 99), (Position{6, 3, 3}));
}

}  // namespace
}  // namespace provdlab
