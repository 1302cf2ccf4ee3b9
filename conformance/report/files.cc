#include "conformance/report/files.h"

#include <set>
#include <string>

#include "base/files.h"
#include "base/text.h"
#include "conformance/report/html.h"
#include "conformance/report/junit.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

constexpr char kRecordFile[] = "report.json";
// A report holds every exchange of a run; those of the whole suite have some 10 MB.
constexpr std::uint64_t kLargestReport = 1024u * 1024 * 1024;

// A folder that somebody names may hold anything, also a "scenarios" of their own: only files that a report of ours there says it
// wrote are removed. One that cannot be read names none.
void RemoveEarlierFiles(const std::filesystem::path& folder) {
  const Result<RunRecord> earlier = ReadReport(folder / kRecordFile);
  if (!earlier) return;
  std::error_code ignored;  // it is gone already, or is written anew below
  for (const std::string& file : Summarise(*earlier).replay) {
    if (!file.empty()) std::filesystem::remove(folder / file, ignored);
  }
  if (earlier->target_log == kTargetLog) std::filesystem::remove(folder / kTargetLog, ignored);
}

}  // namespace

Result<RunRecord> ReadReport(const std::filesystem::path& path) {
  std::error_code unknown;
  const std::filesystem::path file = std::filesystem::is_directory(path, unknown) ? path / kRecordFile : path;
  const auto text = ReadFile(file, kLargestReport);
  if (!text) return Fail(text.error());
  const std::string name = "\"" + file.string() + "\"";
  if (Trim(*text).empty()) return Fail(ErrorKind::kInvalid, name + " is empty");
  const auto json = ParseJson(*text);
  if (!json) {
    const Position at = json.error().position.value_or(Position{});
    // The library reports the end of the text as the place of what it misses.
    if (text->front() == '{' && at.offset + 1 >= text->size())
      return Fail(ErrorKind::kInvalid, name + " is cut off: it ends after " + std::to_string(text->size()) + " bytes, in the middle");
    return Fail(ErrorKind::kInvalid, name + " is not JSON, from line " + std::to_string(at.line) + ", column " + std::to_string(at.column));
  }
  if (!json->is_object() || !json->contains("format") || !json->contains("requirements"))
    return Fail(ErrorKind::kInvalid, name + " is JSON, but not a report of provdlab conform");
  auto record = FromJson(*json);
  if (!record) return Fail(ErrorKind::kInvalid, name + " can't be read as a report: " + record.error().message);
  return record;
}

Result<WrittenReports> WriteReports(const RunRecord& record, const std::filesystem::path& folder, std::string_view target_log) {
  WrittenReports written{.json = folder / kRecordFile, .page = folder / "report.html", .junit = folder / "junit.xml", .scenarios = {}};
  if (auto made = MakeFolders(folder); !made) return Fail(made.error());
  RemoveEarlierFiles(folder);

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

  if (!record.target_log.empty()) {
    if (auto done = WriteFileAtomically(folder / record.target_log, target_log); !done) return Fail(done.error());
  }
  auto page = HtmlReport(record);
  if (!page) return Fail(page.error());
  if (auto done = WriteFileAtomically(written.page, *page); !done) return Fail(done.error());
  return written;
}

}  // namespace provdlab::conformance
