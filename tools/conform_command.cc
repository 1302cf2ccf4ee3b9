// provdlab conform: drive a provd through every requirement and say which hold.

#include <unistd.h>

#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "base/clock.h"
#include "base/duration.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "conformance/known/divergences.h"
#include "conformance/known/judgement.h"
#include "conformance/known/shipped.h"
#include "conformance/report/files.h"
#include "conformance/report/junit.h"
#include "conformance/report/mask.h"
#include "conformance/report/terminal.h"
#include "conformance/requirements/ledger.h"
#include "conformance/runner/library.h"
#include "conformance/runner/runner.h"
#include "tools/command.h"
#include "tools/trial.h"

namespace provdlab::tools {
namespace {

using conformance::KnownDivergences;
using conformance::Ledger;
using conformance::Library;
using conformance::Requirement;
using conformance::RunRecord;
using conformance::ScenarioRun;

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr std::uint64_t kMostShards = 1'000;
constexpr std::chrono::hours kUntilLookedInto{90 * 24};

struct ConformOptions {
  TrialOptions trial;
  std::vector<std::string> filters;
  std::string level = "may";
  int jobs = 4;
  std::string budget;
  std::string report = "provdlab-report";
  std::string scenarios;
  std::string known, write_known, shard, xml;
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
  provdlab conform --target http://127.0.0.1:8666/provd --read-only
                                                                 one in use: nothing but GET and HEAD is sent
  provdlab conform --weather storm --seed 7                      … and with a bad network before it; --patient where there is one
  provdlab conform --launch 'provd-1 --state {state_dir} …' --then-launch 'provd-2 --state {state_dir} …'
                                                                 … and whether an upgrade keeps what there was
  provdlab conform --filter oip --filter 'configure.nat-*'       some areas, requirements or scenarios
  provdlab conform --target … --write-known ours.known           lists what the target does otherwise …
  provdlab conform --target … --known ours.known                 … and from then on takes exactly that as known
  provdlab conform --list                                        what there is to hold a provd to
The target is left as it was found, also after Ctrl-C.
Exit codes: 0 every selected MUST holds or diverges exactly as is known, 1 not so, 2 usage, 3 the target can't be tested, or a fault of the suite.)";

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

// On a terminal one line that is written over again, and cleared when it goes; in a log a line every half a minute.
class ProgressLine {
 public:
  explicit ProgressLine(bool on_terminal) : on_terminal_(on_terminal) {}
  ~ProgressLine() {
    if (on_terminal_) std::cerr << "\r\033[K" << std::flush;
  }
  void operator()(const conformance::Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (!on_terminal_ && now < next_) return;
    next_ = now + kPause;
    std::string line = std::to_string(progress.done) + "/" + std::to_string(progress.total);
    if (progress.failed > 0) line += ", " + std::to_string(progress.failed) + " not as they should be";
    line += "  " + progress.title.substr(0, 70);
    if (on_terminal_)
      std::cerr << "\r\033[K" << line << std::flush;
    else
      std::cerr << line << "\n" << std::flush;
  }

 private:
  static constexpr std::chrono::seconds kPause{30};
  bool on_terminal_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + kPause;
};

// The date, as in files of known divergences.
std::string Day(std::chrono::system_clock::time_point instant) { return FormatInstant(instant).substr(0, 10); }

std::string ShippedNames() {
  std::string names;
  for (const EmbeddedFile& file : ShippedKnownDivergences())
    names += (names.empty() ? "" : ", ") + std::filesystem::path(file.path).stem().string();
  return names;
}

// A file, or one of those that come with provdlab, by its name.
Result<std::string> TextOfKnown(const std::string& name) {
  for (const EmbeddedFile& file : ShippedKnownDivergences()) {
    if (file.path == name + ".known") return std::string(file.bytes);
  }
  auto text = ReadFile(FromHere(name));
  if (!text)
    return Fail(ErrorKind::kInvalid,
                "the known divergences can't be read: " + text.error().message + "; those that come along: " + ShippedNames());
  return text;
}

// kInvalid: usage.
Result<KnownDivergences> ReadKnown(const std::string& file, const Ledger& ledger) {
  const auto text = TextOfKnown(file);
  if (!text) return Fail(text.error());
  auto known = KnownDivergences::Parse(*text);
  if (!known) return Fail(ErrorKind::kInvalid, RenderError(known.error(), *text, file));
  for (const conformance::Divergence& divergence : known->divergences()) {
    if (ledger.Find(divergence.slug) != nullptr) continue;
    std::vector<std::string> slugs;
    for (const Requirement& requirement : ledger.requirements()) slugs.push_back(requirement.slug);
    return Fail(ErrorKind::kInvalid, file + ":" + std::to_string(divergence.line) + ": there is no requirement \"" + divergence.slug +
                                         "\"; the nearest: " + Join(NearestTexts(divergence.slug, slugs, 3), ", "));
  }
  return known;
}

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
  conformance::Wanted wanted{
      .filters = options.filters, .level = *level, .timed = options.timed || options.list, .only_reached = !options.scenarios.empty()};
  if (!options.shard.empty()) {
    const std::size_t slash = options.shard.find('/');
    const auto shard = ParseDecimal(options.shard.substr(0, slash));
    const auto shards = slash == std::string::npos ? std::nullopt : ParseDecimal(options.shard.substr(slash + 1));
    if (!shard || !shards || *shard == 0 || *shard > *shards || *shards > kMostShards) {
      Complain("--shard \"" + options.shard + "\" is none of 1/N to N/N", "the second of four: --shard 2/4");
      return kUsage;
    }
    wanted.shard = *shard;
    wanted.shards = *shards;
  }
  const auto selection = conformance::Select(*ledger, *library, wanted);
  if (!selection) {
    Complain(selection.error().message);
    return kUsage;
  }
  if (options.list) {
    options.json ? ListJson(*ledger, *selection) : List(*ledger, *selection);
    return 0;
  }
  if (selection->runs.empty()) {
    std::cout << "there is nothing in shard " << options.shard << "\n";
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

  std::optional<KnownDivergences> known, rewritten;
  for (const auto& [file, into] : {std::pair(&options.known, &known), {&options.write_known, &rewritten}}) {
    if (file->empty()) continue;
    if (into == &rewritten && !std::filesystem::exists(FromHere(*file))) {
      rewritten = KnownDivergences::Empty(options.trial.target.url);
      continue;
    }
    auto read = ReadKnown(*file, *ledger);
    if (!read) {
      Complain(read.error().message);
      return kUsage;
    }
    *into = std::move(*read);
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
  const auto begun = SystemClock::Get().Wall();
  run.today = Day(begun);
  if (known) run.known = &*known;
  RunRecord record;
  {
    ProgressLine progress(::isatty(STDERR_FILENO) == 1);
    run.on_progress = [&](const conformance::Progress& now) { progress(now); };
    record = conformance::RunSuite(*ledger, *selection, (*trial)->target(), run, (*trial)->stop());
    run.on_progress = nullptr;
  }
  if (std::string did = (*trial)->WhatTheWeatherDid(); !did.empty()) record.notes.push_back(std::move(did));
  std::string log;
  if (auto all = (*trial)->TargetLog()) {
    log = std::move(*all);
    record.target_log = conformance::kTargetLog;
  }
  if (!options.trial.keep_secrets) conformance::MaskSecrets(record, &log);

  const auto written = conformance::WriteReports(record, folder, log);
  if (!options.xml.empty()) {
    if (const Result<> kept = WriteFileAtomically(FromHere(options.xml), conformance::JunitOfScenarios(record)); !kept) {
      Complain("the XML could not be written: " + kept.error().message);
      return kCouldNot;
    }
  }
  if (options.json) {
    std::cout << DumpJson(conformance::ToJson(record)) << "\n";
  } else {
    std::cout << conformance::TerminalReport(record,
                                             {.color = WantsColor(options.trial.no_color), .folder = written ? options.report : ""});
    if (written) std::cout << "report " << written->page.string() << "\n";
    if (written && !log.empty()) std::cout << "log    " << (folder / record.target_log).string() << "\n";
  }
  if (!written) {
    Complain("the reports could not be written: " + written.error().message);
    return kCouldNot;
  }
  if (rewritten) {
    const auto divergences = conformance::DivergencesIn(record, *rewritten, "not looked into yet", Day(begun + kUntilLookedInto));
    const Result<> kept = WriteFileAtomically(FromHere(options.write_known), rewritten->Rewritten(divergences));
    if (!kept) {
      Complain("the known divergences could not be written: " + kept.error().message);
      return kCouldNot;
    }
    std::cout << std::flush;
    std::cerr << "known divergences of " << divergences.size() << (divergences.size() == 1 ? " requirement" : " requirements") << " in "
              << options.write_known << "\n";
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
  command->add_option("--shard", options->shard, "of what is selected only the K-th of N parts, for several runs side by side")
      ->type_name("K/N");
  command->add_option("--xml", options->xml, "write JUnit's XML with a test for each scenario into this file as well")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_option("--scenarios", options->scenarios, "scenarios of yours instead of the suite's")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  command
      ->add_option("--known", options->known,
                   "known divergences: what the target may do otherwise, exactly as listed; a file, or one of " + ShippedNames())
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command
      ->add_option("--write-known", options->write_known,
                   "write what the target does otherwise into this file; reasons and comments that are in it stay")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_flag("--timed", options->timed, "scenarios that wait by design as well");
  command->add_flag("--list", options->list, "print the requirements and run nothing");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Conform(*options); });
}

}  // namespace provdlab::tools
