#include "conformance/report/files.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "conformance/report/html.h"
#include "conformance/report/junit.h"
#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

TEST(WriteReports, WritesEveryFormAndTheScenariosToReplay) {
  const TemporaryDirectory parent;
  const std::filesystem::path folder = parent.path() / "not/there/yet";
  const RunRecord record = testing::RedRun();
  const auto written = WriteReports(record, folder);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(ReadFile(written->json).value(), DumpJson(ToJson(record)) + "\n");
  EXPECT_EQ(ReadFile(written->page).value(), HtmlReport(record).value());
  EXPECT_EQ(ReadFile(written->junit).value(), JunitReport(record));
  EXPECT_TRUE(FromJson(ParseJson(ReadFile(folder / "report.json").value()).value()));

  ASSERT_EQ(written->scenarios.size(), 5u);
  EXPECT_EQ(ReadFile(folder / "scenarios/operations/following.scenario").value(), "scenario   an update is followed\nformat     1\n");
  EXPECT_TRUE(std::filesystem::exists(folder / "scenarios/etc/-b-passwd-/b-.scenario")) << "a name that climbs stays below the folder";
  EXPECT_FALSE(std::filesystem::exists(folder / "scenarios/links")) << "what passed needs no replay";
}

TEST(WriteReports, RemovesTheScenariosOfTheRunBeforeAndNothingElse) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(MakeFolders(folder.path() / "scenarios/operations"));
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "scenarios/operations/mine.scenario", "mine"));
  ASSERT_TRUE(WriteReports(testing::RedRun(), folder.path()));
  ASSERT_TRUE(std::filesystem::exists(folder.path() / "scenarios/operations/following.scenario"));
  ASSERT_TRUE(WriteReports(testing::GreenRun(), folder.path()));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "scenarios/operations/following.scenario"));
  EXPECT_EQ(ReadFile(folder.path() / "scenarios/operations/mine.scenario").value(), "mine");
}

TEST(WriteReports, RowsShareAFileOtherScenariosOfThatNameDoNot) {
  RunRecord record;
  record.scenarios.resize(3);
  for (ScenarioRecord& scenario : record.scenarios) {
    scenario.file = "a/b.scenario";
    scenario.text = "same";
    scenario.verdict = Verdict::kFail;
  }
  record.scenarios[2].text = "other";
  const TemporaryDirectory folder;
  const auto written = WriteReports(record, folder.path());
  ASSERT_TRUE(written);
  EXPECT_EQ(written->scenarios,
            (std::vector<std::filesystem::path>{folder.path() / "scenarios/a/b.scenario", folder.path() / "scenarios/a/b-2.scenario"}));
}

TEST(WriteReports, NamesTheFileThatCannotBeWritten) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(WriteFileAtomically(folder.path() / "file", ""));
  const auto written = WriteReports(testing::GreenRun(), folder.path() / "file/report");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("file"), std::string::npos) << written.error().message;
}

TEST(ReadReport, ReadsWhatWasWrittenByFileAndByFolder) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(WriteReports(testing::GreenRun(), folder.path()));
  for (const auto& path : {folder.path(), folder.path() / "report.json"}) {
    const auto record = ReadReport(path);
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(DumpJson(ToJson(*record)), DumpJson(ToJson(testing::GreenRun())));
  }
}

TEST(ReadReport, SaysWhatIsWrongWithAFile) {
  const TemporaryDirectory folder;
  const std::string whole = DumpJson(ToJson(testing::RedRun()));
  std::string of_tomorrow = whole;
  of_tomorrow.replace(of_tomorrow.find("\"format\":1"), 10, "\"format\":9");
  struct Case {
    std::string content, sentence;
  };
  for (const Case& c : {
           Case{"", "\" is empty"},
           Case{"<html>", "\" is not JSON, from line 1, column 1"},
           Case{"{\"a\": 1,\n \"b\": nothing, \"c\": 3}", "\" is not JSON, from line 2, column 8"},
           Case{"[]", "\" is JSON, but not a report of provdlab conform"},
           Case{"{\"format\": 1}", "\" is JSON, but not a report of provdlab conform"},
           Case{whole.substr(0, whole.size() / 2), "\" is cut off: it ends after " + std::to_string(whole.size() / 2) + " bytes"},
           Case{whole.substr(0, whole.size() - 1), "\" is cut off: "},
           Case{of_tomorrow, "can't be read as a report: a report of format 9 cannot be read; this provdlab reads format 1"},
           Case{"{\"format\": 1, \"requirements\": 5}", "can't be read as a report: suite_version is missing"},
       }) {
    const std::filesystem::path file = folder.path() / "r.json";
    ASSERT_TRUE(WriteFileAtomically(file, c.content));
    const auto record = ReadReport(file);
    ASSERT_FALSE(record) << c.content.substr(0, 80);
    EXPECT_NE(record.error().message.find(c.sentence), std::string::npos) << record.error().message;
    EXPECT_EQ(record.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_EQ(ReadReport(folder.path() / "none.json").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace provdlab::conformance
