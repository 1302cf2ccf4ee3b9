#pragma once
// What a run of the suite found out, as one plain value. The runner fills it, every report is written from it, and the JSON
// report is its exact image (ToJson, FromJson), so that runs can be compared and rendered later.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::conformance {

// In order of badness: a requirement's verdict is the worst over its checks.
enum class Verdict {
  kPass,
  kNotApplicable,  // the target does not offer what it is about
  kKnown,          // it does otherwise, exactly as a file of known divergences lists it, or stands on nothing but what does
  kWarn,           // a SHOULD does not hold (a MAY is recorded as pass or not applicable, never blamed)
  kNotRun,         // selected, but the budget or an interrupt ended the run before it
  kBlocked,        // a step before the check did not come about
  kNotAsKnown,     // a file of known divergences lists something else, or what it lists has ended
  kUnanswered,     // the target never answered, also when asked again alone
  kFail,
  kHarnessError,  // our fault
};
std::string_view VerdictName(Verdict verdict);  // "pass", "not-applicable", "known", "warn", "not-run", "blocked", "not-as-known",
                                                // "unanswered", "fail", "harness-error"
std::optional<Verdict> VerdictFromName(std::string_view name);

enum class Level { kMust, kShould, kMay };
std::string_view LevelName(Level level);  // "must", "should", "may"
std::optional<Level> LevelFromName(std::string_view name);

// One request and its answer, secrets masked already. Bodies that are not UTF-8 are given with U+FFFD for the bytes that are not.
struct ExchangeRecord {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> request_headers;
  std::string request_body;
  std::string outcome;  // http::OutcomeName
  std::string problem;
  int status = 0;  // 0 without an answer
  std::vector<std::pair<std::string, std::string>> response_headers;
  std::string response_body;
  std::int64_t microseconds = 0;
  std::string curl;  // a line that repeats the request when pasted into a shell; empty for raw bytes
};

struct CheckRecord {
  std::string slug;
  Verdict verdict = Verdict::kPass;
  int line = 0;                         // of the scenario's file
  std::string predicate;                // as written
  std::string expected, got;            // a sentence or a value each, on a failure
  std::vector<std::string> blocked_by;  // slugs
  std::string note;                     // e.g. "the control failed as well: …"
};

struct StepRecord {
  int line = 0;
  std::string source;                     // the statement as written
  std::vector<ExchangeRecord> exchanges;  // for follow and eventually: first, every one that differed, last
  std::vector<std::string> statuses;      // follow: the different ones, in order
  std::vector<std::string> trace;         // what phones did and what happened to them, a line each; the same in two runs
  std::vector<CheckRecord> checks;
};

struct ScenarioRecord {
  std::string title, file, area;  // area: folder of the file
  std::string text;               // the whole file, for replay
  std::string row;                // the value of its `for`, or empty
  Verdict verdict = Verdict::kPass;
  std::vector<StepRecord> steps;
  int attempts = 1;  // until one counted: those that lost an exchange were begun anew
  std::int64_t microseconds = 0;
};

struct RequirementRecord {
  std::string slug, area, sentence, source;
  Level level = Level::kMust;
  Verdict verdict = Verdict::kNotRun;
  std::vector<std::string> scenarios;  // titles
  std::vector<std::string> blocked_by;
  bool unexplained = false;   // blocked, though all that it was blocked by passed elsewhere
  bool behind_known = false;  // known, and untested: all that it stands on is known to diverge
  std::string note;           // of known and not as known: how a file of known divergences has it; of not applicable: why
};

struct RunRecord {
  static constexpr int kFormat = 1;
  std::string suite_version, ledger_hash, run_id, target, dialect, started;  // started: RFC 3339
  std::uint64_t seed = 0;
  std::int64_t microseconds = 0;
  std::string ended;                   // "" or why the run ended early: "interrupted", "budget", "target gone", "target crashed"
  std::vector<std::string> selection;  // --filter and --level, as given
  std::string known;                   // whose known divergences it was held against, or empty
  std::vector<std::string> reach;      // options that bring a replay to the target: --target URL, --launch COMMAND, none for ours
  std::vector<RequirementRecord> requirements;
  std::vector<ScenarioRecord> scenarios;
  std::vector<std::string> notes;  // clean-up that could not be done, repeated timeouts, harness errors
  std::string target_log_tail;     // of a launched target that crashed or hung, when it did so first
  std::string target_log;          // file with all that a launched target wrote, in the folder of the reports; or empty
  int exit_code = 0;               // 0 green, 1 not, 2 usage, 3 untestable or harness error
};

Json ToJson(const RunRecord& record);
// kInvalid names the first member that is missing or of another type, or the format that it cannot read. Unknown members are
// passed over.
Result<RunRecord> FromJson(const Json& json);

// The last lines of a log, a few; into it.
std::vector<std::string_view> LastWords(std::string_view log, std::size_t most = 8);

}  // namespace provdlab::conformance
