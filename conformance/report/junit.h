#pragma once
// A run as JUnit's XML, for whatever runs the suite: one test case a requirement, one test suite an area.
//
// failed, unanswered, blocked and not run are failures, a harness error is an error, not applicable is skipped, passed and warned pass
// (a warning is told in system-out). A run of nothing, or one that could not be done, has an error of its own: it never reads
// as green.
//
// Pure function; any thread. Whatever bytes the record holds, the XML is well formed.

#include <string>

#include "conformance/report/record.h"

namespace provdlab::conformance {

std::string JunitReport(const RunRecord& record);

// The same run with a test case for each scenario, and each row of its table, as build systems show tests: a scenario fails with the checks
// that its requirements are not green for.
std::string JunitOfScenarios(const RunRecord& record);

}  // namespace provdlab::conformance
