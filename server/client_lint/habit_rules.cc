// What is done again and again.

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "server/client_lint/client_memory.h"
#include "server/client_lint/identical_answers.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {
namespace {

class ListAskedTooOften : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (exchange.OfList() && exchange.method == "GET" && exchange.status == 200 && !exchange.misled) answers_.See(exchange);
  }
  std::optional<Finding> Conclude() const override {
    auto finding = answers_.Found("list-asked-too-often");
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "list", "lists") + " told nothing new. " + answers_.LongestRun();
    finding->instead =
        "Keep the list, and ask again after a change. To wait for an operation, ask its monitor; for a device, select it with q.";
    finding->command = "curl -G {origin}/provd/dev_mgr/devices --data-urlencode 'q={\"mac\": \"00:11:22:33:44:55\"}'";
    return finding;
  }

 private:
  IdenticalAnswers answers_{limits::kListPause};
};

// Requests that were refused and came again as they were, though nothing had changed that could have made a difference.
class RetriedUnchanged : public Rule {
 public:
  explicit RetriedUnchanged(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (exchange.Changed() || exchange.misled) refused_ = 0;
    if (!exchange.Sends() || exchange.Changed() || exchange.misled) return;
    const bool refused = exchange.status == 400 || exchange.status == 403 || exchange.status == 415;
    if (!refused || memory_.MayRun(exchange.at) || exchange.at < quiet_from_) {
      refused_ = 0;
      return;
    }
    const std::size_t request =
        std::hash<std::string>()(exchange.method + " " + exchange.target + " " + std::to_string(exchange.status) + " ") ^
        std::hash<std::string_view>()(exchange.body);
    if (request != request_) refused_ = 0;
    request_ = request;
    if (++refused_ == 1) first_ = LineOf(exchange);
    if (refused_ >= limits::kIdenticalRefusals) tally_.Add({first_, LineOf(exchange)});
  }
  void SeeOther(const Exchange& exchange) override {
    refused_ = 0;
    if (exchange.status == 201) quiet_from_ = exchange.at + limits::kStillRunning;  // it may have started something
  }

  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("retried-unchanged", Severity::kWasteful);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "request", "requests") + " that had been refused at least " +
                        std::to_string(limits::kIdenticalRefusals - 1) + " times came again as it was, and was refused again.";
    finding->instead =
        "A 4xx says that the request is wrong: show its sentence to somebody. Only 503 and lost connections are worth a retry.";
    finding->command = "curl -i -X " + finding->example.back().method + " {origin}" + finding->example.back().target;
    return finding;
  }

 private:
  const ClientMemory& memory_;
  std::size_t request_ = 0;
  std::uint64_t refused_ = 0;                           // in a row
  std::chrono::steady_clock::time_point quiet_from_{};  // when what others started has ended
  Line first_{};
  Tally tally_;
};

// A connection for each request, while they come in quick succession.
class ConnectionPerRequest : public Rule {
 public:
  void See(const Exchange& exchange) override {
    // What tells of a lease is a hook of the DHCP server, a process of its own each time.
    if (exchange.connection == 0 || exchange.pattern == "/provd/dev_mgr/dhcpinfo") return;
    const bool quick = last_ && exchange.at - *last_ < limits::kQuickly;
    last_ = exchange.at;
    const bool known = std::find(connections_.begin(), connections_.end(), exchange.connection) != connections_.end();
    if (!known) {
      if (connections_.size() >= limits::kConnections) connections_.pop_front();
      connections_.push_back(exchange.connection);
    }
    if (!quick) return;
    ++quick_;
    if (!known) alone_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    if (quick_ < limits::kQuickRequests || alone_.count() * 100 < quick_ * limits::kLonelyPercent) return std::nullopt;
    auto finding = alone_.Found("connection-per-request", Severity::kWasteful);
    finding->sentence =
        std::to_string(finding->count) + " of " + std::to_string(quick_) +
        " requests that came within a second of the one before had a connection of their own. Making it takes longer than most answers.";
    finding->instead = "Keep the connection: a session (in Python: requests.Session), a pool, one curl for several URLs.";
    finding->command = "curl {origin}/provd {origin}/provd/dev_mgr";
    return finding;
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> last_;
  std::deque<std::uint64_t> connections_;
  std::uint64_t quick_ = 0;
  Tally alone_;
};

}  // namespace

void AddHabitRules(Rules& rules, const ClientMemory& memory) {
  rules.push_back(std::make_unique<ListAskedTooOften>());
  rules.push_back(std::make_unique<RetriedUnchanged>(memory));
  rules.push_back(std::make_unique<ConnectionPerRequest>());
}

}  // namespace provdlab::server::lint
