#include "server/plugins/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kainjow/mustache.hpp>

#include "base/files.h"
#include "base/text.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

Json Table() { return *ParseJson(*ReadFile("fixtures/phones/templates.json")); }

TEST(TemplateTest, RendersAsInTheTable) {
  const Json table = Table();
  for (const Json& row : table.at("renders")) {
    const auto parsed = Template::Parse(row.at("template").get<std::string>());
    ASSERT_TRUE(parsed) << row << parsed.error().message;
    EXPECT_EQ(*parsed->Render(table.at("view"), *Escaping::BuiltIn(row.value("escaping", "none"))), row.at("becomes")) << row;
  }
}

TEST(TemplateTest, RefusesWithTheReason) {
  const Json table = Table();
  for (const Json& row : table.at("refused")) {
    const auto parsed = Template::Parse(row.at("template").get<std::string>());
    ASSERT_FALSE(parsed) << row;
    EXPECT_THAT(parsed.error().message, HasSubstr(row.at("because").get<std::string>())) << row;
  }
  EXPECT_EQ(Template::Parse("a\nb {{> c}}").error().position, (Position{4, 2, 3}));
}

// The subset is mustache's: where a template has no lines of its own for tags, another implementation writes the same.
TEST(TemplateTest, AgreesWithAnotherMustache) {
  using kainjow::mustache::data;
  data view, items{data::type::list};
  view.set("name", "<Ada & \"Bob\">");
  view.set("yes", true);
  view.set("no", false);
  for (const char* n : {"1", "2", "3"}) items.push_back(data("n", n));
  view.set("items", items);
  const Json ours = {{"name", "<Ada & \"Bob\">"}, {"yes", true}, {"no", false}, {"items", {{{"n", "1"}}, {{"n", "2"}}, {{"n", "3"}}}}};
  for (const char* text :
       {"{{name}} {{{name}}} {{&name}} {{absent}}", "a{{#yes}}b{{name}}{{/yes}}{{^yes}}c{{/yes}}{{#no}}d{{/no}}{{^no}}e{{/no}}",
        "{{#items}}<{{n}}{{name}}>{{/items}}{{^items}}none{{/items}}", "x {{! remark }} y", "{{#items}}{{#yes}}{{n}}{{/yes}}{{/items}}"}) {
    kainjow::mustache::mustache theirs{text};
    EXPECT_EQ(*Template::Parse(text)->Render(ours, *Escaping::BuiltIn("xml")), theirs.render(view)) << text;
  }
}

TEST(TemplateTest, KnowsWhatItAsksForAndWhere) {
  const auto parsed = Template::Parse("{{a.b}}{{#c}}\n{{.}}{{/c}}{{{e}}}{{! f }}");
  std::vector<std::string> tags;
  for (const Template::Part& part : parsed->parts())
    if (part.kind != Template::Part::Kind::kText) tags.push_back(Join(part.name, ".") + "@" + std::to_string(part.offset));
  EXPECT_THAT(tags, ::testing::ElementsAre("a.b@0", "c@7", "@14", "e@25"));
}

TEST(TemplateTest, StopsAtItsLimits) {
  Json many = Json::array();
  for (int count = 0; count < 1'000; ++count) many.push_back(std::string(1'000, 'x'));
  const Json view = {{"many", many}};
  const auto none = *Escaping::BuiltIn("none");
  EXPECT_TRUE(Template::Parse("{{#many}}{{.}}{{/many}}")->Render(view, none));
  const auto too_long = Template::Parse("{{#many}}{{.}}{{.}}{{/many}}")->Render(view, none);
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("bytes"));
  EXPECT_FALSE(Template::Parse("{{#many}}{{#many}}{{#many}}{{/many}}{{/many}}{{/many}}")->Render(view, none))
      << "a thousand million rounds";
  EXPECT_FALSE(Template::Parse(std::string(Template::kLongestTemplate + 1, 'x')));
}

TEST(EscapingTest, NoValueBreaksOutOfItsPlace) {
  EXPECT_EQ(Escaping::BuiltIn("line")->Apply("a\nb\r\t\x7f\x01"), std::string("a b    "));
  EXPECT_EQ(Escaping::BuiltIn("none")->Apply("a\nb"), "a\nb");
  EXPECT_EQ(Escaping::BuiltIn("xml")->Apply("<a b=\"'&\">\n"), "&lt;a b=&quot;&apos;&amp;&quot;&gt; ");
  EXPECT_FALSE(Escaping::BuiltIn("html"));
  EXPECT_EQ(Escaping::BuiltIn("xml")->Apply("a\uFFFE\uFFFFb\uFFFD"), "ab\uFFFD") << "what XML can't hold";
}

TEST(EscapingTest, QuotesAsThePluginSays) {
  const Escaping custom = Escaping::Custom({.replace = {{'%', "%25"}},
                                            .quote_when = "#",
                                            .quote_at_start = "\" ",
                                            .quote_at_end = " ",
                                            .quote = "\"",
                                            .in_quotes = {{'"', "'"}}});
  const struct {
    const char *value, *written;
    bool holds;
  } cases[] = {{"a#b", "\"a#b\"", true},
               {"a#\"b\"\n", "\"a#'b' \"", false},
               {"plain: text", "plain: text", true},
               {"", "", true},
               {"5%", "5%25", true},
               {"12\"", "12\"", true},
               {"\"a", "\"'a\"", false},
               {" a", "\" a\"", true},
               {"a ", "\"a \"", true},
               {"a\nb", "a b", false}};
  for (const auto& [value, written, holds] : cases) {
    EXPECT_EQ(custom.Apply(value), written);
    EXPECT_EQ(custom.Holds(value), holds) << value;
  }
}

}  // namespace
}  // namespace provdlab::server
