#pragma once
// A run on one screen: the verdict first, a line per area, then each failure with what was expected, what came, and how to replay it.
//
//   std::cout << TerminalReport(record, {.color = isatty(1) == 1, .width = 100, .folder = "report"});
//
// Pure function; any thread. Bytes of the target never reach the terminal as control characters.

#include <cstddef>
#include <string>

#include "conformance/report/record.h"

namespace provdlab::conformance {

struct TerminalOptions {
  bool color = false;
  std::size_t width = 100;         // lines are folded at it; 60 to 160
  std::string folder{};            // where WriteReports wrote, so that replay lines name files that are there; empty: nowhere
  std::size_t most_findings = 10;  // the rest is counted
};

std::string TerminalReport(const RunRecord& record, const TerminalOptions& options);

}  // namespace provdlab::conformance
