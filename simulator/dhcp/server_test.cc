#include "simulator/dhcp/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "simulator/dhcp/embedded_rules.h"

namespace provdlab::dhcp {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

Server Small(std::string_view network = "127.1.0.0/30") {
  return Server(XivoRules(), {.pool = *PoolFrom(network), .site = *SiteAt("http://127.0.0.1:8667", "", 69)});
}

// The address that the client gets, or "none".
std::string Ip(Server& server, const std::string& mac, Milliseconds now) {
  const auto lease = server.Ask(mac, {}, now);
  return lease ? lease->ip : "none";
}

TEST(Server, GivesAClientTheSameAddressAgain) {
  Server server = Small();
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:01", 0ms), "127.1.0.1");
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:02", 1ms), "127.1.0.2");
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:01", 2ms), "127.1.0.1") << "a renewal";
  server.Release("00:aa:55:00:00:01", 3ms);
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:01", 4ms), "127.1.0.1") << "after a restart";
  EXPECT_EQ(server.clients(), 2u);
}

TEST(Server, GivesAnUnusedAddressToAnotherClientOnlyWhenNoneIsLeft) {
  Server server = Small();
  Ip(server, "00:aa:55:00:00:01", 0ms);
  Ip(server, "00:aa:55:00:00:02", 0ms);
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:03", 1ms), "none");
  server.Release("00:aa:55:00:00:02", 2ms);
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:03", 3ms), "127.1.0.2");
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:02", 4ms), "none");
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:02", 25h), "127.1.0.1") << "the first one's lease has run out";
}

TEST(Server, KeepsReservedAddresses) {
  Server server = Small();
  EXPECT_TRUE(server.Reserve("00:aa:55:00:00:01"));
  EXPECT_TRUE(server.Reserve("00:aa:55:00:00:02"));
  EXPECT_TRUE(server.Reserve("00:aa:55:00:00:01"));
  EXPECT_FALSE(server.Reserve("00:aa:55:00:00:03"));
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:02", 0ms), "127.1.0.2");
  EXPECT_EQ(Ip(server, "00:aa:55:00:00:01", 0ms), "127.1.0.1");
}

TEST(Server, GivesOptionsByTheClientsClass) {
  Server server = Small();
  const auto lease = server.Ask("00:08:5d:10:00:01", {{60, "AastraIPPhone6731i"}}, 0ms);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->options, (Options{{43, "\2\x1chttp://127.0.0.1:8667/Aastra\3\1\0"s}}));
  EXPECT_EQ(lease->time, 24h);
}

TEST(PoolFrom, LeavesTheEndsOut) {
  struct Row {
    const char* network;
    const char* first;
    const char* last;
    bool loopback;
  };
  for (const Row& row :
       {Row{"127.1.0.0/16", "127.1.0.1", "127.1.255.254", true}, Row{"192.0.2.0/24", "192.0.2.1", "192.0.2.254", false},
        Row{"192.0.2.77/30", "192.0.2.77", "192.0.2.78", false}, Row{"127.0.0.0/8", "127.0.0.1", "127.255.255.254", true}}) {
    const Result<Pool> pool = PoolFrom(row.network);
    ASSERT_TRUE(pool) << row.network;
    EXPECT_EQ(AddressText(pool->first), row.first);
    EXPECT_EQ(AddressText(pool->first + pool->count - 1), row.last);
    EXPECT_EQ(IsLoopback(*pool), row.loopback) << row.network;
  }
  for (const char* text : {"", "127.1.0.0", "127.1.0.0/7", "127.1.0.0/31", "127.1.0/16", "127.1.0.256/16", "127.1.0.0/16x", "::1/16"}) {
    const Result<Pool> pool = PoolFrom(text);
    ASSERT_FALSE(pool) << text;
    EXPECT_EQ(pool.error().kind, ErrorKind::kInvalid);
  }
}

TEST(UnpaddedMac, IsAsDhcpdWritesIt) {
  EXPECT_EQ(UnpaddedMac("00:08:5d:23:74:29"), "0:8:5d:23:74:29");
  EXPECT_EQ(UnpaddedMac("00:00:00:00:00:00"), "0:0:0:0:0:0");
  EXPECT_EQ(UnpaddedMac("f0:0f:10:aa:01:a0"), "f0:f:10:aa:1:a0");
}

// phones.md, 7.2: computed there, and decoded back with the server's own rule.
TEST(PushedOption, IsAsDhcpdAndItsHookWriteIt) {
  const std::string polycom =
      "\x00\x00\x36\x3d\x51\x01\x07Polycom\x02\x15SoundPointIP-SPIP_335\x03\x10"s
      "2345-12375-001,6\x04\x0eSIP/3.2.4.0267\x05\x0d"s
      "BR/4.2.2.0710"s;
  const std::vector<std::pair<std::string, const char*>> rows = {
      {"AastraIPPhone6731i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.37.33.31.69"},
      {"AastraIPPhone6730i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.37.33.30.69"},
      {"AastraIPPhone6739i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.37.33.39.69"},
      {"AastraIPPhone57i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.35.37.69"},
      {"AastraIPPhone6757i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.37.35.37.69"},
      {"AastraIPPhone57iCT", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.35.37.69.43.54"},
      {"AastraIPPhone9143i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.39.31.34.33.69"},
      {"AastraIPPhone6863i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.38.36.33.69"},
      {"AastraIPPhone6867i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.38.36.37.69"},
      {"AastraIPPhone6873i", "06041.61.73.74.72.61.49.50.50.68.6f.6e.65.36.38.37.33.69"},
      {"ipphone.mitel.com\0"s, "06069.70.70.68.6f.6e.65.2e.6d.69.74.65.6c.2e.63.6f.6d.0"},
      {"Polycom-VVX310", "06050.6f.6c.79.63.6f.6d.2d.56.56.58.33.31.30"},
      {polycom,
       "0600.0.36.3d.51.1.7.50.6f.6c.79.63.6f.6d.2.15.53.6f.75.6e.64.50.6f.69.6e.74.49.50.2d.53.50.49.50.5f.33.33.35.3.10.32.33.34.35.2d."
       "31."
       "32.33.37.35.2d.30.30.31.2c.36.4.e.53.49.50.2f.33.2e.32.2e.34.2e.30.32.36.37.5.d.42.52.2f.34.2e.32.2e.32.2e.30.37.31.30"},
      {"snom320", "06073.6e.6f.6d.33.32.30"},
      {"snom715", "06073.6e.6f.6d.37.31.35"},
      {"snomD785", "06073.6e.6f.6d.44.37.38.35"},
      {"Cisco SPA504G", "06043.69.73.63.6f.20.53.50.41.35.30.34.47"},
      {"CISCO SPA122", "06043.49.53.43.4f.20.53.50.41.31.32.32"},
      {"LINKSYS SPA-942", "0604c.49.4e.4b.53.59.53.20.53.50.41.2d.39.34.32"},
      {"Cisco Systems, Inc. IP Phone CP-7941G\0"s,
       "06043.69.73.63.6f.20.53.79.73.74.65.6d.73.2c.20.49.6e.63.2e.20.49.50.20.50.68.6f.6e.65.20.43.50.2d.37.39.34.31.47.0"},
      {"Cisco Systems, Inc. IP Phone 7912",
       "06043.69.73.63.6f.20.53.79.73.74.65.6d.73.2c.20.49.6e.63.2e.20.49.50.20.50.68.6f.6e.65.20.37.39.31.32"},
      {"Cisco Systems Inc. Wireless Phone 7921",
       "06043.69.73.63.6f.20.53.79.73.74.65.6d.73.20.49.6e.63.2e.20.57.69.72.65.6c.65.73.73.20.50.68.6f.6e.65.20.37.39.32.31"},
      {"", "060"},
      {"\xff\x0a"s, "060ff.a"},
  };
  EXPECT_EQ(polycom.size(), 86u);
  for (const auto& [bytes, pushed] : rows) EXPECT_EQ(PushedOption(60, bytes), pushed) << bytes;
  EXPECT_EQ(PushedOption(150, "a"), "15061");
}

TEST(CommitBody, PassesOnOnlyWhatTheHookDoes) {
  const std::string body = CommitBody("127.1.0.1", "00:08:5d:10:00:01", {{60, "Aa"}, {12, "phone"}}, {60});
  EXPECT_EQ(*ParseJson(body),
            Json::parse(R"({"dhcp_info": {"op": "commit", "ip": "127.1.0.1", "mac": "0:8:5d:10:0:1", "options": ["06041.61"]}})"));
  EXPECT_EQ((*ParseJson(CommitBody("127.1.0.1", "00:15:65:10:00:01", {}, {60})))["dhcp_info"]["options"], Json::array());
}

}  // namespace
}  // namespace provdlab::dhcp
