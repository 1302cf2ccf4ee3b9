#include "conformance/runner/stop.h"

#include <algorithm>
#include <utility>

namespace provdlab::conformance {

void Stop::Look() const {
  if (why_.empty() && Clock::now() >= moment_) why_ = moment_why_;
}

void Stop::Ask(const std::string& why) {
  const std::lock_guard lock(mutex_);
  Look();
  if (why_.empty()) why_ = why;
  changed_.notify_all();
}

void Stop::AskAt(Clock::time_point when, std::string why) {
  const std::lock_guard lock(mutex_);
  moment_ = when;
  moment_why_ = std::move(why);
  changed_.notify_all();
}

void Stop::Halt(const std::string& why) {
  const std::lock_guard lock(mutex_);
  halted_ = why;
  changed_.notify_all();
}

void Stop::GoOn() {
  const std::lock_guard lock(mutex_);
  halted_.clear();
}

bool Stop::asked() const { return !why().empty(); }

std::string Stop::why() const {
  const std::lock_guard lock(mutex_);
  Look();
  return why_.empty() ? halted_ : why_;
}

bool Stop::WaitFor(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  const Clock::time_point end = Clock::now() + duration;
  while (true) {
    Look();
    if (!why_.empty() || !halted_.empty()) return true;
    if (Clock::now() >= end) return false;
    changed_.wait_until(lock, std::min(end, moment_));
  }
}

}  // namespace provdlab::conformance
