#include "conformance/requirements/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/runner/library.h"
#include "conformance/runner/verbs.h"

namespace provdlab::conformance {
namespace {

using testing::HasSubstr;

constexpr char kGood[] = R"([{"slug": "oip.get-answers-200", "level": "must", "sentence": "S.", "source": "D", "implies": ["oip.two"]},
                             {"slug": "oip.two", "level": "should", "sentence": "T.", "source": "D", "sibling": null}])";

TEST(LedgerTest, ReadsRequirementsInTheirOrder) {
  const auto ledger = Ledger::Parse({{"oip.json", kGood}});
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  ASSERT_EQ(ledger->requirements().size(), 2u);
  EXPECT_EQ(ledger->requirements()[0].slug, "oip.get-answers-200");
  EXPECT_EQ(ledger->requirements()[0].area(), "oip");
  EXPECT_EQ(ledger->Find("oip.two")->level, Level::kShould);
  EXPECT_EQ(ledger->Find("oip.three"), nullptr);
}

TEST(LedgerTest, HashTellsLedgersApart) {
  std::string other = kGood;
  other.replace(other.find("S."), 2, "U.");
  const auto one = Ledger::Parse({{"oip.json", kGood}});
  const auto two = Ledger::Parse({{"oip.json", other}});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->hash().size(), 16u);
  EXPECT_NE(one->hash(), two->hash());
  EXPECT_EQ(one->hash(), Ledger::Parse({{"oip.json", kGood}})->hash());
}

TEST(LedgerTest, RefusalsNameFileAndSlug) {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"{", "x.json:1:"},
      {"{}", "x.json: a ledger file is a list"},
      {"[5]", "x.json: entry 1: an entry is not an object"},
      {R"([{"level": "must"}])", "x.json: entry 1: \"slug\" is missing"},
      {R"([{"slug": "No Slug", "level": "must"}])", "is not a slug"},
      {R"([{"slug": "a.b", "level": "maybe", "sentence": "", "source": ""}])", "x.json: a.b: level \"maybe\""},
      {R"([{"slug": "a.b", "level": "must", "source": ""}])", "x.json: a.b: \"sentence\" is missing"},
      {R"([{"slug": "a.b", "level": "must", "sentence": 5, "source": ""}])", "\"sentence\" is not a string"},
      {R"([{"slug": "a.b", "level": "must", "sentence": "", "source": "", "implys": []}])", "\"implys\" is not a member"},
      {R"([{"slug": "a.b", "level": "must", "sentence": "", "source": "", "faults": [1]}])", "\"faults\" holds something"},
      {R"([{"slug": "a.b", "level": "must", "sentence": "", "source": "", "implies": ["a.c"]}])", "a.b names a.c"},
      {R"([{"slug": "a.b", "level": "must", "sentence": "", "source": "", "sibling": "a.c"}])", "a.b names a.c"},
      {R"([{"slug": "a.b", "level": "must", "sentence": "", "source": ""}, {"slug": "a.b", "level": "must", "sentence": "", "source": ""}])",
       "a.b is there twice"},
  };
  for (const Case& c : cases) {
    const auto ledger = Ledger::Parse({{"x.json", c.text}});
    ASSERT_FALSE(ledger.has_value()) << c.text;
    EXPECT_THAT(ledger.error().message, HasSubstr(c.message)) << c.text;
  }
}

TEST(EmbeddedLedgerTest, IsSound) {
  const auto ledger = Ledger::Embedded();
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  EXPECT_GT(ledger->requirements().size(), 100u);
}

TEST(EmbeddedLedgerTest, EveryRequirementIsCheckedByAScenarioAndEveryCheckedSlugIsThere) {
  const auto ledger = Ledger::Embedded();
  const auto library = Library::Embedded();
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  ASSERT_TRUE(library.has_value()) << library.error().message;
  std::set<std::string> checked;
  for (const ScenarioRun& run : library->runs()) {
    for (const std::string& slug : CheckedSlugs(run.file->scenario)) {
      EXPECT_NE(ledger->Find(slug), nullptr) << run.file->path << " checks " << slug;
      checked.insert(slug);
    }
    for (const scenario::Step& step : run.file->scenario.steps) {
      for (const std::string& slug : step.needs) EXPECT_NE(ledger->Find(slug), nullptr) << run.file->path << " needs " << slug;
    }
  }
  for (const Requirement& requirement : ledger->requirements()) {
    EXPECT_TRUE(requirement.area() == "invariant" || checked.contains(requirement.slug)) << requirement.slug << " is checked nowhere";
  }
}

TEST(EmbeddedLedgerTest, KnowsWhatTheVerbsStandOn) {
  const auto ledger = Ledger::Embedded();
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  for (const std::string& slug : AllRequirementsOfVerbs()) EXPECT_NE(ledger->Find(slug), nullptr) << slug;
}

}  // namespace
}  // namespace provdlab::conformance
