#include "server/documents/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

const std::vector<std::string_view> kTextKeys = {"id", "mac"};

Json Parsed(const char* text) { return *ParseJson(text); }

TEST(SelectorTest, MatchesDocuments) {
  const Json document =
      Parsed(R"({"id": "a", "mac": "00:11:22:33:44:55", "n": 7, "f": 7.5, "t": "text", "empty": "", "null": null, "yes": true,
      "list": [1, "x", null], "objects": [{"k": 1}, {"k": 2, "deep": {"k": 3}}, 5], "object": {"m": {"k": "v"}, "s": "t"}, "big": 18446744073709551615,
      "minus": -1, "odd": 9007199254740993, "numbers": [-1, 9007199254740993], "deep": {"n": [-1]}})");
  struct Case {
    const char* selector;
    bool matches;
  };
  const Case cases[] = {
      {R"({})", true},
      {R"({"id": "a"})", true},
      {R"({"id": "b"})", false},
      {R"({"id": "a", "n": 7})", true},
      {R"({"id": "a", "n": 8})", false},
      // Equality is by JSON's types.
      {R"({"n": "7"})", false},
      {R"({"n": 7.0})", true},
      {R"({"yes": true})", true},
      {R"({"yes": 1})", false},
      {R"({"big": 18446744073709551615})", true},
      {R"({"big": 18446744073709551614})", false},
      {R"({"big": -1})", false},
      {R"({"big": 18446744073709551615.0})", false},  // which is 2^64
      {R"({"minus": 18446744073709551615})", false},
      {R"({"minus": -1.0})", true},
      {R"({"odd": 9007199254740993})", true},
      {R"({"odd": 9007199254740992.0})", false},
      {R"({"numbers": [18446744073709551615, 9007199254740993]})", false},
      {R"({"deep": {"n": [-1]}})", true},
      {R"({"deep": {"n": [18446744073709551615]}})", false},
      {R"({"null": null})", true},
      {R"({"missing": null})", false},
      {R"({"empty": null})", false},
      {R"({"list": [1, "x", null]})", true},
      {R"({"list": ["x", 1, null]})", false},
      {R"({"list": "x"})", false},
      {R"({"object": {"m": {"k": "v"}, "s": "t"}})", true},
      {R"({"object": {"m": {"k": "v"}}})", false},
      {R"({"object.m": {"k": "v"}})", true},
      {R"({"object": {}})", false},
      {R"({"missing": {}})", false},
      // Operators.
      {R"({"n": {"$in": [6, 7]}})", true},
      {R"({"n": {"$in": ["7"]}})", false},
      {R"({"n": {"$in": []}})", false},
      {R"({"missing": {"$in": [null]}})", false},
      {R"({"null": {"$in": [null]}})", true},
      {R"({"list": {"$in": [[1, "x", null]]}})", true},
      {R"({"n": {"$nin": [6, 8]}})", true},
      {R"({"n": {"$nin": [7]}})", false},
      {R"({"missing": {"$nin": [7]}})", true},
      {R"({"n": {"$nin": []}})", true},
      {R"({"n": {"$ne": 8}})", true},
      {R"({"n": {"$ne": 7}})", false},
      {R"({"missing": {"$ne": 7}})", true},
      {R"({"null": {"$ne": null}})", false},
      {R"({"missing": {"$ne": null}})", true},
      {R"({"t": {"$contains": "ex"}})", true},
      {R"({"t": {"$contains": "xe"}})", false},
      {R"({"t": {"$contains": ""}})", true},
      {R"({"t": {"$contains": 5}})", false},
      {R"({"list": {"$contains": "x"}})", true},
      {R"({"list": {"$contains": 1}})", true},
      {R"({"list": {"$contains": "1"}})", false},
      {R"({"object": {"$contains": "m"}})", true},
      {R"({"object": {"$contains": "k"}})", false},
      {R"({"object": {"$contains": 1}})", false},
      {R"({"n": {"$contains": 7}})", false},
      {R"({"missing": {"$contains": "x"}})", false},
      {R"({"n": {"$gt": 6}})", true},
      {R"({"n": {"$gt": 7}})", false},
      {R"({"n": {"$ge": 7}})", true},
      {R"({"n": {"$lt": 7.5}})", true},
      {R"({"n": {"$le": 6.5}})", false},
      {R"({"n": {"$gt": 5, "$lt": 8}})", true},
      {R"({"minus": {"$lt": 18446744073709551615}})", true},
      {R"({"minus": {"$ge": 0}})", false},
      {R"({"big": {"$gt": -1}})", true},
      {R"({"big": {"$gt": 9223372036854775807}})", true},
      {R"({"big": {"$lt": 18446744073709551615.0}})", true},
      {R"({"odd": {"$gt": 9007199254740992.0}})", true},
      {R"({"odd": {"$le": 9007199254740992.0}})", false},
      {R"({"minus": {"$in": [18446744073709551615]}})", false},
      {R"({"minus": {"$nin": [18446744073709551615]}})", true},
      {R"({"minus": {"$ne": 18446744073709551615}})", true},
      {R"({"numbers": {"$contains": 18446744073709551615}})", false},
      {R"({"numbers": {"$contains": -1.0}})", true},
      {R"({"n": {"$gt": 5, "$lt": 6}})", false},
      {R"({"t": {"$gt": "tex"}})", true},
      {R"({"t": {"$lt": "te"}})", false},
      {R"({"t": {"$gt": 5}})", false},
      {R"({"n": {"$gt": "5"}})", false},
      {R"({"null": {"$le": null}})", false},
      {R"({"yes": {"$gt": false}})", false},
      {R"({"list": {"$ge": []}})", false},
      {R"({"missing": {"$lt": 5}})", false},
      {R"({"n": {"$exists": true}})", true},
      {R"({"null": {"$exists": 1}})", true},
      {R"({"missing": {"$exists": true}})", false},
      {R"({"missing": {"$exists": false}})", true},
      {R"({"missing": {"$exists": 0}})", true},
      {R"({"missing": {"$exists": ""}})", true},
      {R"({"missing": {"$exists": null}})", true},
      {R"({"missing": {"$exists": []}})", true},
      {R"({"missing": {"$exists": "no"}})", false},
      {R"({"n": {"$exists": {}}})", false},
      // Dotted keys.
      {R"({"object.m.k": "v"})", true},
      {R"({"object.m.x": "v"})", false},
      {R"({"object.s.t": "t"})", false},
      {R"({"object.m": {"$contains": "k"}})", true},
      {R"({"objects.k": 2})", true},
      {R"({"objects.k": 3})", false},
      {R"({"objects.deep.k": 3})", false},
      {R"({"objects.k": {"$ne": 2}})", false},
      {R"({"objects.k": {"$nin": [3]}})", true},
      {R"({"objects.x": {"$exists": false}})", true},
      {R"({"objects.deep": {"$exists": true}})", true},
      {R"({"list.k": 1})", false},
      {R"({"": 1})", false},
      {R"({".": 1})", false},
      {R"({"n.": 7})", false},
  };
  for (const Case& test : cases) {
    const auto selector = Selector::Parse(Parsed(test.selector), kTextKeys);
    ASSERT_TRUE(selector) << test.selector << ": " << selector.error().message;
    EXPECT_EQ(selector->Matches(document), test.matches) << test.selector;
  }
}

TEST(SelectorTest, SlipsAsOtherServersDo) {
  const Json document = Parsed(R"({"id": "a", "n": 7, "t": "text", "null": null})");
  struct Case {
    const char* selector;
    bool with_null, with_types;  // matches it with missing_is_null, with types_compare
  };
  const Case cases[] = {
      {R"({"missing": {"$lt": 5}})", true, false},
      {R"({"missing": {"$gt": 5}})", false, false},
      {R"({"missing": {"$in": [null]}})", true, false},
      {R"({"missing": {"$in": [5]}})", false, false},
      {R"({"null": {"$lt": 5}})", false, true},
      {R"({"t": {"$gt": 5}})", false, true},
      {R"({"t": {"$lt": 5}})", false, false},
      {R"({"n": {"$lt": "5"}})", false, true},
      {R"({"n": {"$lt": 8}})", true, true},
  };
  for (const Case& test : cases) {
    const auto selector = Selector::Parse(Parsed(test.selector), kTextKeys);
    ASSERT_TRUE(selector) << test.selector;
    EXPECT_EQ(selector->Matches(document, {.missing_is_null = true}), test.with_null) << test.selector;
    EXPECT_EQ(selector->Matches(document, {.types_compare = true}), test.with_types) << test.selector;
  }
}

TEST(SelectorTest, TellsWhereTypesMeet) {
  const Json document = Parsed(R"({"id": "a", "n": 7, "t": "text", "null": null})");
  constexpr std::pair<const char*, bool> kCases[] = {
      {R"({"t": {"$gt": 5}})", true},
      {R"({"n": {"$le": "5"}})", true},
      {R"({"null": {"$lt": 5}})", true},
      {R"({"n": {"$ge": 5}})", false},
      {R"({"n": "7"})", false},
      {R"({"n": {"$ne": "7"}})", false},
      {R"({"n": {"$in": ["7"]}})", false},
      {R"({"missing": {"$lt": 5}})", false},
  };
  for (const auto& [text, meet] : kCases) {
    bool met = false;
    const auto selector = Selector::Parse(Parsed(text), kTextKeys);
    ASSERT_TRUE(selector) << text;
    selector->Matches(document, {.met_types = &met});
    EXPECT_EQ(met, meet) << text;
  }
}

TEST(SelectorTest, RefusesWhatMeansNothing) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "object"},
      {"null", "object"},
      {"5", "object"},
      {R"({"mac": {"$foo": 1}})", "'$foo' of 'mac'"},
      {R"({"mac": {"$in": ["a"], "in": 1}})", "'in' of 'mac'"},
      {R"({"mac": {"$": 1}})", "operator"},
      {R"({"n": {"$in": 5}})", "list"},
      {R"({"n": {"$nin": "abc"}})", "list"},
      {R"({"mac": ["a"]})", "$in"},
  };
  for (const auto& [text, what] : cases) {
    const auto selector = Selector::Parse(Parsed(text), kTextKeys);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(selector.error().message, HasSubstr(what)) << text;
  }
  const auto long_key = Selector::Parse(Json{{std::string(59, 'k') + "éé", {{"$foo", 1}}}}, kTextKeys);
  ASSERT_FALSE(long_key);
  EXPECT_THAT(long_key.error().message, HasSubstr(std::string(59, 'k') + "...'"));
}

TEST(SelectorTest, SaysWhichTextsAMatchMustHave) {
  const auto texts = [](const char* selector) { return Selector::Parse(Parsed(selector), kTextKeys)->TextsOf("mac"); };
  EXPECT_THAT(texts(R"({"mac": "a"})"), Optional(ElementsAre("a")));
  EXPECT_THAT(texts(R"({"mac": {"$in": ["a", "b"]}})"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(texts(R"({"mac": {"$in": []}})"), Optional(ElementsAre()));
  for (const char* open : {"{}", R"({"ip": "a"})", R"({"mac": null})", R"({"mac": {"$in": ["a", null]}})", R"({"mac": {"$ne": "a"}})",
                           R"({"mac": {"$contains": "a"}})", R"({"mac.x": "a"})"})
    EXPECT_EQ(texts(open), std::nullopt) << open;
  EXPECT_EQ(Selector::Parse(Parsed(R"({"parent_ids": {"$contains": "a"}})"), kTextKeys)->ElementOf("parent_ids"), "a");
  EXPECT_EQ(Selector::Parse(Parsed(R"({"parent_ids": ["a"]})"), kTextKeys)->ElementOf("parent_ids"), std::nullopt);
}

}  // namespace
}  // namespace provdlab::server
