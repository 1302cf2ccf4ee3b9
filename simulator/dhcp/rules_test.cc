#include "simulator/dhcp/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/dhcp/embedded_rules.h"

namespace provdlab::dhcp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace std::string_literals;

const Site kSite{"http://192.0.2.10:8667", "192.0.2.10", 8667, "192.0.2.11", 69};

// phones.md, 2.2, 3.1 and the brief sections on others.
TEST(XivoRules, TellEveryClientWhatXivoDoes) {
  const std::string aastra = "\2\x1dhttp://192.0.2.10:8667/Aastra\3\1\0"s;
  struct Row {
    const char* about;
    Client client;
    Options given;
  };
  const std::vector<Row> rows = {
      {"a listed class", {"00:08:5d:10:00:01", "AastraIPPhone6731i"}, {{43, aastra}}},
      {"a short name, of another maker's MAC", {"00:10:bb:10:00:01", "AastraIPPhone57i"}, {{43, aastra}}},
      {"a class that is not listed (A5)", {"00:08:5d:10:00:01", "AastraIPPhone57iCT"}, {}},
      {"another one, of the second OUI", {"08:00:0f:10:00:01", "AastraIPPhone9480iCT"}, {}},
      {"no class (A8)", {"00:08:5d:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667/Aastra"}}},
      {"an odd class (A8)", {"00:08:5d:10:00:01", "ipphone.mitel.com\0"s}, {{66, "http://192.0.2.10:8667/Aastra"}}},
      {"no class, second OUI", {"08:00:0f:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667/Aastra"}}},
      {"Mitel with a class that is not listed", {"14:00:e9:10:00:01", "AastraIPPhone6920"}, {{66, "http://192.0.2.10:8667/Aastra"}}},
      {"Mitel with a listed one", {"14:00:e9:10:00:01", "AastraIPPhone6873i"}, {{43, aastra}, {66, "http://192.0.2.10:8667/Aastra"}}},
      {"Aastra that almost begins so", {"00:10:bb:10:00:01", "aastraIPPhone6731i"}, {}},
      {"Polycom without a class", {"00:04:f2:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667/000000000000.cfg"}}},
      {"Polycom with one", {"64:16:7f:10:00:01", "Polycom-VVX310"}, {{66, "http://192.0.2.10:8667/000000000000.cfg"}}},
      {"Polycom of the third OUI", {"48:25:67:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667/000000000000.cfg"}}},
      {"Snom by its class", {"00:04:13:10:00:01", "snom715"}, {{66, "http://192.0.2.10:8667"}}},
      {"Snom by its MAC", {"00:04:13:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667"}}},
      {"Snom's MAC with another class", {"00:04:13:10:00:01", "linux"}, {}},
      {"Snom's MAC with an empty class", {"00:04:13:10:00:01", ""}, {}},
      {"Yealink", {"80:5e:c0:10:00:01", std::nullopt}, {{66, "http://192.0.2.10:8667"}}},
      {"Cisco SPA", {"00:1b:54:10:00:01", "Cisco SPA504G"}, {{66, "http://192.0.2.10:8667/spa$PSN.cfg"}}},
      {"Linksys", {"00:1b:54:10:00:01", "LINKSYS SPA-942"}, {{66, "192.0.2.11"}}},
      {"Cisco SCCP", {"00:1b:54:10:00:01", "Cisco Systems, Inc. IP Phone CP-7941G\0"s}, {{66, "192.0.2.11"}}},
      {"Acme", {"00:aa:55:00:00:01", "Acme X1"}, {{66, "http://192.0.2.10:8667/Acme"}}},
      {"a desktop computer", {"00:1b:54:10:00:01", "MSFT 5.0"}, {}},
  };
  for (const Row& row : rows) EXPECT_EQ(XivoRules().OptionsFor(row.client, kSite), row.given) << row.about;
}

TEST(XivoRules, PushBeforeTheClientHearsOfItsLease) {
  EXPECT_EQ(XivoRules().push_time(), PushTime::kBefore);
  EXPECT_THAT(XivoRules().pushed_options(), ElementsAre(60));
  EXPECT_EQ(XivoRules().lease_time(), std::chrono::hours(24));
}

Options Given(const std::string& rules, const Client& client = {"00:aa:55:00:00:01", std::nullopt}) {
  const Result<Rules> read = Rules::Read(R"({"format": 1, "rules": [)" + rules + "]}");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? read->OptionsFor(client, kSite) : Options();
}

TEST(Rules, WriteEveryKindOfValue) {
  EXPECT_THAT(
      Given(
          R"({"gives": {"66": "{tftp_host}:{tftp_port} {host}:{port}", "1": true, "2": 305419896, "43": {"9": 2, "2": "x", "3": false}}})"),
      UnorderedElementsAre(Pair(66, "192.0.2.11:69 192.0.2.10:8667"), Pair(1, "\1"), Pair(2, "\x12\x34\x56\x78"),
                           Pair(43, "\2\1x\3\1\0\x9\4\0\0\0\2"s)));
}

TEST(Rules, TakeEachOptionOfTheFirstRuleThatFits) {
  EXPECT_THAT(
      Given(
          R"({"mac_begins": "00:bb", "gives": {"66": "other"}}, {"mac_begins": "00:aa:55", "gives": {"66": "a"}}, {"gives": {"66": "b", "67": "c"}})"),
      UnorderedElementsAre(Pair(66, "a"), Pair(67, "c")));
}

TEST(Rules, CutWhatNoOptionCanHold) {
  const Options given = Given(R"({"gives": {"66": ")" + std::string(400, 'x') + R"("}})");
  ASSERT_TRUE(given.contains(66));
  EXPECT_EQ(given.at(66), std::string(kLongestOption, 'x'));
}

TEST(Rules, NameWhatIsWrong) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"[]", "is not an object"},
      {"{", "JSON"},
      {R"({"rules": []})", "there is no format"},
      {R"({"format": 2})", "format is not an integer from 1 to 1"},
      {R"({"format": 1, "push": "after"})", "push is not before, beside or never"},
      {R"({"format": 1, "lease_seconds": 0})", "lease_seconds"},
      {R"({"format": 1, "push_options": [0]})", "push_options 1 is no code"},
      {R"({"format": 1, "rule": []})", "'rule' is not a member"},
      {R"({"format": 1, "rules": [{}]})", "rules 1: there is no gives"},
      {R"({"format": 1, "rules": [{"gives": {"x": "y"}}]})", "an option's name is its code"},
      {R"({"format": 1, "rules": [{"gives": {"255": "y"}}]})", "from 1 to 254"},
      {R"({"format": 1, "rules": [{"gives": {"66": "{base_ur}"}}]})", "{base_ur} is none of"},
      {R"({"format": 1, "rules": [{"gives": {"66": "{host"}}]})", "without its '}'"},
      {R"({"format": 1, "rules": [{"gives": {"66": -1}}]})", "is no text, true, false, number"},
      {R"({"format": 1, "rules": [{"gives": {"43": {"1": {"2": "deep"}}}}]})", "is no text"},
      {R"({"format": 1, "rules": [{"mac_begins": "00:AA:55", "gives": {}}]})", "is not written like 00:08:5d"},
      {R"({"format": 1, "rules": [{"unless": {"gives": {}}, "gives": {}}]})", "unless: 'gives' is not a member"},
  };
  for (const auto& [json, problem] : rows) {
    const Result<Rules> read = Rules::Read(json);
    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid) << json;
    EXPECT_THAT(read.error().message, HasSubstr(problem)) << json;
  }
}

TEST(SiteAt, TakesAUrlApart) {
  const Result<Site> site = SiteAt("http://192.0.2.10:8667/", "", 69);
  ASSERT_TRUE(site);
  EXPECT_EQ(site->base_url, "http://192.0.2.10:8667");
  EXPECT_EQ(site->host, "192.0.2.10");
  EXPECT_EQ(site->port, 8667);
  EXPECT_EQ(site->tftp_host, "192.0.2.10");
  EXPECT_EQ(site->tftp_port, 69);
  EXPECT_EQ(SiteAt("https://site.example", "192.0.2.3", 69)->port, 443);
  EXPECT_EQ(SiteAt("https://site.example", "192.0.2.3", 69)->tftp_host, "192.0.2.3");
  for (const char* url : {"", "192.0.2.10", "ftp://192.0.2.10", "http://"}) EXPECT_FALSE(SiteAt(url, "", 69)) << url;
}

}  // namespace
}  // namespace provdlab::dhcp
