#pragma once
// From what the scenarios' checks showed to a verdict for every requirement, and for the run.
//
//   std::vector<RequirementRecord> verdicts = Blame(ledger, selected, record.scenarios, {});
//   record.exit_code = ExitCode(verdicts);
//
//  * A requirement's verdict is the worst over its checks; it is not run if none was reached.
//  * What a target does not offer is not applicable, unless the requirement was checked elsewhere.
//  * A block is unexplained if everything that it is blocked by passed.
//  * What the clean-up finds is blamed on what it is made with, if that failed: a target whose uninstall does nothing leaves
//    packages behind, which is one defect, not two.
// Pure functions; any thread.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/report/record.h"
#include "conformance/requirements/ledger.h"

namespace provdlab::conformance {

// The predicate of a check that no scenario asks for: it is made of every one, of its answers and in its clean-up.
inline constexpr std::string_view kInPassing = "invariant";

// One record for each of `selected` and of what was broken in passing, in the ledger's order, then one for each slug that the
// ledger does not know (a harness error).
std::vector<RequirementRecord> Blame(const Ledger& ledger, const std::set<std::string>& selected,
                                     const std::vector<ScenarioRecord>& scenarios, bool clean_up_skipped = false);

// 0: every MUST passed, is known to diverge or is not applicable, nothing is unexplained or not as known. 1: not so, or nothing was
// selected. 3: a harness error.
int ExitCode(const std::vector<RequirementRecord>& requirements);

}  // namespace provdlab::conformance
