#pragma once
// A fault board for peers whose faults are JSON objects with a target: what a simulated peer has switched on, and how often it still
// counts.
//
//   FaultList faults(available, [](const Json& action) { return CheckAction(action); });
//   faults.Add({.target = "alice", .action = {{"status", 503}}, .times = 1});
//   Json action = faults.Apply({"alice"});       // {"status": 503}, once; null for whom no fault is meant
//
// Over an admin port a fault is {"target": "alice", "do": {"status": 503}, "times": 1, "request": 2}. Thread-safe.

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/admin/fault_board.h"

namespace provdlab::admin {

struct Fault {
  std::string target = "*";         // "*": whatever there is
  Json action = {};                 // as the peer's own check takes it
  std::optional<int> times = {};    // applies so many times, then ends; nullopt: until it is switched off
  std::optional<int> request = {};  // applies only to the n-th matching request after it was added, from 1; with `times`, from that one on
};

// kInvalid says which member is wrong. The action is not looked into.
Result<Fault> ReadFault(const Json& json);

class FaultList : public FaultBoard {
 public:
  static constexpr std::size_t kMostFaults = 1'000;
  using Check = std::function<Result<>(const Json& action)>;

  // `available` is what Available() answers.
  FaultList(Json available, Check check) : available_(std::move(available)), check_(std::move(check)) {}

  Result<int> Add(Fault fault);  // its id; kInvalid, or kConflict if there are too many
  // The next request of all these targets at once: the actions meant for it, in one object; null if there are none. Where two of them say
  // the same, the later one counts.
  Json Apply(std::initializer_list<std::string_view> targets);

  Json Available() const override { return available_; }
  Json Active() const override;
  Result<int> Switch(const Json& request) override;
  Result<> Off(int id) override;
  void OffAll() override;

 private:
  struct SwitchedOn {
    Fault fault;
    int seen = 0, hits = 0;
    bool AppliesToNext() const { return !fault.request || seen + 1 >= *fault.request; }
    std::optional<int> Remaining() const;
  };

  const Json available_;
  const Check check_;
  mutable std::mutex mutex_;
  std::map<int, SwitchedOn> faults_;
  int last_ = 0;
};

}  // namespace provdlab::admin
