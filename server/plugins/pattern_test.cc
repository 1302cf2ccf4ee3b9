#include "server/plugins/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

Json Table() { return *ParseJson(*ReadFile("fixtures/phones/patterns.json")); }

// The same table is held against entry.py and against Python's `re`: see entry_point_agreement_test.
TEST(PatternTest, MatchesAsInTheTable) {
  const Json table = Table();
  for (const Json& row : table.at("matches")) {
    const auto sensitivity = row.value("ignore_case", false) ? Pattern::Case::kIgnored : Pattern::Case::kExact;
    const auto pattern = Pattern::Compile(row.at("pattern").get<std::string>(), sensitivity);
    ASSERT_TRUE(pattern) << row << pattern.error().message;
    const auto captures = pattern->Match(row.at("text").get<std::string>());
    EXPECT_EQ(captures ? Json(*captures) : Json(), row.at("captures")) << row;
  }
}

TEST(PatternTest, RefusesWithTheReason) {
  const Json table = Table();
  for (const Json& row : table.at("refused")) {
    const auto pattern = Pattern::Compile(row.at("pattern").get<std::string>(), Pattern::Case::kExact);
    ASSERT_FALSE(pattern) << row;
    EXPECT_EQ(pattern.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(pattern.error().message, HasSubstr(row.at("because").get<std::string>())) << row;
  }
}

TEST(PatternTest, SaysWhereTheMistakeIs) {
  EXPECT_EQ(Pattern::Compile("Acme (x)", Pattern::Case::kExact).error().position->column, 6u);
  EXPECT_EQ(Pattern::Compile("ab[z-a]", Pattern::Case::kExact).error().position->line, 1u);
}

TEST(PatternTest, TextsBeyondTheLimitMatchNothing) {
  const auto pattern = Pattern::Compile(".*", Pattern::Case::kExact);
  EXPECT_TRUE(pattern->Match(std::string(Pattern::kLongestText, 'a')));
  EXPECT_FALSE(pattern->Match(std::string(Pattern::kLongestText + 1, 'a')));
}

// What makes a backtracking matcher take for ever takes program × text steps at most.
TEST(PatternTest, NoPatternIsSlow) {
  const auto pattern = Pattern::Compile("(?:(?:a+)+)+(?:a|a|a)+(?:.*)(?:.*)(?:.*)(?:.*)b", Pattern::Case::kExact);
  ASSERT_TRUE(pattern);
  for (int round = 0; round < 20; ++round) EXPECT_FALSE(pattern->Match(std::string(Pattern::kLongestText, 'a')));
}

TEST(PatternTest, AnyBytesCanBeMatchedAgainst) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_TRUE(Pattern::Compile(".{255}.", Pattern::Case::kIgnored)->Match(bytes));
  EXPECT_FALSE(Pattern::Compile("\\w+", Pattern::Case::kIgnored)->Match(bytes));
}

}  // namespace
}  // namespace provdlab::server
