// provdlab conform: drive a provd through every requirement and say which hold.

#include <unistd.h>

#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "base/duration.h"
#include "base/files.h"
#include "base/json.h"
#include "conformance/report/files.h"
#include "conformance/report/mask.h"
#include "conformance/report/terminal.h"
#include "conformance/requirements/ledger.h"
#include "conformance/runner/library.h"
#include "conformance/runner/runner.h"
#include "tools/command.h"
#include "tools/trial.h"

namespace provdlab::tools {
namespace {

using conformance::Ledger;
using conformance::Library;
using conformance::Requirement;
using conformance::RunRecord;
using conformance::ScenarioRun;

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;

struct ConformOptions {
  TrialOptions trial;
  std::vector<std::string> filters;
  std::string level = "may";
  int jobs = 4;
  std::string budget;
  std::string report = "provdlab-report";
  std::string scenarios;
  bool list = false;
  bool timed = false;
  bool json = false;
};

constexpr char kExamples[] = R"(Examples:
  provdlab conform                                               the reference server, started for the run
  provdlab conform --target http://127.0.0.1:8666/provd          a running provd
  provdlab conform --target http://10.0.0.5/api/provd --plugin-repository-address 10.0.0.7
                                                                 one on another machine, behind a prefix
  provdlab conform --launch 'my-provd --port {rest_port} --state {state_dir}'
  provdlab conform --target http://127.0.0.1:8666/provd --http-provisioning http://127.0.0.1:8667 --tftp 127.0.0.1:69
                                                                 with phones, which are left out where nobody says where their files are
  provdlab conform --filter oip --filter 'configure.nat-*'       some areas, requirements or scenarios
  provdlab conform --list                                        what there is to hold a provd to
The target is left as it was found, also after Ctrl-C.
Exit codes: 0 every selected MUST holds, 1 not so, 2 usage, 3 the target can't be tested, or a fault of the suite.)";

// Requirements that nothing but scenarios of the timed tier checks.
std::set<std::string> OnlyTimed(const std::vector<ScenarioRun>& runs) {
  std::set<std::string> timed, fast;
  for (const ScenarioRun& run : runs) (run.file->scenario.timed ? timed : fast).merge(conformance::CheckedSlugs(run.file->scenario));
  std::erase_if(timed, [&](const std::string& slug) { return fast.contains(slug); });
  return timed;
}

// By slug, the titles of the scenarios that check it.
std::map<std::string, std::set<std::string>> Checkers(const std::vector<ScenarioRun>& runs) {
  std::map<std::string, std::set<std::string>> checkers;
  for (const ScenarioRun& run : runs) {
    for (const std::string& slug : conformance::CheckedSlugs(run.file->scenario)) checkers[slug].insert(run.file->scenario.title);
  }
  return checkers;
}

void List(const Ledger& ledger, const conformance::Selection& selection) {
  const auto checkers = Checkers(selection.runs);
  const auto timed = OnlyTimed(selection.runs);
  std::string area;
  for (const Requirement& requirement : ledger.requirements()) {
    if (!selection.slugs.contains(requirement.slug)) continue;
    if (requirement.area() != area) {
      if (!area.empty()) std::cout << "\n";
      area = requirement.area();
      std::cout << area << "\n";
    }
    std::cout << "  " << requirement.slug << "   " << conformance::LevelName(requirement.level) << "\n"
              << "      " << requirement.sentence << "\n"
              << "      source: " << requirement.source << "\n";
    if (timed.contains(requirement.slug)) std::cout << "      only with --timed\n";
    const auto found = checkers.find(requirement.slug);
    if (found == checkers.end()) continue;
    for (const std::string& title : found->second) std::cout << "      scenario: " << title << "\n";
  }
}

void ListJson(const Ledger& ledger, const conformance::Selection& selection) {
  const auto checkers = Checkers(selection.runs);
  const auto timed = OnlyTimed(selection.runs);
  OrderedJson entries = OrderedJson::array();
  for (const Requirement& requirement : ledger.requirements()) {
    if (!selection.slugs.contains(requirement.slug)) continue;
    const auto found = checkers.find(requirement.slug);
    OrderedJson entry;
    entry["slug"] = requirement.slug;
    entry["area"] = requirement.area();
    entry["level"] = conformance::LevelName(requirement.level);
    entry["sentence"] = requirement.sentence;
    entry["source"] = requirement.source;
    entry["dialects"] = requirement.dialects;
    entry["implies"] = requirement.implies;
    entry["faults"] = requirement.faults;
    if (!requirement.sibling.empty()) entry["sibling"] = requirement.sibling;
    entry["timed"] = timed.contains(requirement.slug);
    entry["scenarios"] = found == checkers.end() ? std::set<std::string>() : found->second;
    entries.push_back(std::move(entry));
  }
  std::cout << entries.dump(2) << "\n";
}

// One line that is written over again; cleared when it goes.
class ProgressLine {
 public:
  explicit ProgressLine(bool shown) : shown_(shown) {}
  ~ProgressLine() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  void operator()(const conformance::Progress& progress) const {
    if (!shown_) return;
    std::string line = std::to_string(progress.done) + "/" + std::to_string(progress.total);
    if (progress.failed > 0) line += ", " + std::to_string(progress.failed) + " not as they should be";
    line += "  " + progress.title.substr(0, 70);
    std::cerr << "\r\033[K" << line << std::flush;
  }

 private:
  bool shown_;
};

int Conform(const ConformOptions& options) {
  const auto ledger = Ledger::Embedded();
  if (!ledger) {
    Complain("the ledger can't be read: " + ledger.error().message);
    return kCouldNot;
  }
  const auto library = options.scenarios.empty() ? Library::Embedded() : Library::Folder(FromHere(options.scenarios).string());
  if (!library) {
    Complain(library.error().message);
    return options.scenarios.empty() ? kCouldNot : kUsage;
  }
  const auto level = conformance::LevelFromName(options.level);
  if (!level) {
    Complain("--level " + options.level + " is none of must, should, may");
    return kUsage;
  }
  const auto selection = conformance::Select(
      *ledger, *library,
      {.filters = options.filters, .level = *level, .timed = options.timed || options.list, .only_reached = !options.scenarios.empty()});
  if (!selection) {
    Complain(selection.error().message);
    return kUsage;
  }
  if (options.list) {
    options.json ? ListJson(*ledger, *selection) : List(*ledger, *selection);
    return 0;
  }
  std::chrono::milliseconds budget{0};
  if (!options.budget.empty()) {
    const auto parsed = ParseDuration(options.budget);
    if (!parsed) {
      Complain("--budget " + parsed.error().message);
      return kUsage;
    }
    budget = *parsed;
  }

  // Better now than when the run is over.
  const std::filesystem::path folder = FromHere(options.report);
  if (const auto made = MakeFolders(folder); !made) {
    Complain("the reports can't be written: " + made.error().message, "another folder: --report DIR");
    return kCouldNot;
  }
  auto trial = Trial::Open(options.trial);
  if (!trial) {
    Complain(trial.error().message);
    return trial.error().kind == ErrorKind::kInvalid ? kUsage : kCouldNot;
  }
  conformance::RunOptions& run = (*trial)->run();
  run.jobs = options.jobs;
  run.budget = budget;
  RunRecord record;
  {
    const ProgressLine progress(::isatty(STDERR_FILENO) == 1 && !options.json);
    run.on_progress = [&](const conformance::Progress& now) { progress(now); };
    record = conformance::RunSuite(*ledger, *selection, (*trial)->target(), run, (*trial)->stop());
    run.on_progress = nullptr;
  }
  if (!options.trial.keep_secrets) conformance::MaskSecrets(record);

  const auto written = conformance::WriteReports(record, folder);
  if (options.json) {
    std::cout << DumpJson(conformance::ToJson(record)) << "\n";
  } else {
    std::cout << conformance::TerminalReport(record,
                                             {.color = WantsColor(options.trial.no_color), .folder = written ? options.report : ""});
    if (written) std::cout << "report " << written->page.string() << "\n";
  }
  if (!written) {
    Complain("the reports could not be written: " + written.error().message);
    return kCouldNot;
  }
  return record.exit_code;
}

}  // namespace

void AddConformCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ConformOptions>();
  CLI::App* const command = app.add_subcommand("conform", "Drive a provd through every requirement of its API and say which hold");
  AddTrialOptions(*command, options->trial);
  command->add_option("--filter", options->filters, "requirement, area, scenario's title or file, with * and ?; may be repeated")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  command->add_option("--level", options->level, "must, should or may: this one and the stronger ones")
      ->type_name("LEVEL")
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "scenarios at once")->check(CLI::Range(1, 64))->type_name("N")->capture_default_str();
  command->add_option("--budget", options->budget, "end after this time, e.g. 60s; what was not reached is not run")->type_name("TIME");
  command->add_option("--report", options->report, "folder for the reports")
      ->type_name("DIR")
      ->capture_default_str()
      ->check(RefuseEmpty, "");
  command->add_option("--scenarios", options->scenarios, "scenarios of yours instead of the suite's")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  command->add_flag("--timed", options->timed, "scenarios that wait by design as well");
  command->add_flag("--list", options->list, "print the requirements and run nothing");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Conform(*options); });
}

}  // namespace provdlab::tools
