#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "simulator/phone/syntax/attributes.h"
#include "simulator/phone/syntax/lines.h"

namespace provdlab::phone {

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name << " -> '" << setting.value << "'"; }

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const LinesSyntax kAastra{
    .separator = ":", .comment = "#", .comment_behind_values = true, .quote = "\"", .prefixes = "^!", .ignore_case = true};
const LinesSyntax kAcme{.separator = "=", .comment = "#", .pieces = ";", .trim_values = false, .percent = true, .strict = true};

std::vector<Setting> Read(std::string_view text, const LinesSyntax& syntax) {
  const auto settings = ReadLines(text, syntax);
  EXPECT_TRUE(settings) << settings.error().message;
  return settings.value_or(std::vector<Setting>());
}

std::string Broken(std::string_view text, const LinesSyntax& syntax) {
  const auto settings = ReadLines(text, syntax);
  EXPECT_FALSE(settings);
  return settings ? "" : settings.error().message;
}

TEST(FilesOfLines, AreReadAsAnAastraReadsThem) {
  EXPECT_THAT(Read("# a remark\r\n\r\nsip line1 vmail: *98\r\n", kAastra), ElementsAre(Setting{"sip line1 vmail", "*98"}));
  EXPECT_THAT(Read("a: 1\nno setting\nb: 2", kAastra), ElementsAre(Setting{"a", "1"}, Setting{"b", "2"}));
  EXPECT_THAT(Read("Sip  LINE1\tVmail : X", kAastra), ElementsAre(Setting{"sip line1 vmail", "X"}));
  EXPECT_THAT(Read("a: 1 # remark", kAastra), ElementsAre(Setting{"a", "1"}));
  EXPECT_THAT(Read("a: \"Lobby #2\" # remark", kAastra), ElementsAre(Setting{"a", "Lobby #2"}));
  EXPECT_THAT(Read("a: \" x \"", kAastra), ElementsAre(Setting{"a", " x "}));
  EXPECT_THAT(Read("a: \"not closed # x", kAastra), ElementsAre(Setting{"a", "not closed # x"}));
  EXPECT_THAT(Read("a: 5\" screen", kAastra), ElementsAre(Setting{"a", "5\" screen"}));
  EXPECT_THAT(Read("^a: 1\n!b: 2\n!^c: 3", kAastra), ElementsAre(Setting{"a", "1"}, Setting{"b", "2"}, Setting{"c", "3"}));
  EXPECT_THAT(Read("upgrade uri: http://h:8667/Aastra", kAastra), ElementsAre(Setting{"upgrade uri", "http://h:8667/Aastra"}));
  EXPECT_THAT(Read("a:\n", kAastra), ElementsAre(Setting{"a", ""}));
  EXPECT_THAT(Read("\xef\xbb\xbf"
                   "a: 1",
                   kAastra),
              ElementsAre(Setting{"a", "1"}));
  EXPECT_THAT(Read("", kAastra), IsEmpty());
  EXPECT_THAT(Read("# only a remark\n", kAastra), IsEmpty());
}

TEST(FilesOfLines, AreReadAsAnAcmeReadsThem) {
  EXPECT_THAT(Read("line1 = a%3bb%25@h\nline1.password =   %3b\nx = \n", kAcme),
              ElementsAre(Setting{"line1", "a;b%@h"}, Setting{"line1.password", "  ;"}, Setting{"x", ""}));
  EXPECT_THAT(Read("zone = 60; summer +60\nzone = 1", kAcme),
              ElementsAre(Setting{"zone", "60"}, Setting{"zone.2", "summer +60"}, Setting{"zone", "1"}));
  EXPECT_THAT(Read("A = 50% of # it", kAcme), ElementsAre(Setting{"A", "50% of # it"}));
  EXPECT_THAT(Read("a = x%00y", kAcme), ElementsAre(Setting{"a", "x%00y"})) << "no setting holds a NUL byte";
  EXPECT_EQ(Broken("a = 1\nand so on", kAcme), "line 2: this is no setting: and so on");
}

TEST(FilesOfLines, AreBrokenIfNothingInThemIsASetting) {
  EXPECT_EQ(Broken("<html>\n<p style=\"color: red\">Sorry</p>\n</html>\n", kAastra), "line 1: nothing in it is a setting");
  EXPECT_EQ(Broken(std::string("a: 1\nb: \0", 9), kAastra), "line 2: there is a NUL byte");
  EXPECT_THAT(Broken(std::string(kLargestFile + 1, '#'), kAastra), HasSubstr("larger than 1048576 bytes"));
  std::string many;
  for (std::size_t index = 0; index <= kMostSettings; ++index) many += "a:1\n";
  EXPECT_THAT(Broken(many, kAastra), HasSubstr("more than 20000 settings"));
  EXPECT_THAT(Broken("a=" + std::string(kMostSettings + 10, ';'), kAcme), HasSubstr("more than 20000 settings"));
}

TEST(FilesOfAttributes, GiveAllOfThemWhereverTheyStand) {
  const auto settings = ReadAttributes(
      "<?xml version=\"1.0\" standalone=\"yes\"?><!-- x --><A a.1=\"1\"\n b=\"&quot;&lt;&amp;&#233;\"><B c=''/><C><D b='2'/>text</C></A>");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(*settings, ElementsAre(Setting{"a.1", "1"}, Setting{"b", "\"<&\xc3\xa9"}, Setting{"c", ""}, Setting{"b", "2"}));
  EXPECT_THAT(*ReadAttributes("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a b=\"\xe9\"/>"), ElementsAre(Setting{"b", "\xc3\xa9"}));
  EXPECT_THAT(*ReadAttributes("<a/>"), IsEmpty());
}

TEST(FilesOfAttributes, AreBrokenIfTheyAreNotWellFormed) {
  for (const auto& [text, why] : {std::tuple("<a b=\"x\"y\"/>", "line 1, column "),
                                  {"<a>\n<b c=\"1\">\n</a>", "line 3, column "},
                                  {"<a b=\"<\"/", "line 1, column "},
                                  {"", "there is no element"},
                                  {"just text", "there is text outside of the outermost element"},
                                  {"<a/>text", "there is text outside of the outermost element"},
                                  {"<a/><b/>", "there is more than one outermost element"},
                                  {"<a b='1' b='2'/>", "a has b twice"},
                                  {"<a b='\xff'/>", "the value of b is not in the file's encoding"}}) {
    const auto settings = ReadAttributes(text);
    ASSERT_FALSE(settings) << text;
    EXPECT_THAT(settings.error().message, HasSubstr(why)) << text;
  }
  EXPECT_FALSE(ReadAttributes(std::string("<a b='\0'/>", 10)));
  std::string deep;
  for (int level = 0; level < 100'000; ++level) deep += "<a>";
  EXPECT_FALSE(ReadAttributes(deep));
  for (int level = 0; level < 100'000; ++level) deep += "</a>";
  EXPECT_THAT(ReadAttributes(deep).error().message, HasSubstr("deeper"));
  std::string many = "<x>";
  for (std::size_t index = 0; index <= kMostSettings; ++index) many += "<a b='1'/>";
  EXPECT_THAT(ReadAttributes(many + "</x>").error().message, HasSubstr("more than 20000 settings"));
}

// Nobody's memory grows with what an entity says it is.
TEST(FilesOfAttributes, LeaveEntitiesOfTheirOwnMakingAlone) {
  const auto settings = ReadAttributes("<!DOCTYPE a [<!ENTITY x \"yyyyyyyy\"><!ENTITY z \"&x;&x;\">]><a b=\"&z;\"/>");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(*settings, ElementsAre(Setting{"b", "&z;"}));
}

}  // namespace
}  // namespace provdlab::phone
