#include "conformance/report/comparison_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const RunRecord& a, const RunRecord& b, const ReportPlace& place_a = {"a.json", ""},
                 const ReportPlace& place_b = {"after/report.json", "after"}) {
  const auto page = HtmlComparison(Compare(a, b), place_a, place_b);
  EXPECT_TRUE(page) << page.error().message;
  return page.value_or("");
}

TEST(HtmlComparison, ShowsTheVerdictThenWhatIsWorseWithItsEvidence) {
  const std::string page = Page(testing::GreenRun(), testing::RedRun());
  EXPECT_THAT(page, HasSubstr("<span class=\"word\">WORSE</span>"));
  EXPECT_THAT(page, HasSubstr("<h2 id=\"worse\">Worse in B (3)</h2>"));
  EXPECT_THAT(page, HasSubstr("<dd><code class=\"got\">status 500</code></dd>"));
  EXPECT_THAT(page, HasSubstr("provdlab replay after/scenarios/operations/deleting-a-monitor.scenario"));
  EXPECT_THAT(page, HasSubstr("<h2 id=\"only-b\">Only in B (4)</h2>"));
  EXPECT_THAT(page, Not(HasSubstr("Better in B")));
}

TEST(HtmlComparison, MarksWhatOfTheRunsDiffers) {
  RunRecord b = testing::GreenRun();
  b.ledger_hash = "0000";
  const std::string page = Page(testing::GreenRun(), b);
  EXPECT_THAT(
      page,
      HasSubstr("<tr class=\"differs\"><th scope=\"row\">Ledger</th><td>9f2c51d07be4</td><td>0000 <span class=\"quiet\">requirements"));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\">Seed</th><td>4242</td><td>4242</td></tr>"));
}

TEST(HtmlComparison, NothingOfTheReportsBreaksOut) {
  RunRecord a = testing::RedRun();
  for (RequirementRecord& requirement : a.requirements) {
    requirement.verdict = Verdict::kPass;
    requirement.sentence += "<b>was</b>";
  }
  a.target = "<script>document.title='owned'</script>";
  const std::string page = Page(a, testing::RedRun(), {"<i>a</i>.json", ""}, {"b.json", "<i>b</i>"});
  EXPECT_TRUE(IsUtf8(page));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
  EXPECT_THAT(page, Not(HasSubstr("\u202E"))) << "text that runs backwards";
  EXPECT_THAT(page, HasSubstr("script-src 'none'"));
  for (const char c : page) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  EXPECT_THAT(page, HasSubstr("{{word}} ]]&gt; &amp; &quot;quotes&quot;")) << "a text that looks like a template is not one";
}

TEST(HtmlComparison, NeedsNothingFromElsewhere) {
  const std::string page = Page(testing::GreenRun(), testing::GreenRun());
  for (const char* outside : {"<link", " src=", "@import", "url(", "href=\"http", "href=\"scenarios"})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
}

TEST(HtmlComparison, EmptyRunsMakeAPageToo) {
  EXPECT_THAT(Page(RunRecord{}, RunRecord{}), HasSubstr("<span class=\"word\">NOT COMPARABLE</span>"));
}

}  // namespace
}  // namespace provdlab::conformance
