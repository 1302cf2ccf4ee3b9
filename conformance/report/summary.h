#pragma once
// What every report says first, and where the evidence for it is: so that terminal, page and JUnit say the same.
//
//   Summary summary = Summarise(record);
//   summary.headline.word;                            // "FAILED"
//   for (const Finding& finding : summary.findings) Show(finding.requirement->slug, finding.check->got);
//
// Pure functions; any thread. A Summary points into its record, which must outlive it and stay as it is.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "conformance/report/record.h"

namespace provdlab::conformance {

inline constexpr std::array<Verdict, 10> kWorstFirst = {
    Verdict::kHarnessError, Verdict::kFail, Verdict::kUnanswered, Verdict::kNotAsKnown,    Verdict::kBlocked,
    Verdict::kNotRun,       Verdict::kWarn, Verdict::kKnown,      Verdict::kNotApplicable, Verdict::kPass};

// How many requirements have each verdict.
class Tally {
 public:
  void Add(Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  std::size_t Of(Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
  std::size_t total() const;

 private:
  std::array<std::size_t, kWorstFirst.size()> counts_{};
};

struct AreaTally {
  std::string area;
  Tally tally;
};

// A requirement that does not simply hold, with the first check that shows it. A requirement that was never reached has no
// check; then the pointers are null.
struct Finding {
  const RequirementRecord* requirement = nullptr;
  const ScenarioRecord* scenario = nullptr;
  const StepRecord* step = nullptr;
  const CheckRecord* check = nullptr;
  std::string replay_file;                         // relative to the report's folder; empty without a scenario
  std::vector<const RequirementRecord*> blocks{};  // what is blocked by it, also by way of others that are
  bool explained = false;                          // blocked, and one of the findings has it among what it blocks
};

struct Headline {
  bool green = false;
  std::string word;      // PASSED, FAILED, NOT PROVEN, NOTHING TESTED, UNTESTABLE, HARNESS ERROR
  std::string sentence;  // "2 of 120 requirements fail, 3 are blocked."
};

struct Summary {
  Headline headline;
  Tally all;
  std::vector<AreaTally> areas;  // in the order of the requirements
  // The worst first, among them what blocks most, otherwise in the order of the requirements; no passes, nothing not applicable.
  std::vector<Finding> findings;
  std::vector<std::string> replay;  // for each scenario of the record its file below the report's folder; empty if it needs none
};

Summary Summarise(const RunRecord& record);

// A verdict that counts against the run: neither pass, nor warn, nor known, nor not applicable.
bool IsBad(Verdict verdict);
std::string_view VerdictWord(Verdict verdict);  // "passed", "failed", "not applicable", …

// The line that repeats a scenario: provdlab replay FILE --target URL (RunRecord::reach), quoted for a POSIX shell where needed.
std::string ReplayCommand(const std::string& file, const std::vector<std::string>& reach);

// "1.8 ms", "6.43 s", "2 min 5 s"
std::string Duration(std::int64_t microseconds);

}  // namespace provdlab::conformance
