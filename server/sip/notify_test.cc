// Phones of the test's own, on real sockets.
#include "server/sip/notify.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/sip/phone_notifier.h"

namespace provdlab::server::sip {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::seconds kDeadline{20};
// Quick to repeat itself, slow to give up.
constexpr Timers kPatient{milliseconds(20), milliseconds(40), std::chrono::duration_cast<milliseconds>(kDeadline)};

// The value of a message's header; "" if it has none.
std::string HeaderOf(const std::string& message, const std::string& name) {
  const std::size_t at = message.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return message.substr(begin, message.find("\r\n", begin) - begin);
}

std::string AnswerTo(const std::string& request, const std::string& status) {
  std::string answer = "SIP/2.0 " + status + "\r\n";
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) answer += std::string(name) + ": " + HeaderOf(request, name) + "\r\n";
  return answer + "Content-Length: 0\r\n\r\n";
}

// Answers each datagram with what `script` makes of it and its number, from 1. Its thread ends with it.
class Phone {
 public:
  using Script = std::function<std::vector<std::string>(const std::string& request, int number)>;
  explicit Phone(Script script) : script_(std::move(script)) {
    socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Phone() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  std::uint16_t port() const { return port_; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  bool AwaitRequests(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return requests_.size() >= count; });
  }

 private:
  void Run() {
    for (;;) {
      char bytes[4096];
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const ssize_t count = recvfrom(socket_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&peer), &size);
      if (count <= 0) return;
      std::vector<std::string> answers;
      {
        const std::lock_guard lock(mutex_);
        requests_.emplace_back(bytes, static_cast<std::size_t>(count));
        answers = script_(requests_.back(), static_cast<int>(requests_.size()));
        changed_.notify_all();
      }
      for (const std::string& answer : answers) sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
    }
  }

  const Script script_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

Phone::Script Always(const std::string& status) {
  return [status](const std::string& request, int) { return std::vector<std::string>{AnswerTo(request, status)}; };
}

Result<> Notify(const Phone& phone, const Timers& timers = kPatient, const std::stop_token& stop = {}) {
  return SendNotify({.ip = "127.0.0.1", .port = phone.port(), .user = "alice", .event = "check-sync"}, timers, stop);
}

TEST(NotifyTest, SaysWhatAPhoneExpects) {
  Phone phone(Always("200 OK"));
  const auto told =
      SendNotify({.ip = "127.0.0.1", .port = phone.port(), .user = "al ice@é", .event = "check-sync;reboot=false"}, kPatient, {});
  ASSERT_TRUE(told) << told.error().message;
  const std::string request = phone.requests().at(0);
  const std::string there = "127.0.0.1:" + std::to_string(phone.port());
  EXPECT_THAT(request, StartsWith("NOTIFY sip:al%20ice%40%C3%A9@" + there + " SIP/2.0\r\n"));
  EXPECT_EQ(HeaderOf(request, "To"), "<sip:al%20ice%40%C3%A9@" + there + ">");
  EXPECT_EQ(HeaderOf(request, "Event"), "check-sync;reboot=false");
  EXPECT_EQ(HeaderOf(request, "Subscription-State"), "terminated");
  EXPECT_EQ(HeaderOf(request, "Max-Forwards"), "70");
  EXPECT_EQ(HeaderOf(request, "CSeq"), "1 NOTIFY");
  EXPECT_EQ(HeaderOf(request, "Content-Length"), "0");
  EXPECT_THAT(HeaderOf(request, "Via"), StartsWith("SIP/2.0/UDP 127.0.0.1:"));
  EXPECT_THAT(HeaderOf(request, "From"), HasSubstr(">;tag="));
  EXPECT_THAT(request, ::testing::EndsWith("\r\n\r\n"));
}

TEST(NotifyTest, RepeatsTheSameMessageUntilItIsAnswered) {
  Phone phone([](const std::string& request, int number) {
    return number < 4 ? std::vector<std::string>() : std::vector<std::string>{AnswerTo(request, "202 Accepted")};
  });
  EXPECT_TRUE(Notify(phone));
  const auto requests = phone.requests();
  ASSERT_GE(requests.size(), 4u);
  for (const std::string& request : requests) EXPECT_EQ(request, requests.front());
}

TEST(NotifyTest, GoesOnWaitingAfterAProvisionalAnswer) {
  Phone phone([](const std::string& request, int number) {
    return std::vector<std::string>{AnswerTo(request, number == 1 ? "100 Trying" : "200 OK")};
  });
  EXPECT_TRUE(Notify(phone));
  EXPECT_GE(phone.requests().size(), 2u);
}

TEST(NotifyTest, TellsHowThePhoneRefused) {
  for (const char* status : {"489 Bad Event", "401 Unauthorized", "302 Moved Temporarily", "500 Server Error", "600 Busy Everywhere"}) {
    Phone phone(Always(status));
    const auto told = Notify(phone);
    ASSERT_FALSE(told) << status;
    EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(told.error().message, HasSubstr(status));
  }
}

TEST(NotifyTest, TakesNothingForAnAnswerThatIsNone) {
  Phone phone([](const std::string& request, int) {
    std::string other_branch = AnswerTo(request, "486 Busy Here"), other_method = other_branch;
    other_branch.replace(other_branch.find("z9hG4bK"), 12, "z9hG4bK00000");
    other_method.replace(other_method.find("1 NOTIFY"), 8, "1 INVITE");
    return std::vector<std::string>{"",
                                    "\r\n\r\n",
                                    std::string(3'000, 'x'),
                                    std::string("\0\0\0\0", 4),
                                    request,
                                    "SIP/2.0 486 Busy Here\r\n\r\n",
                                    "SIP/2.0 999999999999 x\r\nVia: \r\nCSeq: \r\n\r\n",
                                    other_branch,
                                    other_method,
                                    AnswerTo(request, "200 OK")};
  });
  const auto told = Notify(phone);
  EXPECT_TRUE(told) << told.error().message;
}

TEST(NotifyTest, GivesUpInTheEnd) {
  Phone phone([](const std::string&, int) { return std::vector<std::string>(); });
  const auto told = Notify(phone, {milliseconds(5), milliseconds(10), milliseconds(2'000)});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(phone.AwaitRequests(2));
}

TEST(NotifyTest, CanBeCancelled) {
  Phone phone([](const std::string&, int) { return std::vector<std::string>(); });
  std::stop_source stop;
  std::thread canceller([&] {
    EXPECT_TRUE(phone.AwaitRequests(1));
    stop.request_stop();
  });
  const auto told = Notify(phone, kPatient, stop.get_token());
  canceller.join();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(Notify(phone, kPatient, stop.get_token()).error().kind, ErrorKind::kCancelled);
}

TEST(NotifyTest, SeesThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    const Phone gone(Always("200 OK"));
    port = gone.port();
  }
  const auto told = SendNotify({.ip = "127.0.0.1", .port = port, .user = "", .event = "check-sync"}, kPatient, {});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
}

TEST(NotifyTest, RefusesWhatCanNotStandInAMessage) {
  for (const char* ip : {"", "x", "192.0.2.256", "::1", "192.0.2.7\r\nX: y"})
    EXPECT_EQ(SendNotify({.ip = ip, .user = "", .event = "check-sync"}, kPatient, {}).error().kind, ErrorKind::kInvalid) << ip;
  for (const char* event : {"", "check sync", "check-sync\r\nX: y", "é"})
    EXPECT_EQ(SendNotify({.ip = "127.0.0.1", .user = "", .event = event}, kPatient, {}).error().kind, ErrorKind::kInvalid) << event;
}

TEST(PhoneNotifierTest, AddressesThePhoneAsItKnowsItself) {
  Phone phone(Always("200 OK"));
  // Nothing is sent twice, however late its answer.
  PhoneNotifier notifier({.port = phone.port(), .timers = {kDeadline, kDeadline, kDeadline}});
  const Synchronization how{Synchronization::Method::kSipNotify, "check-sync"};
  for (const char* device :
       {R"({"id": "a", "ip": "127.0.0.1"})", R"({"id": "b", "ip": "127.0.0.1", "remote_state_sip_username": "je5qtq"})",
        R"({"id": "c", "ip": "127.0.0.1", "remote_state_sip_username": "ap1b2c3d4e"})",
        R"({"id": "d", "ip": "127.0.0.1", "remote_state_sip_username": "ap1b2c3d4e5"})",
        R"({"id": "e", "ip": "127.0.0.1", "remote_state_sip_username": "1b2c3d4eap"})"})
    EXPECT_TRUE(notifier.Call(how, *ParseJson(device), {})) << device;
  std::vector<std::string> users;
  for (const std::string& request : phone.requests()) users.push_back(request.substr(0, request.find('@')));
  EXPECT_THAT(users, ElementsAre("NOTIFY sip:anonymous", "NOTIFY sip:je5qtq", "NOTIFY sip:anonymous", "NOTIFY sip:ap1b2c3d4e5",
                                 "NOTIFY sip:1b2c3d4eap"));
}

TEST(PhoneNotifierTest, RefusesWithoutAnAddressOrAWay) {
  PhoneNotifier notifier({});
  EXPECT_EQ(notifier.Call({Synchronization::Method::kSipNotify, "check-sync"}, {{"id", "a"}}, {}).error().kind, ErrorKind::kInvalid);
  const Json known = {{"id", "a"}, {"remote_state_sip_username", "je5qtq"}};
  const auto lost = notifier.Call({Synchronization::Method::kSipNotify, "check-sync"}, known, {});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(lost.error().message, HasSubstr("no ip"));
  EXPECT_FALSE(notifier.Call({}, {{"id", "a"}, {"ip", "127.0.0.1"}}, {}));
}

}  // namespace
}  // namespace provdlab::server::sip
