#include "conformance/known/judgement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::conformance {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kToday[] = "2026-11-29";

CheckRecord Check(const std::string& slug, Verdict verdict, const std::string& got = "", std::vector<std::string> blocked_by = {}) {
  CheckRecord check;
  check.slug = slug;
  check.verdict = verdict;
  check.got = got;
  check.blocked_by = std::move(blocked_by);
  return check;
}

ScenarioRecord Scenario(const std::string& file, const std::string& row, std::vector<CheckRecord> checks) {
  ScenarioRecord scenario;
  scenario.file = file;
  scenario.row = row;
  scenario.steps.emplace_back();
  for (const CheckRecord& check : checks) scenario.verdict = std::max(scenario.verdict, check.verdict);
  scenario.steps.back().checks = std::move(checks);
  return scenario;
}

RequirementRecord Requirement(const std::string& slug, Verdict verdict, std::vector<std::string> blocked_by = {}) {
  RequirementRecord requirement;
  requirement.slug = slug;
  requirement.verdict = verdict;
  requirement.blocked_by = std::move(blocked_by);
  return requirement;
}

KnownDivergences Known(const std::string& entries) {
  auto known = KnownDivergences::Parse("known x\nformat 1\n" + entries);
  EXPECT_TRUE(known) << (known ? "" : known.error().message);
  return *known;
}
std::string Entry(const std::string& slug, const std::string& got, const std::string& place, const std::string& until = "ever") {
  return slug + "\n  reason because\n  until " + until + "\n  got " + got + "\n    in " + place + "\n";
}

// What becomes of a requirement that has one check, in one place.
struct Judged {
  Verdict check, requirement;
  std::string note;
};
Judged Judge(const KnownDivergences& known, ScenarioRecord scenario, bool whole = true, Level level = Level::kMust) {
  std::vector<ScenarioRecord> scenarios = {std::move(scenario)};
  MarkKnown(known, kToday, scenarios);
  const CheckRecord& check = scenarios[0].steps[0].checks[0];
  std::vector<RequirementRecord> requirements = {Requirement("a.b", check.verdict)};
  requirements[0].level = level;
  JudgeKnown(known, kToday, scenarios, whole, requirements);
  return {check.verdict, requirements[0].verdict, requirements[0].note};
}

TEST(Known, IsWhatDivergesExactlyAsListed) {
  const Judged judged =
      Judge(Known(Entry("a.b", "500", "x.scenario for 1")), Scenario("x.scenario", "1", {Check("a.b", Verdict::kFail, "500: oh no")}));
  EXPECT_EQ(judged.check, Verdict::kKnown);
  EXPECT_EQ(judged.requirement, Verdict::kKnown);
  EXPECT_EQ(judged.note, "");
}

TEST(Known, IsWhatNeverAnswersIfThatIsListed) {
  EXPECT_EQ(
      Judge(Known(Entry("a.b", "no answer", "x.scenario")), Scenario("x.scenario", "", {Check("a.b", Verdict::kUnanswered)})).requirement,
      Verdict::kKnown);
}

TEST(NotAsKnown, IsWhatGetsSomethingElse) {
  const KnownDivergences known = Known(Entry("a.b", "500", "x.scenario"));
  const Judged must = Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "404: none")}));
  EXPECT_EQ(must.check, Verdict::kFail);
  EXPECT_EQ(must.requirement, Verdict::kFail);  // which is worse
  EXPECT_EQ(must.note,
            "not as line 3 of the known divergences has it: in x.scenario it gets: 404, and listed is: 500"
            " (mend the line, or let --write-known write the file anew)");
  // Also a recommendation, which without an entry would be a warning.
  const Judged should = Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kWarn, "404: none")}), true, Level::kShould);
  EXPECT_EQ(should.requirement, Verdict::kNotAsKnown);
}

TEST(NotAsKnown, IsWhatHoldsByNow) {
  const Judged judged = Judge(Known(Entry("a.b", "500", "x.scenario")), Scenario("x.scenario", "", {Check("a.b", Verdict::kPass)}));
  EXPECT_EQ(judged.requirement, Verdict::kNotAsKnown);
  EXPECT_THAT(judged.note, HasSubstr("it holds in x.scenario, where it is listed with: 500"));
}

TEST(NotAsKnown, IsWhatHasEnded) {
  const Judged judged =
      Judge(Known(Entry("a.b", "500", "x.scenario", "2026-11-28")), Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "500: oh")}));
  EXPECT_EQ(judged.check, Verdict::kFail);
  EXPECT_EQ(judged.requirement, Verdict::kFail);
  EXPECT_THAT(judged.note, HasSubstr("it was known until 2026-11-28 (because)"));
}

TEST(NotAsKnown, IsWhatDivergesWhereNothingIsListed) {
  std::vector<ScenarioRecord> scenarios = {Scenario("x.scenario", "1", {Check("a.b", Verdict::kFail, "500")}),
                                           Scenario("x.scenario", "2", {Check("a.b", Verdict::kFail, "500")})};
  const KnownDivergences known = Known(Entry("a.b", "500", "x.scenario for 1"));
  MarkKnown(known, kToday, scenarios);
  EXPECT_EQ(scenarios[0].verdict, Verdict::kKnown);
  EXPECT_EQ(scenarios[1].verdict, Verdict::kFail);
  std::vector<RequirementRecord> requirements = {Requirement("a.b", Verdict::kFail)};
  JudgeKnown(known, kToday, scenarios, true, requirements);
  EXPECT_THAT(requirements[0].note, HasSubstr("in x.scenario for 2, which is not listed, it gets: 500"));
}

TEST(NotAsKnown, IsAPlaceThatThereIsNotIfEverythingWasSelected) {
  const KnownDivergences known = Known(Entry("a.b", "500", "gone.scenario"));
  const ScenarioRecord other = Scenario("x.scenario", "", {Check("a.b", Verdict::kPass)});
  EXPECT_THAT(Judge(known, other, true).note, HasSubstr("there is no gone.scenario"));
  EXPECT_EQ(Judge(known, other, false).requirement, Verdict::kPass);
}

TEST(Judgement, SaysNothingOfWhatDidNotRunOrWasBlocked) {
  const KnownDivergences known = Known(Entry("a.b", "500", "x.scenario"));
  ScenarioRecord unrun = Scenario("x.scenario", "", {Check("a.b", Verdict::kNotRun)});
  EXPECT_EQ(Judge(known, unrun).requirement, Verdict::kNotRun);
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kBlocked, "", {"c.d"})})).requirement, Verdict::kBlocked);
}

TEST(Judgement, SeveralChecksOfOneRequirementHaveToGetAllThatIsListed) {
  const KnownDivergences known = Known("a.b\n  reason r\n  until ever\n  got 500\n    in x.scenario\n  got 404\n    in x.scenario\n");
  const auto judge = [&](std::vector<CheckRecord> checks) { return Judge(known, Scenario("x.scenario", "", std::move(checks))).check; };
  EXPECT_EQ(judge({Check("a.b", Verdict::kFail, "500"), Check("a.b", Verdict::kFail, "404")}), Verdict::kKnown);
  EXPECT_EQ(judge({Check("a.b", Verdict::kFail, "500"), Check("a.b", Verdict::kPass)}), Verdict::kFail);
}

TEST(Judgement, StarsStandForWhateverIsThere) {
  const KnownDivergences known = Known(Entry("a.b", "GET * stayed", "x.scenario"));
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "GET /a/b stayed")})).check, Verdict::kKnown);
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "GET /a/b went")})).check, Verdict::kFail);
}

TEST(Judgement, AnInvariantIsKnownWhereverItIsBrokenFirst) {
  const KnownDivergences known = Known(
      "invariant.no-5xx\n  reason r\n  until ever\n  got GET answered 500\n    in any scenario\n  got PUT answered 500\n    in any "
      "scenario\n");
  const auto judge = [&](std::vector<ScenarioRecord> scenarios, bool whole = true) {
    MarkKnown(known, kToday, scenarios);
    std::vector<RequirementRecord> requirements = {Requirement("invariant.no-5xx", scenarios[0].verdict)};
    JudgeKnown(known, kToday, scenarios, whole, requirements);
    return requirements[0].verdict;
  };
  const auto broken = [](const std::string& file, const std::string& got) {
    return Scenario(file, "", {Check("invariant.no-5xx", Verdict::kFail, got)});
  };
  EXPECT_EQ(judge({broken("x.scenario", "GET answered 500")}), Verdict::kKnown);
  EXPECT_EQ(judge({broken("y.scenario", "PUT answered 500"), broken("z.scenario", "GET answered 500")}), Verdict::kKnown);
  EXPECT_EQ(judge({broken("x.scenario", "POST answered 500")}), Verdict::kFail);
  const ScenarioRecord sound = Scenario("x.scenario", "", {Check("a.b", Verdict::kPass)});
  EXPECT_EQ(judge({sound}), Verdict::kNotAsKnown);
  EXPECT_EQ(judge({sound}, false), Verdict::kPass);
}

TEST(Judgement, WhatIsSeenSometimesMayHold) {
  const KnownDivergences known =
      Known("a.b\n  reason r\n  until ever\n  seen sometimes\n  got 500\n    in x.scenario\n  got 404\n    in x.scenario\n");
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kPass)})).requirement, Verdict::kPass);
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "404: none")})).requirement, Verdict::kKnown);
  EXPECT_EQ(Judge(known, Scenario("x.scenario", "", {Check("a.b", Verdict::kFail, "403: no")})).requirement, Verdict::kFail);
  RunRecord record;
  record.scenarios = {Scenario("x.scenario", "", {Check("a.b", Verdict::kPass)})};
  EXPECT_EQ(known.Rewritten(DivergencesIn(record, known, "r", "ever")), known.text());
}

TEST(Judgement, WhatStandsOnNothingButWhatIsKnownIsKnown) {
  std::vector<RequirementRecord> requirements = {Requirement("a.known", Verdict::kKnown),
                                                 Requirement("a.on-it", Verdict::kBlocked, {"a.known"}),
                                                 Requirement("a.on-that", Verdict::kBlocked, {"a.on-it", "a.held"}),
                                                 Requirement("a.held", Verdict::kPass),
                                                 Requirement("a.failed", Verdict::kFail),
                                                 Requirement("a.on-both", Verdict::kBlocked, {"a.known", "a.failed"}),
                                                 Requirement("a.on-failed", Verdict::kBlocked, {"a.failed"})};
  JudgeKnown(Known(""), kToday, {}, true, requirements);
  std::vector<Verdict> verdicts;
  for (const RequirementRecord& requirement : requirements) verdicts.push_back(requirement.verdict);
  EXPECT_THAT(verdicts, ElementsAre(Verdict::kKnown, Verdict::kKnown, Verdict::kKnown, Verdict::kPass, Verdict::kFail, Verdict::kBlocked,
                                    Verdict::kBlocked));
}

// Seen in one scenario and blocked by what is known in another: it was tested.
TEST(Judgement, WhatHeldWhereItCouldBeTestedHolds) {
  std::vector<RequirementRecord> requirements = {Requirement("a.known", Verdict::kKnown),
                                                 Requirement("a.seen", Verdict::kBlocked, {"a.known"}),
                                                 Requirement("a.unseen", Verdict::kBlocked, {"a.seen"})};
  const std::vector<ScenarioRecord> scenarios = {Scenario("x.scenario", "", {Check("a.seen", Verdict::kPass)})};
  JudgeKnown(Known(""), kToday, scenarios, true, requirements);
  EXPECT_EQ(requirements[1].verdict, Verdict::kPass);
  EXPECT_FALSE(requirements[1].behind_known);
  EXPECT_EQ(requirements[2].verdict, Verdict::kKnown) << "what stands on it where it could not be tested could not be either";
  EXPECT_TRUE(requirements[2].behind_known);
}

TEST(DivergencesIn, IsWhatAnExactFileWouldHave) {
  RunRecord record;
  record.scenarios = {Scenario("x.scenario", "2", {Check("a.b", Verdict::kFail, "500: oh"), Check("a.c", Verdict::kWarn, "plab-run-7")}),
                      Scenario("x.scenario", "1", {Check("a.b", Verdict::kFail, "500: ah"), Check("a.c", Verdict::kPass)}),
                      Scenario("unrun.scenario", "", {})};
  record.scenarios[2].verdict = Verdict::kNotRun;
  record.requirements = {Requirement("a.c", Verdict::kWarn), Requirement("a.b", Verdict::kFail)};
  const KnownDivergences before = Known(Entry("a.gone", "500", "x.scenario for 1") + Entry("a.unseen", "501", "unrun.scenario"));
  const auto divergences = DivergencesIn(record, before, "not looked into yet", "2027-02-27");
  ASSERT_EQ(divergences.size(), 3u);
  EXPECT_EQ(divergences[0].slug, "a.c");
  EXPECT_EQ(divergences[0].instead[0].got, "ID");
  EXPECT_EQ(divergences[1].slug, "a.b");
  EXPECT_THAT(divergences[1].instead[0].places, ElementsAre(Place{"x.scenario", "1"}, Place{"x.scenario", "2"}));
  EXPECT_EQ(divergences[2].slug, "a.unseen");
  // The file that is written is exact.
  const KnownDivergences after = *KnownDivergences::Parse(before.Rewritten(divergences));
  MarkKnown(after, kToday, record.scenarios);
  JudgeKnown(after, kToday, record.scenarios, true, record.requirements);
  EXPECT_EQ(record.scenarios[0].verdict, Verdict::kKnown);
  EXPECT_EQ(record.scenarios[1].verdict, Verdict::kKnown);
  EXPECT_THAT(record.requirements[0].note, IsEmpty());
  EXPECT_THAT(record.requirements[1].note, IsEmpty());
}

}  // namespace
}  // namespace provdlab::conformance
