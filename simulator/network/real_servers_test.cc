#include "simulator/network/real_servers.h"

#include <gtest/gtest.h>

#include "base/http/server.h"
#include "base/tftp/server.h"

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using How = phone::Fetched::How;

// One phone in virtual time, and what it was handed.
struct Phone {
  explicit Phone(VirtualNetwork& given)
      : network(given), link(given.Attach({.number = 1, .deliver = [this](phone::Event event) {
                                             if (auto* fetched = std::get_if<phone::Fetched>(&event)) got = *fetched;
                                           }})) {
    link->UseAddress("127.77.0.1");
  }
  phone::Fetched Fetch(phone::Fetch fetch) {
    got.reset();
    fetch.id = 1;
    link->Fetch(fetch);
    EXPECT_TRUE(network.RunUntil([&] { return got.has_value(); }, network.Now() + 1h));
    return got.value_or(phone::Fetched{});
  }
  VirtualNetwork& network;
  std::optional<phone::Fetched> got;
  std::unique_ptr<Link> link;
};

http::Response Tell(const http::Request& request) {
  return {.body =
              request.peer + " " + request.headers.Get("Host").value_or("-") + " " + request.headers.Get("X-Forwarded-For").value_or("-")};
}

class RealServersTest : public testing::Test {
 protected:
  std::uint16_t Serve(http::Server::Handler handler) {
    server_ = std::make_unique<http::Server>(http::ServerOptions{}, std::move(handler));
    return server_->Start().value();
  }
  phone::Fetch From(std::uint16_t port, const std::string& path = "/x") { return {.host = "127.0.0.1", .port = port, .path = path}; }
  std::unique_ptr<http::Server> server_;
};

TEST_F(RealServersTest, AreAskedFromThePhonesAddress) {
  const std::uint16_t port = Serve(Tell);
  RealServers servers({});
  VirtualNetwork network({.beyond = &servers});
  Phone phone(network);
  const phone::Fetched got = phone.Fetch(From(port));
  EXPECT_EQ(got.how, How::kWhole);
  EXPECT_EQ(got.body, "127.77.0.1 127.0.0.1:" + std::to_string(port) + " -");
}

TEST_F(RealServersTest, AreToldWhoAsks) {
  const std::uint16_t port = Serve(Tell);
  RealServers servers({.addressing = Addressing::kForwardedFor});
  VirtualNetwork network({.beyond = &servers});
  Phone phone(network);
  EXPECT_EQ(phone.Fetch(From(port)).body, "127.0.0.1 127.0.0.1:" + std::to_string(port) + " 127.77.0.1");
}

TEST_F(RealServersTest, CanBeElsewhereThanPhonesKnow) {
  const std::uint16_t port = Serve(Tell);
  RealServers servers({});
  servers.Move("files.example", 8667, "127.0.0.1", port);
  VirtualNetwork network({.beyond = &servers});
  Phone phone(network);
  EXPECT_EQ(phone.Fetch({.host = "files.example", .port = 8667, .path = "/x"}).body, "127.77.0.1 files.example:8667 -");
}

TEST_F(RealServersTest, WhatTheyDoIsWhatPhonesSee) {
  const std::uint16_t port = Serve([](const http::Request& request) -> http::Response {
    if (request.target == "/missing") return {.status = 404};
    if (request.target == "/refused") return {.status = 405};
    if (request.target == "/broken") return {.status = 500};
    if (request.target == "/reset") return {.manner = http::Response::Manner::kReset};
    if (request.target == "/short") return {.body = "abc", .declared_length = 100};
    if (request.target == "/hangs") return {.manner = http::Response::Manner::kHang};
    return {.body = "whole"};
  });
  RealServers servers({});
  VirtualNetwork network({.beyond = &servers});
  Phone phone(network);
  for (const auto& [path, how] : {std::pair("/whole", How::kWhole),
                                  {"/missing", How::kMissing},
                                  {"/refused", How::kRefused},
                                  {"/broken", How::kServerError},
                                  {"/reset", How::kCut},
                                  {"/short", How::kCut},
                                  {"/hangs", How::kTimedOut}}) {
    phone::Fetch fetch = From(port, path);
    if (how == How::kTimedOut) fetch.patience = 200ms;
    EXPECT_EQ(phone.Fetch(fetch).how, how) << path;
  }
  server_->Stop();
  EXPECT_EQ(phone.Fetch(From(port)).how, How::kUnreachable);
}

TEST_F(RealServersTest, TakeNoVirtualTime) {
  const std::uint16_t port = Serve([](const http::Request&) { return http::Response{.body = "late", .delay = 300ms}; });
  RealServers servers({});
  VirtualNetwork network({.latency = 1ms, .beyond = &servers});
  Phone phone(network);
  EXPECT_EQ(phone.Fetch(From(port)).body, "late");
  EXPECT_LT(network.Now(), 100ms);
}

TEST_F(RealServersTest, AreAskedByOthersThanPhonesToo) {
  const std::uint16_t port = Serve(Tell);
  RealServers servers({});
  VirtualNetwork network({.beyond = &servers});
  std::optional<Result<http::Response>> answer;
  network.Ask({.origin = http::HttpOrigin("127.0.0.1", port), .request = {.method = "GET", .target = "/x"}},
              [&](Result<http::Response> given) { answer = std::move(given); });
  ASSERT_TRUE(network.RunUntil([&] { return answer.has_value(); }, 1h));
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ((*answer)->status, 200);
}

TEST_F(RealServersTest, AnswerOverTftp) {
  const std::string content(1'200, 'x');
  tftp::Server server({}, [&](const tftp::Asked& asked) -> tftp::Answer {
    if (asked.request.file != "a.cfg") return tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "no such file"};
    return tftp::File{tftp::ContentOf(content + asked.peer)};
  });
  const std::uint16_t port = server.Start().value();
  RealServers servers({});
  VirtualNetwork network({.beyond = &servers});
  Phone phone(network);
  const auto fetch = [&](const std::string& file) {
    return phone.Fetch({.protocol = phone::Fetch::Protocol::kTftp, .host = "127.0.0.1", .port = port, .path = file});
  };
  const phone::Fetched whole = fetch("a.cfg");
  EXPECT_EQ(whole.how, How::kWhole);
  EXPECT_EQ(whole.body, content + "127.77.0.1");
  EXPECT_EQ(fetch("b.cfg").how, How::kMissing);
}

}  // namespace
}  // namespace provdlab::network
