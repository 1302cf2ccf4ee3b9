// Phones are sockets of the test's own; the registrar is a real one.
#include "simulator/ami/delivery.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <mutex>
#include <thread>

#include "base/descriptor.h"

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Nothing is sent twice, however late its answer: how often a phone was told is counted.
constexpr sip::Timers kPatient{milliseconds(20'000), milliseconds(20'000), milliseconds(20'000)};

// Answers every request with a status, on a thread of its own.
class Phone {
 public:
  explicit Phone(int status = 200) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)), status_(status) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::jthread([this] { Run(); });
  }
  ~Phone() { shutdown(socket_.get(), SHUT_RDWR); }
  std::uint16_t port() const { return port_; }
  std::vector<sip::Message> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

  // As it registers: the challenge is answered.
  void Register(registrar::Registrar& registrar, const std::string& contact) const {
    const auto ask = [&](const std::string& authorization) {
      return sip::Ask({.ip = "127.0.0.1", .port = registrar.port()},
                      [&](const std::string&) {
                        sip::Message request = sip::NewRequest("REGISTER", "sip:registrar", "sip:alice@registrar");
                        for (sip::Header& header : request.headers)
                          if (header.name == "To") header.value = "<sip:alice@registrar>";
                        request.Add("Contact", "<" + contact + ">");
                        if (!authorization.empty()) request.Add("Authorization", authorization);
                        return request;
                      },
                      kPatient, {});
    };
    const auto challenge = sip::ReadChallenge(ask("")->Get("WWW-Authenticate").value_or(""));
    ASSERT_TRUE(challenge);
    EXPECT_EQ(ask(sip::Authorization(*challenge, {"alice", "right"}, "REGISTER", "sip:registrar", "c", 1))->status, 200);
  }

 private:
  void Run() {
    for (;;) {
      char bytes[4096];
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const ssize_t count = recvfrom(socket_.get(), bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &size);
      if (count <= 0) return;
      const auto request = sip::Parse({bytes, static_cast<std::size_t>(count)});
      if (!request) continue;
      {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(*request);
      }
      const std::string answer = sip::ResponseTo(*request, status_, sip::ReasonPhrase(status_), "t").Text();
      sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
    }
  }

  const Descriptor socket_;
  const int status_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<sip::Message> requests_;
  std::jthread thread_;
};

std::string ContactOf(const Phone& phone) { return "sip:alice@127.0.0.1:" + std::to_string(phone.port()) + ";transport=udp"; }

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    EXPECT_TRUE(registrar_.Allow({.user = "alice", .password = "right"}));
    EXPECT_TRUE(registrar_.Start());
  }
  Result<> Tell(const Notification& notification, std::uint16_t port = sip::kDefaultPort) {
    return DeliverOverSip({.registrar = &registrar_, .port = port, .timers = kPatient})(notification, {});
  }
  registrar::Registrar registrar_{{}};
};

TEST_F(DeliveryTest, TellsAPhoneByItsAddress) {
  Phone phone;
  const std::string there = "127.0.0.1:" + std::to_string(phone.port());
  ASSERT_TRUE(Tell({.action = "SIPnotifyprovd", .ip = "127.0.0.1", .event = "check-sync", .variables = {{"X-Own", "1"}}}, phone.port()));
  ASSERT_TRUE(Tell({.action = "PJSIPNotify", .ip = "127.0.0.1", .port = phone.port(), .user = "anonymous", .event = "check-sync"}));
  const auto requests = phone.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].method, "NOTIFY");
  EXPECT_EQ(requests[0].uri, "sip:" + there);
  EXPECT_EQ(requests[0].Get("Event"), "check-sync");
  EXPECT_EQ(requests[0].Get("Subscription-State"), "terminated");
  EXPECT_EQ(requests[0].Get("X-Own"), "1");
  EXPECT_EQ(requests[1].uri, "sip:anonymous@" + there);
}

TEST_F(DeliveryTest, TellsAPeerWhereItIsRegistered) {
  EXPECT_EQ(Tell({.action = "SIPnotify", .peer = "alice", .event = "check-sync"}).error().kind, ErrorKind::kNotFound);
  Phone phone;
  phone.Register(registrar_, ContactOf(phone));
  ASSERT_TRUE(Tell({.action = "SIPnotify", .peer = "alice", .event = "check-sync"}));
  ASSERT_THAT(phone.requests(), SizeIs(1));
  EXPECT_EQ(phone.requests()[0].uri, ContactOf(phone));
}

TEST_F(DeliveryTest, TellsEveryPhoneThatSharesAnAccount) {
  Phone good, bad(489), other;
  for (const Phone* phone : {&good, &bad, &other}) phone->Register(registrar_, ContactOf(*phone));
  const auto told = Tell({.action = "PJSIPNotify", .peer = "alice", .event = "check-sync"});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().message, "127.0.0.1:" + std::to_string(bad.port()) + " answered 489 Bad Event");
  for (const Phone* phone : {&good, &bad, &other}) EXPECT_THAT(phone->requests(), SizeIs(1)) << phone->port();
}

TEST_F(DeliveryTest, KnowsNoPeerWithoutARegistrar) {
  const auto told = DeliverOverSip({})({.action = "SIPnotify", .peer = "alice", .event = "check-sync"}, {});
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().message, HasSubstr("'alice' is not registered"));
}

}  // namespace
}  // namespace provdlab::ami
