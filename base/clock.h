#pragma once
// Time as something that is handed in, so that a test decides what time it is.
//
//   class Cache { explicit Cache(const Clock& clock); … };
//   Cache cache(SystemClock::Get());        // the machine's time
//   FakeClock clock;                        // a test's time: stands still until it is moved
//   clock.Advance(std::chrono::hours(2));
//
// Steady() never goes back and measures durations; Wall() is the calendar's time, for people, and may jump.
// Clocks may be read from any thread, a FakeClock may also be moved from any.

#include <chrono>
#include <mutex>
#include <string>

namespace provdlab {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
  virtual std::chrono::system_clock::time_point Wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  static const SystemClock& Get();  // lives as long as the process
  std::chrono::steady_clock::time_point Steady() const override;
  std::chrono::system_clock::time_point Wall() const override;
};

// Begins at 2026-01-01T00:00:00Z, so that what a test prints is the same every day.
class FakeClock final : public Clock {
 public:
  FakeClock();
  std::chrono::steady_clock::time_point Steady() const override;
  std::chrono::system_clock::time_point Wall() const override;
  void Advance(std::chrono::nanoseconds by);                    // both clocks, never back
  void SetWall(std::chrono::system_clock::time_point instant);  // as if somebody had set the machine's date

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point steady_;
  std::chrono::system_clock::time_point wall_;
};

// "2026-11-23T20:15:00.250Z": UTC to the millisecond, as in reports and logs.
std::string FormatInstant(std::chrono::system_clock::time_point instant);

}  // namespace provdlab
