#include "conformance/report/terminal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST(TerminalReport, SaysTheVerdictFirst) {
  EXPECT_TRUE(TerminalReport(testing::GreenRun(), {}).starts_with("PASSED  Of 16 requirements, 14 hold, 1 recommendation does not.\n"));
  EXPECT_TRUE(TerminalReport(testing::RedRun(), {}).starts_with("HARNESS ERROR\n"));
  RunRecord nothing;
  nothing.exit_code = 1;
  EXPECT_TRUE(TerminalReport(nothing, {}).starts_with("NOTHING TESTED  No requirement was tested.\n"));
}

TEST(TerminalReport, CountsEveryVerdictByArea) {
  const std::string text = TerminalReport(testing::RedRun(), {});
  EXPECT_NE(text.find("              passed  not applicable  warned  not run  blocked  unanswered  failed  harness error\n"
                      "  configure        3               ·       ·        ·        ·           ·       1              ·\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  all             11               1       1        1        1           1       3              1\n"),
            std::string::npos)
      << text;
}

TEST(TerminalReport, SaysWhyWhatDoesNotApplyDoesNot) {
  RunRecord record;
  const auto add = [&](const char* reason) {
    RequirementRecord requirement;
    requirement.slug = "a.b" + std::to_string(record.requirements.size());
    requirement.area = "a";
    requirement.verdict = Verdict::kNotApplicable;
    requirement.note = reason;
    record.requirements.push_back(requirement);
  };
  for (const char* reason :
       {"one", "the target does not offer upgrade", "two", "the target does not offer upgrade", "three", "four", "five"})
    add(reason);
  const std::string text = TerminalReport(record, {});
  EXPECT_NE(text.find("left out  2 because the target does not offer upgrade\n          1 because five\n"), std::string::npos) << text;
  EXPECT_NE(text.find("          2 for other reasons, which the page has\n"), std::string::npos) << text;
}

TEST(TerminalReport, ShowsAFailureWithItsReplayLine) {
  RunRecord record = testing::RedRun();
  record.reach = {"--target", "http://127.0.0.1:8666/provd"};
  const std::string text = TerminalReport(record, {.folder = "out"});
  EXPECT_NE(text.find("  4. failed  oip.delete-answers-204  must\n"
                      "     rule      DELETE of a monitor answers 204.  [rest-api §3]\n"
                      "     expected  status is 204\n"
                      "     got       status 500\n"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          "     replay    provdlab replay out/scenarios/operations/deleting-a-monitor.scenario --target http://127.0.0.1:8666/provd\n"),
      std::string::npos);
  EXPECT_EQ(TerminalReport(record, {}).find("replay    "), std::string::npos) << "without a folder there is no file to replay";
}

TEST(TerminalReport, QuotesTheReplayLineForAShell) {
  RunRecord record = testing::RedRun();
  record.reach = {"--target", "http://h/it's"};
  EXPECT_NE(TerminalReport(record, {.folder = "my report"})
                .find("provdlab replay 'my report/scenarios/transport/raw.scenario' --target 'http://h/it'\\''s'\n"),
            std::string::npos);
}

TEST(TerminalReport, CountsFindingsThatDoNotFit) {
  const std::string text = TerminalReport(testing::RedRun(), {.folder = "out", .most_findings = 2});
  EXPECT_NE(text.find("     … and 5 more, all in out/report.html\n"), std::string::npos) << text;
}

TEST(TerminalReport, NamesWhatIsBlockedWithWhatBlocksItAndBeginsWithWhatBlocksMost) {
  RunRecord record;
  record.exit_code = 1;
  const auto add = [&record](const char* slug, Verdict verdict, std::vector<std::string> blocked_by, bool unexplained = false) {
    RequirementRecord requirement;
    requirement.slug = slug;
    requirement.area = "a";
    requirement.sentence = "S.";
    requirement.verdict = verdict;
    requirement.blocked_by = std::move(blocked_by);
    requirement.unexplained = unexplained;
    record.requirements.push_back(requirement);
  };
  add("a.one", Verdict::kFail, {});
  add("a.two", Verdict::kFail, {});
  add("a.held", Verdict::kPass, {});
  add("a.behind-two", Verdict::kBlocked, {"a.two"});
  add("a.further-behind", Verdict::kBlocked, {"a.behind-two"});
  add("a.odd", Verdict::kBlocked, {"a.held"}, true);
  const std::string text = TerminalReport(record, {});
  EXPECT_NE(text.find("  1. failed  a.two  must\n"
                      "     rule      S.\n"
                      "     blocks    2 others: a.behind-two, a.further-behind\n\n"
                      "  2. failed  a.one  must\n"
                      "     rule      S.\n\n"
                      "  3. blocked  a.odd  must\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("  4."), std::string::npos) << text;
}

TEST(TerminalReport, NamesWhatWasNotRunInOneLine) {
  const std::string text = TerminalReport(testing::RedRun(), {.folder = "out"});
  EXPECT_NE(text.find("\nnot run   repository.survives-a-cut\n"), std::string::npos) << text;
}

TEST(TerminalReport, NamesWhatIsKnownInOneLineAndShowsWhatIsNot) {
  const std::string text = TerminalReport(testing::KnownRun(), {});
  EXPECT_TRUE(text.starts_with("FAILED  Of ")) << text;
  EXPECT_NE(text.find("1 is not as known"), std::string::npos) << text;
  EXPECT_NE(text.find("known     diverging as a provd of ours is known to: transport.byte-order-mark-refused"), std::string::npos) << text;
  EXPECT_NE(text.find("1. not as known  finding.sort-before-projection  should"), std::string::npos) << text;
  EXPECT_NE(text.find("it holds in finding/sorting.scenario,"), std::string::npos) << text;

  RunRecord green = testing::KnownRun();
  green.requirements.pop_back();
  green.exit_code = 0;
  RequirementRecord behind = green.requirements.back();
  behind.slug = "transport.behind-it";
  behind.verdict = Verdict::kKnown;
  behind.behind_known = true;
  RunRecord more = green;
  more.requirements.push_back(behind);
  EXPECT_NE(TerminalReport(more, {}).find("untested behind that."), std::string::npos) << TerminalReport(more, {});
  EXPECT_NE(TerminalReport(more, {}).find("untested  they stand on these: transport.behind-it"), std::string::npos)
      << TerminalReport(more, {});
  EXPECT_NE(TerminalReport(green, {}).find("1 recommendation does not, 1 diverges as is known."), std::string::npos)
      << TerminalReport(green, {});
}

TEST(TerminalReport, SaysOnceWhyATargetCouldNotBeTested) {
  RunRecord record = testing::RedRun();
  record.exit_code = 3;
  record.scenarios.clear();
  record.ended.clear();
  record.selection.clear();
  record.target_log_tail.clear();
  record.notes = {"the target can't be tested: GET /provd was not answered"};
  for (RequirementRecord& requirement : record.requirements) requirement.verdict = Verdict::kNotRun;
  const std::string text = TerminalReport(record, {.folder = "out"});
  EXPECT_TRUE(text.starts_with("UNTESTABLE  None of 20 requirements was tested.\n")) << text;
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 5) << text;
  EXPECT_NE(text.find("\nnote      the target can't be tested: GET /provd was not answered\n"), std::string::npos) << text;
}

TEST(TerminalReport, KeepsToTheWidthButForLinesThatAreToBeCopied) {
  for (const std::size_t width : {80u, 100u, 120u}) {
    const std::string text = TerminalReport(testing::RedRun(), {.width = width, .folder = "out"});
    bool in_table = false;
    for (const std::string_view line : Split(text, '\n')) {
      if (line.find("passed  not applicable") != std::string_view::npos) in_table = true;
      if (line.empty()) in_table = false;
      if (line.find("replay ") != std::string_view::npos || in_table) continue;
      EXPECT_LE(Columns(line), width) << line;
    }
  }
}

TEST(TerminalReport, ColoursOnlyWhenTold) {
  EXPECT_EQ(TerminalReport(testing::RedRun(), {}).find('\033'), std::string::npos) << "not even those of the target";
  EXPECT_NE(TerminalReport(testing::RedRun(), {.color = true}).find("\033[1;31m"), std::string::npos);
}

TEST(TerminalReport, ShowsNoControlCharacters) {
  RunRecord record = testing::RedRun();
  record.notes = {
      std::string("a\x9b\0b\x07\xC2\x9B"
                  "c",
                  9)};
  const std::string text = TerminalReport(record, {});
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
}

}  // namespace
}  // namespace provdlab::conformance
