#pragma once
// A comparison on one screen: the verdict first, then what makes the runs differ, each requirement that got worse with B's evidence and
// how to replay it, and in a line each what is better, different, or in one run only.
//
//   std::cout << TerminalComparison(Compare(a, b), {.color = isatty(1) == 1, .a = {"a.json", ""}, .b = {"b.json", "."}});
//
// Pure function; any thread. Bytes of the reports never reach the terminal as control characters.

#include <cstddef>
#include <string>

#include "conformance/report/comparison.h"

namespace provdlab::conformance {

struct TerminalComparisonOptions {
  bool color = false;
  std::size_t width = 100;  // 60 to 160
  ReportPlace a{}, b{};
  std::size_t most_worse = 10;  // with their evidence; the rest is counted
  std::size_t most_lines = 20;  // of what is better, and of what is different
};

std::string TerminalComparison(const Comparison& comparison, const TerminalComparisonOptions& options);

}  // namespace provdlab::conformance
