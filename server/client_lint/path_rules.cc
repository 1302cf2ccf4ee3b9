// Where requests go: paths that name nothing, methods that are not there, Locations made by hand.

#include <functional>
#include <unordered_set>
#include <utility>

#include "server/client_lint/client_memory.h"
#include "server/client_lint/limits.h"
#include "server/client_lint/rule.h"

namespace provdlab::server::lint {
namespace {

// What seems to be the matter with a path that names nothing.
std::string Suspicion(const std::string& path) {
  if (path.find("//") != std::string::npos) return "with an empty segment";
  if (path.size() > 1 && path.ends_with('/')) return "with a slash at the end";
  if (path.starts_with("/0.")) return "below wazo's prefix";
  if (path != "/provd" && !path.starts_with("/provd/")) return "not below /provd";
  return "otherwise";
}

class PathUnknown : public Rule {
 public:
  explicit PathUnknown(const ClientMemory& memory) : memory_(memory) {}
  void See(const Exchange& exchange) override {
    if (!exchange.pattern.empty() || exchange.status != 404 || exchange.misled) return;
    if (exchange.path == "/favicon.ico") return;  // browsers ask for it on their own
    if (memory_.anyone().MayHave(exchange.path) || memory_.Resembled(exchange.path) != nullptr) return;
    kinds_.Add(Suspicion(exchange.path));
    tally_.Add({LineOf(exchange)});
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("path-unknown", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "request", "requests") + " to paths that name nothing: " + kinds_.Text() +
                        ". A slash at the end, a doubled one and another letter case make another path.";
    finding->instead = "Begin at the entry point and follow its links; docs/server.md lists all paths.";
    finding->command = "curl {origin}/provd";
    return finding;
  }

 private:
  const ClientMemory& memory_;
  Kinds kinds_;
  Tally tally_;
};

class MethodNotAllowed : public Rule {
 public:
  void See(const Exchange& exchange) override {
    if (exchange.status != 405 || exchange.misled) return;
    kinds_.Add(Quoted(exchange.method) + " " + std::string(exchange.pattern));
    tally_.Add({LineOf(exchange, "Allow " + exchange.allow)});
    if (allow_.empty()) allow_ = exchange.allow;
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("method-not-allowed", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence =
        Counted(finding->count, "request", "requests") + " with a method that the resource does not have: " + kinds_.Text() + ".";
    finding->instead = "The answer's Allow says which there are: the first one's " + allow_ +
                       ". Documents are changed by PUT of the whole document; there is no PATCH.";
    finding->command = "curl {origin}/provd/dev_mgr/devices/ID";
    return finding;
  }

 private:
  Kinds kinds_;
  Tally tally_;
  std::string allow_;
};

// Where a client asks for a URL that it was not given but that looks like one. A path that anybody was given is never one: links may be
// passed on. Nor is a monitor of a client that was given none since the server's start: it may have been given by the server before.
class LocationBuiltByHand : public Rule {
 public:
  explicit LocationBuiltByHand(const ClientMemory& memory) : memory_(memory) {}

  void See(const Exchange& exchange) override {
    if (exchange.OfMonitor() && memory_.monitors_given() == 0 && from_before_.size() < limits::kLocations)
      from_before_.insert(HashOf(exchange.path));
    if (exchange.status != 404 || exchange.misled || memory_.anyone().MayHave(exchange.path)) return;
    if (exchange.pattern.empty()) {
      if (const std::string* const given = memory_.Resembled(exchange.path)) {
        const Line line = LineOf(exchange, "given: " + Quoted(*given));
        tally_.Add({line});
        kinds_.Add(exchange.path.ends_with(*given)                           ? "with a Location put behind another path"
                   : exchange.path.starts_with("/provd/cfg_mgr/autocreate/") ? "below autocreate"
                                                                             : "with segments left out");
      }
    } else if (exchange.OfMonitor() && memory_.monitors_given() > 0 && !from_before_.contains(HashOf(exchange.path))) {
      tally_.Add({memory_.monitors().back().given, LineOf(exchange)});
      kinds_.Add("of monitors that nobody was given");
    }
  }
  std::optional<Finding> Conclude() const override {
    auto finding = tally_.Found("location-built-by-hand", Severity::kWrong);
    if (!finding) return finding;
    finding->sentence = Counted(finding->count, "URL was", "URLs were") +
                        " made by hand instead of taken from a Location, and named nothing: " + kinds_.Text() + ".";
    finding->instead =
        "Resolve the Location of the 201 against the URL that was asked, as URLs are; it is a path from the root. Ids of monitors follow "
        "no rule.";
    finding->command =
        "curl -i -X POST -H 'Content-Type: application/vnd.proformatique.provd+json' -d '{}' {origin}/provd/pg_mgr/install/update";
    return finding;
  }

 private:
  static std::size_t HashOf(const std::string& path) { return std::hash<std::string>()(path); }

  const ClientMemory& memory_;
  std::unordered_set<std::size_t> from_before_;  // hashes of paths
  Kinds kinds_;
  Tally tally_;
};

}  // namespace

void AddPathRules(Rules& rules, const ClientMemory& memory) {
  rules.push_back(std::make_unique<PathUnknown>(memory));
  rules.push_back(std::make_unique<MethodNotAllowed>());
  rules.push_back(std::make_unique<LocationBuiltByHand>(memory));
}

}  // namespace provdlab::server::lint
