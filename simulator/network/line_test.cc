#include "simulator/network/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(RandomStream, IsTheSameForEver) {
  RandomStream stream(1, "line", 7);
  const std::vector<std::uint64_t> first = {stream.Next(), stream.Next(), stream.Next()};
  EXPECT_THAT(first, ElementsAre(17826915964272973108u, 677124018048016324u, 6628684606352303750u));
}

TEST(RandomStream, DiffersBySeedPurposeAndNumber) {
  std::map<std::uint64_t, int> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const char* purpose : {"", "a", "b", "ab", "ba"}) {
      for (std::uint64_t number = 0; number < 100; ++number) ++seen[RandomStream(seed, purpose, number).Next()];
    }
  }
  EXPECT_EQ(seen.size(), 20u * 5 * 100);
}

TEST(RandomStream, DrawsEvenly) {
  RandomStream stream(3, "even");
  int chances = 0;
  std::map<std::uint64_t, int> dice;
  double sum = 0;
  for (int i = 0; i < 60'000; ++i) {
    chances += stream.Chance(0.25) ? 1 : 0;
    ++dice[stream.Below(6)];
    sum += stream.Fraction();
  }
  EXPECT_NEAR(chances, 15'000, 600);
  EXPECT_NEAR(sum, 30'000, 600);
  ASSERT_EQ(dice.size(), 6u);
  for (const auto& [face, count] : dice) EXPECT_NEAR(count, 10'000, 600) << face;
}

TEST(RandomStream, DrawsNothingWhereTheAnswerIsCertain) {
  RandomStream certain(5, "x"), fresh(5, "x");
  EXPECT_FALSE(certain.Chance(0));
  EXPECT_TRUE(certain.Chance(1));
  EXPECT_EQ(certain.Next(), fresh.Next());
}

// How often each number of copies came, of 10,000 datagrams, and when they came.
struct Carried {
  std::map<std::size_t, int> copies;
  std::map<Instant, int> after;
};
Carried Carry(const LineNoise& noise) {
  Line line(noise, RandomStream(11, "line"));
  Carried carried;
  for (int i = 0; i < 10'000; ++i) {
    const auto copies = line.Carry();
    ++carried.copies[copies.size()];
    for (const Instant after : copies) ++carried.after[after];
  }
  return carried;
}

TEST(Line, CarriesEverythingAtOnceWhenItIsQuiet) {
  const Carried carried = Carry({});
  EXPECT_EQ(carried.copies, (std::map<std::size_t, int>{{1, 10'000}}));
  EXPECT_EQ(carried.after, (std::map<Instant, int>{{0us, 10'000}}));
  EXPECT_TRUE(Line({}, RandomStream(1, "line")).quiet());
  EXPECT_FALSE(Line({.loss = 0.1}, RandomStream(1, "line")).quiet());
}

TEST(Line, LosesAndDoublesAsOften) {
  const Carried carried = Carry({.loss = 0.1, .duplication = 0.2});
  EXPECT_NEAR(carried.copies.at(0), 1'000, 100);
  EXPECT_NEAR(carried.copies.at(2), 1'800, 150);
  EXPECT_EQ(Carry({.loss = 1}).copies, (std::map<std::size_t, int>{{0, 10'000}}));
}

TEST(Line, DelaysAndHoldsBack) {
  const Carried carried = Carry({.reordering = 0.1, .delay = 20ms, .jitter = 2ms, .held = 30ms});
  int held = 0;
  for (const auto& [after, count] : carried.after) {
    EXPECT_GE(after, 20ms);
    EXPECT_LE(after, 52ms);
    EXPECT_TRUE(after <= 22ms || after >= 50ms) << after.count();
    if (after >= 50ms) held += count;
  }
  EXPECT_NEAR(held, 1'000, 100);
  EXPECT_GT(carried.after.size(), 1'000u) << "jitter takes many values";
}

}  // namespace
}  // namespace provdlab::network
