#pragma once
// The wish that a run ends early: somebody's Ctrl-C, or a budget that is spent. Whatever waits in the runner waits on it.
//
//   Stop stop;
//   stop.AskAt(Clock::now() + 60s, "budget");
//   while (!done && !stop.WaitFor(pause)) Poll();
//
// All methods may be called from any thread. A wish is never taken back; a halt, which looks the same to whoever waits, can be.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace provdlab::conformance {

class Stop {
 public:
  using Clock = std::chrono::steady_clock;

  void Ask(const std::string& why);                     // the first reason stays
  void AskAt(Clock::time_point when, std::string why);  // becomes asked when that moment has come
  // Whatever waits ends until GoOn: there is nothing to wait for just now. A wish that is there, or comes meanwhile, outlasts it.
  void Halt(const std::string& why);
  void GoOn();
  bool asked() const;       // or halted
  std::string why() const;  // empty while nobody asked
  // Waits; true if the end was asked for before the time was over.
  bool WaitFor(std::chrono::milliseconds duration);

 private:
  void Look() const;  // turns a moment that has come into a wish; mutex_ is held

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::string why_;
  std::string halted_;  // why, or empty
  Clock::time_point moment_ = Clock::time_point::max();
  std::string moment_why_;
};

}  // namespace provdlab::conformance
