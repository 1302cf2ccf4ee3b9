#include "conformance/runner/stop.h"

#include <gtest/gtest.h>

#include <thread>

namespace provdlab::conformance {
namespace {

using namespace std::chrono_literals;

TEST(Stop, AHaltIsTakenBackAndAWishIsNot) {
  Stop stop;
  EXPECT_FALSE(stop.asked());
  stop.Halt("target crashed");
  EXPECT_EQ(stop.why(), "target crashed");
  EXPECT_TRUE(stop.WaitFor(1h));
  stop.GoOn();
  EXPECT_FALSE(stop.asked());
  EXPECT_FALSE(stop.WaitFor(1ms));
  stop.Ask("interrupted");
  stop.GoOn();
  EXPECT_EQ(stop.why(), "interrupted");
}

TEST(Stop, AWishDuringAHaltOutlastsIt) {
  Stop stop;
  stop.Halt("target crashed");
  stop.Ask("interrupted");
  EXPECT_EQ(stop.why(), "interrupted");
  stop.GoOn();
  EXPECT_EQ(stop.why(), "interrupted");
}

TEST(Stop, AMomentThatComesIsAWish) {
  Stop stop;
  stop.AskAt(Stop::Clock::now(), "budget");
  stop.Halt("target crashed");
  EXPECT_EQ(stop.why(), "budget");
  stop.GoOn();
  EXPECT_EQ(stop.why(), "budget");
}

TEST(Stop, AHaltEndsWhatWaits) {
  Stop stop;
  std::thread halts([&] { stop.Halt("target crashed"); });
  EXPECT_TRUE(stop.WaitFor(1h));
  halts.join();
}

}  // namespace
}  // namespace provdlab::conformance
