#include "conformance/runner/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/runner/examples.h"
#include "grammar/scenario/parse.h"

namespace provdlab::conformance {
namespace {

using testing::HasSubstr;

class JudgeTest : public testing::Test {
 protected:
  JudgeTest() : target_(*Target::Make({"http://h/provd", {}, ""})) {
    variables_["PKG"] = "p-1";
    examples_["one"] = {Json{{"a", 1}, {"b", 2}, {"href", "/provd/x"}}, {Json::json_pointer("/b")}};
  }

  Judgement Of(const std::string& predicate, const Sight& sight) {
    const auto scenario =
        scenario::ParseScenario("scenario   s\nformat     1\npackage    PKG\n\nGET /x\n  check a.b   " + predicate + "\n");
    if (!scenario) {
      ADD_FAILURE() << predicate << ": " << scenario.error().message;
      return {};
    }
    JudgeContext context;
    context.target = &target_;
    context.variables = &variables_;
    context.examples = &examples_;
    context.is_fresh = [this](const std::string&, const std::string& value) { return seen_.insert(value).second; };
    return Judge(scenario->steps[0].checks[0].condition, sight, context);
  }

  static Sight WithExcess(Sight sight) {
    sight.excess = "a body where none belongs";
    return sight;
  }
  static Sight Answer(int status, const std::string& body, const http::Headers& headers = {}) {
    Sight sight;
    sight.response = http::Response{.status = status, .headers = headers, .body = body};
    sight.base = "/provd/x";
    return sight;
  }

  Target target_;
  scenario::Variables variables_;
  Examples examples_;
  std::set<std::string> seen_;
};

TEST_F(JudgeTest, Table) {
  struct Case {
    std::string predicate;
    Sight sight;
    bool holds;
  };
  const Sight list =
      Answer(200, R"({"pkgs": {"p-1": {"version": "1.0"}}, "n": 7, "s": "text", "l": [1, null], "params": [{"id": "NAT", "value": 0}]})");
  const std::vector<Case> cases = {
      {"status is 204", Answer(204, ""), true},
      {"status is 400 or 409", Answer(409, ""), true},
      {"status is 4xx", Answer(415, ""), true},
      {"status is 4xx", Answer(500, ""), false},
      {"status is not 5xx", Answer(404, ""), true},
      {"body is empty", Answer(200, ""), true},
      {"body is empty", WithExcess(Answer(204, "")), false},
      {"body is json", Answer(200, "{}"), true},
      {"body is json", Answer(200, "{"), false},
      {"body is sentence", Answer(404, "No such resource", {{"Content-Type", "text/plain; charset=utf-8"}}), true},
      {"body is sentence", Answer(404, "No such resource", {{"Content-Type", "text/html"}}), false},
      {"body is sentence", Answer(404, "", {{"Content-Type", "text/plain"}}), false},
      {"body is sentence", Answer(404, "one\ntwo", {{"Content-Type", "text/plain"}}), false},
      {"body is sentence", Answer(404, "see <b>this</b>", {{"Content-Type", "text/plain"}}), false},
      {"body is sentence", Answer(404, std::string(501, 'a'), {{"Content-Type", "text/plain"}}), false},
      {"header Location is present", Answer(201, "", {{"location", "/x"}}), true},
      {"header Location is absent", Answer(201, ""), true},
      {"header Location is below /a/b", Answer(201, "", {{"Location", "/provd/a/b/1"}}), true},
      {"header Location is below /a/b", Answer(201, "", {{"Location", "/provd/a/b/"}}), false},
      {"header Location is below /a/b", Answer(201, "", {{"Location", "/provd/a/c/1"}}), false},
      {"header Location is below /a/b", Answer(201, "", {{"Location", "http://h/provd/a/b/1"}}), false},
      {"header Content-Type is provd", Answer(200, "", {{"Content-Type", "Application/VND.proformatique.provd+JSON; charset=utf-8"}}),
       true},
      {"header Content-Type is provd", Answer(200, "", {{"Content-Type", "application/json"}}), false},
      {"header Allow contains \"GET\"", Answer(405, "", {{"Allow", "GET, HEAD"}}), true},
      {"$.pkgs has PKG", list, true},
      {"$.pkgs lacks PKG", list, false},
      {"$.pkgs lacks \"other\"", list, true},
      {"$.nothing lacks \"other\"", list, false},
      {"$.pkgs[PKG].version is \"1.0\"", list, true},
      {"$.params[id = \"NAT\"].value is 0", list, true},
      {"$.n is 7", list, true},
      {"$.n is \"7\"", list, false},
      {"$.n is one of 1, 7", list, true},
      {"$.n is 7.0", list, true},
      {"$ is [1.8446744073709552e19]", Answer(200, "[18446744073709551615]"), false},
      {"$ is {\"n\": 18446744073709551615}", Answer(200, R"({"n": 1.8446744073709552e19})"), false},
      {"$ is {\"n\": 18446744073709551615}", Answer(200, R"({"n": 18446744073709551615})"), true},
      {"$ is {\"n\": [9007199254740992]}", Answer(200, R"({"n": [9007199254740992.0]})"), true},
      {"$.n is not null", list, true},
      {"$.x is not null", list, false},
      {"$.x is absent", list, true},
      {"$.l is a list", list, true},
      {"$.l has 2 members", list, true},
      {"$.l has null", list, true},
      {"$.s contains \"ex\"", list, true},
      {"$.n is a string", list, false},
      {"$.x is absent", Answer(200, "no JSON"), false},
      {"$.s is \"text\" and status is 404", list, false},
      {"$ is example \"one\"", Answer(200, R"({"a": 1, "b": "free", "href": "/provd/x"})"), true},
      {"$ is example \"one\"", Answer(200, R"({"a": 2, "b": 2, "href": "/provd/x"})"), false},
  };
  for (const Case& c : cases) {
    const Judgement judgement = Of(c.predicate, c.sight);
    EXPECT_EQ(judgement.holds, c.holds) << c.predicate << " got " << judgement.got;
    EXPECT_EQ(judgement.harness, "") << c.predicate;
    EXPECT_EQ(judgement.got.empty(), c.holds) << c.predicate;
  }
}

TEST_F(JudgeTest, FreshIsTrueOnce) {
  const Sight sight = Answer(201, "", {{"Location", "/provd/a/1"}});
  EXPECT_TRUE(Of("header Location is fresh", sight).holds);
  EXPECT_FALSE(Of("header Location is fresh", sight).holds);
}

TEST_F(JudgeTest, WithoutAnAnswerNothingHolds) {
  Sight sight;
  sight.problem = "The peer closed.";
  for (const char* const predicate : {"status is not 5xx", "header Location is absent", "body is empty", "$.x is absent"}) {
    EXPECT_FALSE(Of(predicate, sight).holds) << predicate;
    EXPECT_THAT(Of(predicate, sight).got, HasSubstr("The peer closed."));
  }
}

TEST_F(JudgeTest, AnUnknownExampleIsTheHarnesssFault) {
  EXPECT_THAT(Of("$ is example \"none\"", Answer(200, "{}")).harness, HasSubstr("no example"));
}

TEST(PatternTest, StarsStandForAnythingButBrackets) {
  struct Case {
    std::string pattern, text;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"install|success(download|success;*/*)", "install|success(download|success;40/40)", true},
      {"install|success(download|success;*/*)", "install|success(download|success;40)", false},
      {"install|*", "install|success(a|success)", false},
      {"*", "", true},
      {"a*b*c", "aXbYbZc", true},
      {"a*", "b", false},
      {"", "", true},
      {"", "a", false},
  };
  for (const Case& c : cases) EXPECT_EQ(MatchesPattern(c.pattern, c.text), c.matches) << c.pattern << " " << c.text;
}

TEST(ExamplesTest, TheEmbeddedOnesAreSound) {
  const auto examples = EmbeddedExamples();
  ASSERT_TRUE(examples.has_value()) << examples.error().message;
  EXPECT_TRUE(examples->contains("configure"));
}

TEST(ExamplesTest, ABrokenOneIsNamed) {
  EXPECT_THAT(ReadExamples({{"x.json", "{"}}).error().message, HasSubstr("x.json:1:"));
  EXPECT_THAT(ReadExamples({{"x.json", "{}"}}).error().message, HasSubstr("x.json: "));
  EXPECT_THAT(ReadExamples({{"x.json", R"({"answer": {"body": 1}, "free": ["no pointer"]})"}}).error().message,
              HasSubstr("not a JSON pointer"));
}

}  // namespace
}  // namespace provdlab::conformance
