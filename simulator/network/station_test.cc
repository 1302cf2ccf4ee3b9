// Phones in a network: that what they do is carried out, and what comes of it written down.
#include "simulator/network/station.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "simulator/dhcp/embedded_rules.h"
#include "simulator/network/virtual_network.h"
#include "simulator/phone/built_in_profiles.h"

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kMac[] = "00:08:5d:10:00:01";

// An Aastra's own file, with one line.
std::string OwnFile(const std::string& user) {
  return "sip line1 registrar ip: 192.0.2.20\nsip line1 user name: " + user + "\nsip line1 password: secret\n";
}

// A site with files and one phone.
class StationTest : public testing::Test {
 protected:
  StationTest() {
    files["/Aastra/aastra.cfg"] = "time server disabled: 1\n";
    files["/Aastra/00085D100001.cfg"] = OwnFile("alice");
    network.Serve("192.0.2.10", 8667, [this](const http::Request& request) {
      const auto file = files.find(request.target);
      return file == files.end() ? http::Response{.status = 404} : http::Response{.body = file->second};
    });
    network.Serve("192.0.2.10", 8666, [](const http::Request&) { return http::Response{.status = 204}; });
  }

  void Attach(StationOptions options = {.number = 1}) {
    const phone::Profile* profile = phone::BuiltInProfileFor("6731i");
    ASSERT_NE(profile, nullptr);
    station = std::make_unique<Station>(network, dhcp, phone::Phone(*profile, {.model = "6731i", .mac = kMac, .pauses = false}), options);
    station->OnEntry([this](const Station&, const Entry& entry) { entries.push_back(entry); });
  }
  void RunFor(Instant time) {
    ASSERT_TRUE(network.RunUntil([] { return false; }, network.Now() + time));
  }
  // "GET http://…/aastra.cfg whole" of each fetch that ended.
  std::vector<std::string> Fetches() const {
    std::vector<std::string> fetches;
    for (const Entry& entry : entries) {
      if (entry.kind == Entry::Kind::kFetched)
        fetches.push_back(entry.url.substr(entry.url.rfind('/') + 1) + " " + std::string(HowName(entry.how)));
    }
    return fetches;
  }
  Entry First(Entry::Kind kind) const {
    const auto found = std::find_if(entries.begin(), entries.end(), [kind](const Entry& entry) { return entry.kind == kind; });
    return found == entries.end() ? Entry() : *found;
  }
  std::size_t Count(Entry::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), [kind](const Entry& entry) { return entry.kind == kind; }));
  }

  VirtualNetwork network{{.latency = Instant(1ms)}};
  std::map<std::string, std::string> files;
  dhcp::Service dhcp{
      network,
      dhcp::Server(dhcp::XivoRules(), {.pool = *dhcp::PoolFrom("192.0.2.128/25"), .site = *dhcp::SiteAt("http://192.0.2.10:8667", "", 69)}),
      dhcp::Service::Target{.origin = "http://192.0.2.10:8666", .path = "/provd/dev_mgr/dhcpinfo"}};
  std::unique_ptr<Station> station;
  std::vector<Entry> entries;
};

TEST_F(StationTest, BootsAPhone) {
  Attach();
  station->Do(phone::PowerOn{});
  RunFor(100ms);
  EXPECT_EQ(station->phone().stage(), phone::Stage::kParsed);
  EXPECT_EQ(station->phone().ip(), "192.0.2.129");
  EXPECT_TRUE(station->idle());
  EXPECT_THAT(Fetches(),
              ElementsAre("security.tuz missing", "aastra.cfg whole", "6731i.cfg missing", "00085D100001.cfg whole", "6731i.st missing"));
  ASSERT_THAT(station->phone().knowledge().lines, SizeIs(1));
  EXPECT_EQ(station->phone().knowledge().lines[0].username, "alice");
  EXPECT_EQ(First(Entry::Kind::kAsksLease).text, "AastraIPPhone6731i");
  EXPECT_EQ(First(Entry::Kind::kLease).ip, "192.0.2.129");
  for (const Entry& entry : entries) {
    if (entry.kind == Entry::Kind::kFetched) {
      EXPECT_EQ(entry.took, Instant(4ms) + Instant(entry.size / 10));
    }
  }
}

TEST_F(StationTest, RegistersAndHearsAnswers) {
  std::vector<std::string> heard;
  std::unique_ptr<Host> registrar;
  registrar = *network.AddHost("192.0.2.20", 5060, [&](const Datagram& from) {
    auto request = sip::Parse(from.bytes);
    ASSERT_TRUE(request) << request.error().message;
    heard.push_back(request->method);
    sip::Message answer = sip::ResponseTo(*request, 200, "OK", "t");
    answer.Add("Contact", request->Get("Contact").value_or("") + ";expires=3600");
    registrar->Send({from.ip, from.port, answer.Text()});
  });
  Attach();
  station->Do(phone::PowerOn{});
  RunFor(1s);
  EXPECT_EQ(station->phone().stage(), phone::Stage::kRegistered);
  EXPECT_TRUE(station->phone().settled());
  EXPECT_THAT(heard, ElementsAre("REGISTER"));
  EXPECT_EQ(Count(Entry::Kind::kSends), 1u);
  EXPECT_EQ(Count(Entry::Kind::kHears), 1u);
  EXPECT_THAT(First(Entry::Kind::kSends).text, HasSubstr("REGISTER sip:192.0.2.20"));
  EXPECT_THAT(First(Entry::Kind::kHears).text, HasSubstr("SIP/2.0 200 OK, "));
}

TEST_F(StationTest, ARenewalIsToldToTheTargetAgain) {
  Attach();
  station->Do(phone::PowerOn{});
  RunFor(1s);
  EXPECT_EQ(dhcp.counts().pushed, 1u);
  RunFor(12h);
  EXPECT_EQ(dhcp.counts().pushed, 2u) << "at half of a day's lease";
  ASSERT_EQ(Count(Entry::Kind::kLease), 2u);
  EXPECT_EQ(station->phone().ip(), "192.0.2.129");
}

TEST_F(StationTest, AsksAgainBeforeItsTime) {
  Attach();
  station->Do(phone::AskAgain{});  // of a phone that is off
  EXPECT_EQ(Count(Entry::Kind::kAsksLease), 0u);
  station->Do(phone::PowerOn{});
  RunFor(100ms);
  dhcp.Assign(kMac, 0xC0'00'02'07);
  dhcp.SetPushed(kMac, false);
  station->Do(phone::AskAgain{});
  RunFor(100ms);
  EXPECT_EQ(station->phone().ip(), "192.0.2.7");
  EXPECT_EQ(Count(Entry::Kind::kAsksLease), 2u);
  EXPECT_EQ(dhcp.counts().pushed, 1u) << "of the second lease nobody is told";
  dhcp.SetPushed(kMac, true);
  station->Do(phone::AskAgain{});
  RunFor(100ms);
  EXPECT_EQ(dhcp.counts().pushed, 2u);
}

TEST_F(StationTest, MeetsNotifyAsItIsTold) {
  std::vector<std::string> heard;
  const std::unique_ptr<Host> target =
      *network.AddHost("192.0.2.10", 5070, [&](const Datagram& from) { heard.push_back(from.bytes.substr(0, from.bytes.find("\r\n"))); });
  std::vector<std::pair<std::string, int>> told;
  Attach();
  station->OnNotify([&](const Station::Notify& notify) { told.emplace_back(notify.call_id, notify.code); });
  station->Do(phone::PowerOn{});
  RunFor(100ms);
  const auto notify = [&](const std::string& call_id) {
    target->Send({station->phone().ip(), 5060,
                  "NOTIFY sip:x@192.0.2.129 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bK" + call_id +
                      "\r\nFrom: <sip:a@192.0.2.10>;tag=1\r\nTo: <sip:x@192.0.2.129>\r\nCall-ID: " + call_id +
                      "\r\nCSeq: 1 NOTIFY\r\nEvent: check-sync\r\nContent-Length: 0\r\n\r\n"});
    RunFor(100ms);
  };
  station->SetManners({.ignores = true});
  notify("one");
  EXPECT_THAT(heard, SizeIs(0));
  station->SetManners({.says = {{.code = 480}}, .after = 1s});
  notify("two");
  EXPECT_THAT(heard, SizeIs(0)) << "not yet";
  RunFor(1s);
  EXPECT_THAT(heard, ElementsAre(HasSubstr(" 480 ")));
  const std::size_t fetches = Fetches().size();
  station->SetManners({});
  notify("three");
  EXPECT_THAT(heard, ElementsAre(HasSubstr(" 480 "), HasSubstr(" 200 ")));
  EXPECT_GT(Fetches().size(), fetches) << "only now it looks at its files";
  EXPECT_THAT(told,
              ElementsAre(std::pair("one", 0), std::pair("two", 0), std::pair("two", 480), std::pair("three", 0), std::pair("three", 200)));
}

TEST_F(StationTest, AnswersNotifyInSeveralStepsOrNotTheFirstTime) {
  std::vector<std::string> heard;
  const std::unique_ptr<Host> target =
      *network.AddHost("192.0.2.10", 5070, [&](const Datagram& from) { heard.push_back(from.bytes.substr(0, from.bytes.find("\r\n"))); });
  std::vector<Station::Notify> told;
  Attach();
  station->OnNotify([&](const Station::Notify& notify) { told.push_back(notify); });
  station->Do(phone::PowerOn{});
  RunFor(100ms);
  const auto notify = [&] {
    target->Send({station->phone().ip(), 5060,
                  "NOTIFY sip:ada@192.0.2.129 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bK1"
                  "\r\nFrom: <sip:a@192.0.2.10>;tag=1\r\nTo: <sip:ada@192.0.2.129>\r\nCall-ID: one"
                  "\r\nCSeq: 1 NOTIFY\r\nEvent: check-sync\r\nContent-Length: 0\r\n\r\n"});
    RunFor(100ms);
  };
  station->SetManners({.says = {{.code = 100}, {.text = "no SIP"}, {.code = 200}}});
  notify();
  EXPECT_THAT(heard, ElementsAre(HasSubstr(" 100 "), "no SIP", HasSubstr(" 200 ")));
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[0].to, "ada");
  EXPECT_THAT(told[0].headers, ::testing::Contains(sip::Header{"Event", "check-sync"}));
  heard.clear();
  station->SetManners({.lost = 2});
  for (int i = 0; i < 2; ++i) notify();
  EXPECT_THAT(heard, SizeIs(0));
  notify();
  EXPECT_THAT(heard, ElementsAre(HasSubstr(" 200 ")));
}

TEST_F(StationTest, WhatIsUnderWayEndsWithThePower) {
  network.Serve("192.0.2.10", 8667, [](const http::Request&) { return http::Response{.manner = http::Response::Manner::kHang}; });
  Attach();
  station->Do(phone::PowerOn{});
  RunFor(1s);
  EXPECT_FALSE(station->idle());
  station->Do(phone::PowerOff{});
  EXPECT_TRUE(station->idle());
  RunFor(1h);
  EXPECT_THAT(Fetches(), SizeIs(0));
  EXPECT_EQ(station->phone().stage(), phone::Stage::kOff);
  EXPECT_EQ(Count(Entry::Kind::kRestarts), 1u);
}

TEST_F(StationTest, AnAnswerToAnEarlierLifeIsNotForThisOne) {
  network.Serve("192.0.2.10", 8666, [](const http::Request&) { return http::Response{.status = 204, .delay = 5s}; });
  Attach();
  station->Do(phone::PowerOn{});
  RunFor(1s);
  station->Do(phone::PowerOff{});
  RunFor(1h);
  EXPECT_EQ(Count(Entry::Kind::kLease), 0u);
}

TEST_F(StationTest, AFastClockRingsEarly) {
  Attach({.number = 1, .clock_ppm = 100'000});
  station->Do(phone::PowerOn{});
  RunFor(1s);
  const auto renewed = [&] { return dhcp.counts().pushed == 2; };
  ASSERT_TRUE(network.RunUntil(renewed, 24h));
  EXPECT_NEAR(static_cast<double>(network.Now().count()), 12 * 3600e6 / 1.1, 2e6);
}

TEST_F(StationTest, MayGoAtAnyMoment) {
  Attach();
  station->Do(phone::PowerOn{});
  for (Instant at = 0ms; at < 40ms && station; at += 1ms) {
    RunFor(1ms);
    if (at == 17ms) station.reset();
  }
  RunFor(1h);
}

TEST(Canonical, LeavesOutWhatDiffersFromRunToRun) {
  Entry entry{.kind = Entry::Kind::kFetched,
              .at = 3ms,
              .fetch = 2,
              .method = "GET",
              .url = "http://127.0.0.1:40123/Aastra/aastra.cfg",
              .digest = "ab12",
              .status = 200,
              .size = 7,
              .took = 2ms};
  Canonical canonical;
  EXPECT_EQ(
      canonical.Line(entry),
      R"({"kind":"fetched","fetch":2,"method":"GET","url":"http://host-1/Aastra/aastra.cfg","how":"whole","status":200,"size":7,"digest":"digest-1"})"
      "\n");
  entry.digest = "cd34";
  EXPECT_THAT(canonical.Line(entry), HasSubstr("digest-2"));
  entry.digest = "ab12";
  EXPECT_THAT(canonical.Line(entry), HasSubstr("digest-1"));
  EXPECT_EQ(canonical.Line({.kind = Entry::Kind::kTells, .text = "GET http://127.0.0.1:40123/x", .what = phone::Tell::What::kAsked}),
            R"({"kind":"tells","what":"asked","text":"GET http://host-1/x"})"
            "\n");
  EXPECT_EQ(canonical.Line({.kind = Entry::Kind::kTells, .text = "line 1: 10.0.0.1:5060: no answer. At 1.2.3.4, 12:30."}),
            R"({"kind":"tells","what":"stage","text":"line 1: host-2: no answer. At 1.2.3.4, 12:30."})"
            "\n");
  EXPECT_EQ(
      canonical.Line({.kind = Entry::Kind::kSends, .peer = "127.0.0.1:5061", .text = "REGISTER sip:127.0.0.1:5061 SIP/2.0, 1 REGISTER"}),
      R"({"kind":"sends","peer":"host-3","text":"REGISTER sip:host-3 SIP/2.0, 1 REGISTER"})"
      "\n");
}

}  // namespace
}  // namespace provdlab::network
