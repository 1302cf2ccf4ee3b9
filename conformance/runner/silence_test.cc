// How long a request is waited for whose like got no answer.

#include "conformance/runner/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace provdlab::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(KindOfRequestTest, LeavesIdsOpen) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"", "GET /"},
      {"/dev_mgr/devices", "GET /dev_mgr/devices"},
      {"/dev_mgr/devices?q={}", "GET /dev_mgr/devices"},
      {"/dev_mgr/devices/plab-a1-d2", "GET /dev_mgr/devices/…"},
      {"/cfg_mgr/configs/plab-a1-d2/raw", "GET /cfg_mgr/configs/…/raw"},
      {"/pg_mgr/install/install/4", "GET /pg_mgr/install/install/…"},
      {"/configure/NAT", "GET /configure/…"},
      {"/configure/plugin_server", "GET /configure/plugin_server"},
      {"/dev_mgr/", "GET /dev_mgr/"},
  };
  for (const auto& [path, kind] : kinds) EXPECT_EQ(KindOfRequest("GET", path), kind) << path;
}

class SilenceTest : public testing::Test {
 protected:
  Silence::Wait Ask(const std::string& id) { return silence_.WaitFor("GET", "/dev_mgr/devices/" + id, 10s); }
  std::string Lose(const Silence::Wait& wait) { return End(wait, http::Outcome::kTimeout); }
  std::string End(const Silence::Wait& wait, http::Outcome outcome) {
    http::Exchange exchange;
    exchange.outcome = outcome;
    exchange.problem = "Nothing came.";
    silence_.Note(wait, exchange);
    return exchange.problem;
  }
  void LoseInARow(int count) {
    for (int i = 0; i < count; ++i) Lose(Ask("1"));
  }
  bool Expects() const { return silence_.Expects("GET", "/dev_mgr/devices/2"); }

  Silence silence_{3s};
};

TEST_F(SilenceTest, ThreeInARowMakeTheNextOneShort) {
  LoseInARow(2);
  EXPECT_FALSE(Expects());
  EXPECT_EQ(Ask("2").time, 10s);
  LoseInARow(1);
  EXPECT_TRUE(Expects());
  const Silence::Wait wait = Ask("2");
  EXPECT_EQ(wait.time, 3s);
  EXPECT_EQ(Lose(wait), "Nothing came. It was waited for 3 s only, since the last 3 like it got no answer.");
}

TEST_F(SilenceTest, OtherKindsAreWaitedForAsEver) {
  LoseInARow(3);
  EXPECT_EQ(silence_.WaitFor("DELETE", "/dev_mgr/devices/1", 10s).time, 10s);
  EXPECT_EQ(silence_.WaitFor("GET", "/dev_mgr/devices", 10s).time, 10s);
}

TEST_F(SilenceTest, WhatIsWaitedForShortlyAnywayIsNotWaitedForLonger) {
  LoseInARow(3);
  EXPECT_EQ(silence_.WaitFor("GET", "/dev_mgr/devices/1", 1s).time, 1s);
}

TEST_F(SilenceTest, ThoseThatWereUnderWayTogetherCountOnce) {
  std::vector<Silence::Wait> together;
  for (int i = 0; i < 6; ++i) together.push_back(Ask("1"));
  for (const Silence::Wait& wait : together) Lose(wait);
  EXPECT_FALSE(Expects());
  LoseInARow(1);
  EXPECT_FALSE(Expects());
  LoseInARow(1);
  EXPECT_TRUE(Expects());
}

TEST_F(SilenceTest, AnAnswerEndsIt) {
  LoseInARow(5);
  EXPECT_EQ(End(Ask("2"), http::Outcome::kAnswered), "Nothing came.");
  EXPECT_FALSE(Expects());
  EXPECT_EQ(Ask("2").time, 10s);
}

TEST_F(SilenceTest, AConnectionThatIsClosedIsNoSilence) {
  LoseInARow(2);
  End(Ask("2"), http::Outcome::kClosed);
  LoseInARow(2);
  EXPECT_FALSE(Expects());
}

TEST_F(SilenceTest, ABeginningAnewEndsIt) {
  LoseInARow(3);
  silence_.Forget();
  EXPECT_EQ(Ask("2").time, 10s);
}

TEST_F(SilenceTest, NowAndThenOneIsWaitedForInFull) {
  LoseInARow(3);
  std::vector<int> full;
  for (int i = 1; i <= 40; ++i) {
    const Silence::Wait wait = Ask("2");
    if (wait.time == 10s) full.push_back(i);
    EXPECT_EQ(wait.shortened, wait.time == 3s);
    Lose(wait);
  }
  EXPECT_THAT(full, ElementsAre(8, 16, 32));
}

TEST_F(SilenceTest, IsToldOfInTheEnd) {
  LoseInARow(2);
  EXPECT_THAT(silence_.Sentences(), IsEmpty()) << "each of them was told by its scenario";
  LoseInARow(3);
  End(Ask("2"), http::Outcome::kAnswered);
  EXPECT_THAT(silence_.Sentences(), ElementsAre("GET /dev_mgr/devices/…: 5 requests got no answer; after 3 in a row most were waited for "
                                                "3 s only, and not asked again"));
}

}  // namespace
}  // namespace provdlab::conformance
