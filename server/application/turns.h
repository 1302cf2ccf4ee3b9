#pragma once
// One change at a time, in the order of asking.
//
//   const auto turn = turns.Take();      // waits for those who asked before
//   Read(); Decide(); Commit();          // nobody else changes anything meanwhile
//                                        // the turn ends with its scope
//
// A change that touches many documents takes a turn for each, so that whoever asked in between waits for one document's work and not for
// all. Nothing slow happens in a turn but a commit: no network, no phone. Functions that must be called in a turn ask for it as
// an argument. Any thread; a thread that has a turn must not take another.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

namespace provdlab::server {

class Turns {
 public:
  class Turn {
   public:
    ~Turn() {
      if (turns_ != nullptr) turns_->End();
    }
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;

   private:
    friend class Turns;
    explicit Turn(Turns* turns) : turns_(turns) {}
    Turns* turns_;
  };

  [[nodiscard]] Turn Take() {
    std::unique_lock lock(mutex_);
    if (std::exchange(taken_, true)) {
      Waiting self;
      waiting_.push_back(&self);
      self.changed.wait(lock, [&] { return self.has_it; });
    }
    return Turn(this);
  }

  // How many have asked and not got theirs.
  std::uint64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  // Each waits by itself, so that hundreds cost no more than one: only the next is woken.
  struct Waiting {
    std::condition_variable changed;
    bool has_it = false;
  };

  void End() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    Waiting& next = *waiting_.front();
    waiting_.pop_front();
    next.has_it = true;
    next.changed.notify_one();  // under the lock: the next one takes its own condition with it
  }

  mutable std::mutex mutex_;
  bool taken_ = false;
  std::deque<Waiting*> waiting_;  // in the order of asking; each belongs to the thread that waits
};

}  // namespace provdlab::server
