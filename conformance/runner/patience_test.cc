// Which attempt at a scenario counts.

#include "conformance/runner/patience.h"

#include <gtest/gtest.h>

#include <vector>

namespace provdlab::conformance {
namespace {

struct Case {
  const char* name;
  Patience patience;
  std::vector<std::optional<std::string>> lost;  // by attempt, until one stands
  bool hopeless;
};

const Case kCases[] = {
    {"NothingLost", kBadNetwork, {std::nullopt}, false},
    {"LostOnceOnASoundNetwork", kSoundNetwork, {"a", std::nullopt}, false},
    {"LostTwiceOnASoundNetwork", kSoundNetwork, {"a", "a"}, false},
    {"LostTwiceOnASoundNetworkAtTwoPlaces", kSoundNetwork, {"a", "b"}, false},
    {"LostUntilItIsTheTarget", {.attempts = 9, .same_place = 3, .sends = 1, .sound = false}, {"a", "b", "b", "b"}, false},
    {"ThroughAtLast", {.attempts = 9, .same_place = 3, .sends = 1, .sound = false}, {"a", "a", "b", "a", std::nullopt}, false},
    {"NeverThrough", {.attempts = 4, .same_place = 3, .sends = 1, .sound = false}, {"a", "a", "b", "a"}, true},
};

class TriesTest : public testing::TestWithParam<Case> {};

TEST_P(TriesTest, OnlyTheLastAttemptStands) {
  const Case& wanted = GetParam();
  Tries tries(wanted.patience);
  for (std::size_t i = 0; i < wanted.lost.size(); ++i) {
    tries.Note(wanted.lost[i]);
    EXPECT_EQ(tries.stand(), i + 1 == wanted.lost.size()) << "attempt " << i + 1;
  }
  EXPECT_EQ(tries.hopeless(), wanted.hopeless);
  EXPECT_EQ(tries.made(), static_cast<int>(wanted.lost.size()));
}

INSTANTIATE_TEST_SUITE_P(Cases, TriesTest, testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace provdlab::conformance
