// Phones' requests over real sockets, against servers of the test's own that are slow, break off, send garbage, or are not there.
#include "simulator/network/socket_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/http/server.h"
#include "base/sip/message.h"
#include "base/tftp/server.h"

namespace provdlab::network {
namespace {

using namespace std::chrono_literals;
using phone::Fetched;
using How = Fetched::How;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr Instant kDeadline = 20s;

// A phone that only notes what comes.
class Listener {
 public:
  Listener(Network& network, std::uint64_t number, const std::string& ip, LineNoise noise = {}) : network_(network) {
    link = network.Attach({.number = number, .noise = noise, .deliver = [this](phone::Event event) {
                             if (const auto* began = std::get_if<phone::Began>(&event)) {
                               heads.push_back(began->head);
                               link->GoOn({began->fetch, go_on});
                             }
                             if (auto* done = std::get_if<Fetched>(&event)) fetched.push_back(std::move(*done));
                             if (auto* sip = std::get_if<phone::SipReceived>(&event)) heard.push_back(std::move(*sip));
                           }});
    link->UseAddress(ip);
  }

  // Fetches and waits for what comes of it.
  Fetched Get(phone::Fetch fetch) {
    fetched.clear();
    if (fetch.id == 0) fetch.id = 1;
    link->Fetch(fetch);
    const Result<> ran = network_.RunUntil([this] { return !fetched.empty(); }, network_.Now() + kDeadline);
    EXPECT_TRUE(ran) << ran.error().message;
    EXPECT_THAT(fetched, SizeIs(1)) << "nothing came";
    return fetched.empty() ? Fetched{} : fetched.front();
  }

  std::unique_ptr<Link> link;
  bool go_on = true;
  std::vector<std::string> heads;
  std::vector<Fetched> fetched;
  std::vector<phone::SipReceived> heard;

 private:
  Network& network_;
};

// A file server with a journal of its requests.
class Site {
 public:
  explicit Site(http::Server::Handler handler)
      : server_({}, [this, handler = std::move(handler)](const http::Request& request) {
          {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
          }
          return handler(request);
        }) {
    port = server_.Start().value_or(0);
  }
  std::vector<http::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  phone::Fetch Fetch(const std::string& path) const { return {.host = "127.0.0.1", .port = port, .path = path, .patience = 5s}; }

  std::uint16_t port = 0;

 private:
  std::mutex mutex_;
  std::vector<http::Request> requests_;
  http::Server server_;
};

class SocketNetworkTest : public testing::Test {
 protected:
  void Use(SocketOptions options) {
    network = std::make_unique<SocketNetwork>(std::move(options));
    const Result<> opened = network->Open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // In slices, because what the test waits for may happen on a server's thread, of which the network knows nothing.
  Result<> RunUntil(const std::function<bool()>& done) {
    const Instant deadline = network->Now() + kDeadline;
    Result<> ran;
    while (ran && !done() && network->Now() < deadline) ran = network->RunUntil(done, network->Now() + 5ms);
    return ran;
  }

  std::unique_ptr<SocketNetwork> network = [] {
    auto made = std::make_unique<SocketNetwork>(SocketOptions{});
    EXPECT_TRUE(made->Open());
    return made;
  }();
};

TEST_F(SocketNetworkTest, FetchesFromThePhonesOwnAddress) {
  Site site([](const http::Request&) { return http::Response{.body = "line1 = je5qtq"}; });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("/Acme/00aa55000001.cfg");
  fetch.user_agent = "Acme X1 00:aa:55:00:00:01 1.0";
  fetch.headers = {{"Accept-Language", "en"}};
  const Fetched fetched = phone.Get(fetch);
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.status, 200);
  EXPECT_EQ(fetched.body, "line1 = je5qtq");
  EXPECT_EQ(fetched.size, 14u);
  EXPECT_EQ(fetched.digest, Sha1Hex("line1 = je5qtq"));

  ASSERT_THAT(site.requests(), SizeIs(1));
  const http::Request request = site.requests()[0];
  EXPECT_EQ(request.peer, "127.1.0.7");
  EXPECT_EQ(request.target, "/Acme/00aa55000001.cfg");
  EXPECT_EQ(request.headers.Get("User-Agent"), "Acme X1 00:aa:55:00:00:01 1.0");
  EXPECT_EQ(request.headers.Get("Accept-Language"), "en");
  EXPECT_EQ(request.headers.Get("Host"), "127.0.0.1:" + std::to_string(site.port));
  EXPECT_EQ(request.headers.Get("Connection"), "close");
  EXPECT_FALSE(request.headers.Has("X-Forwarded-For"));
}

TEST_F(SocketNetworkTest, SaysWhoAsksAsAProxyDoes) {
  Site site([](const http::Request&) { return http::Response{.body = "x"}; });
  for (const Addressing addressing : {Addressing::kForwardedFor, Addressing::kShared}) {
    Use({.addressing = addressing});
    EXPECT_EQ(Listener(*network, 1, "192.0.2.7").Get(site.Fetch("/a")).how, How::kWhole);
  }
  const auto requests = site.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].peer, "127.0.0.1");
  EXPECT_EQ(requests[0].headers.Get("X-Forwarded-For"), "192.0.2.7");
  EXPECT_EQ(requests[1].peer, "127.0.0.1");
  EXPECT_FALSE(requests[1].headers.Has("X-Forwarded-For"));
}

TEST_F(SocketNetworkTest, NothingThatAFileSaysBreaksARequest) {
  Site site([](const http::Request&) { return http::Response{}; });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("Polycom/T54W.rom \r\nX: y");
  fetch.user_agent = "a\r\nX-Injected: b";
  EXPECT_EQ(phone.Get(fetch).how, How::kWhole);
  ASSERT_THAT(site.requests(), SizeIs(1));
  EXPECT_EQ(site.requests()[0].target, "/Polycom/T54W.rom%20%0D%0AX:%20y");
  EXPECT_FALSE(site.requests()[0].headers.Has("X-Injected"));
}

TEST_F(SocketNetworkTest, UploadsAndLooks) {
  Site site([](const http::Request& request) {
    return request.method == "PUT" ? http::Response{.status = 405, .body = "no"} : http::Response{.body = "12345"};
  });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch put = site.Fetch("/0004f2a1b2c3-boot.log");
  put.method = "PUT";
  put.body = "a log\n";
  Fetched fetched = phone.Get(put);
  EXPECT_EQ(fetched.how, How::kRefused);
  EXPECT_EQ(fetched.status, 405);
  phone::Fetch head = site.Fetch("/0004f2a1b2c3-app.log");
  head.method = "HEAD";
  fetched = phone.Get(head);
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.size, 0u);
  ASSERT_THAT(site.requests(), SizeIs(2));
  EXPECT_EQ(site.requests()[0].body, "a log\n");
}

struct AnswerRow {
  const char* about;
  http::Response response;
  How how;
  int status;
  std::uint64_t size;
};

TEST_F(SocketNetworkTest, TellsWhatCameOfAFetch) {
  using Manner = http::Response::Manner;
  const std::vector<AnswerRow> rows = {
      {"a file", {.body = "abc"}, How::kWhole, 200, 3},
      {"an empty one", {.body = ""}, How::kWhole, 200, 0},
      {"partial content", {.status = 206, .body = "ab"}, How::kWhole, 206, 2},
      {"not found", {.status = 404, .body = "none"}, How::kMissing, 404, 4},
      {"forbidden", {.status = 403}, How::kRefused, 403, 0},
      {"elsewhere", {.status = 302, .headers = {{"Location", "/Aastra/"}}}, How::kRefused, 302, 0},
      {"broken", {.status = 500, .body = "x"}, How::kServerError, 500, 1},
      {"overloaded", {.status = 503}, How::kServerError, 503, 0},
      {"ended in the middle", {.body = "abc", .declared_length = 10}, How::kCut, 200, 3},
      {"closed without a word", {.manner = Manner::kClose}, How::kCut, 0, 0},
      {"reset", {.manner = Manner::kReset}, How::kCut, 0, 0},
      {"silent", {.manner = Manner::kHang}, How::kTimedOut, 0, 0},
      {"garbage", {.body = "\x16\x03\x01 not HTTP at all", .manner = Manner::kRaw}, How::kCut, 0, 0},
      {"without a length", {.body = "HTTP/1.0 200 OK\r\n\r\nto the end", .manner = Manner::kRaw}, How::kWhole, 200, 10},
      {"chunks",
       {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n", .manner = Manner::kRaw},
       How::kWhole,
       200,
       3},
      {"chunks that break off",
       {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .manner = Manner::kRaw},
       How::kCut,
       200,
       2},
      {"a malformed chunk",
       {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", .manner = Manner::kRaw},
       How::kCut,
       200,
       0},
      {"an interim answer first",
       {.body = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .manner = Manner::kRaw},
       How::kMissing,
       404,
       0},
  };
  Site site([&](const http::Request& request) { return rows[std::stoul(request.target.substr(1))].response; });
  Listener phone(*network, 1, "127.1.0.7");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    phone::Fetch fetch = site.Fetch("/" + std::to_string(i));
    if (rows[i].how == How::kTimedOut) fetch.patience = 50ms;
    const Fetched fetched = phone.Get(fetch);
    EXPECT_EQ(fetched.how, rows[i].how) << rows[i].about;
    EXPECT_EQ(fetched.status, rows[i].status) << rows[i].about;
    EXPECT_EQ(fetched.size, rows[i].size) << rows[i].about;
  }
}

TEST_F(SocketNetworkTest, ReachesNobodyWhereNobodyIs) {
  std::uint16_t port = 0;
  {
    const Site gone([](const http::Request&) { return http::Response{}; });
    port = gone.port;
  }
  Listener phone(*network, 1, "127.1.0.7");
  EXPECT_EQ(phone.Get({.host = "127.0.0.1", .port = port, .path = "/a"}).how, How::kUnreachable);
  EXPECT_EQ(phone.Get({.host = "no such name", .port = 80, .path = "/a"}).how, How::kUnreachable);
  EXPECT_EQ(phone.Get({.protocol = phone::Fetch::Protocol::kTftp, .host = "no such name", .port = 69, .path = "a"}).how, How::kUnreachable);
}

// Slow, but never silent for as long as the phone's patience.
class Trickle : public http::BodySource {
 public:
  void Next(std::function<void(Piece)> ready) override {
    ready({.bytes = "x", .wait = 100ms, .then = ++pieces_ == 30 ? Piece::Then::kEnd : Piece::Then::kMore});
  }

 private:
  int pieces_ = 0;
};

TEST_F(SocketNetworkTest, IsPatientForEachStretch) {
  Site site([](const http::Request&) { return http::Response{.source = std::make_shared<Trickle>()}; });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("/slow");
  fetch.patience = 2s;  // less than the whole takes, and far more than from piece to piece
  const Fetched fetched = phone.Get(fetch);
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.body, std::string(30, 'x'));
}

// So many bytes of a known pattern, without holding them; tells when its reader has gone.
class Firmware : public http::BodySource {
 public:
  Firmware(std::uint64_t size, std::atomic<int>& gone) : left_(size), gone_(gone) {}
  ~Firmware() override { ++gone_; }
  void Next(std::function<void(Piece)> ready) override {
    const std::uint64_t bytes = std::min<std::uint64_t>(left_, 64 * 1024);
    left_ -= bytes;
    ready({.bytes = std::string(bytes, 'f'), .then = left_ == 0 ? Piece::Then::kEnd : Piece::Then::kMore});
  }

 private:
  std::uint64_t left_;
  std::atomic<int>& gone_;
};

std::size_t ResidentKilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

TEST_F(SocketNetworkTest, CountsAndDigestsWhatItDoesNotKeep) {
  constexpr std::uint64_t kSize = 10'000'000;
  constexpr int kPhones = 40;
  std::atomic<int> gone{0};
  Site site([&](const http::Request&) { return http::Response{.source = std::make_shared<Firmware>(kSize, gone)}; });
  std::vector<std::unique_ptr<Listener>> phones;
  const std::size_t before = ResidentKilobytes();
  for (int i = 0; i < kPhones; ++i) {
    phones.push_back(std::make_unique<Listener>(*network, i, "127.1.0." + std::to_string(i + 1)));
    phone::Fetch fetch = site.Fetch("/6731i.st");
    fetch.id = 1;
    fetch.keep = 1'000;
    phones.back()->link->Fetch(fetch);
  }
  ASSERT_TRUE(
      RunUntil([&] { return std::all_of(phones.begin(), phones.end(), [](const auto& phone) { return !phone->fetched.empty(); }); }));
  const std::string digest = Sha1Hex(std::string(kSize, 'f'));
  for (const auto& phone : phones) {
    ASSERT_THAT(phone->fetched, SizeIs(1));
    EXPECT_EQ(phone->fetched[0].how, How::kWhole);
    EXPECT_EQ(phone->fetched[0].size, kSize);
    EXPECT_EQ(phone->fetched[0].body, std::string(1'000, 'f'));
    EXPECT_EQ(phone->fetched[0].digest, digest);
  }
  // 400 MB came; the server's pieces and the sockets' buffers are in here too. The digest above took 10 MB once.
  EXPECT_LT(ResidentKilobytes() - before, 100u * 1024);
}

TEST_F(SocketNetworkTest, ShowsTheHeadFirstAndGoesOn) {
  std::atomic<int> gone{0};
  Site site([&](const http::Request&) { return http::Response{.source = std::make_shared<Firmware>(1'000'000, gone)}; });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("/sip.ld");
  fetch.head = 100;
  fetch.keep = 10;
  const Fetched fetched = phone.Get(fetch);
  EXPECT_THAT(phone.heads, ElementsAre(std::string(100, 'f')));
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.size, 1'000'000u);
  EXPECT_EQ(fetched.body, std::string(10, 'f'));
}

TEST_F(SocketNetworkTest, ClosesTheConnectionWhenThePhoneHasSeenEnough) {
  std::atomic<int> gone{0};
  Site site([&](const http::Request&) { return http::Response{.source = std::make_shared<Firmware>(200'000'000, gone)}; });
  Listener phone(*network, 1, "127.1.0.7");
  phone.go_on = false;
  phone::Fetch fetch = site.Fetch("/sip.ld");
  fetch.head = 100;
  const Fetched fetched = phone.Get(fetch);
  EXPECT_EQ(fetched.how, How::kStopped);
  EXPECT_LT(fetched.size, 1'000'000u);
  EXPECT_TRUE(RunUntil([&] { return gone == 1; }));
  EXPECT_EQ(gone, 1) << "the server still sends";
}

TEST_F(SocketNetworkTest, AFileShorterThanTheHeadIsJustFetched) {
  Site site([&](const http::Request& request) {
    return request.target == "/short" ? http::Response{.body = "short"} : http::Response{.status = 404, .body = std::string(500, 'x')};
  });
  Listener phone(*network, 1, "127.1.0.7");
  for (const char* path : {"/short", "/missing"}) {
    phone::Fetch fetch = site.Fetch(path);
    fetch.head = 100;
    phone.Get(fetch);
    EXPECT_THAT(phone.heads, SizeIs(0)) << path;
  }
}

TEST_F(SocketNetworkTest, KeepsAConnectionOnlyIfThePhoneDoes) {
  Site site([](const http::Request&) { return http::Response{.body = "x"}; });
  Listener phone(*network, 1, "127.1.0.7");
  for (const char* connection : {"", "keep-alive", "Keep-Alive", "keep-alive"}) {
    phone::Fetch fetch = site.Fetch("/a");
    if (*connection != '\0') fetch.headers["Connection"] = connection;
    EXPECT_EQ(phone.Get(fetch).how, How::kWhole);
  }
  const auto requests = site.requests();
  ASSERT_THAT(requests, SizeIs(4));
  EXPECT_NE(requests[0].connection, requests[1].connection);
  EXPECT_EQ(requests[1].connection, requests[2].connection);
  EXPECT_EQ(requests[2].connection, requests[3].connection);
}

// One connection is answered and closed after a moment's silence, without a word; the next one is answered.
TEST_F(SocketNetworkTest, ConnectsAnewWhenTheServerClosedTheOldConnection) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::atomic<bool> closed{false};
  std::thread server([&] {
    for (int i = 0; i < 2; ++i) {
      asio::ip::tcp::socket socket(context);
      acceptor.accept(socket);
      std::string request;
      boost::system::error_code code;
      asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", code);
      asio::write(socket, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")), code);
      socket.close(code);
      closed = true;
    }
  });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch{
      .host = "127.0.0.1", .port = acceptor.local_endpoint().port(), .path = "/a", .headers = {{"Connection", "keep-alive"}}};
  EXPECT_EQ(phone.Get(fetch).how, How::kWhole);
  EXPECT_TRUE(RunUntil([&] { return closed.load(); }));
  EXPECT_EQ(phone.Get(fetch).how, How::kWhole);
  server.join();
}

TEST_F(SocketNetworkTest, WhatIsDroppedComesToNothing) {
  Site site([](const http::Request& request) {
    return request.target == "/hang" ? http::Response{.manner = http::Response::Manner::kHang} : http::Response{.body = "x"};
  });
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("/hang");
  fetch.id = 1;
  phone.link->Fetch(fetch);
  ASSERT_TRUE(RunUntil([&] { return site.requests().size() == 1; }));
  phone.link->Drop();
  fetch = site.Fetch("/a");
  fetch.id = 1;
  phone.link->Fetch(fetch);
  phone.link->Drop();
  EXPECT_EQ(phone.Get(site.Fetch("/b")).how, How::kWhole);
  EXPECT_THAT(site.requests(), SizeIs(2)) << "what was dropped while it stood in line was asked for";
}

// Answers once so many as are expected at once are there, round by round, and counts who waits.
class Crowd {
 public:
  explicit Crowd(std::size_t expected) : expected_(expected) {}
  http::Response operator()(const http::Request& request) {
    std::unique_lock lock(mutex_);
    order.push_back(request.peer);
    most_at_once = std::max(most_at_once, ++now_);
    arrived_.notify_all();
    const std::size_t round = (order.size() - 1) / expected_ + 1;
    arrived_.wait_for(lock, 10s, [&] { return order.size() >= round * expected_; });
    --now_;
    return {.body = "x"};
  }
  std::vector<std::string> order;
  std::size_t most_at_once = 0;

 private:
  const std::size_t expected_;
  std::size_t now_ = 0;
  std::mutex mutex_;
  std::condition_variable arrived_;
};

TEST_F(SocketNetworkTest, HasOnlySoManyUnderWayAndServesTheFirstFirst) {
  Crowd crowd(2);
  Site site([&](const http::Request& request) { return crowd(request); });
  Use({.most_fetches = 2});
  std::vector<std::unique_ptr<Listener>> phones;
  for (int i = 1; i <= 8; ++i) {
    phones.push_back(std::make_unique<Listener>(*network, i, "127.1.0." + std::to_string(i)));
    phone::Fetch fetch = site.Fetch("/a");
    fetch.id = 1;
    phones.back()->link->Fetch(fetch);
  }
  ASSERT_TRUE(
      RunUntil([&] { return std::all_of(phones.begin(), phones.end(), [](const auto& phone) { return !phone->fetched.empty(); }); }));
  EXPECT_EQ(crowd.most_at_once, 2u);
  EXPECT_EQ(network->traffic().most_under_way, 2u);
  EXPECT_GT(network->traffic().longest_in_line, 0us);
  ASSERT_THAT(crowd.order, SizeIs(8));
  for (std::size_t pair = 0; pair < 4; ++pair) {
    // Two that are under way at once may arrive either way round.
    const std::string first = "127.1.0." + std::to_string(2 * pair + 1), second = "127.1.0." + std::to_string(2 * pair + 2);
    EXPECT_THAT((std::vector<std::string>{crowd.order[2 * pair], crowd.order[2 * pair + 1]}), testing::UnorderedElementsAre(first, second));
  }
}

TEST_F(SocketNetworkTest, AMachineWithoutDescriptorsIsNoPhonesFault) {
  Site site([](const http::Request&) { return http::Response{.body = "x"}; });
  Listener phone(*network, 1, "127.1.0.7");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  phone.link->Fetch({.id = 1, .host = "127.0.0.1", .port = site.port, .path = "/a"});
  const Result<> ran = RunUntil([&] { return !phone.fetched.empty(); });
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kInternal);
  EXPECT_THAT(ran.error().message, HasSubstr("Too many open files"));
}

TEST_F(SocketNetworkTest, AnAddressThatThisMachineDoesNotHaveIsNoPhonesFault) {
  Listener phone(*network, 1, "192.0.2.7");
  phone.link->Fetch({.id = 1, .host = "127.0.0.1", .port = 9, .path = "/a"});
  const Result<> ran = RunUntil([&] { return !phone.fetched.empty(); });
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().message, HasSubstr("192.0.2.7"));
}

TEST_F(SocketNetworkTest, EndsWhenItIsInterrupted) {
  std::thread other([&] { network->Interrupt(); });
  const Result<> ran = RunUntil([] { return false; });
  other.join();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::kCancelled);
}

TEST_F(SocketNetworkTest, AsksForOthers) {
  Site site([](const http::Request& request) {
    return request.target == "/hang" ? http::Response{.manner = http::Response::Manner::kHang}
                                     : http::Response{.status = 204, .headers = {{"X-Seen", request.body}}};
  });
  const std::string origin = "http://127.0.0.1:" + std::to_string(site.port);
  std::vector<Result<http::Response>> answers;
  const auto note = [&](Result<http::Response> answer) { answers.push_back(std::move(answer)); };
  network->Ask({.origin = origin, .request = {.method = "POST", .target = "/provd/dev_mgr/dhcpinfo", .body = "{}"}}, note);
  ASSERT_TRUE(RunUntil([&] { return answers.size() == 1; }));
  ASSERT_TRUE(answers[0]) << answers[0].error().message;
  EXPECT_EQ(answers[0]->status, 204);
  EXPECT_EQ(answers[0]->headers.Get("X-Seen"), "{}");
  EXPECT_EQ(site.requests()[0].method, "POST");

  network->Ask({.origin = origin, .request = {.method = "GET", .target = "/hang"}, .patience = 50ms}, note);
  network->Ask({.origin = "http://127.0.0.1:1", .request = {.method = "GET", .target = "/"}}, note);
  network->Ask({.origin = "nonsense", .request = {.method = "GET", .target = "/"}}, note);
  ASSERT_TRUE(RunUntil([&] { return answers.size() == 4; }));
  std::vector<ErrorKind> kinds;
  for (std::size_t i = 1; i < 4; ++i) kinds.push_back(answers[i].error().kind);
  EXPECT_THAT(kinds, testing::UnorderedElementsAre(ErrorKind::kTimeout, ErrorKind::kUnavailable, ErrorKind::kUnavailable));
}

// ---- TFTP

class TftpSite {
 public:
  explicit TftpSite(std::uint64_t size)
      : server_({.sending = {.patience = 30ms, .attempts = 200}}, [size](const tftp::Asked& asked) -> tftp::Answer {
          if (asked.request.write) return tftp::ErrorPacket{tftp::ErrorCode::kUndefined, "WRQ not supported"};
          if (asked.request.file == "forbidden") return tftp::ErrorPacket{tftp::ErrorCode::kAccess, "no"};
          if (asked.request.file == "peer") return tftp::File{tftp::ContentOf(asked.peer)};
          if (asked.request.file != "x1-1.0.bin") return tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "File not found"};
          return tftp::File{tftp::ContentOf(Bytes(size))};
        }) {
    port = server_.Start().value_or(0);
  }
  static std::string Bytes(std::uint64_t size) {
    std::string bytes;
    for (std::uint64_t i = 0; i < size; ++i) bytes += static_cast<char>('a' + i % 23);
    return bytes;
  }
  phone::Fetch Fetch(const std::string& file) const {
    return {.protocol = phone::Fetch::Protocol::kTftp, .host = "127.0.0.1", .port = port, .path = file, .patience = 5s};
  }
  std::uint16_t port = 0;

 private:
  tftp::Server server_;
};

TEST_F(SocketNetworkTest, FetchesOverTftp) {
  const TftpSite site(2'000);
  Listener phone(*network, 1, "127.1.0.7");
  Fetched fetched = phone.Get(site.Fetch("x1-1.0.bin"));
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.status, 0);
  EXPECT_EQ(fetched.body, TftpSite::Bytes(2'000));
  EXPECT_EQ(fetched.digest, Sha1Hex(TftpSite::Bytes(2'000)));
  EXPECT_EQ(phone.Get(site.Fetch("peer")).body, "127.1.0.7");
  EXPECT_EQ(phone.Get(site.Fetch("none")).how, How::kMissing);
  EXPECT_EQ(phone.Get(site.Fetch("forbidden")).how, How::kRefused);
  phone::Fetch put = site.Fetch("0004f2a1b2c3-boot.log");
  put.method = "PUT";
  EXPECT_EQ(phone.Get(put).how, How::kRefused);
  phone::Fetch large = site.Fetch("x1-1.0.bin");
  large.tftp_options = {{"blksize", "1024"}};
  EXPECT_EQ(phone.Get(large).body, TftpSite::Bytes(2'000));
}

TEST_F(SocketNetworkTest, ShowsTheHeadFirstOverTftp) {
  const TftpSite site(5'000);
  Listener phone(*network, 1, "127.1.0.7");
  phone::Fetch fetch = site.Fetch("x1-1.0.bin");
  fetch.head = 600;
  Fetched fetched = phone.Get(fetch);
  EXPECT_THAT(phone.heads, ElementsAre(TftpSite::Bytes(600)));
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.digest, Sha1Hex(TftpSite::Bytes(5'000)));
  phone.go_on = false;
  fetched = phone.Get(fetch);
  EXPECT_EQ(fetched.how, How::kStopped);
  EXPECT_EQ(fetched.size, 1'024u);
}

TEST_F(SocketNetworkTest, GetsFilesOverABadLine) {
  const TftpSite site(20'000);
  Listener phone(*network, 3, "127.1.0.7", {.loss = 0.05, .duplication = 0.1, .reordering = 0.1, .jitter = 2ms, .held = 10ms});
  phone::Fetch fetch = site.Fetch("x1-1.0.bin");
  fetch.patience = 500ms;
  const Fetched fetched = phone.Get(fetch);
  EXPECT_EQ(fetched.how, How::kWhole);
  EXPECT_EQ(fetched.size, 20'000u);
  EXPECT_EQ(fetched.digest, Sha1Hex(TftpSite::Bytes(20'000)));
}

TEST_F(SocketNetworkTest, GivesUpOverADeadLine) {
  const TftpSite site(1'000);
  Listener phone(*network, 1, "127.1.0.7", {.loss = 1});
  phone::Fetch fetch = site.Fetch("x1-1.0.bin");
  fetch.patience = 50ms;
  EXPECT_EQ(phone.Get(fetch).how, How::kTimedOut);
}

// ---- SIP

std::string Options(const std::string& call) {
  return "OPTIONS sip:b@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK" + call +
         "\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: " + call +
         "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

// A host that notes what comes and from where.
struct Peer {
  explicit Peer(Network& network) {
    host = *network.AddHost("127.0.0.1", 0, [this](const Datagram& from) { heard.push_back(from); });
  }
  phone::SendSip To(const std::string& call) const { return {.ip = "127.0.0.1", .port = host->port(), .text = Options(call)}; }
  std::unique_ptr<Host> host;
  std::vector<Datagram> heard;
};

// A phone that was not let run until it was to send again looks first whether it has been answered.
TEST_F(SocketNetworkTest, WhatHasComeIsSeenBeforeWhatIsDue) {
  Peer peer(*network), other(*network);
  bool due = false, heard_before = false;
  (void)network->After(0ms, [&] {
    due = true;
    heard_before = !peer.heard.empty();
  });
  other.host->Send({"127.0.0.1", peer.host->port(), "an answer"});
  // Both are there now: the network runs only while it is told to.
  ASSERT_TRUE(RunUntil([&] { return due; }));
  EXPECT_TRUE(heard_before);
}

TEST_F(SocketNetworkTest, TellsPhonesApartByTheAddressThatIsWrittenTo) {
  Use({.sip_port = 0});
  ASSERT_NE(network->sip_port(), 0);
  Peer peer(*network);
  Listener first(*network, 1, "127.1.0.1"), second(*network, 2, "127.1.0.2");
  first.link->SendSip(peer.To("one"));
  second.link->SendSip(peer.To("two"));
  ASSERT_TRUE(RunUntil([&] { return peer.heard.size() == 2; }));
  EXPECT_EQ(peer.heard[0].ip, "127.1.0.1");
  EXPECT_EQ(peer.heard[0].port, network->sip_port());
  EXPECT_EQ(peer.heard[1].ip, "127.1.0.2");
  EXPECT_THAT(peer.heard[1].bytes, HasSubstr("Call-ID: two"));

  peer.host->Send({"127.1.0.2", network->sip_port(), Options("three")});
  peer.host->Send({"127.1.0.1", network->sip_port(), "no SIP"});
  peer.host->Send({"127.1.0.9", network->sip_port(), Options("nobody")});
  peer.host->Send({"127.1.0.1", network->sip_port(), Options("four")});
  ASSERT_TRUE(RunUntil([&] { return first.heard.size() == 1 && second.heard.size() == 1; }));
  EXPECT_EQ(second.heard[0].message.Get("Call-ID"), "three");
  EXPECT_EQ(second.heard[0].from_ip, "127.0.0.1");
  EXPECT_EQ(second.heard[0].from_port, peer.host->port());
  EXPECT_EQ(first.heard[0].message.Get("Call-ID"), "four");
  EXPECT_EQ(network->traffic().not_sip, 2u);
}

TEST_F(SocketNetworkTest, BehindOneAddressTheFirstPhoneKeepsThePort) {
  Use({.addressing = Addressing::kShared, .sip_port = 0});
  Peer peer(*network);
  Listener first(*network, 1, "192.0.2.1"), second(*network, 2, "192.0.2.2");
  first.link->SendSip(peer.To("one"));
  second.link->SendSip(peer.To("two"));
  ASSERT_TRUE(RunUntil([&] { return peer.heard.size() == 2; }));
  EXPECT_EQ(peer.heard[0].port, network->sip_port());
  EXPECT_NE(peer.heard[1].port, network->sip_port());
  for (const Datagram& from : std::vector<Datagram>(peer.heard)) peer.host->Send({from.ip, from.port, from.bytes});
  ASSERT_TRUE(RunUntil([&] { return !first.heard.empty() && !second.heard.empty(); }));
  EXPECT_EQ(first.heard[0].message.Get("Call-ID"), "one");
  EXPECT_EQ(second.heard[0].message.Get("Call-ID"), "two");
}

TEST_F(SocketNetworkTest, WithoutASipPortNothingIsSaid) {
  Peer peer(*network);
  Listener phone(*network, 1, "127.1.0.1");
  phone.link->SendSip(peer.To("one"));
  Site site([](const http::Request&) { return http::Response{}; });
  phone.Get(site.Fetch("/a"));
  EXPECT_THAT(peer.heard, SizeIs(0));
}

TEST_F(SocketNetworkTest, ABadLineLosesAndDoublesSip) {
  Use({.sip_port = 0});
  Peer peer(*network);
  Listener lossy(*network, 1, "127.1.0.1", {.loss = 1}), doubling(*network, 2, "127.1.0.2", {.duplication = 1});
  lossy.link->SendSip(peer.To("one"));
  doubling.link->SendSip(peer.To("two"));
  ASSERT_TRUE(RunUntil([&] { return peer.heard.size() == 2; }));
  EXPECT_EQ(peer.heard[0].ip, "127.1.0.2");
  EXPECT_EQ(peer.heard[1].bytes, peer.heard[0].bytes);
  EXPECT_EQ(network->traffic().lost_by_noise, 1u);
}

TEST_F(SocketNetworkTest, SpeaksSipOverTcp) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::string peer_address, received;
  std::thread registrar([&] {
    asio::ip::tcp::socket socket(context);
    acceptor.accept(socket);
    peer_address = socket.remote_endpoint().address().to_string();
    boost::system::error_code code;
    asio::read_until(socket, asio::dynamic_buffer(received), "two\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", code);
    const std::string answers = Options("three") + Options("four");
    asio::write(socket, asio::buffer(answers.substr(0, 50)), code);
    asio::write(socket, asio::buffer(answers.substr(50)), code);
  });
  Use({.sip_port = 0});
  Listener phone(*network, 1, "127.1.0.7");
  const std::uint16_t port = acceptor.local_endpoint().port();
  phone.link->SendSip({.ip = "127.0.0.1", .port = port, .transport = "tcp", .text = Options("one")});
  phone.link->SendSip({.ip = "127.0.0.1", .port = port, .transport = "tcp", .text = Options("two")});
  EXPECT_TRUE(RunUntil([&] { return phone.heard.size() == 2; }));
  registrar.join();
  EXPECT_EQ(peer_address, "127.1.0.7");
  EXPECT_EQ(received, Options("one") + Options("two"));
  ASSERT_THAT(phone.heard, SizeIs(2));
  EXPECT_EQ(phone.heard[1].message.Get("Call-ID"), "four");
}

TEST(SocketNetwork, SaysThatItsPortIsTaken) {
  SocketNetwork first({.sip_port = 0});
  ASSERT_TRUE(first.Open());
  SocketNetwork second({.sip_port = first.sip_port()});
  const Result<> opened = second.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(opened.error().message, HasSubstr(std::to_string(first.sip_port())));
}

}  // namespace
}  // namespace provdlab::network
