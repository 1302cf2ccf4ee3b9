#pragma once
// A comparison as one page that can be mailed, in the manner of the report's page: the verdict first, both runs side by side, each
// requirement that got worse with B's evidence, then what is better and different.
//
//   auto page = HtmlComparison(Compare(a, b), {"a.json", ""}, {"b.json", "reports/b"});
//
// Everything that the reports hold is escaped. The page has no script. Pure function; any thread.

#include <string>

#include "base/result.h"
#include "conformance/report/comparison.h"

namespace provdlab::conformance {

// kInternal if the page's template is broken, which a test excludes.
Result<std::string> HtmlComparison(const Comparison& comparison, const ReportPlace& a, const ReportPlace& b);

}  // namespace provdlab::conformance
