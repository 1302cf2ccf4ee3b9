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
    const std::uint64_t number = asked_++;
    changed_.wait(lock, [&] { return ended_ == number; });
    return Turn(this);
  }

  // How many have asked and not got theirs.
  std::uint64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return asked_ > ended_ + 1 ? asked_ - ended_ - 1 : 0;
  }

 private:
  void End() {
    {
      const std::lock_guard lock(mutex_);
      ++ended_;
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace provdlab::server
