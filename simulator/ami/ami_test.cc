// What only sockets show; what a client may do is in session_test.cc.
#include "simulator/ami/ami.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <mutex>
#include <optional>
#include <thread>

#include "base/descriptor.h"

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr milliseconds kDeadline{20'000};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
  }
  void Send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t size = send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) return;  // it was cut off
      sent += static_cast<std::size_t>(size);
    }
  }
  // Up to and with `end`; what came, if the connection ends before.
  std::string ReceiveTo(const std::string& end) {
    for (;;) {
      const std::size_t found = end.empty() ? std::string::npos : pending_.find(end);
      if (found != std::string::npos) {
        const std::string text = pending_.substr(0, found + end.size());
        pending_.erase(0, text.size());
        return text;
      }
      pollfd waiting{socket_.get(), POLLIN, 0};
      EXPECT_EQ(poll(&waiting, 1, static_cast<int>(kDeadline.count())), 1) << "nothing came";
      char bytes[4096];
      const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (size <= 0) return std::exchange(pending_, "");
      pending_.append(bytes, static_cast<std::size_t>(size));
    }
  }
  std::string ReceivePacket() { return ReceiveTo("\r\n\r\n"); }
  std::string ReceiveAll() { return ReceiveTo(""); }
  void Login() {
    EXPECT_EQ(ReceiveTo("\r\n"), "Asterisk Call Manager/5.0.1\r\n");
    Send("Action: Login\r\nActionID: 0\r\nUsername: provd\r\nSecret: secret\r\n\r\n");
    EXPECT_THAT(ReceivePacket(), StartsWith("Response: Success\r\nActionID: 0\r\n"));
  }
  void AskToNotify(const std::string& peer, const std::string& id = "1") {
    Send("Action: SIPnotify\r\nActionID: " + id + "\r\nChannel: " + peer + "\r\nVariable: Event=check-sync\r\n\r\n");
  }

 private:
  const Descriptor socket_;
  std::string pending_;
};

class AmiTest : public ::testing::Test {
 protected:
  std::uint16_t Start(Options options = {}) {
    ami_.emplace(std::move(options), board_);
    const auto port = ami_->Start();
    EXPECT_TRUE(port) << port.error().message;
    return port.value_or(0);
  }
  std::vector<std::string> told() {
    const std::scoped_lock lock(mutex_);
    return told_;
  }

  std::mutex mutex_;
  std::vector<std::string> told_;
  Switchboard board_{[this](const Notification& notification, const std::stop_token&) -> Result<> {
    const std::scoped_lock lock(mutex_);
    told_.push_back(notification.target() + " " + notification.event);
    return {};
  }};
  std::optional<Ami> ami_;
};

// As an old xivo-provd goes about it.
TEST_F(AmiTest, NotifiesForAClient) {
  Client client(Start());
  client.Login();
  client.Send("Action: SIPnotifyprovd\r\nPeerIP: 192.0.2.7\r\nVariable: Event=check-sync\r\nActionID: 1\r\n\r\n");
  EXPECT_EQ(client.ReceivePacket(), "Response: Success\r\nActionID: 1\r\nMessage: Notify Sent\r\n\r\n");
  client.AskToNotify("alice", "2");
  EXPECT_THAT(client.ReceivePacket(), HasSubstr("ActionID: 2"));
  EXPECT_THAT(told(), ElementsAre("192.0.2.7 check-sync", "alice check-sync"));
  EXPECT_EQ(board_.Journal().back().through, "ami");
  client.Send("Action: Logoff\r\n\r\n");
  EXPECT_EQ(client.ReceiveAll(), "Response: Goodbye\r\nMessage: Logged off\r\n\r\n") << "and the connection ends";
}

TEST_F(AmiTest, TellsAClientThatItFailed) {
  Client client(Start());
  client.Login();
  ASSERT_TRUE(board_.faults().Add({.action = {{"fail", "No such peer"}}, .times = 1}));
  client.AskToNotify("alice");
  EXPECT_EQ(client.ReceivePacket(), "Response: Error\r\nActionID: 1\r\nMessage: No such peer\r\n\r\n");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(AmiTest, EndsForAWrongSecret) {
  Client client(Start({.credentials = {.username = "a", .secret = "b"}, .banner = "Hello"}));
  EXPECT_EQ(client.ReceiveTo("\r\n"), "Hello\r\n");
  client.Send("Action: Login\r\nUsername: provd\r\nSecret: secret\r\n\r\n");
  EXPECT_EQ(client.ReceiveAll(), "Response: Error\r\nMessage: Authentication failed\r\n\r\n");
}

TEST_F(AmiTest, EndsForWhoDoesNotLogIn) {
  Client client(Start({.login_patience = milliseconds(10)}));
  EXPECT_EQ(client.ReceiveAll(), "Asterisk Call Manager/5.0.1\r\n");
}

TEST_F(AmiTest, EndsForAPacketWithoutAnEnd) {
  Client client(Start());
  client.Send(std::string(200'000, 'x'));
  EXPECT_THAT(client.ReceiveAll(), StartsWith("Asterisk Call Manager/5.0.1\r\n"));
  Client next(ami_->port());
  next.Login();
}

TEST_F(AmiTest, AnswersInTheOrderOfTheRequests) {
  const std::uint16_t port = Start();
  Client client(port), other(port);
  client.Login();
  other.Login();
  ASSERT_TRUE(board_.Hold("alice"));
  client.AskToNotify("alice", "1");
  client.AskToNotify("bob", "2");
  ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  other.AskToNotify("carol", "3");
  EXPECT_THAT(other.ReceivePacket(), HasSubstr("ActionID: 3")) << "another client does not wait";
  ASSERT_TRUE(board_.Release("alice"));
  EXPECT_THAT(client.ReceivePacket(), HasSubstr("ActionID: 1"));
  EXPECT_THAT(client.ReceivePacket(), HasSubstr("ActionID: 2"));
  EXPECT_THAT(told(), ElementsAre("carol check-sync", "alice check-sync", "bob check-sync"));
}

TEST_F(AmiTest, CancelsWhatAClientAskedForThatHasGone) {
  const std::uint16_t port = Start();
  ASSERT_TRUE(board_.Hold("alice"));
  {
    Client client(port);
    client.Login();
    client.AskToNotify("alice");
    ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  }
  const auto entry = board_.AwaitEnd(1, kDeadline);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->outcome, "failed");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(AmiTest, CancelsWhatIsUnderWayWhenItStops) {
  Client client(Start());
  client.Login();
  ASSERT_TRUE(board_.faults().Add({.target = "bob", .action = {{"hang", true}}}));
  client.AskToNotify("bob");
  ASSERT_TRUE(board_.AwaitNotification("bob", kDeadline));
  ami_->Stop();
  EXPECT_EQ(board_.Journal().back().outcome, "failed");
  EXPECT_EQ(client.ReceiveAll(), "");
}

TEST_F(AmiTest, SendsAwayWhoIsTooMany) {
  const std::uint16_t port = Start({.most_clients = 1});
  std::optional<Client> first(port);
  first->Login();
  EXPECT_EQ(Client(port).ReceiveAll(), "");
  first.reset();
  // Its place is free a moment later.
  std::string banner;
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (banner.empty() && std::chrono::steady_clock::now() < end) banner = Client(port).ReceiveTo("\r\n");
  EXPECT_THAT(banner, HasSubstr("Call Manager"));
}

TEST_F(AmiTest, SaysWhyItCanNotListen) {
  EXPECT_EQ(Ami({.bind = "localhost"}, board_).Start().error().kind, ErrorKind::kInvalid);
  const std::uint16_t port = Start();
  const auto second = Ami({.port = port}, board_).Start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(port)));
  EXPECT_EQ(ami_->Start().error().kind, ErrorKind::kConflict);
  ami_->Stop();
  EXPECT_TRUE(Ami({.port = port}, board_).Start());
}

}  // namespace
}  // namespace provdlab::ami
