// Exchanges of the test's own, on real sockets.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/ami/packet.h"
#include "base/descriptor.h"
#include "base/http/server.h"
#include "server/exchange/ami_notifier.h"
#include "server/exchange/gateway_notifier.h"
#include "server/exchange/recipient.h"

namespace provdlab::server::exchange {
namespace {

using ami::Packet;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr milliseconds kPatience{20'000};
constexpr milliseconds kShort{50};

const Synchronization kHow{Synchronization::Method::kSipNotify, "check-sync"};

Json Device(const char* text) { return Json::parse(text); }
const Json kUser = Device(R"({"id": "a", "ip": "192.0.2.7", "remote_state_sip_username": "je5qtq"})");
const Json kAddress = Device(R"({"id": "b", "ip": "192.0.2.7"})");

TEST(RecipientTest, IsTheUserThatThePhoneHasOrItsAddress) {
  struct Case {
    const char* device;
    const char* user;
    const char* ip;
  };
  for (const Case& one : {Case{R"({"ip": "192.0.2.7", "remote_state_sip_username": "je5qtq"})", "je5qtq", "192.0.2.7"},
                          Case{R"({"remote_state_sip_username": "je5qtq"})", "je5qtq", ""},
                          Case{R"({"ip": "192.0.2.7", "remote_state_sip_username": "ap1b2c3d4e"})", "", "192.0.2.7"},
                          Case{R"({"ip": "192.0.2.7", "remote_state_sip_username": "ap1b2c3d4e5"})", "ap1b2c3d4e5", "192.0.2.7"},
                          Case{R"({"ip": "192.0.2.7", "remote_state_sip_username": 5})", "", "192.0.2.7"}}) {
    const auto recipient = RecipientOf(Device(one.device));
    ASSERT_TRUE(recipient) << one.device;
    EXPECT_EQ(recipient->user, one.user) << one.device;
    EXPECT_EQ(recipient->ip, one.ip) << one.device;
  }
  for (const char* nobody : {R"({})", R"({"remote_state_sip_username": "ap1b2c3d4e"})"})
    EXPECT_FALSE(RecipientOf(Device(nobody))) << nobody;
}

// A manager interface that answers each packet by a script. It takes one client after the other until it goes.
class Manager {
 public:
  // What is sent back; nullopt: the connection ends.
  using Script = std::function<std::optional<std::string>(const Packet&)>;
  explicit Manager(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 10), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Manager() {
    over_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  std::vector<Packet> packets() const {
    const std::lock_guard lock(mutex_);
    return packets_;
  }

 private:
  void Run() {
    while (!over_) {
      const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      Say(client, "Asterisk Call Manager/5.0.1\r\n");
      ami::PacketReader reader;
      Talk(client, reader);
    }
  }
  void Talk(const Descriptor& client, ami::PacketReader& reader) {
    for (;;) {
      const auto packet = reader.Next();
      if (!packet) return;
      if (*packet) {
        std::optional<std::string> answer;
        {
          const std::lock_guard lock(mutex_);
          packets_.push_back(**packet);
          answer = script_(**packet);
        }
        if (!answer) return;
        Say(client, *answer);
        continue;
      }
      std::array<char, 1024> bytes{};
      const ssize_t size = ::recv(client.get(), bytes.data(), bytes.size(), 0);
      if (size <= 0) return;
      reader.Put({bytes.data(), static_cast<std::size_t>(size)});
    }
  }
  static void Say(const Descriptor& client, const std::string& text) { (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL); }

  const Script script_;
  const Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::vector<Packet> packets_;
  std::thread thread_;
};

std::string Answer(const Packet& packet, const std::string& response, const std::string& message = "") {
  Packet answer{{{"Response", response}}};
  if (!packet.Get("ActionID").empty()) answer.fields.push_back({"ActionID", packet.Get("ActionID")});
  if (!message.empty()) answer.fields.push_back({"Message", message});
  return answer.Text();
}

Manager::Script Agrees() {
  return [](const Packet& packet) { return Answer(packet, "Success"); };
}

AmiNotifier NotifierFor(const Manager& manager, milliseconds patience = kPatience) {
  return AmiNotifier({.port = manager.port(), .username = "provd", .secret = "s3cret", .patience = patience});
}

TEST(AmiNotifierTest, LogsInNotifiesAndLeaves) {
  Manager manager(Agrees());
  const auto told = NotifierFor(manager).Call(kHow, kUser, {});
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_TRUE(NotifierFor(manager).Call(kHow, kAddress, {}));
  std::vector<std::string> seen;
  for (const Packet& packet : manager.packets()) {
    if (packet.Get("Action") == "Logoff") continue;  // nobody waits until that is read
    seen.push_back(packet.Get("Action") + " " + packet.Get("Username") + packet.Get("Secret") + packet.Get("Channel") +
                   packet.Get("PeerIP") + " " + packet.Get("Variable"));
  }
  EXPECT_THAT(seen, ElementsAre("Login provds3cret ", "SIPnotify je5qtq Event=check-sync", "Login provds3cret ",
                                "SIPnotifyprovd 192.0.2.7 Event=check-sync"));
}

TEST(AmiNotifierTest, PassesOverWhatIsNoAnswerToItsQuestion) {
  Manager manager([](const Packet& packet) {
    return "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n" + Packet{{{"Response", "Error"}, {"ActionID", "77"}}}.Text() +
           Answer(packet, "Success");
  });
  EXPECT_TRUE(NotifierFor(manager).Call(kHow, kUser, {}));
}

TEST(AmiNotifierTest, SaysWhatTheExchangeRefused) {
  for (const char* action : {"Login", "SIPnotify"}) {
    Manager manager([action](const Packet& packet) {
      const bool refused = packet.Get("Action") == action;
      return Answer(packet, refused ? "Error" : "Success", refused ? "No such peer" : "");
    });
    const auto told = NotifierFor(manager).Call(kHow, kUser, {});
    ASSERT_FALSE(told) << action;
    EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(told.error().message, HasSubstr("No such peer"));
  }
}

TEST(AmiNotifierTest, FailsInTimeWithAnExchangeThatDoesNot) {
  struct Case {
    const char* about;
    Manager::Script script;
    ErrorKind kind;
  };
  for (const Case& one : {Case{"is silent", [](const Packet&) { return std::string(); }, ErrorKind::kTimeout},
                          Case{"goes", [](const Packet&) { return std::nullopt; }, ErrorKind::kUnavailable},
                          Case{"never ends", [](const Packet&) { return std::string(20'000, 'x'); }, ErrorKind::kUnavailable}}) {
    Manager manager(one.script);
    const auto told = NotifierFor(manager, one.kind == ErrorKind::kTimeout ? kShort : kPatience).Call(kHow, kUser, {});
    ASSERT_FALSE(told) << one.about;
    EXPECT_EQ(told.error().kind, one.kind) << one.about << ": " << told.error().message;
  }
}

TEST(AmiNotifierTest, CanBeCancelled) {
  std::stop_source stop;
  Manager manager([&stop](const Packet&) {
    stop.request_stop();
    return std::string();
  });
  const auto told = NotifierFor(manager).Call(kHow, kUser, stop.get_token());
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kCancelled);
}

TEST(AmiNotifierTest, SeesThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    const Manager gone(Agrees());
    port = gone.port();
  }
  const auto told = AmiNotifier({.port = port}).Call(kHow, kUser, {});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(AmiNotifier({.host = "exchange.invalid"}).Call(kHow, kUser, {}));
}

// A gateway that keeps what it was asked.
class Gateway {
 public:
  Gateway(int status, std::string body) {
    server_.emplace(http::ServerOptions{}, [this, status, body](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request.method + " " + request.target + " " + request.body + " " +
                       request.headers.Get("X-Auth-Token").value_or("-"));
      http::Response response;
      response.status = status;
      response.body = body;
      return response;
    });
    const auto port = server_->Start();
    EXPECT_TRUE(port);
    url_ = *http::ParseUrl("http://127.0.0.1:" + std::to_string(*port) + "/api/");
  }
  GatewayNotifier Notifier(std::string token = "") const { return GatewayNotifier({.url = url_, .token = std::move(token)}); }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  http::Url url_;
  std::optional<http::Server> server_;
};

constexpr const char* kSuccess = R"([{"Response": "Success", "Message": "Notify Sent"}])";

TEST(GatewayNotifierTest, PostsWhomToTell) {
  const Gateway gateway(200, kSuccess);
  const auto told = gateway.Notifier().Call(kHow, kUser, {});
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_TRUE(gateway.Notifier("token").Call({Synchronization::Method::kSipNotify, "check-sync;reboot=false"}, kAddress, {}));
  EXPECT_THAT(
      gateway.asked(),
      ElementsAre("POST /api/1.0/action/PJSIPNotify Variable=Event%3Dcheck-sync&Endpoint=je5qtq -",
                  "POST /api/1.0/action/PJSIPNotify Variable=Event%3Dcheck-sync%3Breboot%3Dfalse&URI=sip%3Aanonymous%40192.0.2.7 token"));
}

TEST(GatewayNotifierTest, FailsUnlessTheExchangeSaidSuccess) {
  struct Case {
    int status;
    const char* body;
    const char* why;
  };
  for (const Case& one : {Case{200, R"([{"Response": "Error", "Message": "No such endpoint"}])", "No such endpoint"},
                          Case{200, R"([{"Response": "Success"}, {"Response": "Error"}])", "did not say Success"},
                          Case{200, "[]", "no list"}, Case{200, "<html>", "no list"}, Case{401, kSuccess, "401"}, Case{503, "", "503"}}) {
    const Gateway gateway(one.status, one.body);
    const auto told = gateway.Notifier().Call(kHow, kUser, {});
    ASSERT_FALSE(told) << one.body;
    EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(told.error().message, HasSubstr(one.why));
  }
}

// A port that takes connections and never says anything.
class Silent {
 public:
  Silent() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 10), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    url = *http::ParseUrl("http://127.0.0.1:" + std::to_string(ntohs(here.sin_port)));
  }
  void AwaitClient() const {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, static_cast<int>(kPatience.count())), 1);
  }
  http::Url url;

 private:
  const Descriptor socket_;
};

TEST(GatewayNotifierTest, FailsInTimeAndCanBeCancelled) {
  const Silent silent;
  const auto late = GatewayNotifier({.url = silent.url, .patience = kShort}).Call(kHow, kUser, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);

  std::stop_source stop;
  std::thread canceller([&] {
    silent.AwaitClient();
    stop.request_stop();
  });
  const auto cancelled = GatewayNotifier({.url = silent.url, .patience = kPatience}).Call(kHow, kUser, stop.get_token());
  canceller.join();
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace provdlab::server::exchange
