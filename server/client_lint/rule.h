#pragma once
// What a rule is, and what it finds.
//
// A rule looks at the exchanges of one client, one after the other, and can say at any time what it has found. It remembers a bounded
// amount, whatever a client does. It would rather miss than err: what could be right is not told.
//
//   class MethodNotAllowed : public Rule {
//     void See(const Exchange& exchange) override { if (exchange.status == 405) tally_.Add({LineOf(exchange)}); }
//     …
//
// Answers in which a fault was at work (Exchange::misled) are shown to rules only so that they learn; nothing may be blamed for them. The
// order in which exchanges are seen is that of the answers: what a client was told it was told before. Rules belong to a ClientLint, which
// sees to it that one thread at a time uses them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/client_lint/exchange.h"

namespace provdlab::server::lint {

class ClientMemory;

enum class Severity { kWrong, kWasteful };
std::string_view SeverityName(Severity severity);  // "wrong", "wasteful"

struct Finding {
  std::string_view rule{};  // its stable name
  Severity severity = Severity::kWrong;
  std::uint64_t count = 0;
  std::uint64_t after_resets = 0;        // of these, what came after the reset that ended what the sentence tells
  std::string sentence{};                // what happened, with the counts
  std::vector<Line> example{};           // the first exchange that shows it, in the order of time
  std::vector<std::uint64_t> further{};  // numbers of more; there may be more than are kept
  std::string instead{};                 // what to do
  std::string command{};                 // the same as a command; "{origin}" stands for the server
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual void See(const Exchange& exchange) = 0;
  // What another client changed.
  virtual void SeeOther(const Exchange& exchange) { static_cast<void>(exchange); }
  virtual std::optional<Finding> Conclude() const = 0;
};

// How often something happened, with an example.
class Tally {
 public:
  // `example` is told if it is the first one; its last exchange is the one that counts.
  void Add(std::vector<Line> example);
  std::uint64_t count() const { return count_; }
  // A finding with what was counted; nothing if it was fewer than `least`.
  std::optional<Finding> Found(std::string_view rule, Severity severity, std::uint64_t least = 1) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<Line> example_;
  std::vector<std::uint64_t> further_;
};

// How often each kind of a mistake was made: "5 application/json, 2 without one".
class Kinds {
 public:
  void Add(const std::string& kind);
  std::string Text() const;  // the most frequent first

 private:
  std::vector<std::pair<std::string, std::uint64_t>> kinds_;
  std::uint64_t others_ = 0;
};

// "1 monitor", "3 monitors".
std::string Counted(std::uint64_t count, std::string_view singular, std::string_view plural);

using Rules = std::vector<std::unique_ptr<Rule>>;

// The families, one file each. `memory` is that of the same client and outlives the rules; it has taken in an exchange before they see it.
void AddMessageRules(Rules& rules);                               // message_rules.cc: headers, queries and bodies
void AddPathRules(Rules& rules, const ClientMemory& memory);      // path_rules.cc: paths, methods, Locations
void AddMonitorRules(Rules& rules, const ClientMemory& memory);   // monitor_rules.cc: operations in progress
void AddDocumentRules(Rules& rules, const ClientMemory& memory);  // document_rules.cc: devices and configs
void AddHabitRules(Rules& rules, const ClientMemory& memory);     // habit_rules.cc: what is done again and again
Rules AllRules(const ClientMemory& memory);

}  // namespace provdlab::server::lint
