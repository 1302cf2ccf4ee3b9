#include "base/workers.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace provdlab {

Workers::~Workers() {
  StopAll();
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Start(Work work, std::function<void()> abandoned, std::stop_source stop) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ == 0) {
      queue_.push_back({std::move(work), std::move(abandoned), std::move(stop)});
      if (idle_ < queue_.size() && threads_.size() < most_) AddThread();
      changed_.notify_all();
      return;
    }
  }
  abandoned();
}

// If the machine has no more of them, those that are there do the work; without any it can't be done at all, and the exception says so.
void Workers::AddThread() {
  try {
    threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error&) {
    if (!threads_.empty()) return;
    queue_.pop_back();
    throw;
  }
}

void Workers::StopAll() {
  std::unique_lock lock(mutex_);
  ++stopping_;
  const std::deque<Piece> dropped = std::exchange(queue_, {});
  std::vector<std::stop_source> running = running_;
  lock.unlock();  // what is called now may itself want to start work
  for (const Piece& piece : dropped) piece.abandoned();
  for (std::stop_source& stop : running) stop.request_stop();
  lock.lock();
  changed_.wait(lock, [&] { return running_.empty(); });
  --stopping_;
}

void Workers::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    Piece piece = std::move(queue_.front());
    queue_.pop_front();
    running_.push_back(piece.stop);
    lock.unlock();
    piece.work(piece.stop.get_token());
    const std::stop_source stop = piece.stop;
    piece = {};  // what the work owned may take time to let go of
    lock.lock();
    running_.erase(std::find(running_.begin(), running_.end(), stop));
    changed_.notify_all();
  }
}

}  // namespace provdlab
