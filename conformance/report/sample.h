#pragma once
// Runs as they may come, for tests and for looking at the page.

#include "conformance/report/record.h"

namespace provdlab::conformance::testing {

// Everything holds but one recommendation; one requirement is not applicable.
RunRecord GreenRun();

// The same, held against a file of known divergences: one requirement diverges as is listed, one does not.
RunRecord KnownRun();

// Every verdict but those two occurs, and the target sends what would break out of a careless report: markup, scripts, control characters,
// bytes that are not UTF-8, text that is written from right to left, secrets.
RunRecord RedRun();

inline constexpr char kSecret[] = "hunter2-swordfish";  // stands in RedRun wherever a secret may; never in a masked report

}  // namespace provdlab::conformance::testing
