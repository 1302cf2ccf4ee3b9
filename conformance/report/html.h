#pragma once
// A run as one page that can be mailed: no network, no files beside it needed, light and dark, readable without its script.
//
//   auto page = HtmlReport(record);
//   if (page) Write("report.html", *page);
//
// Whatever bytes the record holds, they are shown and never run: everything is escaped, control characters and marks that
// reorder text are made visible, and the page's own policy allows no script but its own. Pure function; any thread.

#include <string>

#include "base/result.h"
#include "conformance/report/record.h"

namespace provdlab::conformance {

// kInternal if the page's template is broken, which a test excludes.
Result<std::string> HtmlReport(const RunRecord& record);

// The documented resource that a request's target names, with its variable parts in braces: "/pg_mgr/install/install/{id}" for
// "/provd/pg_mgr/install/install/7", given the path of the target's address, "/provd". Empty for what is documented nowhere.
std::string ResourceOf(std::string_view request_target, std::string_view prefix);

}  // namespace provdlab::conformance
