// provdlab clean: tell what runs that were killed left on a provd, and remove it.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "base/duration.h"
#include "base/json.h"
#include "conformance/runner/leftovers.h"
#include "conformance/runner/run_file.h"
#include "conformance/runner/target.h"
#include "tools/command.h"
#include "tools/from_here.h"
#include "tools/target_options.h"

namespace provdlab::tools {
namespace {

using conformance::Leftover;
using conformance::LeftRun;

constexpr int kSomething = 1;
constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr std::size_t kLongestRun = 32;

struct CleanOptions {
  TargetOptions target;
  std::string run, runs;
  std::string within = "2m";
  bool dry_run = false;
  bool likely = false;
  bool json = false;
};

constexpr char kExamples[] = R"(Without --run nothing is changed: it is told which runs left something. A run that goes on is left alone.
Examples:
  provdlab clean --target http://127.0.0.1:8666/provd                        of which runs there is something
  provdlab clean --target http://127.0.0.1:8666/provd --run k3x0a1b --dry-run   what would be removed and put back
  provdlab clean --target http://127.0.0.1:8666/provd --run k3x0a1b
Exit codes: 0 nothing is left, 1 something is, 2 usage, 3 the target can't be read, or the run goes on.)";

OrderedJson AsJson(const Leftover& leftover) {
  OrderedJson json;
  json["kind"] = conformance::KindName(leftover.kind);
  json["name"] = leftover.name;
  json["why"] = leftover.why;
  json["certain"] = leftover.certain;
  return json;
}

void Print(const char* before, const Leftover& leftover) {
  std::cout << "  " << before << conformance::KindName(leftover.kind) << " " << leftover.name << ": " << leftover.why << "\n";
}

int ListRuns(const conformance::Leftovers& leftovers, const conformance::Target& target, const std::vector<LeftRun>& records, bool json) {
  auto runs = leftovers.Runs();
  if (!runs) {
    Complain("the target can't be read: " + runs.error().message);
    return kCouldNot;
  }
  OrderedJson list = OrderedJson::array();
  for (const LeftRun& record : records) {
    if (record.target == target.url()) runs->insert(record.run);
  }
  bool any = false;
  for (const std::string& run : *runs) {
    const auto record = std::find_if(records.begin(), records.end(), [&](const LeftRun& seen) { return seen.run == run; });
    const bool going_on = record != records.end() && record->going_on;
    const auto found = leftovers.Of(run, record == records.end() ? nullptr : &*record);
    if (!found) {
      Complain("the target can't be read: " + found.error().message);
      return kCouldNot;
    }
    if (!going_on && found->empty()) continue;
    any = any || !going_on;
    OrderedJson entry;
    entry["run"] = run;
    entry["going_on"] = going_on;
    entry["recorded"] = record != records.end();
    entry["leftovers"] = OrderedJson::array();
    for (const Leftover& leftover : *found) entry["leftovers"].push_back(AsJson(leftover));
    list.push_back(std::move(entry));
    if (json) continue;
    std::cout << "run " << run << (going_on ? " goes on" : "") << ": " << found->size() << (found->size() == 1 ? " leftover" : " leftovers")
              << (record == records.end() ? ", without a record here: its parameters and phones are not known" : "") << "\n";
    for (const Leftover& leftover : *found) Print("", leftover);
    if (!going_on) std::cout << "  to remove: provdlab clean --target " << target.url() << " --run " << run << "\n";
  }
  if (json) std::cout << list.dump(2) << "\n";
  if (!json && list.empty()) std::cout << "no run left anything on " << target.url() << "\n";
  return any ? kSomething : 0;
}

int CleanRun(const conformance::Leftovers& leftovers, const conformance::Target& target, const std::vector<LeftRun>& records,
             const CleanOptions& options) {
  const auto found_record = std::find_if(records.begin(), records.end(), [&](const LeftRun& seen) { return seen.run == options.run; });
  const LeftRun* const record = found_record == records.end() ? nullptr : &*found_record;
  if (record != nullptr && record->target != target.url()) {
    Complain("run " + options.run + " was against " + record->target, "name the target as it was named then");
    return kUsage;
  }
  if (record != nullptr && record->going_on) {
    Complain("run " + options.run + " goes on; it cleans up by itself, also after Ctrl-C");
    return kCouldNot;
  }
  const auto found = leftovers.Of(options.run, record);
  const auto stayed = !found || options.dry_run ? found : leftovers.Remove(options.run, record, options.likely);
  if (!stayed) {
    Complain("not everything could be asked or removed: " + stayed.error().message, "once more, when the target answers");
    return kCouldNot;
  }
  const bool unsure = std::any_of(stayed->begin(), stayed->end(), [](const Leftover& leftover) { return !leftover.certain; });
  const auto is_there = [&](const Leftover& leftover) {
    return std::any_of(stayed->begin(), stayed->end(),
                       [&](const Leftover& other) { return other.kind == leftover.kind && other.name == leftover.name; });
  };
  if (options.json) {
    OrderedJson json;
    json["run"] = options.run;
    json["recorded"] = record != nullptr;
    json["removed"] = OrderedJson::array();
    json["left"] = OrderedJson::array();
    for (const Leftover& leftover : *found) {
      if (!is_there(leftover)) json["removed"].push_back(AsJson(leftover));
    }
    for (const Leftover& leftover : *stayed) json["left"].push_back(AsJson(leftover));
    std::cout << json.dump(2) << "\n";
  } else {
    for (const Leftover& leftover : *found) {
      const bool restores = leftover.kind == Leftover::Kind::kParameter || leftover.kind == Leftover::Kind::kRole ||
                            leftover.kind == Leftover::Kind::kCatalogue;
      if (!is_there(leftover)) Print(restores ? "put back " : "removed ", leftover);
    }
    for (const Leftover& leftover : *stayed)
      Print(!leftover.certain ? "left, because it is not certain: "
            : options.dry_run ? "would be removed or put back: "
                              : "stayed: ",
            leftover);
    std::cout << (stayed->empty() ? "nothing of run " + options.run + " is left"
                                  : std::to_string(stayed->size()) + " of run " + options.run + " left")
              << "\n";
    if (unsure && !options.likely) std::cout << "what is not certain is removed with --likely\n";
    if (record == nullptr)
      std::cout
          << "there is no record of this run here: only what bears its id was looked for; parameters, such as plugin_server, were not\n";
  }
  if (stayed->empty() && record != nullptr && !options.dry_run) {
    std::error_code problem;
    std::filesystem::remove(record->path, problem);
  }
  return stayed->empty() ? 0 : kSomething;
}

int Clean(const CleanOptions& options) {
  if (options.target.url.empty()) {
    Complain("which provd? --target is missing", "--target http://HOST:PORT/provd");
    return kUsage;
  }
  const bool plain =
      std::all_of(options.run.begin(), options.run.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
  if (!plain || options.run.size() > kLongestRun) {
    Complain("--run \"" + options.run + "\" is no id of a run", "the report has it, and so have ids on the target: plab-RUN-…");
    return kUsage;
  }
  const auto within = ParseDuration(options.within);
  if (!within) {
    Complain("--within " + within.error().message);
    return kUsage;
  }
  const auto target = OpenTarget(options.target);
  if (!target) {
    Complain(target.error().message);
    return kUsage;
  }
  const auto folder = options.runs.empty() ? conformance::DefaultRunsFolder() : Result<std::filesystem::path>(FromHere(options.runs));
  const auto records = folder ? conformance::ReadRuns(*folder) : std::vector<LeftRun>();
  if (!records) {
    Complain("the records of runs can't be read: " + records.error().message, "another folder: --runs DIR");
    return kCouldNot;
  }
  const conformance::Leftovers leftovers(*target, std::chrono::steady_clock::now() + *within);
  return options.run.empty() ? ListRuns(leftovers, *target, *records, options.json) : CleanRun(leftovers, *target, *records, options);
}

}  // namespace

void AddCleanCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CleanOptions>();
  CLI::App* const command = app.add_subcommand("clean", "Remove what a run that was killed left on a provd, and put parameters back");
  AddTargetOptions(*command, options->target);
  command->add_option("--run", options->run, "the run's id; without it, what there is of which runs")
      ->type_name("ID")
      ->check(RefuseEmpty, "");
  command->add_option("--runs", options->runs, "folder that runs kept their records in; ~/.local/state/provdlab/runs unless said")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  command->add_option("--within", options->within, "end after this time")->type_name("TIME")->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "only say what would be done");
  command->add_flag("--likely", options->likely, "also what is most likely the run's, but might be somebody else's");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Clean(*options); });
}

}  // namespace provdlab::tools
