// The other ends are sockets of the test's own; what a NOTIFY does with it is tested in server/sip.
#include "base/sip/client_transaction.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <thread>

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
