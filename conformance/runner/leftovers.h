#pragma once
// What a run that was killed left on a target, and how it goes.
//
//   Leftovers leftovers(target, deadline);
//   auto runs = leftovers.Runs(records);                      // whose ids are seen there, or that have a file
//   auto found = leftovers.Of("k3x0a1b", record);             // asks with GETs alone
//   auto stayed = leftovers.Remove("k3x0a1b", record, likely);
//
// Two signs tell what is the run's: its id (in ids of documents and packages, in a parent, in the MAC addresses that it makes up), and
// its file, which has what bears no id. A document that was there before the run is never touched. What is most likely the run's, but
// might be somebody else's, is `likely` and only removed where that is asked for. One thread.

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/http/client.h"
#include "base/json.h"
#include "base/result.h"
#include "conformance/runner/run_file.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

struct Leftover {
  enum class Kind { kDevice, kConfig, kPackage, kParameter, kRole, kCatalogue };
  Kind kind = Kind::kDevice;
  std::string name;     // its id, or the parameter's; kCatalogue: the resource that shows it
  std::string why;      // a sentence for people
  bool certain = true;  // otherwise likely
  Json back;            // kParameter: its value before the run; kRole: the config as it was before
};
std::string_view KindName(Leftover::Kind kind);  // device, config, package, parameter, role, list

class Leftovers {
 public:
  using Clock = std::chrono::steady_clock;
  // Nothing is asked any more after `end`.
  Leftovers(const Target& target, Clock::time_point end) : target_(target), end_(end) {}

  // The ids of runs that something on the target tells of. kUnavailable: the target can't be read.
  Result<std::set<std::string>> Runs() const;
  // `record` may be null: then only what bears the run's id is found.
  Result<std::vector<Leftover>> Of(const std::string& run, const LeftRun* record) const;
  // Removes and puts back, and returns what is there nevertheless, or was left because it is only likely.
  Result<std::vector<Leftover>> Remove(const std::string& run, const LeftRun* record, bool likely) const;

 private:
  http::Exchange Ask(std::string method, const std::string& path, const Json* body = nullptr) const;
  Result<Json> Read(const std::string& path) const;
  Result<std::vector<Json>> List(const std::string& path, const char* member) const;
  Result<> Take(const Leftover& leftover) const;
  void AwaitOperations(const LeftRun& record) const;
  void RefreshCatalogue() const;

  const Target& target_;
  Clock::time_point end_;
};

}  // namespace provdlab::conformance
