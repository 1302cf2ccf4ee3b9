#include "server/plugins/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/plugins/localise.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

Json Entry() {
  return {{"filename", "acme-1.0.tar.bz2"},
          {"version", "1.0"},
          {"description", "Plugin"},
          {"description_fr", "Greffon"},
          {"description_fr_CA", "Plogiciel"},
          {"capabilities", {{"Acme, X1, 1.0", {{"sip.lines", 2}}}}},
          {"dsize", 7400},
          {"sha1sum", "90B2fb6c2b135a9d539488b6a85779dd95e0e876"},
          {"vendor.url", "http://acme.example"}};
}

TEST(CatalogueTest, FindsAndShowsEntries) {
  const auto catalogue = Catalogue::Parse(Json({{"acme-1.0", Entry()}}).dump());
  ASSERT_TRUE(catalogue);
  const CatalogueEntry* entry = catalogue->Find("acme-1.0");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->filename, "acme-1.0.tar.bz2");
  EXPECT_EQ(entry->dsize, 7400u);
  EXPECT_EQ(entry->sha1sum, "90b2fb6c2b135a9d539488b6a85779dd95e0e876");
  EXPECT_EQ(catalogue->Find("acme"), nullptr);
  const Json shown = catalogue->Shown("fr_FR")["acme-1.0"];
  EXPECT_EQ(shown["description"], "Greffon");
  EXPECT_EQ(shown["vendor.url"], "http://acme.example");
  EXPECT_FALSE(shown.contains("filename"));
  EXPECT_FALSE(shown.contains("description_fr_CA"));
}

TEST(CatalogueTest, HidesOnlyTheEntryThatCannotBeUsed) {
  const struct {
    const char* member;
    Json value;  // discarded: the member is missing
    bool malformed;
  } cases[] = {
      {"filename", Json::value_t::discarded, false},
      {"version", Json::value_t::discarded, false},
      {"description", Json::value_t::discarded, false},
      {"capabilities", Json::value_t::discarded, false},
      {"dsize", Json::value_t::discarded, false},
      {"sha1sum", Json::value_t::discarded, false},
      {"filename", "", true},
      {"filename", "../outside.tar.bz2", true},
      {"filename", "a/b", true},
      {"filename", "..", true},
      {"filename", ".hidden", true},
      {"filename", "a\\b", true},
      {"filename", "a\nb", true},
      {"filename", 5, true},
      {"version", 1.0, true},
      {"description", nullptr, true},
      {"capabilities", Json::array(), true},
      {"dsize", -1, true},
      {"dsize", "7400", true},
      {"dsize", 1.5, true},
      {"dsize", 18446744073709551615ull, true},
      {"sha1sum", "zz", true},
      {"sha1sum", "90b2fb6c2b135a9d539488b6a85779dd95e0e87g", true},
      {"sha1sum", nullptr, true},
  };
  for (const auto& [member, value, malformed] : cases) {
    Json bad = Entry();
    if (value.is_discarded())
      bad.erase(member);
    else
      bad[member] = value;
    const auto catalogue = Catalogue::Parse(Json({{"bad", bad}, {"good", Entry()}}).dump());
    ASSERT_TRUE(catalogue);
    EXPECT_EQ(catalogue->Find("bad"), nullptr) << member << " " << value;
    EXPECT_NE(catalogue->Find("good"), nullptr);
    ASSERT_EQ(catalogue->omissions().size(), 1u);
    EXPECT_EQ(catalogue->omissions()[0].member, member);
    EXPECT_EQ(catalogue->omissions()[0].malformed, malformed) << member << " " << value;
    EXPECT_THAT(catalogue->omissions()[0].sentence, HasSubstr("'bad'"));
  }
}

TEST(CatalogueTest, HidesEntriesWhoseIdsAreNoIds) {
  Json json = Json::object();
  for (const char* id : {"", ".", "..", "a/b", "a b", "é", "a\n", "good"}) json[id] = Entry();
  json[std::string(256, 'a')] = Entry();
  json["list"] = Json::array();
  const auto catalogue = Catalogue::Parse(json.dump());
  ASSERT_TRUE(catalogue);
  EXPECT_EQ(catalogue->entries().size(), 1u);
  EXPECT_EQ(catalogue->omissions().size(), 9u);
}

TEST(CatalogueTest, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "null", "5", "\"x\"", "{", "{} {}", "<html>", "\xef\xbb\xbf{}", "{\"a\": \"\xff\"}"}) {
    const auto catalogue = Catalogue::Parse(text);
    ASSERT_FALSE(catalogue) << text;
    EXPECT_EQ(catalogue.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(catalogue.error().message, HasSubstr("plugins.db"));
  }
}

TEST(LocaliseTest, TakesTheNearestDescription) {
  const struct {
    const char *locale, *description;
  } cases[] = {{"", "Plugin"}, {"fr", "Greffon"}, {"fr_FR", "Greffon"}, {"fr_CA", "Plogiciel"}, {"de", "Plugin"}, {"f", "Plugin"}};
  for (const auto& [locale, description] : cases) {
    EXPECT_EQ(DescriptionOf(Entry(), locale), description) << locale;
    EXPECT_EQ(Localise(Entry(), locale)["description"], description) << locale;
  }
  EXPECT_EQ(Localise(Json::array(), "fr"), Json::array());
  EXPECT_FALSE(Localise({{"description_fr", "x"}}, "fr").contains("description"));
}

}  // namespace
}  // namespace provdlab::server
