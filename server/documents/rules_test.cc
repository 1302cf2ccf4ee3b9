// What documents of clients may be: devices, configs, DHCP information.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"
#include "server/documents/dhcp_info.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Json Parsed(const char* text) { return *ParseJson(text); }

TEST(DocumentIdTest, CanBeWrittenInAPath) {
  const std::string longest(kLongestDocumentId, 'x');
  for (const std::string& id : {std::string("a"), std::string("A-Z._~:@+09"), std::string("..."), std::string("a..b"), longest}) {
    EXPECT_TRUE(IsDocumentId(id)) << id;
    EXPECT_EQ(*IdOf({{"id", id}}), id);
  }
  for (const std::string& id :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("../x"), std::string("a b"), std::string("é"),
        std::string("a\0b", 3), std::string("a%20"), std::string("a\n"), longest + "x"}) {
    EXPECT_FALSE(IsDocumentId(id)) << id;
    EXPECT_FALSE(IdOf({{"id", id}})) << id;
  }
  EXPECT_EQ(*IdOf(Json::object()), std::nullopt);
  for (const Json& id : {Json(5), Json(nullptr), Json::array({"a"}), Json(true)}) EXPECT_FALSE(IdOf({{"id", id}})) << id;
}

TEST(MacTest, HasOneNormalForm) {
  EXPECT_TRUE(IsNormalMac("00:1a:2b:3c:4d:5e"));
  for (const char* other : {"", "00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e", "001a2b3c4d5e", "00:1a:2b:3c:4d",
                            "00:1a:2b:3c:4d:5e:", "0:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5g", "00:1a:2b:3c:4d:5\xc3\xa9"})
    EXPECT_FALSE(IsNormalMac(other)) << other;
  const std::pair<const char*, std::optional<std::string>> cases[] = {
      {"00:1A:2b:3C:4d:5E", "00:1a:2b:3c:4d:5e"},
      {"00-1a-2B-3c-4d-5e", "00:1a:2b:3c:4d:5e"},
      {"00:1a-2b:3c-4d:5e", std::nullopt},
      {"001A2b3c4d5e", "00:1a:2b:3c:4d:5e"},
      {"0:1A:2:3c:d:0", "00:1a:02:3c:0d:00"},
      {"0-1a-2-3c-d-0", "00:1a:02:3c:0d:00"},
      {"001a2b3c4d5", std::nullopt},
      {"001a2b3c4d5g", std::nullopt},
      {"00:1a:2b:3c:4d", std::nullopt},
      {"00:1a:2b:3c:4d:", std::nullopt},
      {"1:00:1a:2b:3c:4d:5e", std::nullopt},
      {"000:1a:2b:3c:4d:5e", std::nullopt},
      {"00:1a:2b:3c:4d:+5", std::nullopt},
      {"", std::nullopt},
      {" 00:1a:2b:3c:4d:5e", std::nullopt},
  };
  for (const auto& [mac, normal] : cases) EXPECT_EQ(NormaliseMac(mac), normal) << mac;
}

TEST(DottedQuadTest, IsFourNumbers) {
  for (const char* ip : {"0.0.0.0", "192.0.2.7", "255.255.255.255"}) EXPECT_TRUE(IsDottedQuad(ip)) << ip;
  for (const char* ip : {"", "192.0.2", "192.0.2.7.1", "192.0.2.256", "192.0.2.07", "192.0.2.", "192.0..7", "+1.0.0.0", "1.0.0.0 ",
                         "a.b.c.d", "::1", "1.0.0.1000"})
    EXPECT_FALSE(IsDottedQuad(ip)) << ip;
}

TEST(CheckDeviceTest, LooksAtMacAndIpOnly) {
  const std::pair<const char*, bool> cases[] = {
      {"{}", true},
      {R"({"mac": "00:1a:2b:3c:4d:5e", "ip": "192.0.2.7", "X_own": {"a": [1]}})", true},
      {R"({"plugin": null, "config": null, "vendor": 5, "configured": "x"})", true},
      {R"({"mac": "00:1A:2b:3c:4d:5e"})", false},
      {R"({"mac": null})", false},
      {R"({"mac": 5})", false},
      {R"({"ip": null})", false},
      {R"({"ip": ["192.0.2.7"]})", false},
      {R"({"ip": "192.0.2.300"})", false},
  };
  for (const auto& [device, valid] : cases) EXPECT_EQ(CheckDevice(Parsed(device)).has_value(), valid) << device;
}

TEST(ConcernsPhoneTest, KnowsWhatAPhoneIsConfiguredBy) {
  for (const char* member : {"plugin", "config", "mac", "uuid", "vendor", "model", "version", "options"}) {
    EXPECT_TRUE(ConcernsPhone({{member, "a"}}, {{member, "b"}})) << member;
    EXPECT_TRUE(ConcernsPhone({{member, "a"}}, Json::object())) << member;
    EXPECT_TRUE(ConcernsPhone(Json::object(), {{member, nullptr}})) << member;
    EXPECT_FALSE(ConcernsPhone({{member, {{"x", 1}}}}, {{member, {{"x", 1}}}})) << member;
  }
  EXPECT_TRUE(ConcernsPhone({{"options", Parsed("[-1]")}}, {{"options", Parsed("[18446744073709551615]")}}));
  for (const char* member : {"ip", "sn", "description", "added", "configured", "remote_state_sip_username", "X_own", "id"})
    EXPECT_FALSE(ConcernsPhone({{member, "a"}}, {{member, "b"}})) << member;
}

TEST(CheckConfigTest, WantsParentsAndARawConfig) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"parent_ids": [], "raw_config": {}})", ""},
      {R"({"parent_ids": ["a", "a"], "raw_config": {"x": null}, "role": 5, "X_own": 1})", ""},
      {R"({"raw_config": {}})", "parent_ids"},
      {R"({"parent_ids": "a", "raw_config": {}})", "parent_ids"},
      {R"({"parent_ids": null, "raw_config": {}})", "parent_ids"},
      {R"({"parent_ids": ["a", 5], "raw_config": {}})", "parent_ids"},
      {R"({"parent_ids": []})", "raw_config"},
      {R"({"parent_ids": [], "raw_config": []})", "raw_config"},
      {R"({"parent_ids": [], "raw_config": null})", "raw_config"},
  };
  for (const auto& [config, what] : cases) {
    const auto valid = CheckConfig(Parsed(config));
    EXPECT_EQ(valid.has_value(), std::string_view(what).empty()) << config;
    if (!valid) {
      EXPECT_THAT(valid.error().message, HasSubstr(what)) << config;
    }
  }
}

TEST(ConfigFlagsTest, CountOnlyAsBooleans) {
  EXPECT_TRUE(IsTransient({{"transient", true}}));
  for (const Json& other : {Json(false), Json(1), Json("true"), Json(nullptr)}) EXPECT_FALSE(IsTransient({{"transient", other}})) << other;
  EXPECT_FALSE(IsTransient(Json::object()));
  EXPECT_FALSE(IsDeletable({{"deletable", false}}));
  for (const Json& other : {Json(true), Json(0), Json("false"), Json(nullptr)}) EXPECT_TRUE(IsDeletable({{"deletable", other}})) << other;
  EXPECT_TRUE(IsDeletable(Json::object()));
}

TEST(ConfigBelowTest, InheritsAllButTheUsername) {
  const auto config = ConfigBelow({{"id", "autoprov"}}, Parsed(R"({"sip_lines": {"1": {"username": "ap", "password": "x"}}})"), 12);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(*config,
            Parsed(R"({"parent_ids": ["autoprov"], "raw_config": {"sip_lines": {"1": {"username": "ap12"}}}, "transient": true})"));
  for (const char* raw_config : {"{}", R"({"sip_lines": []})", R"({"sip_lines": {"1": {}}})", R"({"sip_lines": {"1": {"username": 5}}})",
                                 R"({"sip_lines": {"1": {"username": ""}}})", R"({"sip_lines": {"2": {"username": "x"}}})"}) {
    const auto unusable = ConfigBelow({{"id", "autoprov"}}, Parsed(raw_config), 1);
    ASSERT_FALSE(unusable) << raw_config;
    EXPECT_EQ(unusable.error().kind, ErrorKind::kInvalid);
  }
}

TEST(ConfigBelowTest, GivesNoUsernameTwiceWhateverTheBasesAre) {
  std::set<std::string> usernames;
  std::uint64_t number = 0;
  for (int round = 0; round < 150; ++round) {
    for (const char* base : {"a", "a1", "a1-", "a1-1", "1", "a-"}) {
      const auto config = ConfigBelow({{"id", "x"}}, {{"sip_lines", {{"1", {{"username", base}}}}}}, ++number);
      EXPECT_TRUE(usernames.insert(config->at("raw_config").at("sip_lines").at("1").at("username")).second) << base << number;
      EXPECT_EQ(NumberOf(*config), number);
    }
  }
}

TEST(ConfigBelowTest, KnowsTheNumbersOfItsConfigsOnly) {
  const auto number = [](const char* username, bool transient = true) {
    return NumberOf({{"raw_config", {{"sip_lines", {{"1", {{"username", username}}}}}}}, {"transient", transient}});
  };
  EXPECT_EQ(number("ap12"), 12u);
  EXPECT_EQ(number("1003"), 1003u);
  EXPECT_EQ(number("ap12x"), 0u);
  EXPECT_EQ(number("ap1234567890123456"), 0u);
  EXPECT_EQ(number("ap12", false), 0u);
  EXPECT_EQ(NumberOf(Parsed(R"({"transient": true, "raw_config": {"sip_lines": {"1": {"username": 5}}}})")), 0u);
  EXPECT_EQ(NumberOf(Parsed(R"({"transient": true, "raw_config": {"sip_lines": []}})")), 0u);
}

TEST(DhcpInfoTest, ReadsACommit) {
  const auto info = ParseDhcpInfo(Parsed(
      R"({"op": "commit", "ip": "192.0.2.7", "mac": "00-1A-2B-3C-4D-5E", "options": ["06054.65.73.74", "066", "0121.2", "000ff", "06061"], "x": 1})"));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->event, DhcpInfo::Event::kCommit);
  EXPECT_EQ(info->ip, "192.0.2.7");
  EXPECT_EQ(info->mac, "00:1a:2b:3c:4d:5e");
  EXPECT_THAT(info->options, ElementsAre(Pair(0, "\xff"), Pair(12, "\x01\x02"), Pair(60, "a"), Pair(66, "")));
}

TEST(DhcpInfoTest, NeedsOnlyTheAddressAtTheEndOfALease) {
  EXPECT_EQ(ParseDhcpInfo(Parsed(R"({"op": "expiry", "ip": "192.0.2.7"})"))->event, DhcpInfo::Event::kExpiry);
  EXPECT_EQ(ParseDhcpInfo(Parsed(R"({"op": "release", "ip": "192.0.2.7", "mac": 5, "options": "x"})"))->event, DhcpInfo::Event::kRelease);
}

TEST(DhcpInfoTest, NamesWhatIsMalformed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "'op'"},
      {R"({"op": "renew", "ip": "192.0.2.7"})", "'op'"},
      {R"({"op": ["commit"]})", "'op'"},
      {R"({"op": "release"})", "'ip'"},
      {R"({"op": "release", "ip": null})", "'ip'"},
      {R"({"op": "release", "ip": 5})", "'ip'"},
      {R"({"op": "expiry", "ip": "::1"})", "'ip'"},
      {R"({"op": "commit", "ip": "192.0.2.7", "options": []})", "'mac'"},
      {R"({"op": "commit", "ip": "192.0.2.7", "mac": "x", "options": []})", "'mac'"},
      {R"({"op": "commit", "ip": "192.0.2.7", "mac": "00:1a:2b:3c:4d:5e"})", "'options'"},
      {R"({"op": "commit", "ip": "192.0.2.7", "mac": "00:1a:2b:3c:4d:5e", "options": {}})", "'options'"},
  };
  for (const auto& [text, what] : cases) {
    const auto info = ParseDhcpInfo(Parsed(text));
    ASSERT_FALSE(info) << text;
    EXPECT_EQ(info.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(info.error().message, HasSubstr(what)) << text;
  }
  for (const Json& option : {Json("06"), Json(""), Json("0x054"), Json("060zz"), Json("060100"), Json("06054..65"), Json("06054."),
                             Json("060.54"), Json("060-1"), Json("25654"), Json("06054 65"), Json(60), Json(nullptr)}) {
    const auto info =
        ParseDhcpInfo({{"op", "commit"}, {"ip", "192.0.2.7"}, {"mac", "00:1a:2b:3c:4d:5e"}, {"options", Json::array({"06054", option})}});
    ASSERT_FALSE(info) << option;
    EXPECT_THAT(info.error().message, HasSubstr("Element 1 of 'options'")) << option;
  }
}

}  // namespace
}  // namespace provdlab::server
