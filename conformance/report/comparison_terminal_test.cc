#include "conformance/report/comparison_terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "conformance/report/sample.h"
#include "conformance/report/screen.h"

namespace provdlab::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Text(const RunRecord& a, const RunRecord& b, TerminalComparisonOptions options = {}) {
  return TerminalComparison(Compare(a, b), options);
}

TEST(TerminalComparison, SaysTheVerdictFirst) {
  EXPECT_THAT(Text(testing::GreenRun(), testing::RedRun()),
              StartsWith("WORSE  B is worse than A in 3 of 16 requirements (3 MUSTs). 4 are in one of them only.\n"));
  EXPECT_THAT(Text(testing::RedRun(), testing::GreenRun()), StartsWith("BETTER"));
  EXPECT_THAT(Text(testing::GreenRun(), testing::GreenRun()), StartsWith("THE SAME  B came out as A in all 16 requirements.\n"));
}

TEST(TerminalComparison, ShowsEvidenceOfWhatIsWorseAndHowToReplayIt) {
  RunRecord b = testing::RedRun();
  b.reach = {"--target", "http://127.0.0.1:8666/provd"};
  const std::string text = Text(testing::GreenRun(), b, {.b = {"after/report.json", "after"}});
  EXPECT_THAT(text, HasSubstr("  3. passed → failed  oip.delete-answers-204  must\n"
                              "     rule      DELETE of a monitor answers 204.  [rest-api §3]\n"
                              "     expected  status is 204\n"
                              "     got       status 500\n"));
  EXPECT_THAT(text, HasSubstr("     replay    provdlab replay after/scenarios/operations/deleting-a-monitor.scenario --target "
                              "http://127.0.0.1:8666/provd\n"));
  EXPECT_THAT(Text(testing::GreenRun(), b), HasSubstr("replay    the folder scenarios/ that B's run wrote is not beside its report"));
}

TEST(TerminalComparison, SaysWhatOfTheRunsDiffers) {
  RunRecord a = testing::GreenRun();
  RunRecord b = a;
  b.seed = 7;
  b.ledger_hash = "0000";
  const std::string text = Text(a, b);
  EXPECT_THAT(text, HasSubstr("differs   seed 4242 in A, 7 in B\n"));
  EXPECT_THAT(text, HasSubstr("differs   ledger 9f2c51d07be4a6632c18f0f… in A, 0000 in B: requirements may have come, gone, or"));
}

TEST(TerminalComparison, WhatBWasNotRunInIsNamedWithoutEvidence) {
  const RunRecord a = testing::GreenRun();
  RunRecord b = a;
  b.ended = "budget";
  for (RequirementRecord& requirement : b.requirements) requirement.verdict = Verdict::kNotRun;
  const std::string text = Text(a, b);
  EXPECT_THAT(text, HasSubstr("\nnot run   in B, but in A: configure.get-answers-200, "));
  EXPECT_THAT(text, Not(HasSubstr("rule ")));
}

TEST(TerminalComparison, CountsWhatDoesNotFit) {
  const std::string text = Text(testing::GreenRun(), testing::RedRun(), {.most_worse = 1});
  EXPECT_THAT(text, HasSubstr("… and 2 more; --html FILE or --json has all\n"));
}

TEST(TerminalComparison, KeepsToTheWidthAndShowsNoControlCharacters) {
  RunRecord a = testing::RedRun();
  for (RequirementRecord& requirement : a.requirements) requirement.verdict = Verdict::kPass;
  const std::string text = Text(a, testing::RedRun(), {.width = 80, .b = {"r.json", "."}});
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  for (const std::string_view line : Split(text, '\n')) {
    if (line.find("replay ") == std::string_view::npos) {
      EXPECT_LE(Columns(line), 80u) << line;
    }
  }
  EXPECT_THAT(Text(a, testing::RedRun(), {.color = true}), HasSubstr("\033[1;31mWORSE"));
}

}  // namespace
}  // namespace provdlab::conformance
