#pragma once
// A run held against a file of known divergences: what is exactly as listed is known, everything else counts.
//
//   MarkKnown(known, today, record.scenarios);                        // checks that diverge as listed
//   record.requirements = Blame(…);
//   JudgeKnown(known, today, record.scenarios, whole, record.requirements);
//
// A requirement is known if each check of it that does not hold gets what is listed for its place, and the entry has not ended. It is not
// as known, which counts whatever its level, if something else is got than what is listed, if it holds where it is listed, or if the entry
// has ended. What is blocked by nothing but known ones is known as well. A place that did not run says nothing; one that there is not, if
// the whole suite was selected, is out of date. Pure functions; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "conformance/known/divergences.h"
#include "conformance/report/record.h"

namespace provdlab::conformance {

// `today` is YYYY-MM-DD.
void MarkKnown(const KnownDivergences& known, std::string_view today, std::vector<ScenarioRecord>& scenarios);
void JudgeKnown(const KnownDivergences& known, std::string_view today, const std::vector<ScenarioRecord>& scenarios, bool whole,
                std::vector<RequirementRecord>& requirements);

// What a file that is exact would have: every MUST and SHOULD that does not hold, in the order of the requirements. What `before` lists for
// places that did not run stays. New entries have `reason` and `until`.
std::vector<Divergence> DivergencesIn(const RunRecord& record, const KnownDivergences& before, const std::string& reason,
                                      const std::string& until);

}  // namespace provdlab::conformance
