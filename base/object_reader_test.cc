#include "base/object_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Mistakes, AreToldTogether) {
  Mistakes mistakes;
  EXPECT_TRUE(mistakes.none());
  EXPECT_EQ(mistakes.Sentence(), "");
  mistakes.Add("a is wrong");
  mistakes.Add("a is wrong");
  EXPECT_EQ(mistakes.Sentence(), "a is wrong");
  mistakes.Add("so is b");
  EXPECT_EQ(mistakes.Sentence(), "1. a is wrong; 2. so is b");
  EXPECT_EQ(mistakes.first(), "a is wrong");
}

TEST(Mistakes, AreToldUpToALimit) {
  Mistakes mistakes;
  for (std::size_t i = 0; i <= Mistakes::kMostTold; ++i) {
    EXPECT_FALSE(mistakes.full());
    mistakes.Add("mistake " + std::to_string(i));
  }
  EXPECT_TRUE(mistakes.full());
  EXPECT_THAT(mistakes.all(), SizeIs(Mistakes::kMostTold));
  EXPECT_THAT(mistakes.Sentence(), EndsWith("20. mistake 19; and more"));
}

TEST(Mistakes, AreOneLineOfLimitedLength) {
  Mistakes mistakes;
  mistakes.Add("a\nb\x7f");
  mistakes.Add(std::string(Mistakes::kLongestSentence - 1, 'x') + "\u00e9");
  EXPECT_THAT(mistakes.all(), ElementsAre("a?b?", std::string(Mistakes::kLongestSentence - 1, 'x') + "..."));
}

TEST(ObjectReader, SaysWhatIsWrongWhereAndWhatIsNear) {
  const struct {
    const char* json;
    void (*read)(const ObjectReader&);
    const char* mistake;
  } cases[] = {
      {"[]", [](const ObjectReader&) {}, "rule is not an object"},
      {"{}", [](const ObjectReader& rule) { rule.Text("a"); }, "rule: there is no a"},
      {R"({"a": ""})", [](const ObjectReader& rule) { rule.Text("a"); }, "rule: a is empty"},
      {R"({"a": 1})", [](const ObjectReader& rule) { rule.Text("a"); }, "rule: a is not a string"},
      {R"({"a": 1})", [](const ObjectReader& rule) { rule.Boolean("a", true); }, "rule: a is not true or false"},
      {R"({"a": 5})", [](const ObjectReader& rule) { rule.Integer("a", 1, 4, 1); }, "rule: a is not an integer from 1 to 4"},
      {R"({"a": 18446744073709551615})", [](const ObjectReader& rule) { rule.Integer("a", -1, 4, 1); },
       "rule: a is not an integer from -1 to 4"},
      {R"({"a": 1.0})", [](const ObjectReader& rule) { rule.Integer("a", 1, 4, 1); }, "rule: a is not an integer from 1 to 4"},
      {R"({"a": "b"})", [](const ObjectReader& rule) { rule.Texts("a"); }, "rule: a is not a list"},
      {R"({"a": ["b", 1]})", [](const ObjectReader& rule) { rule.Texts("a"); }, "rule, a 2 is not a string"},
      {R"({"protcol": 1})",
       [](const ObjectReader& rule) {
         rule.NothingElse({"about", "protocol"});
       },
       "rule: 'protcol' is not a member that is known here; is it 'protocol'?"},
      {R"({"\u0007": 1})", [](const ObjectReader& rule) { rule.NothingElse({"path-with-a-name"}); },
       "rule: '?' is not a member that is known here"},
  };
  for (const auto& [text, read, mistake] : cases) {
    Mistakes mistakes;
    const Json json = *ParseJson(text);
    read(ObjectReader(json, "rule", mistakes));
    EXPECT_THAT(mistakes.all(), ElementsAre(mistake)) << text;
  }
}

TEST(ObjectReader, LeavesRemarksAlone) {
  Mistakes mistakes;
  const Json json = {{"about", 1}, {"about the rest", 2}, {"x-mine", {1}}, {"a", {{"about", 1}, {"b", 2}}}};
  const ObjectReader reader(json, "rule", mistakes);
  reader.NothingElse({"a"});
  std::vector<std::string> names;
  reader.EachIn("a", [&](const std::string& name, const Json&, const std::string& where) { names.push_back(name + " in " + where); });
  EXPECT_THAT(names, ElementsAre("b in rule, a.b"));
  EXPECT_THAT(mistakes.all(), IsEmpty());
}

}  // namespace
}  // namespace provdlab
