// The small parts that profiles are made of: phrases, patterns, settings, locations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "simulator/phone/location.h"
#include "simulator/phone/pattern.h"
#include "simulator/phone/phrase.h"
#include "simulator/phone/settings.h"

namespace provdlab::phone {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::optional<std::string> Meaning(std::string_view word, std::string_view argument) {
  if (word == "model") return "6731i";
  if (word == "setting" && argument == "http port") return "8667";
  if (word == "setting" && argument == "FILE_6731i") return "own.ld";
  return std::nullopt;
}

TEST(APhrase, SaysItsWords) {
  for (const auto& [text, expected] : {std::tuple("", std::optional<std::string>("")),
                                       {"Aastra{model} V:", "Aastra6731i V:"},
                                       {"{setting:http port}", "8667"},
                                       {"{setting:http path}", std::nullopt},
                                       {"{setting:http path|none}", "none"},
                                       {"{setting:http path|}", ""},
                                       {"{setting:http path|{setting:http port|80}}", "8667"},
                                       {"{setting:FILE_{model}}", "own.ld"},
                                       {"{setting:FILE_{nobody}|x}", "x"},
                                       {"a:b|c", "a:b|c"}}) {
    const Result<Phrase> phrase = Phrase::Read(text);
    ASSERT_TRUE(phrase) << text << ": " << phrase.error().message;
    EXPECT_EQ(phrase->Say(Meaning), expected) << text;
  }
}

TEST(APhrase, IsRefusedWithAReason) {
  for (const auto& [text, why] : {std::tuple("{model", "there is no '}' for {model"),
                                  {"model}", "there is a '}' without its '{'"},
                                  {"{}", "a word in braces has no name"},
                                  {"{a:{b:{c:{d:{e:{f:g}}}}}}", "words stand deeper in one another than 4"}}) {
    const Result<Phrase> phrase = Phrase::Read(text);
    ASSERT_FALSE(phrase) << text;
    EXPECT_THAT(phrase.error().message, HasSubstr(why));
  }
  EXPECT_FALSE(Phrase::Read(std::string(3000, 'x')));
}

TEST(APattern, TakesATextApart) {
  const auto match = [](const char* pattern, const char* text) { return Pattern::Read(pattern)->Match(text).value_or(Pattern::Parts()); };
  EXPECT_THAT(match("{user...}@{host}:{port}", "a@b@192.0.2.20:5060"),
              ElementsAre(Pair("user", "a@b"), Pair("host", "192.0.2.20"), Pair("port", "5060")));
  EXPECT_THAT(match("{type} {value}", "dial 12 04"), ElementsAre(Pair("type", "dial"), Pair("value", "12 04")));
  EXPECT_THAT(match("{type} {value}", "dial "), ElementsAre(Pair("type", "dial"), Pair("value", "")));
  EXPECT_THAT(match("firmware {version}", "firmware 4.0"), ElementsAre(Pair("version", "4.0")));
  EXPECT_THAT(match("<{x}>", "<<>>"), ElementsAre(Pair("x", "<>")));
  EXPECT_THAT(match("{type} {value}", "off"), IsEmpty());
  EXPECT_THAT(match("firmware {version}", "Firmware 4.0"), IsEmpty());
  EXPECT_THAT(match("a{x}b", "ac"), IsEmpty());
  EXPECT_THAT(match("a{x}a", "a"), IsEmpty());
  EXPECT_FALSE(Pattern::Read("{a}{b}"));
  EXPECT_FALSE(Pattern::Read("{a"));
  EXPECT_FALSE(Pattern::Read("a}"));
  EXPECT_FALSE(Pattern::Read("{}"));
  EXPECT_FALSE(Pattern::Read("plain"));
}

TEST(TheSettings, ComeBackFromTheFlash) {
  Settings settings;
  settings.Set("b", "2");
  settings.Set("a", "");
  settings.Set("b", "3");
  const Settings back = Settings::Unpacked(settings.Packed());
  EXPECT_EQ(back.values(), settings.values());
  EXPECT_EQ(*back.Find("b"), "3");
  EXPECT_EQ(back.Find("c"), nullptr);
  EXPECT_TRUE(Settings::Unpacked("").empty());
  EXPECT_TRUE(Settings::Unpacked("cut").empty());
}

TEST(ASetting, IsKnownByItsNumber) {
  EXPECT_EQ(NumberIn("sip line12 vmail", "sip line# vmail"), 12);
  EXPECT_EQ(NumberIn("sip line vmail", "sip line# vmail"), -1);
  EXPECT_EQ(NumberIn("sip line1 vmail", "sip line1 vmail"), -1);
  EXPECT_EQ(NumberIn("sip line99999999 vmail", "sip line# vmail"), -1);
  EXPECT_EQ(WithNumber("reg.#.address", 3), "reg.3.address");
  std::vector<std::string> writings;
  EachWriting("reg.1.server.2.port", [&](std::string_view writing) {
    writings.emplace_back(writing);
    return true;
  });
  EXPECT_THAT(writings, ElementsAre("reg.1.server.2.port", "reg.#.server.2.port", "reg.1.server.#.port"));
}

TEST(ALocation, IsReadAndWritten) {
  for (const char* url : {"http://provd:8667/Aastra", "https://provd/a/b?c=d", "tftp://192.0.2.10/Acme", "http://[2001:db8::1]:8667",
                          "tftp://h:6969", "tftp://h:80/x"}) {
    const auto location = ReadLocation(url);
    ASSERT_TRUE(location) << url;
    EXPECT_EQ(location->Text(), url);
  }
  for (const char* url : {"ftp://provd/", "provd", "http://", "http://a b/", "file:///etc/passwd", "", "://"})
    EXPECT_FALSE(ReadLocation(url)) << url;
}

TEST(ALocation, MakesPaths) {
  for (const auto& [url, name, keeps, expected] :
       {std::tuple("http://h/Aastra", "a.cfg", false, "/Aastra/a.cfg"), std::tuple("http://h/Aastra/", "a.cfg", false, "/Aastra/a.cfg"),
        std::tuple("http://h/", "a.cfg", true, "//a.cfg"), std::tuple("http://h", "a.cfg", true, "/a.cfg"),
        std::tuple("http://h", "/a b\r\nX: y#\xc3\xa9", false, "/a%20b%0D%0AX:%20y%23%C3%A9"),
        std::tuple("tftp://h", "a.cfg", false, "a.cfg"), std::tuple("tftp://h/Acme/", "a b", false, "Acme/a b")}) {
    EXPECT_EQ(ReadLocation(url)->PathOf(name, keeps), expected) << url << " " << name;
  }
  EXPECT_FALSE(ReadLocation("http://h")->PathOf(std::string(3000, 'a'), false));
  EXPECT_FALSE(ReadLocation("tftp://h")->PathOf(std::string(500, 'a'), false));
  EXPECT_FALSE(ReadLocation("tftp://h")->PathOf(std::string("a\0b", 3), false));
}

}  // namespace
}  // namespace provdlab::phone
