#pragma once
// How tests wait for what another thread does: for the event itself, with a deadline, and never for a time to pass.
//
// A wait that ends at its deadline returns false, so that a test which expects true fails instead of hanging. Any thread may
// call everything; both outlive whoever waits at them.
//
//   Gate gate;
//   server.handler = [&](const Request&) { gate.Pass(); return Response{}; };
//   ask();                             // on a thread of its own
//   ASSERT_TRUE(gate.AwaitReached());  // now it is being answered
//   gate.Open();

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace provdlab {

// Something that happens once, and has happened from then on.
class Event {
 public:
  void Happen() {
    const std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  // False if it has not happened `within`: far more than a machine under load takes.
  bool Wait(std::chrono::seconds within = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [this] { return happened_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

// Where whoever passes is held until a test, which is told that somebody is there, opens it.
class Gate {
 public:
  // Returns once the gate is open; false after a minute, when the test that should open it has long given up.
  bool Pass() {
    reached_.Happen();
    return opened_.Wait(std::chrono::seconds(60));
  }
  bool AwaitReached() { return reached_.Wait(); }
  void Open() { opened_.Happen(); }

 private:
  Event reached_, opened_;
};

}  // namespace provdlab
