#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace provdlab {

const SystemClock& SystemClock::Get() {
  static const SystemClock clock;
  return clock;
}
std::chrono::steady_clock::time_point SystemClock::Steady() const { return std::chrono::steady_clock::now(); }
std::chrono::system_clock::time_point SystemClock::Wall() const { return std::chrono::system_clock::now(); }

FakeClock::FakeClock()
    // Not at the epoch: code that takes a zero for "never" shall be found out.
    : steady_(std::chrono::hours(1)), wall_(std::chrono::seconds(1'767'225'600)) {}

std::chrono::steady_clock::time_point FakeClock::Steady() const {
  const std::lock_guard lock(mutex_);
  return steady_;
}

std::chrono::system_clock::time_point FakeClock::Wall() const {
  const std::lock_guard lock(mutex_);
  return wall_;
}

void FakeClock::Advance(std::chrono::nanoseconds by) {
  if (by < std::chrono::nanoseconds::zero()) return;
  const std::lock_guard lock(mutex_);
  steady_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(by);
  wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
}

void FakeClock::SetWall(std::chrono::system_clock::time_point instant) {
  const std::lock_guard lock(mutex_);
  wall_ = instant;
}

std::string FormatInstant(std::chrono::system_clock::time_point instant) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(instant);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts = {};
  gmtime_r(&time, &parts);
  std::array<char, 80> text;
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                    parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>((milliseconds - seconds).count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace provdlab
