// How a client goes about operations in progress.

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "server/client_lint/client_memory.h"
#include "server/client_lint/identical_answers.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {
namespace {

class MonitorNeverDeleted : public Rule {
 public:
  explicit MonitorNeverDeleted(const ClientMemory& memory) : memory_(memory) {}
  void See(const Exchange&) override {}

  // A monitor whose end the client has not seen yet, though it looks, may still be deleted.
  std::optional<Finding> Conclude() const override {
    Tally tally;
    std::uint64_t ended = 0, ignored = 0;
    const Monitor* first = nullptr;
    for (const Monitor& monitor : memory_.monitors()) {
      if (!monitor.Left()) continue;
      if (first == nullptr) first = &monitor;
      ++(monitor.end ? ended : ignored);
      tally.Add(monitor.end ? std::vector<Line>{monitor.given, *monitor.end} : std::vector<Line>{monitor.given});
    }
    const std::uint64_t earlier = memory_.monitors_left_earlier();
    if (first == nullptr && earlier > 0) tally.Add({});
    auto finding = tally.Found("monitor-never-deleted", Severity::kWrong);
    if (!finding) return finding;
    finding->count = ended + ignored + earlier;
    finding->sentence =
        std::to_string(finding->count) + " of " + Counted(memory_.monitors_given(), "monitor was", "monitors were") + " left behind: ";
    std::vector<std::string> kinds;
    if (ended > 0) kinds.push_back(std::to_string(ended) + " after the end was read");
    if (ignored > 0) kinds.push_back(std::to_string(ignored) + " never asked for");
    if (earlier > 0) kinds.push_back(std::to_string(earlier) + " long ago");
    finding->sentence += Join(kinds, ", ") + ". A provd keeps them for as long as it runs.";
    finding->instead = "DELETE a monitor once its end was read, or at once if nobody will ask: the operation goes on.";
    finding->command = "curl -X DELETE {origin}" + (first != nullptr ? Quoted(first->path) : "/provd/pg_mgr/install/update/ID");
    return finding;
  }

 private:
  const ClientMemory& memory_;
};

class MonitorAskedTooOften : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (!exchange.OfMonitor() || exchange.misled) return;
    if (exchange.method == "GET" && exchange.status == 200) answers_.See(exchange);
    if (exchange.method == "DELETE") answers_.Forget(exchange.path);
  }
  std::optional<Finding> Conclude() const override {
    auto finding = answers_.Found("monitor-asked-too-often");
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "look", "looks") + " at monitors told nothing new. " + answers_.LongestRun();
    finding->instead = "Ask twice a second at most, or wait a little longer each time: an operation that downloads takes seconds.";
    finding->command = "curl {origin}" + Quoted(finding->example.front().target) + "; sleep 0.5";
    return finding;
  }

 private:
  IdenticalAnswers answers_{limits::kMonitorPause};
};

class MonitorAskedAfterItsEnd : public Rule {
 public:
  explicit MonitorAskedAfterItsEnd(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (!exchange.OfMonitor() || exchange.method != "GET" || exchange.status != 200 || exchange.misled) return;
    for (auto monitor = memory_.monitors().rbegin(); monitor != memory_.monitors().rend(); ++monitor) {
      if (monitor->path != exchange.path) continue;
      if (monitor->asked_after_end > limits::kLooksAfterTheEnd) tally_.Add({monitor->given, *monitor->end, LineOf(exchange)});
      return;
    }
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("monitor-asked-after-its-end", Severity::kWasteful);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "look", "looks") + " at monitors that had told of their end more than " +
                        std::to_string(limits::kLooksAfterTheEnd) + " looks before. success and fail are final.";
    finding->instead =
        "Stop at the first success or fail of the whole operation (what stands before the first parenthesis), and DELETE the monitor.";
    finding->command = "curl -X DELETE {origin}" + Quoted(finding->example.back().target);
    return finding;
  }

 private:
  const ClientMemory& memory_;
  Tally tally_;
};

constexpr std::string_view kUpdate = "/provd/pg_mgr/install/update";
constexpr std::string_view kInstall = "/provd/pg_mgr/install/install";
constexpr std::string_view kUpgrade = "/provd/pg_mgr/install/upgrade";

// A refusal that may well come from an operation that the client started and did not wait for.
class WentOnBeforeTheEnd : public Rule {
 public:
  explicit WentOnBeforeTheEnd(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (exchange.misled) return;
    const Monitor* running = nullptr;
    if (exchange.method == "POST" && exchange.status == 400) {
      const std::string subject = SubjectOf(exchange);
      if (subject.empty()) return;
      if (exchange.pattern == kInstall || exchange.pattern == kUpgrade) running = Unended(memory_.Latest(kUpdate), exchange);
      const bool about_plugin = exchange.pattern.starts_with("/provd/pg_mgr/install/") || exchange.pattern == "/provd/pg_mgr/reload";
      if (running == nullptr && about_plugin) running = InstallOf(subject, exchange);
    } else if (exchange.status == 404 && exchange.pattern.starts_with("/provd/pg_mgr/plugins/{plugin}") && !exchange.OfMonitor()) {
      constexpr std::string_view kPlugins = "/provd/pg_mgr/plugins/";
      const std::string rest = exchange.path.substr(kPlugins.size());
      running = InstallOf(rest.substr(0, rest.find('/')), exchange);
    }
    if (running == nullptr) return;
    kinds_.Add(exchange.method + " " + std::string(exchange.pattern) + " after POST " + running->collection);
    tally_.Add({running->given, LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("went-on-before-the-end", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "request", "requests") +
                        " refused that depend on an operation which the client had not seen end: " + kinds_.Text() + ".";
    finding->instead = "The 201 says that the operation has begun. Ask its monitor until it says success, then go on.";
    finding->command = "curl {origin}" + finding->example.front().note.substr(finding->example.front().note.find('/'));
    return finding;
  }

 private:
  const Monitor* InstallOf(const std::string& subject, const Exchange& exchange) const {
    const Monitor* const install = Unended(memory_.Latest(kInstall, subject), exchange);
    return install != nullptr ? install : Unended(memory_.Latest(kUpgrade, subject), exchange);
  }
  static const Monitor* Unended(const Monitor* monitor, const Exchange& exchange) {
    return monitor != nullptr && !monitor->end && exchange.at - monitor->at < limits::kStillRunning ? monitor : nullptr;
  }

  const ClientMemory& memory_;
  Kinds kinds_;
  Tally tally_;
};

// A phone given a plugin whose install the client itself saw fail.
class WentOnAfterFailure : public Rule {
 public:
  explicit WentOnAfterFailure(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (exchange.Changed() && exchange.pattern != kInstall) Mend(exchange);
    if (!exchange.Sends() || !exchange.Succeeded() || exchange.misled || !exchange.pattern.starts_with("/provd/dev_mgr/devices")) return;
    if (!exchange.json || !exchange.json->is_object() || !exchange.json->contains("device")) return;
    const Json& device = exchange.json->at("device");
    const auto plugin = device.find("plugin");
    if (plugin == device.end() || !plugin->is_string()) return;
    const Monitor* const install = memory_.Latest(kInstall, plugin->get_ref<const std::string&>());
    if (install == nullptr || !install->failed || mended_.contains(install->subject)) return;
    tally_.Add({install->given, *install->end, LineOf(exchange, "plugin " + Quoted(install->subject))});
  }
  void SeeOther(const Exchange& exchange) override { Mend(exchange); }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("went-on-after-failure", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "device was", "devices were") +
                        " given a plugin whose install the client had seen fail: they stay configured: false.";
    finding->instead = "Treat fail as an error: say so, mend the cause (the repository, the package's sum) and install again.";
    finding->command = "curl {origin}/provd/pg_mgr/install/installed";
    return finding;
  }

 private:
  // Another's install after the failure, an upgrade or a reload may have succeeded.
  void Mend(const Exchange& exchange) {
    const bool mends = exchange.pattern == kInstall || exchange.pattern == kUpgrade || exchange.pattern == "/provd/pg_mgr/reload";
    if (mends && mended_.size() < limits::kMonitors) mended_.insert(SubjectOf(exchange));
  }

  const ClientMemory& memory_;
  std::unordered_set<std::string> mended_;
  Tally tally_;
};

}  // namespace

void AddMonitorRules(Rules& rules, const ClientMemory& memory) {
  rules.push_back(std::make_unique<MonitorNeverDeleted>(memory));
  rules.push_back(std::make_unique<WentOnBeforeTheEnd>(memory));
  rules.push_back(std::make_unique<WentOnAfterFailure>(memory));
  rules.push_back(std::make_unique<MonitorAskedTooOften>());
  rules.push_back(std::make_unique<MonitorAskedAfterItsEnd>(memory));
}

}  // namespace provdlab::server::lint
