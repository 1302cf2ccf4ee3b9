#include "conformance/report/junit.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

std::size_t CountOf(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

// Not a parser, but enough to see a tag that is not closed and text that broke out: every '<' begins one of our tags.
void ExpectWellFormed(const std::string& xml) {
  std::vector<std::string> open;
  EXPECT_TRUE(IsUtf8(xml));
  for (std::size_t at = xml.find('<', 1); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    EXPECT_EQ(tag.find('<'), std::string::npos) << tag;
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" /", 1) - (tag[0] == '/' ? 1 : 0));
    EXPECT_TRUE(name == "testsuites" || name == "testsuite" || name == "testcase" || name == "failure" || name == "error" ||
                name == "skipped" || name == "system-out")
        << name;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
  for (const char c : xml) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << static_cast<int>(c);
}

TEST(JunitReport, AFailingRunIsWrittenAsFailures) {
  const std::string xml = JunitReport(testing::RedRun());
  ExpectWellFormed(xml);
  // 3 failed, 1 unanswered, 1 blocked and 1 not run are failures.
  EXPECT_NE(xml.find("<testsuites name=\"provdlab conform\" tests=\"20\" failures=\"6\" errors=\"1\" skipped=\"1\" time=\"6.431\">"),
            std::string::npos)
      << xml.substr(0, 300);
  EXPECT_EQ(CountOf("<failure ", xml), 6u);
  EXPECT_EQ(CountOf("<failure type=\"fail\"", xml), 3u);
  EXPECT_EQ(CountOf("<failure type=\"unanswered\"", xml), 1u);
  EXPECT_EQ(CountOf("<failure type=\"blocked\"", xml), 1u);
  EXPECT_EQ(CountOf("<failure type=\"not-run\"", xml), 1u);
  EXPECT_EQ(CountOf("<error ", xml), 1u);
  EXPECT_EQ(CountOf("<skipped ", xml), 1u);
  EXPECT_EQ(CountOf("<testcase ", xml), 20u);
  EXPECT_NE(xml.find("<testsuite name=\"oip\" tests=\"4\" failures=\"3\" errors=\"0\" skipped=\"0\""), std::string::npos);
  EXPECT_NE(xml.find("<testcase classname=\"oip\" name=\"oip.delete-answers-204\">\n"
                     "      <failure type=\"fail\" message=\"failed: DELETE of a monitor answers 204. Got: status 500\">"),
            std::string::npos);
  EXPECT_NE(xml.find("replay: provdlab replay scenarios/operations/deleting-a-monitor.scenario --target "), std::string::npos);
}

TEST(JunitReport, AGreenRunHasNoFailures) {
  const std::string xml = JunitReport(testing::GreenRun());
  ExpectWellFormed(xml);
  EXPECT_NE(xml.find("tests=\"16\" failures=\"0\" errors=\"0\" skipped=\"1\""), std::string::npos);
  EXPECT_EQ(CountOf("<failure", xml) + CountOf("<error", xml), 0u);
  EXPECT_EQ(CountOf("<system-out>warning: ", xml), 1u);
  EXPECT_NE(xml.find("<testcase classname=\"links\" name=\"links.entry-point\"/>"), std::string::npos);
}

TEST(JunitReport, WhatIsKnownIsNoFailureAndWhatIsNotIsOne) {
  const std::string xml = JunitReport(testing::KnownRun());
  EXPECT_NE(xml.find("failures=\"1\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<system-out>known divergence: A body with a byte-order mark"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<failure type=\"not-as-known\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("where it is listed with: 500"), std::string::npos) << xml;
}

TEST(JunitOfScenarios, HasATestForEachScenario) {
  const RunRecord red = testing::RedRun();
  const std::string xml = JunitOfScenarios(red);
  std::size_t cases = 0;
  for (std::size_t at = xml.find("<testcase"); at != std::string::npos; at = xml.find("<testcase", at + 1)) ++cases;
  EXPECT_EQ(cases, red.scenarios.size());
  EXPECT_NE(xml.find("name=\"deleting a monitor does not cancel the operation\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("oip.delete-answers-204 failed: "), std::string::npos) << xml;
  EXPECT_EQ(xml.find("<img"), std::string::npos);

  const std::string green = JunitOfScenarios(testing::GreenRun());
  EXPECT_NE(green.find("failures=\"0\" errors=\"0\""), std::string::npos) << green;
  EXPECT_EQ(green.find("<failure"), std::string::npos);
  // Nothing in a scenario tells that a line of the known divergences is out of date.
  EXPECT_NE(JunitOfScenarios(testing::KnownRun()).find("name=\"the run as a whole\""), std::string::npos);
}

TEST(JunitReport, ARunOfNothingIsAnError) {
  const std::string xml = JunitReport(RunRecord{});
  ExpectWellFormed(xml);
  EXPECT_NE(xml.find("tests=\"1\" failures=\"0\" errors=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("No requirement was tested."), std::string::npos);
}

TEST(JunitReport, ARunThatIsNotGreenForAnotherReasonIsAnError) {
  RunRecord record = testing::GreenRun();
  record.exit_code = 1;
  record.notes = {"a known divergence did not occur"};
  const std::string xml = JunitReport(record);
  EXPECT_NE(xml.find("tests=\"17\" failures=\"0\" errors=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("a known divergence did not occur</error>"), std::string::npos);
}

TEST(JunitReport, WhatXmlCannotSayIsReplaced) {
  RunRecord record = testing::RedRun();
  record.requirements[0].verdict = Verdict::kFail;
  record.requirements[0].sentence = std::string("a\0b\x1b\xff\xEF\xBF\xBE]]>\r\n\t", 14);
  const std::string xml = JunitReport(record);
  ExpectWellFormed(xml);
  EXPECT_NE(xml.find("a\uFFFDb\uFFFD\uFFFD\uFFFD]]&gt;&#13;&#10;&#9;"), std::string::npos);
}

}  // namespace
}  // namespace provdlab::conformance
