#include "simulator/network/virtual_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>
#include <vector>

#include "base/digest.h"

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using phone::Fetched;
using How = Fetched::How;
using testing::ElementsAre;
using testing::SizeIs;

constexpr char kServer[] = "192.0.2.10";

// A phone that only notes what comes, and when.
struct Listener {
  Listener(Network& given, std::uint64_t number, const std::string& ip, LineNoise noise = {}) : network(given) {
    link = network.Attach({.number = number, .noise = noise, .deliver = [this](phone::Event event) {
                             at.push_back(network.Now());
                             if (const auto* began = std::get_if<phone::Began>(&event)) {
                               heads.push_back(began->head);
                               if (go_on) link->GoOn({began->fetch, *go_on});
                             }
                             if (auto* done = std::get_if<Fetched>(&event)) fetched.push_back(std::move(*done));
                             if (auto* sip = std::get_if<phone::SipReceived>(&event)) heard.push_back(std::move(*sip));
                           }});
    link->UseAddress(ip);
  }
  Fetched Get(phone::Fetch fetch) {
    fetched.clear();
    at.clear();
    link->Fetch(fetch);
    EXPECT_TRUE(network.RunUntil([this] { return !fetched.empty(); }, network.Now() + 1h));
    EXPECT_THAT(fetched, SizeIs(1)) << "nothing came";
    return fetched.empty() ? Fetched{} : fetched.front();
  }

  Network& network;
  std::unique_ptr<Link> link;
  std::optional<bool> go_on = true;
  std::vector<Instant> at;
  std::vector<std::string> heads;
  std::vector<Fetched> fetched;
  std::vector<phone::SipReceived> heard;
};

phone::Fetch Over(phone::Fetch::Protocol protocol, const std::string& path) {
  const bool tftp = protocol == phone::Fetch::Protocol::kTftp;
  return {.id = tftp ? 2 : 1, .protocol = protocol, .host = kServer, .port = static_cast<std::uint16_t>(tftp ? 69 : 8667), .path = path};
}
phone::Fetch Http(const std::string& path) { return Over(phone::Fetch::Protocol::kHttp, path); }
phone::Fetch Tftp(const std::string& path) { return Over(phone::Fetch::Protocol::kTftp, path); }

struct AnswerRow {
  const char* about;
  http::Response response;
  How how;
  int status;
  std::uint64_t size;
};

TEST(VirtualNetwork, TellsWhatCameOfAFetch) {
  using Manner = http::Response::Manner;
  const std::vector<AnswerRow> rows = {
      {"a file", {.body = "abc"}, How::kWhole, 200, 3},
      {"not found", {.status = 404, .body = "none"}, How::kMissing, 404, 4},
      {"forbidden", {.status = 403}, How::kRefused, 403, 0},
      {"broken", {.status = 500}, How::kServerError, 500, 0},
      {"ended in the middle", {.body = "abc", .declared_length = 10}, How::kCut, 200, 3},
      {"closed", {.manner = Manner::kClose}, How::kCut, 0, 0},
      {"garbage", {.body = "x", .manner = Manner::kRaw}, How::kCut, 0, 0},
      {"silent", {.manner = Manner::kHang}, How::kTimedOut, 0, 0},
      {"late", {.body = "x", .delay = 11s}, How::kTimedOut, 0, 0},
      {"slow", {.body = "x", .delay = 9s}, How::kWhole, 200, 1},
  };
  VirtualNetwork network({});
  std::string peer;
  network.Serve(kServer, 8667, [&](const http::Request& request) {
    peer = request.peer + " " + request.headers.Get("User-Agent").value_or("");
    return rows[std::stoul(request.target.substr(1))].response;
  });
  Listener phone(network, 1, "192.0.2.101");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    phone::Fetch fetch = Http("/" + std::to_string(i));
    fetch.user_agent = "Acme X1";
    const Fetched fetched = phone.Get(fetch);
    EXPECT_EQ(fetched.how, rows[i].how) << rows[i].about;
    EXPECT_EQ(fetched.status, rows[i].status) << rows[i].about;
    EXPECT_EQ(fetched.size, rows[i].size) << rows[i].about;
    EXPECT_EQ(peer, "192.0.2.101 Acme X1");
  }
  phone::Fetch elsewhere = Http("/0");
  elsewhere.host = "192.0.2.11";
  EXPECT_EQ(phone.Get(elsewhere).how, How::kUnreachable);
}

TEST(VirtualNetwork, TakesTheTimeOfItsLegsAndBytes) {
  VirtualNetwork network({.latency = 1ms, .bytes_per_second = 1'000'000});
  network.Serve(kServer, 8667, [](const http::Request&) { return http::Response{.body = std::string(500'000, 'x'), .delay = 20ms}; });
  Listener phone(network, 1, "192.0.2.101");
  phone.Get(Http("/a"));
  EXPECT_THAT(phone.at, ElementsAre(Instant(4ms + 20ms + 500ms)));
  Listener far(network, 2, "192.0.2.102", {.delay = 10ms});
  const Instant begun = network.Now();
  far.Get(Http("/a"));
  EXPECT_EQ(far.at.back() - begun, Instant(44ms + 20ms + 500ms));
}

TEST(VirtualNetwork, ShowsTheHeadFirst) {
  VirtualNetwork network({});
  network.Serve(kServer, 8667, [](const http::Request&) { return http::Response{.body = "provdlab-firmware 6731i 1.0\nand so on"}; });
  network.ServeTftp(kServer, 69, [](const tftp::Asked&) { return tftp::File{tftp::ContentOf(std::string(2'000, 'f'))}; });
  Listener phone(network, 1, "192.0.2.101");
  for (const bool go_on : {true, false}) {
    phone.go_on = go_on;
    for (phone::Fetch fetch : {Http("/6731i.st"), Tftp("6731i.st")}) {
      fetch.head = 8;
      phone.heads.clear();
      const Fetched fetched = phone.Get(fetch);
      EXPECT_THAT(phone.heads, SizeIs(1));
      EXPECT_EQ(phone.heads.front().size(), 8u);
      EXPECT_EQ(fetched.how, go_on ? How::kWhole : How::kStopped);
    }
  }
}

tftp::Answer TftpSite(const tftp::Asked& asked) {
  if (asked.request.file != "x1-1.0.bin") return tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "File not found"};
  return tftp::File{tftp::ContentOf(std::string(5'000, 'f'))};
}

TEST(VirtualNetwork, CarriesTftpDatagramByDatagram) {
  VirtualNetwork network({.latency = 1ms});
  network.ServeTftp(kServer, 69, TftpSite);
  Listener phone(network, 1, "192.0.2.101");
  const Fetched fetched = phone.Get(Tftp("x1-1.0.bin"));
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.digest, Sha1Hex(std::string(5'000, 'f')));
  EXPECT_EQ(phone.at.back(), 20ms) << "ten blocks, there and back";
  EXPECT_EQ(phone.Get(Tftp("none")).how, How::kMissing);
  Listener lossy(network, 2, "192.0.2.102", {.loss = 0.2, .duplication = 0.2, .reordering = 0.2});
  EXPECT_EQ(lossy.Get(Tftp("x1-1.0.bin")).digest, fetched.digest);
  Listener deaf(network, 3, "192.0.2.103", {.loss = 1});
  EXPECT_EQ(deaf.Get(Tftp("x1-1.0.bin")).how, How::kTimedOut);
  phone::Fetch elsewhere = Tftp("x1-1.0.bin");
  elsewhere.port = 70;
  EXPECT_EQ(phone.Get(elsewhere).how, How::kTimedOut);
}

std::string Options(const std::string& call) {
  return "OPTIONS sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK" + call +
         "\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID: " + call +
         "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

TEST(VirtualNetwork, CarriesSipBetweenHostsAndPhones) {
  VirtualNetwork network({});
  std::vector<Datagram> heard;
  const auto host = *network.AddHost("192.0.2.20", 5060, [&](const Datagram& from) { heard.push_back(from); });
  EXPECT_FALSE(network.AddHost("192.0.2.20", 5060, [](const Datagram&) {}));
  Listener first(network, 1, "192.0.2.101"), second(network, 2, "192.0.2.102");
  second.link->SendSip({.ip = "192.0.2.20", .port = 5060, .text = Options("one")});
  second.link->SendSip({.ip = "192.0.2.20", .port = 5060, .transport = "tcp", .text = Options("two")});
  second.link->SendSip({.ip = "192.0.2.21", .port = 5060, .text = Options("nobody")});
  ASSERT_TRUE(network.RunUntil([&] { return heard.size() == 2; }, 1s));
  EXPECT_EQ(heard[0].ip, "192.0.2.102");
  EXPECT_EQ(heard[1].bytes, Options("two"));
  host->Send({"192.0.2.101", heard[0].port, Options("three")});
  host->Send({"192.0.2.101", heard[0].port, "no SIP"});
  ASSERT_TRUE(network.RunUntil([] { return false; }, 2s));
  ASSERT_THAT(first.heard, SizeIs(1));
  EXPECT_EQ(first.heard[0].message.Get("Call-ID"), "three");
  EXPECT_EQ(first.heard[0].from_ip, "192.0.2.20");
  EXPECT_THAT(second.heard, SizeIs(0));
}

TEST(VirtualNetwork, WhatIsDroppedComesToNothing) {
  VirtualNetwork network({});
  int requests = 0;
  network.Serve(kServer, 8667, [&](const http::Request&) {
    ++requests;
    return http::Response{.body = "x"};
  });
  network.ServeTftp(kServer, 69, TftpSite);
  Listener phone(network, 1, "192.0.2.101");
  phone.link->Fetch(Http("/a"));
  phone.link->Fetch(Tftp("x1-1.0.bin"));
  phone.link->Drop();
  ASSERT_TRUE(network.RunUntil([] { return false; }, 1min));
  EXPECT_THAT(phone.at, SizeIs(0));
  EXPECT_EQ(requests, 0);
  phone.link->Fetch(Http("/a"));
  phone.link->Fetch(Tftp("x1-1.0.bin"));
  phone.link.reset();
  ASSERT_TRUE(network.RunUntil([] { return false; }, 2min));
  EXPECT_THAT(phone.at, SizeIs(0));
}

TEST(VirtualNetwork, AsksForOthers) {
  VirtualNetwork network({});
  network.Serve(kServer, 8666, [](const http::Request& request) {
    if (request.target == "/hang") return http::Response{.manner = http::Response::Manner::kHang};
    return http::Response{.status = 204, .headers = {{"X-Seen", request.body}}};
  });
  std::vector<Result<http::Response>> answers;
  const auto note = [&](Result<http::Response> answer) { answers.push_back(std::move(answer)); };
  network.Ask({.origin = "http://192.0.2.10:8666", .request = {.method = "POST", .target = "/x", .body = "{}"}}, note);
  network.Ask({.origin = "http://192.0.2.10:8666", .request = {.method = "GET", .target = "/hang"}}, note);
  network.Ask({.origin = "http://192.0.2.11:8666", .request = {.method = "GET", .target = "/x"}}, note);
  ASSERT_TRUE(network.RunUntil([&] { return answers.size() == 3; }, 1min));
  // In the order in which they come: nobody was there, an answer, no answer.
  EXPECT_EQ(answers[0].error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(answers[1]->headers.Get("X-Seen"), "{}");
  EXPECT_EQ(answers[2].error().kind, ErrorKind::kTimeout);
}

TEST(VirtualNetwork, TimeGoesOnToTheDeadlineWhenNothingHappens) {
  VirtualNetwork network({});
  EXPECT_TRUE(network.RunUntil([] { return false; }, 24h));
  EXPECT_EQ(network.Now(), 24h);
  network.Interrupt();
  const Result<> ran = network.RunUntil([] { return false; }, 25h);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace provdlab::network
