#include "conformance/report/record.h"

#include <gtest/gtest.h>

#include <set>

#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

TEST(VerdictName, EveryVerdictIsReadFromItsName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Verdict::kHarnessError); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(VerdictFromName(VerdictName(verdict)), verdict);
    names.insert(VerdictName(verdict));
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"pass", "not-applicable", "known", "warn", "not-run", "blocked", "not-as-known",
                                               "unanswered", "fail", "harness-error"}));
  EXPECT_FALSE(VerdictFromName("Pass"));
  EXPECT_FALSE(VerdictFromName(""));
}

TEST(LevelName, EveryLevelIsReadFromItsName) {
  for (const Level level : {Level::kMust, Level::kShould, Level::kMay}) EXPECT_EQ(LevelFromName(LevelName(level)), level);
  EXPECT_EQ(LevelName(Level::kMust), "must");
  EXPECT_EQ(LevelName(Level::kShould), "should");
  EXPECT_EQ(LevelName(Level::kMay), "may");
  EXPECT_FALSE(LevelFromName("MUST"));
}

// Every member has a value of its own, so that one that is forgotten or mistaken for another shows.
RunRecord FullRecord() {
  ExchangeRecord exchange{"M",   "/t", {{"rn", "rv"}, {"rn", "rv2"}}, "rb", "answered", "p", 299, {{"an", "av"}}, "ab", 123456789012345,
                          "curl"};
  CheckRecord check{"a.slug", Verdict::kBlocked, 7, "pred", "exp", "got", {"b.slug"}, "note"};
  StepRecord step{6, "GET /", {exchange}, {"progress", "success"}, {"is now parsed"}, {check}};
  ScenarioRecord scenario{"title", "file", "area", "text\n", "row", Verdict::kWarn, {step}, 3, 8};
  RequirementRecord requirement{"a.slug",  "a",        "sentence", "source", Level::kShould, Verdict::kUnanswered,
                                {"title"}, {"b.slug"}, true,       true,     "known"};
  RunRecord run;
  run.suite_version = "v";
  run.ledger_hash = "h";
  run.run_id = "i";
  run.target = "t";
  run.dialect = "d";
  run.started = "s";
  run.seed = 18446744073709551615u;
  run.microseconds = 9;
  run.ended = "e";
  run.selection = {"x", "y"};
  run.known = "k";
  run.reach = {"--target", "t"};
  run.requirements = {requirement};
  run.scenarios = {scenario};
  run.notes = {"n"};
  run.target_log_tail = "l";
  run.target_log = "f";
  run.exit_code = 3;
  return run;
}

TEST(ToJson, HasEveryMember) {
  EXPECT_EQ(ToJson(FullRecord()), ParseJson(R"({
    "format": 1, "suite_version": "v", "ledger_hash": "h", "run_id": "i", "target": "t", "dialect": "d", "started": "s",
    "seed": 18446744073709551615, "microseconds": 9, "ended": "e", "selection": ["x", "y"],
    "known": "k", "reach": ["--target", "t"], "notes": ["n"], "target_log_tail": "l", "target_log": "f", "exit_code": 3,
    "requirements": [{"slug": "a.slug", "area": "a", "sentence": "sentence", "source": "source", "level": "should", "verdict": "unanswered",
                      "scenarios": ["title"], "blocked_by": ["b.slug"], "unexplained": true, "behind_known": true, "note": "known"}],
    "scenarios": [{"title": "title", "file": "file", "area": "area", "text": "text\n", "row": "row", "verdict": "warn", "attempts": 3, "microseconds": 8,
      "steps": [{"line": 6, "source": "GET /", "statuses": ["progress", "success"], "trace": ["is now parsed"],
        "exchanges": [{"method": "M", "target": "/t", "request_headers": [["rn", "rv"], ["rn", "rv2"]], "request_body": "rb", "outcome": "answered",
                       "problem": "p", "status": 299, "response_headers": [["an", "av"]], "response_body": "ab", "microseconds": 123456789012345,
                       "curl": "curl"}],
        "checks": [{"slug": "a.slug", "verdict": "blocked", "line": 7, "predicate": "pred", "expected": "exp", "got": "got",
                    "blocked_by": ["b.slug"], "note": "note"}]}]}]})")
                                      .value());
}

TEST(FromJson, GivesTheRecordAgain) {
  for (const RunRecord& record : {FullRecord(), testing::GreenRun(), RunRecord{}}) {
    const Json json = ToJson(record);
    const auto read = FromJson(ParseJson(DumpJson(json)).value());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(ToJson(*read), json);
  }
  // Bytes that are not UTF-8 become U+FFFD on the way, once.
  const auto red = FromJson(ParseJson(DumpJson(ToJson(testing::RedRun()))).value());
  ASSERT_TRUE(red);
  EXPECT_EQ(DumpJson(ToJson(*red)), DumpJson(ToJson(testing::RedRun())));
}

TEST(FromJson, ReadsEveryVerdictAndLevel) {
  for (int i = 0; i <= static_cast<int>(Verdict::kHarnessError); ++i) {
    RunRecord record = FullRecord();
    record.requirements[0].verdict = record.scenarios[0].verdict = record.scenarios[0].steps[0].checks[0].verdict = static_cast<Verdict>(i);
    record.requirements[0].level = static_cast<Level>(i % 3);
    const RunRecord read = FromJson(ToJson(record)).value();
    EXPECT_EQ(read.requirements[0].verdict, static_cast<Verdict>(i));
    EXPECT_EQ(read.scenarios[0].verdict, static_cast<Verdict>(i));
    EXPECT_EQ(read.scenarios[0].steps[0].checks[0].verdict, static_cast<Verdict>(i));
    EXPECT_EQ(read.requirements[0].level, static_cast<Level>(i % 3));
  }
}

TEST(FromJson, PassesOverMembersThatItDoesNotKnow) {
  Json json = ToJson(FullRecord());
  json["later"] = 1;
  json["scenarios"][0]["later"] = Json::array();
  EXPECT_EQ(ToJson(FromJson(json).value()), ToJson(FullRecord()));
}

TEST(FromJson, ReadsReportsFromBeforeThereWerePhones) {
  Json json = ToJson(FullRecord());
  json["scenarios"][0]["steps"][0].erase("trace");
  const auto read = FromJson(json);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->scenarios[0].steps[0].trace.empty());
}

TEST(FromJson, NamesWhatIsWrong) {
  struct Case {
    const char* change;  // a JSON patch
    const char* message;
  };
  const std::vector<Case> table = {
      {R"([{"op": "remove", "path": "/format"}])", "a report of format (none) cannot be read; this provdlab reads format 1"},
      {R"([{"op": "replace", "path": "/format", "value": 2}])", "a report of format 2 cannot be read; this provdlab reads format 1"},
      {R"([{"op": "remove", "path": "/seed"}])", "seed is missing"},
      {R"([{"op": "replace", "path": "/seed", "value": -1}])", "seed must be a whole number that fits"},
      {R"([{"op": "replace", "path": "/exit_code", "value": 3000000000}])", "exit_code must be a whole number that fits"},
      {R"([{"op": "replace", "path": "/microseconds", "value": 1.5}])", "microseconds must be a whole number that fits"},
      {R"([{"op": "replace", "path": "/notes", "value": "n"}])", "notes must be a list"},
      {R"([{"op": "replace", "path": "/notes/0", "value": null}])", "notes[0] must be a string"},
      {R"([{"op": "replace", "path": "/requirements/0", "value": 1}])", "requirements[0] must be an object"},
      {R"([{"op": "replace", "path": "/requirements/0/verdict", "value": "good"}])", "requirements[0].verdict is not a verdict"},
      {R"([{"op": "replace", "path": "/requirements/0/level", "value": 1}])", "requirements[0].level must be must, should or may"},
      {R"([{"op": "replace", "path": "/requirements/0/unexplained", "value": 1}])", "requirements[0].unexplained must be true or false"},
      {R"([{"op": "remove", "path": "/scenarios/0/steps/0/checks/0/slug"}])", "scenarios[0].steps[0].checks[0].slug is missing"},
      {R"([{"op": "replace", "path": "/scenarios/0/steps/0/exchanges/0/request_headers/1", "value": ["a"]}])",
       "scenarios[0].steps[0].exchanges[0].request_headers[1] must be a name and a value"},
  };
  for (const Case& c : table) {
    const auto read = FromJson(ToJson(FullRecord()).patch(ParseJson(c.change).value()));
    ASSERT_FALSE(read) << c.change;
    EXPECT_EQ(read.error().message, c.message);
  }
  EXPECT_EQ(FromJson(Json::array()).error().message, "a report is a JSON object");
}

}  // namespace
}  // namespace provdlab::conformance
