#pragma once
// The exchange behind the manager interface and the HTTP gateway: carries notifications to phones, misbehaves on command, keeps a journal.
//
//   Switchboard switchboard(DeliverOverSip({.registrar = &registrar}));
//   switchboard.faults().Add({.target = "alice", .action = {{"delay", 3000}}});     // {"fail": "No such peer"}, {"hang": true}
//   switchboard.Hold("alice");
//   … somebody asks for a notification of alice …
//   switchboard.AwaitHeld("alice", 5s);
//   switchboard.Release("alice");
//
// Targets of faults and holds are peers, or addresses where a phone was asked for by its address, or "*". All methods may be called from
// any thread.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/admin/fault_list.h"
#include "base/admin/journal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "simulator/ami/notification.h"

namespace provdlab::ami {

// An entry of the journal as a value: one notification that somebody asked for.
struct Entry {
  std::uint64_t sequence = 0;
  std::string when;              // RFC 3339
  std::string through;           // "ami" or "http"
  std::string action, peer, ip;  // as in Notification: peer or ip
  std::string event;             // "check-sync"
  std::string outcome;           // "pending", "delivered", "failed"
  std::string why;               // a sentence, if it failed
  std::string fault;             // the action applied, as JSON, or empty
};

class Switchboard {
 public:
  static constexpr std::size_t kMostHolds = 1'000;
  // A notification that hangs or is held goes no further after so long, whoever forgot it.
  static constexpr std::chrono::minutes kLongestWait{10};

  // Tells the phone; returns once it has accepted. Called from many threads at once, without a lock.
  using Deliver = std::function<Result<>(const Notification&, const std::stop_token&)>;
  // `clock` is the journal's, and outlives this.
  explicit Switchboard(Deliver deliver, const Clock& clock = SystemClock::Get());

  // Blocks until it is delivered or has failed. kCancelled once `stop` is asked for: the client has gone, or the server stops.
  Result<> Notify(const Notification& notification, std::string_view through, const std::stop_token& stop);

  // Notifications of `target` wait before they are delivered, until Release. kInvalid without a target, kConflict if there are too many.
  Result<> Hold(const std::string& target);
  Result<> Release(const std::string& target);  // kNotFound if nothing was held
  // Until a notification waits at the hold. kNotFound without a hold, kTimeout, kCancelled if it is released meanwhile.
  Result<> AwaitHeld(const std::string& target, std::chrono::milliseconds deadline);
  Json holds() const;  // [{"target", "standing": notifications that wait there}]

  // Until one of `target`, with a sequence above `after`, has been asked for; it may still be pending. "*": of whomever. kTimeout.
  Result<Entry> AwaitNotification(const std::string& target, std::chrono::milliseconds deadline, std::uint64_t after = 0) const;
  // Until the notification of that sequence is not pending any more. kTimeout, kNotFound if its entry is not there, or not any more.
  Result<Entry> AwaitEnd(std::uint64_t sequence, std::chrono::milliseconds deadline) const;
  std::vector<Entry> Journal(std::uint64_t after = 0) const;
  admin::Journal& journal() { return journal_; }
  admin::FaultList& faults() { return faults_; }
  void Reset();  // faults, holds and journal are gone; what hung or was held fails

 private:
  struct Held {
    std::uint64_t id = 0;
    std::size_t standing = 0;
  };
  // `resets` as they were when it was asked for.
  Result<> Carry(const Notification& notification, const Json& applied, std::uint64_t resets, const std::stop_token& stop);
  Result<> WaitForHolds(const std::string& target, std::uint64_t resets, const std::stop_token& stop);

  const Deliver deliver_;
  const Clock& clock_;
  admin::Journal journal_;
  admin::FaultList faults_;

  mutable std::mutex mutex_;  // of what follows; never held while a phone is told
  mutable std::condition_variable_any changed_;
  std::map<std::string, Held> holds_;
  std::uint64_t last_hold_ = 0;
  std::uint64_t resets_ = 0;
};

}  // namespace provdlab::ami
