// `provdlab compare` as a process of its own: its options, its exit codes, and what it says of files that it can't use.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "conformance/report/files.h"
#include "conformance/report/record.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using conformance::RequirementRecord;
using conformance::RunRecord;
using conformance::Verdict;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Two requirements; the second is checked by a scenario.
RunRecord RunWith(Verdict first, Verdict second) {
  RunRecord run;
  run.suite_version = "0.1.0";
  run.target = "http://127.0.0.1:8666/provd";
  run.reach = {"--target", run.target};
  RequirementRecord requirement;
  requirement.area = "oip";
  requirement.slug = "oip.first";
  requirement.sentence = "The first.";
  requirement.verdict = first;
  run.requirements.push_back(requirement);
  requirement.slug = "oip.second";
  requirement.sentence = "The second.";
  requirement.verdict = second;
  run.requirements.push_back(requirement);
  conformance::CheckRecord check;
  check.slug = "oip.second";
  check.verdict = second;
  check.line = 5;
  check.expected = "status is 204";
  check.got = "status 500";
  conformance::ScenarioRecord scenario;
  scenario.title = "deleting";
  scenario.file = "oip/deleting.scenario";
  scenario.text = "scenario   deleting\nformat     1\n";
  scenario.verdict = second;
  scenario.steps.resize(1);
  scenario.steps[0].checks = {check};
  run.scenarios = {scenario};
  return run;
}

class CompareCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Write("green", RunWith(Verdict::kPass, Verdict::kPass));
    Write("red", RunWith(Verdict::kPass, Verdict::kFail));
  }
  void Write(const std::string& name, const RunRecord& run) { ASSERT_TRUE(conformance::WriteReports(run, folder_.path() / name)); }
  std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }
  int Compare(std::vector<std::string> options) {
    options.insert(options.begin(), "compare");
    CommandProcess command(AddCompareCommand, std::move(options));
    const int exit_code = command.ExitCode();
    output_ = command.output();
    errors_ = command.errors();
    return exit_code;
  }

  TemporaryDirectory folder_;
  std::string output_, errors_;
};

TEST_F(CompareCommandTest, ExitsWithOneIfSomethingIsWorse) {
  EXPECT_EQ(Compare({Path("green"), Path("red")}), 1) << errors_;
  EXPECT_THAT(output_, StartsWith("WORSE  B is worse than A in 1 of 2 requirements (1 MUST).\n"));
  EXPECT_THAT(output_, HasSubstr("  1. passed → failed  oip.second  must\n"));
  EXPECT_THAT(output_,
              HasSubstr("provdlab replay " + Path("red") + "/scenarios/oip/deleting.scenario --target http://127.0.0.1:8666/provd\n"));
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(CompareCommandTest, ExitsWithZeroIfNothingIs) {
  EXPECT_EQ(Compare({Path("red"), Path("green")}), 0) << errors_;
  EXPECT_THAT(output_, StartsWith("BETTER  "));
  EXPECT_EQ(Compare({Path("red"), Path("red/report.json")}), 0) << errors_;
  EXPECT_THAT(output_, StartsWith("THE SAME  "));
}

TEST_F(CompareCommandTest, PrintsJsonAndWritesAPage) {
  EXPECT_EQ(Compare({Path("green"), Path("red"), "--json", "--html", Path("page.html")}), 1) << errors_;
  const auto json = ParseJson(output_);
  ASSERT_TRUE(json) << output_;
  EXPECT_EQ(json->at("worse").at(0).at("slug"), "oip.second");
  EXPECT_THAT(ReadFile(Path("page.html")).value_or(""), HasSubstr("<span class=\"word\">WORSE</span>"));
  EXPECT_EQ(Compare({Path("green"), Path("red"), "--html", Path("nowhere/page.html")}), 3);
  EXPECT_THAT(errors_, HasSubstr("the page could not be written"));
}

TEST_F(CompareCommandTest, AReportThatLeftItsFolderHasNothingToReplay) {
  std::filesystem::create_directory(Path("mailed"));
  std::filesystem::copy(Path("red/report.json"), Path("mailed/b.json"));
  EXPECT_EQ(Compare({Path("green"), Path("mailed/b.json")}), 1);
  EXPECT_THAT(output_, AllOf(Not(HasSubstr("provdlab replay")), HasSubstr("is not beside its report")));
}

TEST_F(CompareCommandTest, NothingInCommonIsNoComparison) {
  Write("nothing", RunRecord());
  EXPECT_EQ(Compare({Path("green"), Path("nothing")}), 3);
  EXPECT_THAT(output_, StartsWith("NOT COMPARABLE  "));
  EXPECT_THAT(errors_, HasSubstr("provdlab: A and B have no requirement in common\n  hint: "));
}

TEST_F(CompareCommandTest, SaysWhichFileItCannotUse) {
  const std::string whole = ReadFile(Path("red/report.json")).value();
  ASSERT_TRUE(WriteFileAtomically(Path("half.json"), whole.substr(0, whole.size() / 2)));
  ASSERT_TRUE(WriteFileAtomically(Path("page.html"), "<html></html>"));
  ASSERT_TRUE(WriteFileAtomically(Path("other.json"), "{\"devices\": []}"));
  for (const auto& [file, sentence] : std::vector<std::pair<std::string, std::string>>{{"half.json", "is cut off"},
                                                                                       {"page.html", "is not JSON"},
                                                                                       {"other.json", "not a report of provdlab conform"},
                                                                                       {"none.json", "No such file"}}) {
    for (const auto& options : {std::vector<std::string>{Path("green"), Path(file)}, {Path(file), Path("green")}}) {
      EXPECT_EQ(Compare(options), 3) << file;
      EXPECT_THAT(errors_, AllOf(HasSubstr(Path(file)), HasSubstr(sentence), HasSubstr("\n  hint: "))) << file;
      EXPECT_THAT(output_, IsEmpty()) << file;
    }
  }
}

TEST_F(CompareCommandTest, RefusesWhatMakesNoSense) {
  for (const auto& options :
       std::vector<std::vector<std::string>>{{}, {Path("green")}, {Path("green"), ""}, {Path("green"), Path("red"), "--html", ""}})
    EXPECT_EQ(Compare(options), 2) << errors_;
}

}  // namespace
}  // namespace provdlab::tools
