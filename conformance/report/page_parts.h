#pragma once
// What the suite's pages have in common: verdicts with their marks, and a finding's evidence. The frame around it all is base/page's.
//
//   data page;
//   page.set("title", Visible(record.target));
//   page.set("bar", BarOf(summary.all));
//   return RenderPage(page, "report.mustache", "report.js");
//
// The templates are in page/. Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/page/page.h"
#include "base/result.h"
#include "conformance/report/record.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {

using page::data;
using page::SetText;
using page::Visible;

// Bodies longer than this are cut in the page; the JSON report has all of them.
inline constexpr std::size_t kLongestBodyShown = 16 * 1024;
// Of the exchanges of one step as many are shown, the first and the last ones.
inline constexpr std::size_t kMostExchangesShown = 6;

// Sets verdict (its name), word and mark: a sign beside the colour, for those who do not see it.
void SetVerdict(data& object, Verdict verdict);
// A list of the verdicts that occur, each with its count.
data BarOf(const Tally& tally);
std::string InWords(const Tally& tally);  // "1 failed, 3 passed"

// What evidence.mustache shows. `folder`: where the finding's run has its reports; without it the page lies in that folder itself.
data EvidenceOf(const Finding& found, const RunRecord& record, const std::optional<std::string>& folder = std::nullopt);

// `body` and `script` name files of page/; without a script the page may have none. kInternal if a template is broken, which tests exclude.
Result<std::string> RenderPage(data& page, std::string_view body, std::string_view script = "");

}  // namespace provdlab::conformance
