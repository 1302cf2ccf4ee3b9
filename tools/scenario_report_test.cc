#include "tools/scenario_report.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"

namespace provdlab::tools {
namespace {

constexpr char kCanonical[] = "scenario   x\nformat     1\n\nGET /\n  check a.b   status is 200\n";
constexpr char kLoose[] = "scenario x\nformat 1\nGET /  # why\n   check a.b status is 200\n";
constexpr char kLooseFormatted[] = "scenario   x\nformat     1\n\nGET /  # why\n  check a.b   status is 200\n";
constexpr char kWrong[] = "scenario x\nformat 1\n\nGTE /\n  check a.b status is 200\n";

class ScenarioReport : public testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = (folder_.path() / name).string();
    EXPECT_TRUE(WriteFileAtomically(path, text));
    return path;
  }
  ScenarioStreams Streams() { return {in_, out_, err_}; }

  TemporaryDirectory folder_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(ScenarioReport, ChecksEveryFileWhateverBecameOfTheOthers) {
  const std::string right = File("right.scenario", kCanonical), wrong = File("wrong.scenario", kWrong);
  EXPECT_EQ(CheckScenarios({wrong, right, wrong}, Streams()), 1);
  EXPECT_EQ(out_.str(), right + ": right, 1 statement, 1 check\n");
  const std::string message =
      wrong + ":4:1: unknown method `GTE`: did you mean `GET`? If not, write the request with `raw`\n  GTE /\n  ^\n";
  EXPECT_EQ(err_.str(), message + message);
}

TEST_F(ScenarioReport, AFileThatCantBeReadIsAnotherAnswerThanAWrongOne) {
  EXPECT_EQ(CheckScenarios({File("wrong.scenario", kWrong), (folder_.path() / "absent").string()}, Streams()), 3);
  EXPECT_NE(err_.str().find("absent"), std::string::npos);
}

TEST_F(ScenarioReport, ReadsStandardInput) {
  in_.str(kWrong);
  EXPECT_EQ(CheckScenarios({"-"}, Streams()), 1);
  EXPECT_EQ(err_.str().substr(0, 20), "standard input:4:1: ");
}

TEST_F(ScenarioReport, PrintsTheCanonicalFormWithItsComments) {
  in_.str(kLoose);
  EXPECT_EQ(FormatScenarios({"-"}, {}, Streams()), 0);
  EXPECT_EQ(out_.str(), kLooseFormatted);
}

TEST_F(ScenarioReport, WritesOnlyWhatChanges) {
  const std::string loose = File("loose.scenario", kLoose), canonical = File("canonical.scenario", kCanonical);
  EXPECT_EQ(FormatScenarios({loose, canonical}, {.write = true}, Streams()), 0);
  EXPECT_EQ(out_.str(), loose + ": formatted\n");
  EXPECT_EQ(ReadFile(loose).value(), kLooseFormatted);
  EXPECT_EQ(ReadFile(canonical).value(), kCanonical);
}

TEST_F(ScenarioReport, NeverTouchesAFileWithAMistake) {
  const std::string wrong = File("wrong.scenario", kWrong);
  EXPECT_EQ(FormatScenarios({wrong}, {.write = true}, Streams()), 1);
  EXPECT_EQ(ReadFile(wrong).value(), kWrong);
}

TEST_F(ScenarioReport, SaysWhichFilesAreNotCanonicalAndWhere) {
  const std::string loose = File("loose.scenario", kLoose);
  EXPECT_EQ(FormatScenarios({loose, File("canonical.scenario", kCanonical)}, {.check = true}, Streams()), 1);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), loose + ":1: not in canonical form: `provdlab scenario format --write " + loose + "` mends it\n");
  EXPECT_EQ(ReadFile(loose).value(), kLoose);
}

TEST_F(ScenarioReport, ExplainsAScenario) {
  EXPECT_EQ(ExplainScenario(File("x.scenario", kCanonical), Streams()), 0);
  EXPECT_EQ(out_.str(), "x\n\n1. GET /.\n     Tries a.b: status is 200.\n");
  EXPECT_EQ(ExplainScenario(File("y.scenario", kWrong), Streams()), 1);
}

}  // namespace
}  // namespace provdlab::tools
