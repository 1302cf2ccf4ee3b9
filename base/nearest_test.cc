#include "base/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace provdlab {
namespace {

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> words = {"repository", "raw", "GET", "eventually", "NAT"};
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"repositry", "repository"},
      {"repositoryy", "repository"},
      {"erpository", "repository"},
      {"get", "GET"},
      {"GTE", "GET"},
      {"nat", "NAT"},
      {"rwa", "raw"},
      {"raw", "raw"},
      {"", ""},
      {"zebra", ""},
      {"x", ""},
      {"eventuality", "eventually"},
  };
  for (const auto& [word, meant] : cases) EXPECT_EQ(Nearest(word, words), meant) << word;
}

TEST(Nearest, TakesTheFirstOfSeveral) {
  const std::vector<std::string_view> words = {"cat", "car"};
  EXPECT_EQ(Nearest("cap", words), "cat");
}

TEST(Nearest, DoesNotLookAtEndlessWords) {
  const std::vector<std::string_view> words = {"cat"};
  EXPECT_EQ(Nearest(std::string(1'000'000, 'c'), words), "");
}

}  // namespace
}  // namespace provdlab
