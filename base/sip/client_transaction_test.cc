// The other ends are sockets of the test's own; what a NOTIFY does with it is tested in server/sip.
#include "base/sip/client_transaction.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"

namespace provdlab::sip {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Timers kPatient{milliseconds(20), milliseconds(40), milliseconds(20'000)};

// Hears one datagram and answers it with what `script` makes of it.
class Other {
 public:
  using Script = std::function<std::string(const Message& request)>;
  explicit Other(Script script) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)), script_(std::move(script)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::jthread([this] { Run(); });
  }
  ~Other() { shutdown(socket_.get(), SHUT_RDWR); }
  std::uint16_t port() const { return port_; }
  std::string asked() {
    thread_.join();
    return asked_;
  }
  std::string from() const { return from_; }

 private:
  void Run() {
    char bytes[4096];
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const ssize_t count = recvfrom(socket_.get(), bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (count <= 0) return;
    asked_.assign(bytes, static_cast<std::size_t>(count));
    char ip[INET_ADDRSTRLEN];
    from_ = std::string(inet_ntop(AF_INET, &peer.sin_addr, ip, sizeof ip)) + ":" + std::to_string(ntohs(peer.sin_port));
    const std::string answer = script_(*Parse(asked_));
    sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
  }

  const Descriptor socket_;
  const Script script_;
  std::uint16_t port_ = 0;
  std::string asked_, from_;
  std::jthread thread_;
};

Message Options(const std::string& here) { return NewRequest("OPTIONS", "sip:somebody", "sip:us@" + here); }

TEST(SipAsk, GivesTheFinalAnswerWhateverItSays) {
  for (const int status : {200, 302, 489, 503, 603}) {
    Other other([&](const Message& request) { return ResponseTo(request, status, "As asked", "t").Text(); });
    const auto answer = Ask({.ip = "127.0.0.1", .port = other.port()}, Options, kPatient, {});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->reason, "As asked");
  }
}

TEST(SipAsk, PutsItsViaOnTopOfWhatItWasGiven) {
  Other other([&](const Message& request) { return ResponseTo(request, 200, "OK", "t").Text(); });
  std::string here;
  const auto compose = [&](const std::string& local) {
    here = local;
    return Options(local);
  };
  ASSERT_TRUE(Ask({.ip = "127.0.0.1", .port = other.port()}, compose, kPatient, {}));
  const auto asked = Parse(other.asked());
  ASSERT_TRUE(asked);
  EXPECT_EQ(here, other.from());
  EXPECT_EQ(asked->headers.front().name, "Via");
  EXPECT_THAT(asked->headers.front().value, StartsWith("SIP/2.0/UDP " + here + ";branch=z9hG4bK"));
  EXPECT_THAT(*asked->Get("From"), StartsWith("<sip:us@" + here + ">;tag="));
}

TEST(SipAsk, LeavesFromTheAddressThatItIsTold) {
  Other other([&](const Message& request) { return ResponseTo(request, 200, "OK", "t").Text(); });
  ASSERT_TRUE(Ask({.ip = "127.0.0.1", .port = other.port(), .from = "127.0.0.77"}, Options, kPatient, {}));
  other.asked();
  EXPECT_THAT(other.from(), StartsWith("127.0.0.77:"));
}

// Sends what is no answer and takes long to read, from several threads so that there is always one more, until it is told to stop or all
// hope is gone.
class Flood {
 public:
  Flood() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    first_ = std::jthread([this](const std::stop_token& stop) { Begin(stop); });
  }
  std::uint16_t port() const { return port_; }
  void AwaitBegin() { begun_.get_future().wait(); }
  bool runs() const { return runs_; }

 private:
  static constexpr int kThreads = 4;

  void Begin(const std::stop_token& stop) {
    char bytes[4096];
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    EXPECT_GT(recvfrom(socket_.get(), bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &size), 0);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&peer), size), 0);
    std::vector<std::jthread> others;
    for (int i = 1; i < kThreads; ++i) others.emplace_back([&] { Send(stop); });
    begun_.set_value();
    Send(stop);
    runs_ = false;
  }
  void Send(const std::stop_token& stop) const {
    std::string junk = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKwrong\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n";
    junk += "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n";
    for (int i = 0; i < 15'000; ++i) junk += "a:\r\n";
    junk += "Content-Length: 0\r\n\r\n";
    const auto hopeless = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < hopeless)
      static_cast<void>(send(socket_.get(), junk.data(), junk.size(), 0));
  }

  const Descriptor socket_;
  std::uint16_t port_ = 0;
  std::promise<void> begun_;
  std::atomic<bool> runs_ = true;
  std::jthread first_;
};

TEST(SipAsk, GivesUpWhileAPeerKeepsSending) {
  Flood flood;
  const auto answer = Ask({.ip = "127.0.0.1", .port = flood.port()}, Options, {milliseconds(20), milliseconds(40), milliseconds(300)}, {});
  EXPECT_TRUE(flood.runs());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
}

TEST(SipAsk, CanBeCancelledWhileAPeerKeepsSending) {
  Flood flood;
  std::stop_source stop;
  std::jthread canceller([&] {
    flood.AwaitBegin();
    stop.request_stop();
  });
  const auto answer = Ask({.ip = "127.0.0.1", .port = flood.port()}, Options, kPatient, stop.get_token());
  EXPECT_TRUE(flood.runs());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kCancelled);
}

TEST(SipAsk, RefusesWhatIsNoAddress) {
  EXPECT_EQ(Ask({.ip = "phone.example"}, Options, kPatient, {}).error().kind, ErrorKind::kInvalid);
  const auto from = Ask({.ip = "127.0.0.1", .from = "here"}, Options, kPatient, {});
  ASSERT_FALSE(from);
  EXPECT_EQ(from.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(from.error().message, HasSubstr("'here'"));
}

TEST(SipAsk, SaysThatNobodyCanBeReached) {
  const auto foreign = Ask({.ip = "127.0.0.1", .from = "192.0.2.1"}, Options, kPatient, {});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, ErrorKind::kUnavailable);
}

TEST(SipNewRequest, IsWholeButForItsVia) {
  Message request = NewRequest("OPTIONS", "sip:a@b", "sip:c@d");
  EXPECT_NE(request.Get("Call-ID"), NewRequest("OPTIONS", "sip:a@b", "sip:c@d").Get("Call-ID"));
  request.headers.insert(request.headers.begin(), {"Via", "SIP/2.0/UDP d"});
  EXPECT_EQ(Parse(request.Text()), request);
}

}  // namespace
}  // namespace provdlab::sip
