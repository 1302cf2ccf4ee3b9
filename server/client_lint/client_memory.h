#pragma once
// What several rules remember of one client: what it was given, and how the operations that it started went, as far as it looked.
//
//   GivenPaths anyone;
//   ClientMemory memory(anyone);
//   memory.TakeIn(exchange);              // before the rules see it
//   memory.monitors().back().end          // the exchange that told the client of the end, if one did
//
// One thread at a time.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "server/client_lint/exchange.h"

namespace provdlab::server::lint {

// The paths that a server handed out to anybody, in Locations and in answers that a fault had changed.
class GivenPaths {
 public:
  void TakeIn(const Exchange& exchange);
  // Whether it was handed out, or so much was that nobody knows.
  bool MayHave(const std::string& path) const { return full_ || hashes_.contains(std::hash<std::string>()(path)); }

 private:
  void Add(const std::string& path);
  std::unordered_set<std::size_t> hashes_;
  bool full_ = false;
};

// The id in the body; empty: there is none, or one that is longer than any plugin's or document's.
std::string SubjectOf(const Exchange& exchange);

// A monitor that the client was given.
struct Monitor {
  std::string path{};
  std::string collection{};  // what was posted to: "/provd/pg_mgr/install/update"
  std::string subject{};     // the id in the body; empty: none, or longer than any
  std::chrono::steady_clock::time_point at{};
  Line given{};
  std::uint64_t asked = 0;
  std::optional<Line> end{};  // the first answer that told of the end
  bool failed = false;
  std::uint64_t asked_after_end = 0;
  bool gone = false;  // deleted, by whomever

  bool Left() const { return !gone && (end || asked == 0); }
};

class ClientMemory {
 public:
  explicit ClientMemory(const GivenPaths& anyone) : anyone_(anyone) {}

  void TakeIn(const Exchange& exchange);
  void TakeInOther(const Exchange& exchange);  // another client's change

  const GivenPaths& anyone() const { return anyone_; }
  // The newest; of what was there before only numbers are left.
  const std::deque<Monitor>& monitors() const { return monitors_; }
  std::uint64_t monitors_given() const { return monitors_given_; }
  std::uint64_t monitors_left_earlier() const { return left_earlier_; }
  // The latest monitor of the collection, about `subject` if it is not empty; null if there is none.
  const Monitor* Latest(std::string_view collection, std::string_view subject = "") const;
  // Whether something that the client started may still run for all that it knows.
  bool MayRun(std::chrono::steady_clock::time_point now) const;

  // Whether it was the client that made the document, or it was given so much that nobody knows.
  bool MayHaveMade(const std::string& path) const;
  // The Location given to this client that `path` was made from by hand: put behind another path, or with segments left out. Null if none.
  const std::string* Resembled(const std::string& path) const;

 private:
  void Give(const Exchange& exchange);
  Monitor* Find(const std::string& path);  // null: none is remembered

  const GivenPaths& anyone_;
  std::deque<Monitor> monitors_;
  std::uint64_t monitors_given_ = 0;
  std::uint64_t left_earlier_ = 0;
  std::unordered_map<std::string, std::string> locations_;  // by last segment
};

}  // namespace provdlab::server::lint
