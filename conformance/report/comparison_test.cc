#include "conformance/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RequirementRecord Of(const std::string& slug, Verdict verdict, Level level = Level::kMust) {
  RequirementRecord requirement;
  requirement.slug = slug;
  requirement.area = "area";
  requirement.sentence = "A sentence about " + slug + ".";
  requirement.level = level;
  requirement.verdict = verdict;
  return requirement;
}

RunRecord RunOf(std::vector<RequirementRecord> requirements) {
  RunRecord run;
  run.target = "http://127.0.0.1:8666/provd";
  run.requirements = std::move(requirements);
  return run;
}

std::vector<std::string> Slugs(const std::vector<RequirementChange>& changes) {
  std::vector<std::string> slugs;
  for (const RequirementChange& change : changes) slugs.push_back(change.b->slug);
  return slugs;
}

std::vector<std::string> Slugs(const std::vector<const RequirementRecord*>& requirements) {
  std::vector<std::string> slugs;
  for (const RequirementRecord* requirement : requirements) slugs.push_back(requirement->slug);
  return slugs;
}

TEST(ChangeOf, JudgesEveryPairOfVerdicts) {
  // Rows: A. Columns: B. + better, - worse, ~ different, = same.
  constexpr Verdict kOrder[] = {Verdict::kPass,    Verdict::kNotApplicable, Verdict::kKnown,      Verdict::kWarn, Verdict::kNotRun,
                                Verdict::kBlocked, Verdict::kNotAsKnown,    Verdict::kUnanswered, Verdict::kFail, Verdict::kHarnessError};
  const std::vector<std::pair<Verdict, std::string>> table = {
      //                         P N K W R B A U F H
      {Verdict::kPass, /*      */ "=~--------"}, {Verdict::kNotApplicable, "~=--------"},   {Verdict::kKnown, /*     */ "+~=~------"},
      {Verdict::kWarn, /*      */ "+~~=------"}, {Verdict::kNotRun, /*    */ "+~~~=~---~"}, {Verdict::kBlocked, /*   */ "+~~~~=---~"},
      {Verdict::kNotAsKnown, /**/ "+~~~~~=~~~"}, {Verdict::kUnanswered, /**/ "+~~~~~~=~~"}, {Verdict::kFail, /*      */ "+~~~~~~~=~"},
      {Verdict::kHarnessError, "+~~~~~---="},
  };
  for (const auto& [a, row] : table) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Change wanted = row[i] == '+'   ? Change::kBetter
                            : row[i] == '-' ? Change::kWorse
                            : row[i] == '~' ? Change::kDifferent
                                            : Change::kSame;
      EXPECT_EQ(ChangeName(ChangeOf(Of("x", a), Of("x", kOrder[i]))), ChangeName(wanted))
          << VerdictName(a) << " → " << VerdictName(kOrder[i]);
    }
  }
}

TEST(ChangeOf, ABThatIsNotGreenAgainstAGreenAIsWorse) {
  for (const Verdict a : kWorstFirst) {
    for (const Verdict b : kWorstFirst) {
      if (!IsBad(a) && IsBad(b)) {
        EXPECT_EQ(ChangeOf(Of("x", a), Of("x", b)), Change::kWorse) << VerdictName(a) << " → " << VerdictName(b);
      }
    }
  }
}

TEST(ChangeOf, ABlockThatNothingExplainsAnyMoreIsWorse) {
  const RequirementRecord explained = Of("x", Verdict::kBlocked);
  RequirementRecord unexplained = explained;
  unexplained.unexplained = true;
  EXPECT_EQ(ChangeOf(explained, unexplained), Change::kWorse);
  EXPECT_EQ(ChangeOf(unexplained, explained), Change::kDifferent);
  EXPECT_EQ(ChangeOf(unexplained, unexplained), Change::kSame);
}

TEST(Compare, ARunAgainstItselfIsTheSame) {
  for (const RunRecord& run : {testing::GreenRun(), testing::RedRun()}) {
    const Comparison comparison = Compare(run, run);
    EXPECT_EQ(comparison.change, Change::kSame);
    EXPECT_TRUE(comparison.headline.green);
    EXPECT_EQ(comparison.headline.word, "THE SAME");
    EXPECT_THAT(comparison.worse, IsEmpty());
    EXPECT_THAT(comparison.better, IsEmpty());
    EXPECT_THAT(comparison.different, IsEmpty());
    EXPECT_THAT(comparison.runs, IsEmpty());
    EXPECT_THAT(comparison.cautions, ElementsAre("A and B are the same run"));
  }
}

TEST(Compare, SortsRequirementsByWhatBecameOfThem) {
  const RunRecord a = RunOf({Of("kept", Verdict::kPass), Of("mended", Verdict::kFail), Of("broken", Verdict::kPass),
                             Of("advice", Verdict::kPass, Level::kShould), Of("gone", Verdict::kPass), Of("faded", Verdict::kPass),
                             Of("known", Verdict::kFail)});
  const RunRecord b =
      RunOf({Of("advice", Verdict::kWarn, Level::kShould), Of("kept", Verdict::kPass), Of("mended", Verdict::kPass),
             Of("broken", Verdict::kFail), Of("new", Verdict::kFail), Of("faded", Verdict::kNotApplicable), Of("known", Verdict::kFail)});
  const Comparison comparison = Compare(a, b);
  EXPECT_THAT(Slugs(comparison.worse), ElementsAre("broken", "advice")) << "MUSTs first";
  EXPECT_THAT(Slugs(comparison.better), ElementsAre("mended"));
  EXPECT_THAT(Slugs(comparison.different), ElementsAre("faded"));
  EXPECT_THAT(Slugs(comparison.only_a), ElementsAre("gone"));
  EXPECT_THAT(Slugs(comparison.only_b), ElementsAre("new"));
  EXPECT_THAT(Slugs(comparison.still_bad), ElementsAre("known"));
  EXPECT_EQ(comparison.common, 6u);
  EXPECT_EQ(comparison.headline.word, "WORSE");
  EXPECT_EQ(comparison.headline.sentence,
            "B is worse than A in 2 of 6 requirements (1 MUST), and better in 1. 1 differs otherwise, 2 are in one of them only.");
  EXPECT_FALSE(comparison.headline.green);
}

TEST(Compare, SaysTheVerdictInASentence) {
  struct Case {
    std::vector<RequirementRecord> a, b;
    const char* word;
    const char* sentence;
  };
  for (const Case& c : {
           Case{{Of("x", Verdict::kFail)},
                {Of("x", Verdict::kPass)},
                "BETTER",
                "B is better than A in 1 of 1 requirement (1 MUST) and nowhere worse."},
           Case{{Of("x", Verdict::kPass)},
                {Of("x", Verdict::kNotApplicable)},
                "DIFFERENT",
                "B is nowhere worse than A and nowhere better. 1 differs otherwise."},
           Case{{Of("x", Verdict::kPass)}, {Of("x", Verdict::kPass)}, "THE SAME", "B came out as A in all 1 requirement."},
           Case{{Of("x", Verdict::kPass)}, {Of("y", Verdict::kPass)}, "NOT COMPARABLE", "A and B have no requirement in common."},
           Case{{}, {}, "NOT COMPARABLE", "A and B have no requirement in common."},
       }) {
    const RunRecord a = RunOf(c.a);
    const RunRecord b = RunOf(c.b);
    const Comparison comparison = Compare(a, b);
    EXPECT_EQ(comparison.headline.word, c.word);
    EXPECT_EQ(comparison.headline.sentence, c.sentence);
  }
}

TEST(Compare, SeesWhatElseIsDifferentOfARequirement) {
  RequirementRecord before = Of("x", Verdict::kPass);
  RequirementRecord after = Of("x", Verdict::kPass, Level::kShould);
  after.sentence = "Another sentence.";
  RequirementRecord blocked = Of("y", Verdict::kBlocked);
  blocked.blocked_by = {"a.first"};
  RequirementRecord elsewhere = blocked;
  elsewhere.blocked_by = {"b.second"};
  const RunRecord a = RunOf({before, blocked});
  const RunRecord b = RunOf({after, elsewhere});
  const Comparison comparison = Compare(a, b);
  ASSERT_THAT(comparison.different, SizeIs(2));
  EXPECT_THAT(comparison.different[0].remarks, ElementsAre("blocked by b.second in B, by a.first in A"));
  EXPECT_THAT(comparison.different[1].remarks,
              ElementsAre("the level is must in A and should in B", "the sentence is another: in A \"A sentence about x.\""));
}

TEST(Compare, SaysWhatMakesTheRunsHardToCompare) {
  RunRecord a = RunOf({});
  a.seed = 1;
  a.suite_version = "0.1.0";
  a.ledger_hash = "aaaa";
  a.started = "2026-11-24T10:00:00Z";
  RunRecord b = a;
  b.seed = 2;
  b.suite_version = "0.2.0";
  b.ledger_hash = "bbbb";
  b.selection = {"--filter", "oip"};
  b.ended = "budget";
  b.dialect = "wazo";
  b.started = "2026-11-24T09:00:00Z";
  const Comparison comparison = Compare(a, b);
  std::vector<std::string> whats;
  for (const RunDifference& difference : comparison.runs) whats.push_back(difference.what);
  EXPECT_THAT(whats, ElementsAre("dialect", "suite", "ledger", "seed", "selection", "ended"));
  EXPECT_EQ(comparison.runs[4].b, "--filter oip");
  EXPECT_THAT(comparison.cautions, ElementsAre(HasSubstr("B was started before A")));
  b.target = "http://elsewhere/provd";
  EXPECT_THAT(Compare(a, b).cautions, IsEmpty()) << "of two targets none comes first";
}

TEST(Compare, ShowsTheEvidenceOfB) {
  const RunRecord a = testing::GreenRun();
  const RunRecord b = testing::RedRun();
  const Comparison comparison = Compare(a, b);
  ASSERT_THAT(Slugs(comparison.worse),
              ElementsAre("configure.param-put-answers-204", "install.installable-lists-package", "oip.delete-answers-204"));
  const Finding& evidence = comparison.worse[2].evidence;
  ASSERT_NE(evidence.check, nullptr);
  EXPECT_EQ(evidence.check->got, "status 500");
  EXPECT_EQ(evidence.replay_file, "scenarios/operations/deleting-a-monitor.scenario");
}

TEST(Compare, ARepeatedSlugCountsOnce) {
  const RunRecord a = RunOf({Of("x", Verdict::kPass), Of("x", Verdict::kFail)});
  const RunRecord b = RunOf({Of("x", Verdict::kPass), Of("x", Verdict::kFail)});
  EXPECT_EQ(Compare(a, b).common, 1u);
  EXPECT_EQ(Compare(a, b).change, Change::kSame);
}

TEST(ComparisonJson, HasEverythingAScriptAsksFor) {
  const RunRecord a = testing::GreenRun();
  const RunRecord b = testing::RedRun();
  const OrderedJson json = ToJson(Compare(a, b), {"a.json", ""}, {"after/report.json", "after"});
  EXPECT_EQ(json.at("change"), "worse");
  EXPECT_EQ(json.at("a").at("file"), "a.json");
  ASSERT_THAT(json.at("worse"), SizeIs(3));
  const OrderedJson& worse = json.at("worse").at(2);
  EXPECT_EQ(worse.at("slug"), "oip.delete-answers-204");
  EXPECT_EQ(worse.at("a"), "pass");
  EXPECT_EQ(worse.at("b"), "fail");
  EXPECT_EQ(worse.at("level"), "must");
  EXPECT_EQ(worse.at("expected"), "status is 204");
  EXPECT_EQ(worse.at("got"), "status 500");
  EXPECT_THAT(worse.at("replay").get<std::string>(), HasSubstr("provdlab replay after/scenarios/operations/deleting-a-monitor.scenario"));
  EXPECT_THAT(json.at("only_b"), SizeIs(4));
  EXPECT_FALSE(ToJson(Compare(a, b), {}, {}).at("worse").at(2).contains("replay")) << "without its folder there is no file to replay";
}

}  // namespace
}  // namespace provdlab::conformance
