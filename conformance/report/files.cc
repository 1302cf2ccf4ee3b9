#include "conformance/report/files.h"

#include <set>
#include <string>

#include "base/files.h"
#include "conformance/report/html.h"
#include "conformance/report/junit.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

// A folder that somebody names may hold anything, also a "scenarios" of their own: only files that a report of ours there says it
// wrote are removed. One that cannot be read names none.
void RemoveEarlierScenarios(const std::filesystem::path& folder) {
  const auto text = ReadFile(folder / "report.json");
  const Result<Json> json = text ? ParseJson(*text) : Fail(text.error());
  const Result<RunRecord> earlier = json ? FromJson(*json) : Fail(json.error());
  if (!earlier) return;
  for (const std::string& file : Summarise(*earlier).replay) {
    std::error_code ignored;  // it is gone already, or is written anew below
    if (!file.empty()) std::filesystem::remove(folder / file, ignored);
  }
}

}  // namespace

Result<WrittenReports> WriteReports(const RunRecord& record, const std::filesystem::path& folder) {
  WrittenReports written{.json = folder / "report.json", .page = folder / "report.html", .junit = folder / "junit.xml", .scenarios = {}};
  if (auto made = MakeFolders(folder); !made) return Fail(made.error());
  RemoveEarlierScenarios(folder);

  // The record first: should anything after it fail, nothing is lost.
  if (auto done = WriteFileAtomically(written.json, DumpJson(ToJson(record)) + "\n"); !done) return Fail(done.error());
  if (auto done = WriteFileAtomically(written.junit, JunitReport(record)); !done) return Fail(done.error());

  const Summary summary = Summarise(record);
  std::set<std::string> done_already;  // the rows of one scenario share a file
  for (std::size_t i = 0; i < record.scenarios.size(); ++i) {
    if (summary.replay[i].empty() || !done_already.insert(summary.replay[i]).second) continue;
    const std::filesystem::path path = folder / summary.replay[i];
    if (auto made = MakeFolders(path.parent_path()); !made) return Fail(made.error());
    if (auto done = WriteFileAtomically(path, record.scenarios[i].text); !done) return Fail(done.error());
    written.scenarios.push_back(path);
  }

  auto page = HtmlReport(record);
  if (!page) return Fail(page.error());
  if (auto done = WriteFileAtomically(written.page, *page); !done) return Fail(done.error());
  return written;
}

}  // namespace provdlab::conformance
