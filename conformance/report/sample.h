#pragma once
// Runs as they may come, for tests and for looking at the page.

#include "conformance/report/record.h"

namespace provdlab::conformance::testing {

// Everything holds but one recommendation; one requirement is not applicable.
RunRecord GreenRun();

// Every verdict occurs, and the target sends what would break out of a careless report: markup, scripts, control characters, bytes
// that are not UTF-8, text that is written from right to left, secrets.
RunRecord RedRun();

inline constexpr char kSecret[] = "hunter2-swordfish";  // stands in RedRun wherever a secret may; never in a masked report

}  // namespace provdlab::conformance::testing
