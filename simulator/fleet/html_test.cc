#include "simulator/fleet/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/fleet/testing/sample.h"

namespace provdlab::fleet {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Page(const FleetRecord& record) {
  const Result<std::string> page = HtmlPage(record);
  EXPECT_TRUE(page) << page.error().message;
  return page.value_or("");
}

TEST(VerdictOf, SaysItInASentence) {
  struct Row {
    std::uint64_t phones, configured;
    bool registers;
    const char* word;
    const char* sentence;
  };
  for (const Row& row : {Row{1, 1, false, "CONFIGURED", "The phone is configured, 2.00 s after its power came on."},
                         Row{1, 0, false, "FAILED", "The phone is not configured."},
                         Row{1'000, 1'000, true, "CONFIGURED", "All 1,000 phones are configured and registered, within 9.00 s."},
                         Row{1'000, 999, false, "FAILED", "Of 1,000 phones 1 is not configured."},
                         Row{1'000, 0, true, "FAILED", "Of 1,000 phones 1,000 are not configured and registered."},
                         Row{0, 0, false, "NOTHING RUN", "No phone was switched on."}}) {
    FleetRecord record{.registers = row.registers, .phones = row.phones, .configured = row.configured, .took = 9'000'000};
    record.boot.most = 2'000'000;
    const Verdict verdict = VerdictOf(record);
    EXPECT_EQ(verdict.word, row.word);
    EXPECT_EQ(verdict.sentence, row.sentence);
    EXPECT_EQ(verdict.good, row.phones > 0 && row.phones == row.configured);
  }
}

TEST(HtmlPage, ShowsWhatTheRecordHas) {
  const std::string page = Page(GoodSample());
  EXPECT_THAT(page, HasSubstr("<span class=\"word\">CONFIGURED</span>"));
  EXPECT_THAT(page, HasSubstr("http://127.0.0.1:8666/provd"));
  EXPECT_THAT(page, HasSubstr("GET /Aastra/{MAC}.cfg"));
  EXPECT_THAT(page, HasSubstr("--seed 7"));
  EXPECT_THAT(page, Not(HasSubstr("Phones that failed")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(HtmlPage, ShowsFailuresFirstAndHowToReplayThem) {
  const std::string page = Page(HostileSample());
  EXPECT_THAT(page, HasSubstr("<span class=\"word\">FAILED</span>"));
  EXPECT_THAT(page, HasSubstr("--only 00:08:5d:a0:00:03"));
  EXPECT_LT(page.find("Phones that failed"), page.find("How long a boot took"));
}

// What servers and files say is shown, never run.
TEST(HtmlPage, IsNotBrokenByWhatServersSay) {
  const std::string page = Page(HostileSample());
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("</title><")));
  EXPECT_THAT(page, HasSubstr("&lt;img src=x"));
  EXPECT_THAT(page, HasSubstr("⟨U+202E⟩"));
}

TEST(HtmlPage, IsWrittenOfNothingToo) { EXPECT_THAT(Page({}), HasSubstr("NOTHING RUN")); }

}  // namespace
}  // namespace provdlab::fleet
