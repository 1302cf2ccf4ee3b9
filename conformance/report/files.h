#pragma once
// Writes a run down, in every form at once, and reads it again.
//
//   MaskSecrets(record);                          // unless they were asked for
//   if (auto written = WriteReports(record, "report"); written) std::cout << "report " << written->page << "\n";
//
// In the folder are then report.json (the record), report.html, junit.xml, the log of a launched target, and scenarios/… for each scenario
// that did not pass, under the names that the reports give in their replay lines. What an earlier report.json of ours in that folder names
// under scenarios/ is removed first; so is its log, and nothing else ever is.

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conformance/report/record.h"

namespace provdlab::conformance {

// The only name that RunRecord::target_log has, where it has one.
inline constexpr std::string_view kTargetLog = "target.log";

struct WrittenReports {
  std::filesystem::path json, page, junit;
  std::vector<std::filesystem::path> scenarios;
};

// The record that WriteReports left in a file, or in a folder's report.json. The error is one sentence that names the file: kNotFound if
// there is none; kInvalid if it is cut off, no JSON, no report, or of a format that this provdlab can't read.
Result<RunRecord> ReadReport(const std::filesystem::path& path);

// Makes the folder if need be. An error names the file that could not be written; those before it are there.
// `target_log` is what goes into the file that the record names as its target_log, secrets masked already.
Result<WrittenReports> WriteReports(const RunRecord& record, const std::filesystem::path& folder, std::string_view target_log = {});

}  // namespace provdlab::conformance
