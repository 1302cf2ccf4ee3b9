#include "conformance/runner/runner.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <iterator>
#include <random>
#include <thread>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "base/version.h"
#include "conformance/known/judgement.h"
#include "conformance/runner/blame.h"
#include "conformance/runner/evidence.h"
#include "conformance/runner/read_only.h"

namespace provdlab::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNo5xx = "invariant.no-5xx";
constexpr std::string_view kNoHtmlError = "invariant.no-html-error";
constexpr int kFrail = 3;  // deaths of a launched target after which scenarios run one at a time
constexpr std::string_view kEveryAnswered = "invariant.every-request-answered";

bool IsInvariant(std::string_view slug) { return slug.rfind("invariant.", 0) == 0; }

std::string Rfc3339(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool Matches(const std::string& filter, const Requirement& requirement) {
  return GlobMatch(filter, requirement.slug) || GlobMatch(filter, requirement.area());
}

bool Matches(const std::string& filter, const ScenarioFile& file) {
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  return GlobMatch(filter, file.scenario.title) || GlobMatch(filter, file.path) || GlobMatch(filter, name) ||
         GlobMatch(filter + ".scenario", file.path) || GlobMatch(filter + ".scenario", name);
}

std::string Nearest(const Ledger& ledger, const std::string& text) {
  std::set<std::string> names;
  for (const Requirement& requirement : ledger.requirements()) names.insert({requirement.slug, requirement.area()});
  const std::vector<std::string_view> views(names.begin(), names.end());
  return std::string(provdlab::Nearest(text, views));
}

// A scenario that is not run: every check of it with the same verdict.
ScenarioRecord Unrun(const ScenarioRun& run, Verdict verdict, const std::string& note) {
  ScenarioRecord record;
  record.title = run.file->scenario.title;
  record.file = run.file->path;
  record.area = run.file->area;
  record.text = run.file->text;
  record.row = run.row;
  record.verdict = verdict;
  for (const scenario::Step& step : run.file->scenario.steps) {
    StepRecord step_record;
    step_record.line = static_cast<int>(step.position.line);
    step_record.source = step.source;
    const auto add = [&](const std::string& slug, int line, std::string predicate) {
      CheckRecord check;
      check.slug = slug;
      check.verdict = verdict;
      check.line = line;
      check.predicate = std::move(predicate);
      check.note = note;
      step_record.checks.push_back(std::move(check));
    };
    const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
    if (follow != nullptr && !follow->blamed.empty()) add(follow->blamed, step_record.line, step.source);
    for (const scenario::Check& check : step.checks)
      add(check.slug, static_cast<int>(check.position.line), scenario::Spell(check.condition));
    record.steps.push_back(std::move(step_record));
  }
  return record;
}

InvariantSeen Seen(const Death& death, const std::string& when) {
  return {std::string(kStillAnswers), false, "a target that answers after whatever it was asked", death.how + when + "; " + death.meanwhile,
          death.last_words.empty() ? "" : "its last words: " + death.last_words};
}

// While it lives, nothing is waited for shortly only because its like was not answered.
class FullWaits {
 public:
  explicit FullWaits(Session& session) : session_(session) { session_.WaitInFull(true); }
  ~FullWaits() { session_.WaitInFull(false); }
  FullWaits(const FullWaits&) = delete;
  FullWaits& operator=(const FullWaits&) = delete;

 private:
  Session& session_;
};

void Worsen(ScenarioRecord& record) {
  record.verdict = Verdict::kPass;
  for (const StepRecord& step : record.steps) {
    for (const CheckRecord& check : step.checks) record.verdict = std::max(record.verdict, check.verdict);
  }
}

}  // namespace

std::string MakeRunId() {
  std::random_device random;
  std::uint64_t number = (static_cast<std::uint64_t>(random()) << 16) ^ static_cast<std::uint64_t>(::getpid()) ^
                         static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::string id;
  for (int i = 0; i < 7; ++i, number /= 36) id.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[number % 36]);
  return id;
}

Result<Selection> Select(const Ledger& ledger, const Library& library, const Wanted& wanted) {
  Selection selection;
  selection.as_told = wanted.filters;
  if (wanted.level != Level::kMay) selection.as_told.push_back("level " + std::string(LevelName(wanted.level)));
  const auto strong_enough = [&](const std::string& slug) {
    const Requirement* requirement = ledger.Find(slug);
    return requirement == nullptr || requirement->level <= wanted.level;
  };

  std::set<std::string> named;                // slugs that a filter names
  std::set<const ScenarioFile*> named_files;  // files that a filter names
  for (const std::string& filter : wanted.filters) {
    bool found = false;
    for (const Requirement& requirement : ledger.requirements()) {
      if (!Matches(filter, requirement)) continue;
      named.insert(requirement.slug);
      found = true;
    }
    for (const ScenarioRun& run : library.runs()) {
      if (!Matches(filter, *run.file)) continue;
      named_files.insert(run.file.get());
      found = true;
    }
    if (!found) {
      const std::string nearest = Nearest(ledger, filter);
      return Fail(ErrorKind::kInvalid, "--filter \"" + filter + "\" names no requirement, area or scenario" +
                                           (nearest.empty() ? "" : "; did you mean " + nearest + "?") + " (--list shows them all)");
    }
  }
  std::vector<ScenarioRun> runs;  // of the tiers that are wanted
  std::set<std::string> waiting, seen;
  for (const ScenarioRun& run : library.runs()) {
    const bool waits = run.file->scenario.timed && !wanted.timed;
    (waits ? waiting : seen).merge(CheckedSlugs(run.file->scenario));
    if (!waits) runs.push_back(run);
  }
  const bool everything = wanted.filters.empty();
  std::set<std::string> reached;  // slugs that the chosen scenarios check
  for (const Requirement& requirement : ledger.requirements()) {
    if ((everything || named.contains(requirement.slug)) && strong_enough(requirement.slug)) selection.slugs.insert(requirement.slug);
  }
  std::erase_if(selection.slugs, [&](const std::string& slug) { return waiting.contains(slug) && !seen.contains(slug); });
  for (const ScenarioRun& run : runs) {
    const std::set<std::string> checked = CheckedSlugs(run.file->scenario);
    const bool by_file = named_files.contains(run.file.get());
    bool chosen = false;
    for (const std::string& slug : checked) {
      if (!strong_enough(slug)) continue;
      const bool by_slug = everything || named.contains(slug);
      if (by_file || by_slug) chosen = true;
      if (by_file) selection.slugs.insert(slug);
    }
    if (chosen) selection.runs.push_back(run);
    if (chosen) reached.insert(checked.begin(), checked.end());
  }
  if (wanted.shards > 1) {
    selection.in_part = true;
    selection.as_told.push_back("shard " + std::to_string(wanted.shard) + " of " + std::to_string(wanted.shards));
    std::vector<ScenarioRun> mine;
    reached.clear();
    for (std::size_t i = wanted.shard - 1; i < selection.runs.size(); i += wanted.shards) {
      const std::set<std::string> checked = CheckedSlugs(selection.runs[i].file->scenario);
      reached.insert(checked.begin(), checked.end());
      mine.push_back(std::move(selection.runs[i]));
    }
    selection.runs = std::move(mine);
    std::erase_if(selection.slugs, [&](const std::string& slug) { return !IsInvariant(slug) && !reached.contains(slug); });
    return selection;
  }
  if (everything && wanted.only_reached)
    std::erase_if(selection.slugs, [&](const std::string& slug) { return !IsInvariant(slug) && !reached.contains(slug); });
  // Invariants are seen after any scenario; they need one.
  const bool only_invariants = !selection.slugs.empty() && std::all_of(selection.slugs.begin(), selection.slugs.end(), IsInvariant);
  if (selection.runs.empty() && only_invariants) selection.runs = runs;
  const bool only_waiting = !wanted.timed && std::any_of(library.runs().begin(), library.runs().end(), [&](const ScenarioRun& run) {
    const std::set<std::string> checked = CheckedSlugs(run.file->scenario);
    return run.file->scenario.timed && (named_files.contains(run.file.get()) ||
                                        std::any_of(named.begin(), named.end(), [&](const auto& slug) { return checked.contains(slug); }));
  });
  if (selection.runs.empty() && only_waiting)
    return Fail(ErrorKind::kInvalid, "what was asked for waits by design: such scenarios run with --timed");
  if (selection.runs.empty()) {
    return Fail(
        ErrorKind::kInvalid,
        "the selection is empty: no scenario checks what was asked for, and a run of nothing is not green; --list shows what there is");
  }
  return selection;
}

// ---- One scenario

void Engine::AddInvariants(std::vector<InvariantSeen> seen, std::vector<ExchangeRecord> evidence, ScenarioRecord& record) {
  for (const std::string_view always : {kNo5xx, kNoHtmlError, kEveryAnswered, kStillAnswers}) {
    // One that nobody launched may just be out of reach.
    if (always == kStillAnswers && (session_.gone() || !session_.options().ended)) continue;
    const bool there = std::any_of(seen.begin(), seen.end(), [&](const InvariantSeen& invariant) { return invariant.slug == always; });
    if (!there) seen.push_back({std::string(always), true, "", ""});
  }
  StepRecord afterwards;
  afterwards.source = "afterwards: what holds after every scenario";
  afterwards.exchanges = std::move(evidence);
  const std::lock_guard lock(mutex_);
  for (const InvariantSeen& invariant : seen) {
    if (ledger_.Find(invariant.slug) == nullptr) continue;
    // The first scenario that breaks it is blamed; of those that end the target each, since each shows another place.
    if (invariant.slug != kStillAnswers && broken_.contains(invariant.slug)) continue;
    const auto known = std::find_if(afterwards.checks.begin(), afterwards.checks.end(),
                                    [&](const CheckRecord& check) { return check.slug == invariant.slug; });
    if (known != afterwards.checks.end() && (invariant.holds || known->verdict == Verdict::kFail)) continue;
    CheckRecord check;
    check.slug = invariant.slug;
    check.predicate = kInPassing;
    check.verdict = invariant.holds ? Verdict::kPass : Verdict::kFail;
    if (!invariant.holds) {
      check.expected = invariant.expected;
      check.got = invariant.got;
      check.note = invariant.note;
    }
    if (known != afterwards.checks.end())
      *known = std::move(check);
    else
      afterwards.checks.push_back(std::move(check));
  }
  for (const CheckRecord& check : afterwards.checks) {
    if (check.verdict == Verdict::kFail) broken_.insert(check.slug);
  }
  if (afterwards.checks.empty()) return;
  record.steps.push_back(std::move(afterwards));
  Worsen(record);
}

void Engine::Forget(const ScenarioRecord& record) {
  const std::lock_guard lock(mutex_);
  for (const StepRecord& step : record.steps) {
    for (const CheckRecord& check : step.checks) {
      if (IsInvariant(check.slug) && check.verdict == Verdict::kFail) broken_.erase(check.slug);
    }
  }
}

void Engine::BlameTogether(const Death& death, const std::vector<std::string>& titles, ScenarioRecord& record) {
  std::string when = titles.size() == 1 ? " during this scenario, and not when it ran again alone"
                                        : " while these ran together, and with none of them alone: ";
  for (std::size_t i = 0; titles.size() > 1 && i < titles.size(); ++i)
    when += (i == 0 ? "" : i + 1 == titles.size() ? " and " : ", ") + titles[i];
  AddInvariants({Seen(death, when)}, {}, record);
}

void Engine::LookForLeftovers(bool at_the_end, ScenarioRecord& last) {
  if (!wrote_documents_) return;
  if (session_.gone()) return;  // that has been told
  auto seen = session_.LookForLeftovers(at_the_end);
  if (const auto death = session_.death()) {
    AddInvariants({Seen(*death, " after all scenarios so far")}, {}, last);
  }
  if (!seen || seen->holds) return;
  seen->got += ", by this scenario or one that ran beside it or before";
  AddInvariants({std::move(*seen)}, {}, last);
}

ScenarioRecord Engine::Perform(const ScenarioRun& run, const std::function<Result<Packages>(std::size_t)>& packages, bool alone,
                               Tries& tries) {
  auto cast = packages(0);
  if (!cast) {
    tries.Note(session_.patience().sound ? std::nullopt : std::optional<std::string>("its packages"));
    const auto death = session_.death();
    ScenarioRecord record =
        Unrun(run, death ? Verdict::kBlocked : Verdict::kHarnessError, "its packages could not be made: " + cast.error().message);
    if (!death) return record;
    for (StepRecord& step : record.steps) {
      for (CheckRecord& check : step.checks) session_.LeaveUnsettled(check);
    }
    AddInvariants({Seen(*death, ", when its packages were to be listed")}, {}, record);
    return record;
  }
  const std::uint64_t refused = session_.refused_writes();
  Attempt attempt(session_, run, std::move(*cast), &ledger_);
  AttemptResult result = attempt.Run();
  if (session_.refused_writes() != refused) {
    tries.Note(std::nullopt);
    return Unrun(run, Verdict::kHarnessError, "it was about to send something else than GET or HEAD to a target that is only to be read");
  }
  const DocumentTraces& made = result.traces.documents;
  const bool wrote_documents = made.wrote_devices || made.wrote_configs || made.leased;
  if (wrote_documents) wrote_documents_ = true;
  std::vector<http::Exchange> evidence;
  std::vector<InvariantSeen> invariants = session_.CleanUp(result.traces, &evidence);

  std::size_t spare = 0;
  for (const AwaitedControl& awaited : result.controls) {
    CheckRecord& check = result.record.steps[awaited.step_record].checks[awaited.check_record];
    Attempt::ControlResult control;
    auto others = session_.stop().asked() ? Packages{} : packages(++spare);
    if (session_.stop().asked()) {
      control.got = "the run was ended before it";
    } else if (!others) {
      control.got = others.error().message;
    } else {
      Attempt without(session_, run, std::move(*others), &ledger_);
      control = without.RunControl(awaited.step, awaited.check);
      if (!result.lost) result.lost = without.lost();
      session_.CleanUp(without.traces(), nullptr);
    }
    if (control.holds) continue;
    if (session_.stop().asked()) {
      // Without its control nobody knows what it says.
      session_.LeaveUnsettled(check);
      check.note = "its control could not be run";
      continue;
    }
    check.verdict = Verdict::kBlocked;
    check.blocked_by = run.file->scenario.steps[awaited.step].needs;
    check.note = "the control without the act failed as well: " + control.got;
  }

  if (alone && wrote_documents) {
    if (auto left = session_.LookForLeftovers(false)) invariants.push_back(std::move(*left));
  }
  if (const auto death = session_.death()) {
    invariants.push_back(Seen(*death, alone ? "" : ", by this scenario or one that ran beside it"));
    // That it hangs came out only afterwards.
    for (StepRecord& step : result.record.steps) {
      for (CheckRecord& check : step.checks)
        if (check.verdict == Verdict::kUnanswered) session_.LeaveUnsettled(check);
    }
  }
  for (InvariantSeen& seen : result.invariants) invariants.push_back(std::move(seen));
  std::vector<ExchangeRecord> shown;
  for (const http::Exchange& exchange : evidence) shown.push_back(Evidence(exchange, session_.target()));
  // An attempt that is made again is given up: what it broke is for the next one to say.
  tries.Note(result.lost);
  tries.NoteClosed(result.closed);
  tries.NoteUnanswered(result.unanswered || result.lost);
  // What is lost again is held against the check that asked. What comes when it is asked for again was lost nevertheless.
  if (session_.patience().sound && !result.lost && !tries.closed().empty()) {
    const bool asked = result.record.verdict != Verdict::kBlocked;
    invariants.push_back(
        {std::string(kEveryAnswered), false, "an answer to every request", tries.closed() + (asked ? "; asked again, it was" : "")});
  }
  if (tries.stand() || Ends()) AddInvariants(std::move(invariants), std::move(shown), result.record);
  Worsen(result.record);
  result.record.attempts = tries.made();
  return std::move(result.record);
}

Engine::Outcome Engine::Run(const ScenarioRun& run, std::size_t number, bool alone) {
  using Went = Outcome::Went;
  if (session_.stop().asked()) {
    const Went went = session_.gone() && session_.can_return() ? Went::kBefore : Went::kNot;
    return {Unrun(run, Verdict::kNotRun, "the run ended before it: " + session_.stop().why()), std::nullopt, went};
  }
  const auto checked = CheckedSlugs(run.file->scenario);
  const bool concerns = std::any_of(checked.begin(), checked.end(), [&](const std::string& slug) {
    const Requirement* const requirement = ledger_.Find(slug);
    return requirement == nullptr || requirement->IsOf(session_.target().dialect());
  });
  if (!checked.empty() && !concerns)
    return {Unrun(run, Verdict::kNotApplicable, "the dialect " + session_.target().dialect() + " has no such requirement"), std::nullopt};
  if (session_.target().read_only()) {
    if (const auto writes = WhatWrites(run.file->scenario))
      return {Unrun(run, Verdict::kNotApplicable, "--read-only: " + *writes), std::nullopt};
  }
  std::vector<std::string> needed = run.file->scenario.offers;
  if (NeedsPhones(run.file->scenario)) needed.emplace_back("http-provisioning");  // also if nothing but their addresses is used
  for (const std::string& capability : needed) {
    if (!session_.Offers(capability)) return {Unrun(run, Verdict::kNotApplicable, "the target does not offer " + capability), std::nullopt};
  }
  const std::optional<int> proxies = run.file->scenario.proxies;
  if (proxies && !session_.CanTrust(*proxies))
    return {Unrun(run, Verdict::kNotApplicable, "the target does not trust just " + std::to_string(*proxies) + " proxies"), std::nullopt};
  if (alone) {
    if (auto ready = Prepare(run.file->scenario); !ready) return {Unprepared(run, ready.error()), std::nullopt};
    if (NeedsRepository(run.file->scenario)) session_.RefreshCatalogue();
  }
  Tries tries(session_.patience());
  Outcome outcome;
  outcome.record = Perform(
      run, [&](std::size_t spare) -> Result<Packages> { return session_.PackagesOf(number, spare); }, alone, tries);
  if (!tries.stand() && !Ends()) outcome.again = tries;
  if (!alone && session_.gone() && session_.can_return()) outcome.went = Went::kMeanwhile;
  // What a target that went away did not answer tells how it went.
  if (!tries.stand() && Ends() && !session_.gone()) outcome.record = NotTriedOn(run, std::move(outcome.record));
  return outcome;
}

Result<> Engine::Prepare(const scenario::Scenario& scenario) {
  // What was upgraded has no way back but to begin anew, and who upgrades begins with the first version.
  if (session_.upgraded() || Upgrades(scenario)) {
    if (auto renewed = session_.Renew(); !renewed) return renewed;
  }
  return session_.Trust(scenario.proxies);
}

ScenarioRecord Engine::Unprepared(const ScenarioRun& run, const Error& problem) {
  session_.LookWhetherDown();  // so that it is begun anew for the next one
  return Unrun(run, Verdict::kHarnessError, problem.message);
}

ScenarioRecord Engine::NotTriedOn(const ScenarioRun& run, ScenarioRecord record) {
  if (session_.patience().sound) return record;
  return Unrun(run, Verdict::kNotRun, "it lost an exchange, and the run ended before it was begun anew: " + session_.stop().why());
}

ScenarioRecord Engine::RunAgain(const ScenarioRun& run, Tries tries) {
  ScenarioRecord record;
  const bool lost_before = tries.made() > 0;
  const FullWaits in_full(session_);
  const Clock::time_point end = Clock::now() + session_.limits().anew;
  do {
    if (auto ready = Prepare(run.file->scenario); !ready) return Unprepared(run, ready.error());
    session_.RefreshCatalogue();
    record = Perform(
        run, [&](std::size_t) { return session_.MintPackages(run); }, true, tries);
  } while (!tries.stand() && !Ends() && Clock::now() < end);
  if (Ends() && !tries.stand()) return session_.gone() ? record : NotTriedOn(run, std::move(record));
  const std::string title = run.file->path + (run.row.empty() ? "" : " [" + run.row + "]");
  if (session_.patience().sound && !lost_before && !tries.lost()) return record;
  if (session_.patience().sound) {
    session_.Note(title + ": a request was not answered at first; asked again alone, " +
                  (tries.unanswered()                    ? "it was not answered either"
                   : record.verdict == Verdict::kBlocked ? "it did not come to that"
                                                         : "it was"));
  } else if (tries.hopeless() || !tries.stand()) {
    const std::string why = "each of " + std::to_string(tries.made()) + " attempts lost something, the last one " + *tries.lost() +
                            ": the network is too bad to tell";
    session_.Note(title + ": " + why);
    record = Unrun(run, Verdict::kHarnessError, why);
    record.attempts = tries.made();
  } else if (tries.lost()) {
    session_.Note(title + ": " + *tries.lost() + ", in " + std::to_string(session_.patience().same_place) +
                  " attempts in a row: the target is held to that");
  }
  return record;
}

// ---- All of them

namespace {

std::string BegunAnew(const std::vector<ScenarioRecord>& scenarios) {
  std::size_t anew = 0;
  int most = 1;
  for (const ScenarioRecord& scenario : scenarios) {
    if (scenario.attempts > 1) ++anew;
    most = std::max(most, scenario.attempts);
  }
  if (anew == 0) return "";
  return std::to_string(anew) + " of " + std::to_string(scenarios.size()) + (anew == 1 ? " scenario runs was" : " scenario runs were") +
         " begun anew because exchanges were lost, at most " + std::to_string(most - 1) + (most == 2 ? " time" : " times");
}

}  // namespace

RunRecord RunSuite(const Ledger& ledger, const Selection& selection, const Target& target, const RunOptions& options, Stop& stop) {
  const Clock::time_point start = Clock::now();
  RunRecord record;
  record.suite_version = kVersion;
  record.ledger_hash = ledger.hash();
  record.target = target.url();
  record.dialect = target.dialect();
  record.started = Rfc3339(std::chrono::system_clock::now());
  record.seed = options.session.seed;
  record.selection = selection.as_told;
  if (target.read_only()) record.selection.push_back("read-only");
  record.reach = options.reach;
  if (options.known != nullptr) record.known = options.known->target();
  SessionOptions session_options = options.session;
  if (session_options.run_id.empty()) session_options.run_id = MakeRunId();
  record.run_id = session_options.run_id;
  if (options.budget.count() > 0) stop.AskAt(start + options.budget, "budget");

  const auto finish = [&] {
    record.ended = stop.why();
    if (options.known != nullptr) MarkKnown(*options.known, options.today, record.scenarios);
    record.requirements = Blame(ledger, selection.slugs, record.scenarios, session_options.keep);
    if (options.known != nullptr)
      JudgeKnown(*options.known, options.today, record.scenarios, record.selection.empty() && record.ended.empty(), record.requirements);
    // A run of nothing is not green, whatever it left out.
    const bool nothing_ran = std::all_of(record.scenarios.begin(), record.scenarios.end(),
                                         [](const ScenarioRecord& scenario) { return scenario.verdict == Verdict::kNotApplicable; });
    if (nothing_ran && !selection.in_part) {
      record.notes.push_back(target.read_only() ? "--read-only left nothing of what was selected"
                                                : "nothing of what was selected applies to this target; the page says why");
      record.exit_code = 1;
    }
    if (record.exit_code == 0) record.exit_code = ExitCode(record.requirements);
    record.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
    const bool crashed = session_options.ended && session_options.ended().has_value();
    if (session_options.log_tail && crashed && record.target_log_tail.empty()) record.target_log_tail = session_options.log_tail();
  };

  const std::vector<ScenarioRun>& runs = selection.runs;
  auto opened = Session::Open(session_options, target, runs, stop);
  if (!opened) {
    record.notes.push_back(opened.error().message);
    for (const ScenarioRun& run : runs) record.scenarios.push_back(Unrun(run, Verdict::kNotRun, opened.error().message));
    record.exit_code = 3;
    finish();
    return record;
  }
  Session& session = **opened;
  Engine engine(session, ledger);
  record.scenarios.resize(runs.size());
  std::vector<std::size_t> together;
  std::vector<std::size_t> alone;
  for (std::size_t i = 0; i < runs.size(); ++i) (RunsAlone(runs[i].file->scenario) ? alone : together).push_back(i);

  // Those for which a target is started anew come last, and with their likes.
  const auto kind = [&](std::size_t number) {
    const scenario::Scenario& scenario = runs[number].file->scenario;
    return std::pair(Upgrades(scenario), scenario.proxies);
  };
  std::stable_sort(alone.begin(), alone.end(), [&](std::size_t a, std::size_t b) { return kind(a) < kind(b); });

  std::mutex mutex;  // of progress and what is to be done again
  std::vector<std::pair<std::size_t, Tries>> again;
  std::vector<std::size_t> waiting = together;          // to be begun
  std::vector<std::size_t> left;                        // were not, because the target went
  std::vector<std::pair<std::size_t, Tries>> suspects;  // were under way then
  Progress progress;
  progress.total = runs.size();
  const auto settle = [&](std::size_t number, Engine::Outcome outcome) {
    const std::lock_guard lock(mutex);
    record.scenarios[number] = std::move(outcome.record);
    if (outcome.went != Engine::Outcome::Went::kNot) {
      if (outcome.went == Engine::Outcome::Went::kBefore)
        left.push_back(number);
      else
        suspects.emplace_back(number, Tries(session_options.patience));
      return;
    }
    if (outcome.again) {
      again.emplace_back(number, *outcome.again);
      return;
    }
    ++progress.done;
    const Verdict verdict = record.scenarios[number].verdict;
    if (verdict != Verdict::kPass && verdict != Verdict::kNotApplicable && verdict != Verdict::kWarn) ++progress.failed;
    progress.title = runs[number].Title();
    if (options.on_progress) options.on_progress(progress);
  };

  // Whether it is there, begun anew if need be.
  const auto there = [&] {
    if (!session.gone()) return true;
    if (!session.can_return()) return false;
    if (session_options.log_tail && record.target_log_tail.empty()) record.target_log_tail = session_options.log_tail();
    return session.Revive().has_value();
  };
  // Which of those that were under way when the target went makes it go: each is run alone.
  const auto search = [&] {
    const auto death = session.death();
    // Whoever lost something before may have been the first to meet it.
    if (death && session_options.patience.sound) std::move(again.begin(), again.end(), std::back_inserter(suspects)), again.clear();
    const auto numbers = std::exchange(suspects, {});
    bool found = false;
    for (const auto& [number, tries] : numbers) {
      if (there() && !stop.asked()) {
        engine.Forget(record.scenarios[number]);
        record.scenarios[number] = engine.RunAgain(runs[number], tries);
        found = found || session.gone();
      }
      settle(number, {std::move(record.scenarios[number])});
    }
    if (found || !death || numbers.empty() || stop.asked()) return;
    std::vector<std::string> titles;
    for (const auto& [number, tries] : numbers) titles.push_back(runs[number].Title());
    engine.BlameTogether(*death, titles, record.scenarios[numbers.front().first]);
  };

  while (!waiting.empty()) {
    // One that goes again and again is looked at with one scenario at a time, so that each time tells.
    const bool frail = session.deaths() >= kFrail;
    const std::size_t jobs = frail ? 1 : std::min(static_cast<std::size_t>(std::max(options.jobs, 1)), waiting.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      while (!(session.gone() && session.can_return())) {
        const std::size_t i = next++;
        if (i >= waiting.size()) return;
        settle(waiting[i], engine.Run(runs[waiting[i]], waiting[i], jobs == 1));
      }
    };
    std::vector<std::thread> workers;
    for (std::size_t i = 1; i < jobs; ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();
    left.insert(left.end(), waiting.begin() + static_cast<std::ptrdiff_t>(std::min(next.load(), waiting.size())), waiting.end());
    waiting = std::exchange(left, {});
    search();
    if (there()) session.RefreshCatalogue();
  }
  if (!together.empty()) engine.LookForLeftovers(false, record.scenarios[together.back()]);
  for (const std::size_t number : alone) {
    (void)there();
    settle(number, engine.Run(runs[number], number, true));
  }
  for (const auto& [number, tries] : std::exchange(again, {})) {
    if (!there() || stop.asked())
      settle(number, {engine.NotTriedOn(runs[number], std::move(record.scenarios[number])), std::nullopt});
    else
      settle(number, {engine.RunAgain(runs[number], tries), std::nullopt});
  }
  (void)there();  // for what is to be put back
  if (!runs.empty()) engine.LookForLeftovers(true, record.scenarios.back());
  session.Close();
  record.notes = session.notes();
  if (const std::string begun = BegunAnew(record.scenarios); !begun.empty() && !session_options.patience.sound)
    record.notes.push_back(begun);
  finish();
  return record;
}

}  // namespace provdlab::conformance
