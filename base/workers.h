#pragma once
// Threads for work that takes long.
//
//   Workers workers(64);
//   workers.Start([](std::stop_token stop) { while (!stop.stop_requested() && …) …; });
//
// A thread is made when all that exist are busy, up to so many; further work waits its turn. The destructor asks everything to
// stop, drops what has not begun (its `abandoned` is called instead) and joins. Any thread may call Start.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace provdlab {

class Workers {
 public:
  using Work = std::function<void(std::stop_token)>;

  explicit Workers(std::size_t most) : most_(most) {}  // threads
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // `stop`, if given, stops only this piece of work; it is stopped by the destructor and StopAll as well.
  // Exactly one of `work` and `abandoned` is called, once; `abandoned` on the thread that stops, or at once while StopAll runs.
  void Start(Work work, std::function<void()> abandoned, std::stop_source stop = std::stop_source());

  // Asks all running work to stop, abandons what has not begun, and waits until nothing runs. Work can be started again after it.
  void StopAll();

 private:
  struct Piece {
    Work work;
    std::function<void()> abandoned;
    std::stop_source stop;
  };
  void AddThread();
  void Run();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> queue_;
  std::vector<std::stop_source> running_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  int stopping_ = 0;  // calls of StopAll that have not returned
  bool ending_ = false;
};

}  // namespace provdlab
