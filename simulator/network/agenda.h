#pragma once
// What is to happen when. Both networks have one: in virtual time it is the clock, over sockets one timer follows it.
//
//   Agenda agenda;
//   Appointment retry = agenda.Add(now + 1s, [] { SendAgain(); });
//   agenda.Remove(retry);                                           // an answer came
//   while (auto due = agenda.TakeDue(now)) due();
//
// Of two things for the same instant the one that was added first comes first. What an appointment does may add and remove others.
// Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace provdlab::network {

using Instant = std::chrono::microseconds;  // since the beginning of the network

struct Appointment {
  Instant at{0};
  std::uint64_t number = 0;  // 0: none
  friend auto operator<=>(const Appointment&, const Appointment&) = default;
};

class Agenda {
 public:
  Agenda() = default;
  ~Agenda() { Clear(); }
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;

  Appointment Add(Instant at, std::function<void()> what) {
    const Appointment appointment{at, ++last_};
    entries_.emplace(appointment, std::move(what));
    return appointment;
  }
  // Nothing happens if it was removed or is past; the caller's note of it is emptied.
  void Remove(Appointment& appointment) { entries_.erase(std::exchange(appointment, Appointment())); }

  std::optional<Instant> next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first.at;
  }
  // The first of what is due at `now`, no longer on the agenda; empty if nothing is.
  std::function<void()> TakeDue(Instant now) {
    if (entries_.empty() || entries_.begin()->first.at > now) return {};
    std::function<void()> what = std::move(entries_.begin()->second);
    entries_.erase(entries_.begin());
    return what;
  }
  std::size_t size() const { return entries_.size(); }
  // What goes with an appointment may still remove others.
  void Clear() {
    const auto gone = std::exchange(entries_, {});
    static_cast<void>(gone);
  }

 private:
  std::map<Appointment, std::function<void()>> entries_;
  std::uint64_t last_ = 0;
};

}  // namespace provdlab::network
