#pragma once
// A whole run: choose, open the target, run what was chosen, put the target back, say what holds.
//
//   Selection selection = *Select(ledger, library, {.filters = {"oip.*"}});
//   RunRecord record = RunSuite(ledger, selection, target, options, stop);
//
// RunSuite returns in every case and always cleans up; Stop ends it early. One run at a time for each target.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "conformance/known/divergences.h"
#include "conformance/report/record.h"
#include "conformance/requirements/ledger.h"
#include "conformance/runner/attempt.h"
#include "conformance/runner/library.h"
#include "conformance/runner/session.h"
#include "conformance/runner/stop.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

struct Wanted {
  std::vector<std::string> filters{};  // globs over slugs, areas, titles and files; none: everything
  Level level = Level::kMay;           // this one and the stronger ones
  std::size_t shard = 1, shards = 1;   // of the scenarios only every so-manieth, from this one on, counted from 1
  bool timed = false;                  // scenarios that wait by design as well, and what only they check
  bool only_reached = false;           // without filters: only requirements that a scenario of the library checks, and invariants
};

struct Selection {
  std::vector<ScenarioRun> runs;
  std::set<std::string> slugs;       // requirements that get a verdict
  std::vector<std::string> as_told;  // for the record
  bool in_part = false;              // one of several shards
};

// kInvalid for a filter that names nothing, with the nearest name; an empty selection is no selection.
Result<Selection> Select(const Ledger& ledger, const Library& library, const Wanted& wanted);

struct Progress {
  std::size_t done = 0, total = 0, failed = 0;
  std::string title;  // of the scenario that has just ended
};

struct RunOptions {
  SessionOptions session;  // an empty run_id: one is made
  int jobs = 4;
  std::chrono::milliseconds budget{0};               // 0: none
  std::function<void(const Progress&)> on_progress;  // called from several threads, one at a time; may be empty
  std::vector<std::string> reach;                    // RunRecord::reach
  const KnownDivergences* known = nullptr;           // what the target is held against besides; none: nothing is known
  std::string today;                                 // YYYY-MM-DD, for what is known until some day
};

// Runs scenarios against an open session, with their controls, retries and invariants. Any number of threads may run scenarios
// that do not need to be alone.
class Engine {
 public:
  Engine(Session& session, const Ledger& ledger) : session_(session), ledger_(ledger) {}

  struct Outcome {
    ScenarioRecord record;
    std::optional<Tries> again{};  // an exchange was lost: what was tried so far, to be tried on alone
    // The target went, and can be begun anew: before this was begun, or while it and others were under way, so that nobody knows of which.
    enum class Went { kNot, kBefore, kMeanwhile };
    Went went = Went::kNot;
  };
  // `number` is the run's place among those that the session was opened with. `alone`: nothing else runs now.
  Outcome Run(const ScenarioRun& run, std::size_t number, bool alone);
  // Further attempts, with fresh packages, until one stands. Only while nothing else runs.
  ScenarioRecord RunAgain(const ScenarioRun& run, Tries tries);
  // Instead of a record that does not stand because the run has ended.
  ScenarioRecord Unprepared(const ScenarioRun& run, const Error& problem);
  ScenarioRecord NotTriedOn(const ScenarioRun& run, ScenarioRecord record);
  // Before a record is given up for another attempt: what it broke is for that one to say.
  void Forget(const ScenarioRecord& record);
  // Tells in the record of one of them that the target went while all these were under way, and with none of them alone.
  void BlameTogether(const Death& death, const std::vector<std::string>& titles, ScenarioRecord& record);
  // After several scenarios that were not alone, or after all: what one of them left is told in the record of the last. Nothing is
  // asked if none wrote any document. Only while nothing else runs.
  void LookForLeftovers(bool at_the_end, ScenarioRecord& last);

 private:
  ScenarioRecord Perform(const ScenarioRun& run, const std::function<Result<Packages>(std::size_t)>& packages, bool alone, Tries& tries);
  // Puts the target into the state that an attempt begins with, which is alone. kUnavailable.
  Result<> Prepare(const scenario::Scenario& scenario);
  bool Ends() { return session_.gone() || session_.stop().asked(); }
  // And what they make of the record's verdict.
  void AddInvariants(std::vector<InvariantSeen> seen, std::vector<ExchangeRecord> evidence, ScenarioRecord& record);

  Session& session_;
  const Ledger& ledger_;
  std::mutex mutex_;
  std::set<std::string> broken_;               // invariants that an earlier scenario broke
  std::atomic<bool> wrote_documents_ = false;  // some scenario asked for one to be made or changed
};

RunRecord RunSuite(const Ledger& ledger, const Selection& selection, const Target& target, const RunOptions& options, Stop& stop);

// Short, of letters and digits, and never the same twice on one machine.
std::string MakeRunId();

}  // namespace provdlab::conformance
