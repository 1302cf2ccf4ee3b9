#include "base/clock.h"

#include <gtest/gtest.h>

namespace provdlab {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FakeClock, StandsStillUntilItIsMoved) {
  FakeClock clock;
  const auto steady = clock.Steady();
  const auto wall = clock.Wall();
  EXPECT_EQ(clock.Steady(), steady);
  EXPECT_EQ(FormatInstant(wall), "2026-01-01T00:00:00.000Z");
  clock.Advance(milliseconds(1500));
  EXPECT_EQ(clock.Steady() - steady, milliseconds(1500));
  EXPECT_EQ(clock.Wall() - wall, milliseconds(1500));
  clock.Advance(seconds(-5));
  EXPECT_EQ(clock.Steady() - steady, milliseconds(1500));
}

TEST(FakeClock, SettingTheDateDoesNotMoveTheSteadyTime) {
  FakeClock clock;
  const auto steady = clock.Steady();
  clock.SetWall(clock.Wall() - hours(24));
  EXPECT_EQ(FormatInstant(clock.Wall()), "2025-12-31T00:00:00.000Z");
  EXPECT_EQ(clock.Steady(), steady);
}

TEST(SystemClock, DoesNotGoBack) {
  const Clock& clock = SystemClock::Get();
  const auto before = clock.Steady();
  EXPECT_GE(clock.Steady(), before);
  EXPECT_GT(clock.Wall(), std::chrono::system_clock::time_point(hours(24 * 365 * 50)));
}

TEST(FormatInstant, RoundsDownToTheMillisecond) {
  using std::chrono::system_clock;
  EXPECT_EQ(FormatInstant(system_clock::time_point(std::chrono::microseconds(1'999))), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(FormatInstant(system_clock::time_point(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace provdlab
