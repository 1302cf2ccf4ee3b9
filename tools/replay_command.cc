// provdlab replay: one scenario file against a target, with everything that went over the wire.

#include <iostream>
#include <memory>
#include <set>

#include "conformance/report/mask.h"
#include "conformance/report/record.h"
#include "conformance/requirements/ledger.h"
#include "conformance/runner/library.h"
#include "conformance/runner/runner.h"
#include "tools/command.h"
#include "tools/trial.h"

namespace provdlab::tools {
namespace {

using conformance::CheckRecord;
using conformance::ExchangeRecord;
using conformance::ScenarioRecord;
using conformance::StepRecord;
using conformance::Verdict;

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr std::size_t kShownBody = 400;

struct ReplayOptions {
  TrialOptions trial;
  std::string file;
};

constexpr char kExamples[] = R"(Examples:
  provdlab replay provdlab-report/scenarios/deletes.scenario --target http://127.0.0.1:8666/provd
  provdlab replay mine.scenario                                  against the reference server
Every row of the scenario's table is run. The target is left as it was found.
Exit codes: 0 every check holds, 1 not so, 2 usage or no scenario, 3 the target can't be tested.)";

// One line of what may be anything: control characters shown as '.'.
std::string Line(const std::string& text, std::size_t most) {
  std::string line = text.substr(0, most);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' || c == '\r' ? ' ' : '.';
  }
  if (text.size() > most) line += "… (" + std::to_string(text.size()) + " bytes)";
  return line;
}

void PrintExchange(const ExchangeRecord& exchange) {
  std::cout << "    > " << (exchange.method.empty() ? "raw bytes" : exchange.method + " " + Line(exchange.target, 200)) << "\n";
  if (!exchange.request_body.empty()) std::cout << "      " << Line(exchange.request_body, kShownBody) << "\n";
  if (exchange.status == 0) {
    std::cout << "    < " << exchange.outcome << ": " << Line(exchange.problem, kShownBody) << "\n";
    return;
  }
  std::cout << "    < " << exchange.status << "  (" << (exchange.microseconds + 500) / 1000 << " ms)\n";
  for (const auto& [name, value] : exchange.response_headers) {
    if (name == "Location" || name == "Content-Type" || name == "Allow") std::cout << "      " << name << ": " << Line(value, 200) << "\n";
  }
  if (!exchange.response_body.empty()) std::cout << "      " << Line(exchange.response_body, kShownBody) << "\n";
}

void PrintCheck(const CheckRecord& check) {
  std::cout << "    " << conformance::VerdictName(check.verdict) << "  " << check.slug << "\n";
  if (!check.expected.empty()) std::cout << "      expected " << Line(check.expected, kShownBody) << "\n";
  if (!check.got.empty()) std::cout << "      got      " << Line(check.got, kShownBody) << "\n";
  for (const std::string& slug : check.blocked_by) std::cout << "      blocked by " << slug << "\n";
  if (!check.note.empty()) std::cout << "      " << Line(check.note, kShownBody) << "\n";
}

void Print(const ScenarioRecord& scenario) {
  std::cout << scenario.title << (scenario.row.empty() ? "" : " [" + scenario.row + "]") << "\n";
  for (const StepRecord& step : scenario.steps) {
    std::cout << "  " << (step.line > 0 ? std::to_string(step.line) + "  " : "") << Line(step.source, 200) << "\n";
    for (const std::string& line : step.trace) std::cout << "    " << Line(line, 400) << "\n";
    for (const ExchangeRecord& exchange : step.exchanges) PrintExchange(exchange);
    for (const CheckRecord& check : step.checks) PrintCheck(check);
  }
  std::cout << "  → " << conformance::VerdictName(scenario.verdict) << "\n\n";
}

int Replay(const ReplayOptions& options) {
  const auto ledger = conformance::Ledger::Embedded();
  if (!ledger) {
    Complain("the ledger can't be read: " + ledger.error().message);
    return kCouldNot;
  }
  const auto library = conformance::Library::File(FromHere(options.file).string());
  if (!library) {
    Complain(library.error().message);
    return kUsage;
  }
  conformance::Selection selection;
  selection.runs = library->runs();
  selection.as_told = {options.file};
  auto trial = Trial::Open(options.trial);
  if (!trial) {
    Complain(trial.error().message);
    return trial.error().kind == ErrorKind::kInvalid ? kUsage : kCouldNot;
  }
  conformance::RunOptions& run = (*trial)->run();
  run.jobs = 1;
  conformance::RunRecord record = conformance::RunSuite(*ledger, selection, (*trial)->target(), run, (*trial)->stop());
  if (std::string did = (*trial)->WhatTheWeatherDid(); !did.empty()) record.notes.push_back(std::move(did));
  if (!options.trial.keep_secrets) conformance::MaskSecrets(record);

  Verdict worst = Verdict::kPass;
  for (const ScenarioRecord& scenario : record.scenarios) {
    Print(scenario);
    if (scenario.verdict != Verdict::kNotApplicable) worst = std::max(worst, scenario.verdict);
  }
  for (const std::string& note : record.notes) std::cout << "note: " << Line(note, 1000) << "\n";
  if (!record.target_log_tail.empty()) {
    std::cout << "the target's last words:\n";
    for (const std::string_view line : conformance::LastWords(record.target_log_tail))
      std::cout << "  " << Line(std::string(line), 1000) << "\n";
  }
  std::cout << "target " << record.target << ", seed " << record.seed << ": " << conformance::VerdictName(worst) << "\n";
  // Here the scenario's own checks decide, whether the ledger knows their slugs or not.
  if (worst == Verdict::kHarnessError) return kCouldNot;
  if (worst == Verdict::kNotRun && record.ended.empty()) return kCouldNot;
  return worst == Verdict::kPass || worst == Verdict::kWarn ? 0 : 1;
}

}  // namespace

void AddReplayCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* const command = app.add_subcommand("replay", "Run one scenario file against a provd and show every exchange");
  command->add_option("FILE", options->file, "a scenario")->required();
  AddTrialOptions(*command, options->trial);
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Replay(*options); });
}

}  // namespace provdlab::tools
