// What only sockets show; what a registrar decides is in core_test.cc.
#include "simulator/registrar/registrar.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "base/descriptor.h"
#include "base/sip/stream.h"

namespace provdlab::registrar {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr milliseconds kDeadline{20'000};

sockaddr_in At(const std::string& ip, std::uint16_t port) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  endpoint.sin_port = htons(port);
  EXPECT_EQ(inet_pton(AF_INET, ip.c_str(), &endpoint.sin_addr), 1);
  return endpoint;
}

// A phone's socket, bound to an address of its own and connected, so that it hears nobody but whom it asked.
class Phone {
 public:
  Phone(int type, std::uint16_t port, const std::string& there = "127.0.0.1", const std::string& here = "127.0.0.1")
      : socket_(::socket(AF_INET, type, 0)), transport_(type == SOCK_STREAM ? "TCP" : "UDP") {
    const sockaddr_in own = At(here, 0), peer = At(there, port);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer), 0);
  }
  void Send(const std::string& bytes) {
    EXPECT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // The next message; one that does not come has status 0.
  sip::Message Receive() {
    for (;;) {
      if (transport_ == "TCP") {
        auto next = stream_.Next();
        if (next && *next) return sip::Parse(**next).value_or(sip::Message{});
      }
      const std::string bytes = ReceiveBytes();
      if (bytes.empty()) return {};
      if (transport_ == "UDP") return sip::Parse(bytes).value_or(sip::Message{});
      stream_.Put(bytes);
    }
  }
  // Empty at the end of the connection, and if nothing comes.
  std::string ReceiveBytes() {
    pollfd waiting{socket_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, static_cast<int>(kDeadline.count())), 1) << "nothing came";
    std::string bytes(65'536, '\0');
    const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
  }
  sip::Message Request(const std::string& user, unsigned number, const std::string& method = "REGISTER") const {
    sip::Message request{.method = method, .uri = "sip:registrar"};
    request.Add("Via", "SIP/2.0/" + transport_ + " 10.0.0.1:5060;branch=z9hG4bK" + std::to_string(number) + ";rport");
    request.Add("From", "<sip:" + user + "@registrar>;tag=1");
    request.Add("To", "<sip:" + user + "@registrar>");
    request.Add("Call-ID", "call");
    request.Add("CSeq", std::to_string(number) + " " + method);
    request.Add("Contact", "<sip:" + user + "@127.0.0.1:5060>");
    return request;
  }
  // The final answer to a registration, after the challenge.
  sip::Message Register(const std::string& user, const std::string& password) {
    Send(Request(user, 1).Text());
    const auto challenge = sip::ReadChallenge(Receive().Get("WWW-Authenticate").value_or(""));
    if (!challenge) return {};
    sip::Message request = Request(user, 2);
    request.Add("Authorization", sip::Authorization(*challenge, {user, password}, request.method, request.uri, "c", 1));
    Send(request.Text());
    return Receive();
  }

 private:
  const Descriptor socket_;
  const std::string transport_;
  sip::Stream stream_;
};

class RegistrarTest : public ::testing::Test {
 protected:
  std::uint16_t Start(Options options = {}) {
    registrar_.emplace(std::move(options));
    EXPECT_TRUE(registrar_->Allow({.user = "alice", .password = "right"}));
    const auto port = registrar_->Start();
    EXPECT_TRUE(port) << port.error().message;
    return port.value_or(0);
  }
  std::optional<Registrar> registrar_;
};

TEST_F(RegistrarTest, RegistersOverUdpAndTcp) {
  const std::uint16_t port = Start();
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    registrar_->Reset();
    Phone phone(type, port, "127.0.0.1", "127.0.0.9");
    EXPECT_EQ(phone.Register("alice", "right").status, 200);
    const auto there = registrar_->AwaitRegistration("alice", kDeadline);
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_EQ(there->source.ip, "127.0.0.9");
    EXPECT_EQ(there->source.transport, type == SOCK_STREAM ? "tcp" : "udp");
    EXPECT_EQ(phone.Register("alice", "wrong").status, 403);
    EXPECT_EQ(registrar_->Journal(0, "alice").back().outcome, "wrong password");
    EXPECT_THAT(registrar_->registrations(), SizeIs(1));
  }
}

TEST_F(RegistrarTest, AnswersFromTheAddressThatWasAsked) {
  const std::uint16_t port = Start({.bind = "0.0.0.0"});
  Phone phone(SOCK_DGRAM, port, "127.0.0.42", "127.0.0.9");
  EXPECT_EQ(phone.Register("alice", "right").status, 200) << "the phone's socket hears 127.0.0.42 alone";
}

TEST_F(RegistrarTest, AnswersThePortOfTheViaWithoutRport) {
  const std::uint16_t port = Start();
  const Descriptor other(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in here = At("127.0.0.1", 0);
  socklen_t size = sizeof here;
  ASSERT_EQ(bind(other.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
  ASSERT_EQ(getsockname(other.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
  Phone phone(SOCK_DGRAM, port);
  sip::Message request = phone.Request("alice", 1);
  request.headers.front().value = "SIP/2.0/UDP 127.0.0.1:" + std::to_string(ntohs(here.sin_port)) + ";branch=z9hG4bK1";
  phone.Send(request.Text());
  pollfd waiting{other.get(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, static_cast<int>(kDeadline.count())), 1);
}

TEST_F(RegistrarTest, WaitsForARegistration) {
  const std::uint16_t port = Start();
  std::jthread later([&] { EXPECT_EQ(Phone(SOCK_DGRAM, port).Register("alice", "right").status, 200); });
  const auto there = registrar_->AwaitRegistration("alice", kDeadline);
  ASSERT_TRUE(there) << there.error().message;
  later.join();
  const std::uint64_t since = registrar_->journal().last();
  EXPECT_EQ(registrar_->AwaitRegistration("alice", milliseconds(0), since).error().kind, ErrorKind::kTimeout);
  std::jthread again([&] { EXPECT_EQ(Phone(SOCK_DGRAM, port).Register("alice", "right").status, 200); });
  EXPECT_TRUE(registrar_->AwaitRegistration("alice", kDeadline, since));
}

TEST_F(RegistrarTest, SaysWhyAWaitWasInVain) {
  const std::uint16_t port = Start();
  EXPECT_EQ(Phone(SOCK_DGRAM, port).Register("alice", "wrong").status, 403);
  const auto there = registrar_->AwaitRegistration("alice", milliseconds(1));
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(there.error().message, HasSubstr("wrong password"));
}

TEST_F(RegistrarTest, PassesOverWhatIsNoMessage) {
  const std::uint16_t port = Start();
  Phone phone(SOCK_DGRAM, port);
  phone.Send("\r\n\r\n");
  phone.Send(std::string(4, '\0'));
  phone.Send("\x80\x01 nonsense");
  phone.Send("REGISTER sip:a SIP/2.0\r\n\r\n");
  EXPECT_EQ(phone.Register("alice", "right").status, 200);
  const auto journal = registrar_->Journal();
  ASSERT_THAT(journal, SizeIs(4)) << "what keeps a path open is not worth an entry";
  EXPECT_EQ(journal[0].outcome, "malformed");
  EXPECT_EQ(journal[0].status, 0);
  EXPECT_THAT(journal[1].why, HasSubstr("no Via"));
}

TEST_F(RegistrarTest, EndsAConnectionThatMakesNoSense) {
  const std::uint16_t port = Start();
  Phone phone(SOCK_STREAM, port);
  phone.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(phone.ReceiveBytes(), "");
  EXPECT_EQ(registrar_->Journal().back().outcome, "malformed");
  EXPECT_EQ(registrar_->Journal().back().transport, "tcp");
}

TEST_F(RegistrarTest, AnswersRequestsInARowOverOneConnection) {
  const std::uint16_t port = Start();
  Phone phone(SOCK_STREAM, port);
  std::string both = phone.Request("alice", 1, "OPTIONS").Text() + "\r\n\r\n" + phone.Request("alice", 2, "INVITE").Text();
  phone.Send(both.substr(0, 100));
  phone.Send(both.substr(100));
  EXPECT_EQ(phone.Receive().status, 200);
  EXPECT_EQ(phone.Receive().status, 405);
}

TEST_F(RegistrarTest, MakesRoomForANewConnection) {
  const std::uint16_t port = Start({.most_connections = 2});
  Phone first(SOCK_STREAM, port), second(SOCK_STREAM, port);
  first.Send(first.Request("alice", 1, "OPTIONS").Text());
  EXPECT_EQ(first.Receive().status, 200);
  second.Send(second.Request("alice", 1, "OPTIONS").Text());
  EXPECT_EQ(second.Receive().status, 200);
  first.Send(first.Request("alice", 2, "OPTIONS").Text());
  EXPECT_EQ(first.Receive().status, 200);
  Phone third(SOCK_STREAM, port);
  third.Send(third.Request("alice", 1, "OPTIONS").Text());
  EXPECT_EQ(third.Receive().status, 200);
  EXPECT_EQ(second.ReceiveBytes(), "") << "it was silent for longest";
  first.Send(first.Request("alice", 3, "OPTIONS").Text());
  EXPECT_EQ(first.Receive().status, 200);
}

TEST_F(RegistrarTest, AnswersLateOrNeverOnCommand) {
  const std::uint16_t port = Start();
  ASSERT_TRUE(registrar_->faults().Add({.target = "alice", .action = {{"delay", 30}}, .times = 1}));
  Phone phone(SOCK_DGRAM, port);
  const auto asked = std::chrono::steady_clock::now();
  phone.Send(phone.Request("alice", 1).Text());
  EXPECT_EQ(phone.Receive().status, 401);
  EXPECT_GE(std::chrono::steady_clock::now() - asked, milliseconds(30));

  ASSERT_TRUE(registrar_->faults().Add({.target = "alice", .action = {{"delay", 3'600'000}}, .times = 1}));
  ASSERT_TRUE(registrar_->faults().Add({.target = "bob", .action = {{"silent", true}}}));
  phone.Send(phone.Request("alice", 2).Text());
  phone.Send(phone.Request("bob", 3).Text());
  phone.Send(phone.Request("alice", 4).Text());
  EXPECT_EQ(phone.Receive().Get("CSeq"), "4 REGISTER") << "neither the late answer nor one that does not come holds up others";
  registrar_->Stop();
}

TEST(RegistrarStart, SaysWhyItCanNotListen) {
  EXPECT_EQ(Registrar({.bind = "localhost"}).Start().error().kind, ErrorKind::kInvalid);
  Registrar first({}), second({.port = first.Start().value()});
  const auto port = second.Start();
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(port.error().message, HasSubstr("127.0.0.1:" + std::to_string(first.port())));
  EXPECT_EQ(first.Start().error().kind, ErrorKind::kConflict);
}

TEST(RegistrarStop, FreesItsPort) {
  Registrar first({});
  const std::uint16_t port = first.Start().value();
  first.Stop();
  first.Stop();
  Registrar second({.port = port});
  EXPECT_TRUE(second.Start());
}

}  // namespace
}  // namespace provdlab::registrar
