#include "grammar/scenario/evaluate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "grammar/scenario/parse.h"

namespace provdlab::scenario {
namespace {

const Variables kVariables = {{"PKG", "plab-1"},
                              {"oip", "/provd/pg_mgr/install/install/3"},
                              {"n", 1},
                              {"yes", true},
                              {"nothing", nullptr},
                              {"list", Json::array({1})},
                              {"big", 12345678901234567ull}};

// The condition of a check that is written so.
Condition Parsed(const std::string& predicate) {
  const std::string text =
      "scenario x\nformat 1\npackage PKG\n\nGET / answers 200, oip = body, n = body, unset = body\nGET /\n  check a.b " + predicate + "\n";
  const Result<Scenario> scenario = ParseScenario(text);
  if (!scenario) {
    ADD_FAILURE() << RenderError(scenario.error(), text, "x");
    return {Predicate()};
  }
  return scenario->steps.back().checks.front().condition;
}

TEST(Substitute, FillsVariablesAtEveryDepthAndKeepsTheRest) {
  const Condition condition = Parsed(R"($ is {"id": PKG, "list": [n, {"x": oip}], "s": "PKG", "z": null})");
  const Result<Json> value = Substitute(condition.front().values.front(), kVariables);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, Json::parse(R"({"id": "plab-1", "list": [1, {"x": "/provd/pg_mgr/install/install/3"}], "s": "PKG", "z": null})"));
}

TEST(Substitute, NamesTheVariableThatHasNoValue) {
  const Result<Json> value = Substitute(Parsed("$ is [[unset]]").front().values.front(), kVariables);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(value.error().message, "the variable `unset` has no value");
}

TEST(Expand, PutsStringsNumbersAndBooleansIntoTheText) {
  const Template text{{{false, "a "}, {true, "PKG"}, {false, " "}, {true, "n"}, {true, "yes"}, {false, " "}, {true, "big"}}};
  EXPECT_EQ(Expand(text, kVariables).value(), "a plab-1 1true 12345678901234567");
}

TEST(Expand, RefusesWhatHasNoPlaceInAText) {
  EXPECT_EQ(Expand({{{true, "list"}}}, kVariables).error().message,
            "the variable `list` is a list of 1 element, which has no place in a text");
  EXPECT_EQ(Expand({{{true, "nothing"}}}, kVariables).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(Expand({{{true, "unset"}}}, kVariables).error().kind, ErrorKind::kNotFound);
}

QueryParameter Parameter(std::string name, Json value, bool base64 = false) { return {std::move(name), Value{std::move(value)}, base64}; }

TEST(QueryText, SendsStringsAsTheyAreAndOtherValuesAsJson) {
  const Value selector{Value::Object{{"id", Value{Value::Variable{"PKG"}}}}};
  EXPECT_EQ(QueryText({}, kVariables).value(), "");
  EXPECT_EQ(QueryText({{"q", selector, false}, Parameter("limit", 5), Parameter("fields", "mac,ä b&c")}, kVariables).value(),
            "q=%7B%22id%22%3A%22plab-1%22%7D&limit=5&fields=mac%2C%C3%A4%20b%26c");
}

TEST(QueryText, PutsBytesIntoBase64) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""}, {"f", "Zg%3D%3D"}, {"fo", "Zm8%3D"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg%3D%3D"}, {"\u00ff\u00fe", "w7%2FDvg%3D%3D"}};
  for (const auto& [bytes, sent] : cases) EXPECT_EQ(QueryText({Parameter("q64", bytes, true)}, {}).value(), "q64=" + sent) << bytes;
  EXPECT_EQ(QueryText({Parameter("q64", Json::array({1}), true)}, {}).value(), "q64=WzFd");
}

TEST(QueryText, NamesTheVariableThatHasNoValue) {
  EXPECT_EQ(QueryText({{"q", Value{Value::Variable{"unset"}}, false}}, kVariables).error().message, "the variable `unset` has no value");
}

TEST(Lookup, FollowsEveryKindOfStep) {
  const Json document = Json::parse(R"({
    "pkgs": {"plab-1": {"version": "1.0"}, "a b": [10, 20]},
    "params": [7, {"id": "NAT", "value": 0}, {"id": "NAT", "value": 1}, {"id": "n1", "value": 2}],
    "": null})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"$", document.dump()},
      {"$.pkgs[PKG].version", R"("1.0")"},
      {R"($.pkgs["a b"][1])", "20"},
      {"$.pkgs[\"a b\"][n]", "20"},
      {R"($.params[id = "NAT"].value)", "0"},  // the first of two
      {"$.params[value = n].id", R"("NAT")"},
      {R"($[""])", "null"},
  };
  for (const auto& [path, expected] : cases) {
    const Result<Json> found = Lookup(document, Parsed(path + " is present").front().path, kVariables);
    ASSERT_TRUE(found) << path << ": " << found.error().message;
    EXPECT_EQ(found->dump(), expected) << path;
  }
}

TEST(Lookup, SaysWhereThePathEnded) {
  const Json document = Json::parse(R"({"pkgs": {"a": {"version": "1.0"}, "b": {}}, "list": [1, 2], "s": "x"})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"$.pkg", R"(`$` is an object with "list", "pkgs", "s": it has no member "pkg")"},
      {"$.pkgs[PKG]", R"(`$.pkgs` is an object with "a", "b": it has no member "plab-1")"},
      {"$.list[2]", "`$.list` is a list of 2 elements: it has no element 2"},
      {"$.s.x", R"(`$.s` is a string: it has no member "x")"},
      {"$.pkgs.b.version", R"(`$.pkgs.b` is an empty object: it has no member "version")"},
      {"$.list[id = \"NAT\"]", R"(`$.list` is a list of 2 elements: it has no element whose "id" is "NAT")"},
      {"$.pkgs[n]", R"(`$.pkgs` is an object with "a", "b": it has no element 1)"},
  };
  for (const auto& [path, sentence] : cases) {
    const Result<Json> found = Lookup(document, Parsed(path + " is present").front().path, kVariables);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().kind, ErrorKind::kNotFound) << path;
    EXPECT_EQ(found.error().message, sentence);
  }
}

TEST(Lookup, TellsApartAnAbsentMemberAndAPathThatCantBeFollowed) {
  EXPECT_EQ(Lookup(Json::object(), Parsed("$[unset] is present").front().path, kVariables).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(Lookup(Json::array(), Parsed("$[id = unset] is present").front().path, kVariables).error().kind, ErrorKind::kInvalid);
  JsonPath path;
  path.steps.push_back({PathStep::Kind::kVariable, "list", 0, nullptr});
  EXPECT_EQ(Lookup(Json::object(), path, kVariables).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(Lookup(Json::array({1}), {{{PathStep::Kind::kVariable, "minus", 0, nullptr}}}, {{"minus", -1}}).error().kind,
            ErrorKind::kNotFound);
}

TEST(Spell, IsWhatTheAuthorWrote) {
  for (const std::string predicate : {
           R"(status is 204)",
           R"(status is not 5xx or 404)",
           R"(header Location is below /pg_mgr/{oip} and header Content-Type is provd)",
           R"(header Location is one of "a", "b")",
           R"(body is sentence and body contains "x\ny")",
           R"($.pkgs[PKG]["a b"].c[0][id = {"x": n}] is not one of 1, [2, "ä"])",
           R"($.list has 1 member and $ has 6 members)",
           R"($.list has 6)",
           R"($.a is an object and $.b is a list)",
           R"($.status matches "a*")",
       }) {
    EXPECT_EQ(Spell(Parsed(predicate)), predicate);
  }
}

}  // namespace
}  // namespace provdlab::scenario
