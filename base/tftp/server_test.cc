// The server on real sockets: what phones' TFTP clients send, well and badly, and what comes back.
#include "base/tftp/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/descriptor.h"
#include "base/testing/gate.h"
#include "base/tftp/client.h"

namespace provdlab::tftp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using std::string_literals::operator""s;

constexpr seconds kDeadline{20};

Request Ask(std::string file, std::vector<Option> options = {}) {
  return {.file = std::move(file), .mode = "octet", .options = std::move(options)};
}

File Bytes(std::string bytes) {
  const std::uint64_t size = bytes.size();
  return {.content = {size, [bytes = std::move(bytes)](std::uint64_t offset, std::size_t most) -> Result<std::string> {
                        return bytes.substr(static_cast<std::size_t>(offset), most);
                      }}};
}

// A client's socket that sends what it is told to.
class Peer {
 public:
  explicit Peer(const std::string& address = "127.0.0.1", std::uint16_t port = 0)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in here = AddressOf(address, port);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
  }
  void Send(const std::string& datagram, std::uint16_t port, const std::string& address = "127.0.0.1") const {
    const sockaddr_in to = AddressOf(address, port);
    EXPECT_EQ(sendto(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(datagram.size()));
  }
  // The next datagram; "" if none comes within the time. from() is where it came from.
  std::string Receive(milliseconds within = kDeadline) {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, static_cast<int>(within.count())) != 1) return "";
    std::string datagram(65'536, '\0');
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    datagram.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    port_ = ntohs(from.sin_port);
    address_ = inet_ntoa(from.sin_addr);
    return datagram;
  }
  Packet Get() { return Parse(Receive()).value_or(ErrorPacket{ErrorCode::kUndefined, "nothing came"}); }
  std::uint16_t from_port() const { return port_; }
  const std::string& from() const { return address_; }

 private:
  static sockaddr_in AddressOf(const std::string& address, std::uint16_t port) {
    sockaddr_in socket_address{};
    socket_address.sin_family = AF_INET;
    socket_address.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &socket_address.sin_addr);
    return socket_address;
  }
  const Descriptor socket_;
  std::uint16_t port_ = 0;
  std::string address_;
};

class TftpServerTest : public ::testing::Test {
 protected:
  // Files are named by what they are: "size 700" has 700 bytes.
  static Answer ByName(const Asked& asked) {
    if (asked.request.file.starts_with("size ")) return Bytes(std::string(std::stoul(asked.request.file.substr(5)), 'x'));
    return ErrorPacket{ErrorCode::kNotFound, "There is no such file."};
  }

  void Serve(Server::Handler handler = ByName, ServerOptions options = {}) {
    server_ = std::make_unique<Server>(std::move(options), std::move(handler));
    const auto port = server_->Start();
    ASSERT_TRUE(port) << port.error().message;
    port_ = *port;
  }
  Fetched Get(Request request, ClientOptions options = {}) const {
    options.port = port_;
    const auto fetched = Fetch(options, std::move(request), kDeadline);
    EXPECT_TRUE(fetched) << fetched.error().message;
    return fetched.value_or(Fetched());
  }

  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(TftpServerTest, SendsFilesOfEverySize) {
  Serve();
  for (const std::size_t size : {0, 1, 511, 512, 513, 1024, 100'000}) {
    for (const char* block : {"", "8", "512", "1428", "65464"}) {
      if (std::string(block) == "8" && size > 10'000) continue;
      const Fetched got =
          Get(Ask("size " + std::to_string(size), *block ? std::vector<Option>{{"blksize", block}} : std::vector<Option>{}));
      EXPECT_EQ(got.result.end, ReceiverEnd::kWhole) << got.result.problem;
      EXPECT_EQ(got.result.size, size) << block;
      EXPECT_NE(got.server_port, port_);
    }
  }
}

// FB-014: 512 KiB in blocks of 8 bytes.
TEST_F(TftpServerTest, SendsMoreBlocksThanThereAreNumbers) {
  Serve();
  const Fetched got = Get(Ask("size 524308", {{"blksize", "8"}, {"tsize", "0"}}));
  EXPECT_EQ(got.result.end, ReceiverEnd::kWhole) << got.result.problem;
  EXPECT_EQ(got.result.size, 524'308u);
  EXPECT_EQ(got.result.agreed, (std::vector<Option>{{"blksize", "8"}, {"tsize", "524308"}}));
}

TEST_F(TftpServerTest, TellsTheHandlerWhoAsksForWhat) {
  std::mutex mutex;
  std::vector<Asked> seen;
  Serve(
      [&](const Asked& asked) -> Answer {
        const std::lock_guard lock(mutex);
        seen.push_back(asked);
        return Bytes("x");
      },
      {.bind = "0.0.0.0"});
  Get(Ask("/a", {{"blksize", "9"}}), {.host = "127.1.2.3", .local_address = "127.9.8.7"});
  Peer writer;
  writer.Send(Encode(Request{.write = true, .file = "b", .mode = "NetASCII"}), port_);
  writer.Get();
  const std::lock_guard lock(mutex);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].request, Ask("/a", {{"blksize", "9"}}));
  EXPECT_EQ(seen[0].peer, "127.9.8.7");
  EXPECT_EQ(seen[0].local, "127.1.2.3");
  EXPECT_TRUE(seen[1].request.write);
  EXPECT_EQ(seen[1].request.mode, "NetASCII");
}

TEST_F(TftpServerTest, AnswersFromTheAddressThatWasAsked) {
  Serve(ByName, {.bind = "0.0.0.0"});
  for (const char* address : {"127.0.0.1", "127.1.2.3", "127.255.255.254"}) {
    Peer peer("127.77.0.1");
    peer.Send(Encode(Ask("size 3")), port_, address);
    EXPECT_EQ(peer.Get(), Packet(Data{1, "xxx"}));
    EXPECT_EQ(peer.from(), address);
    EXPECT_NE(peer.from_port(), port_);
    peer.Send(Encode(Ack{1}), peer.from_port(), address);
    peer.Send(Encode(Ask("nothing")), port_, address);
    EXPECT_EQ(std::get<ErrorPacket>(peer.Get()).code, ErrorCode::kNotFound);
    EXPECT_EQ(peer.from(), address);
  }
}

// What the well-known port says to datagrams that are no good; nothing where an answer could begin a quarrel.
TEST_F(TftpServerTest, SaysWhatIsWrongWithARequest) {
  Serve();
  const struct {
    std::string datagram;
    std::optional<ErrorCode> code;
  } cases[] = {
      {Encode(Ask("nothing")), ErrorCode::kNotFound},
      {Encode(Ask("")), ErrorCode::kNotFound},
      {"\0\1x"s, ErrorCode::kIllegalOperation},
      {"\0\1x\0"s, ErrorCode::kIllegalOperation},
      {"\0\2"s, ErrorCode::kIllegalOperation},
      {"\0\1"s + std::string(600, 'x') + "\0octet\0"s, ErrorCode::kIllegalOperation},
      {Encode(Data{1, "x"}), ErrorCode::kUnknownTransfer},
      {Encode(Ack{1}), ErrorCode::kUnknownTransfer},
      {Encode(OptionAck{}), ErrorCode::kUnknownTransfer},
      {Encode(ErrorPacket{}), std::nullopt},
      {"", std::nullopt},
      {"\0"s, std::nullopt},
      {"\0\7x"s, std::nullopt},
      {"GET / HTTP/1.1\r\n\r\n", std::nullopt},
  };
  for (const auto& each : cases) {
    Peer peer;
    peer.Send(each.datagram, port_);
    if (!each.code) {
      // An answer would come before the one to what is sent next.
      peer.Send(Encode(Ask("nothing")), port_);
      EXPECT_EQ(std::get<ErrorPacket>(peer.Get()).code, ErrorCode::kNotFound) << ::testing::PrintToString(each.datagram);
      continue;
    }
    const Packet answer = peer.Get();
    ASSERT_TRUE(std::holds_alternative<ErrorPacket>(answer)) << ::testing::PrintToString(each.datagram);
    EXPECT_EQ(std::get<ErrorPacket>(answer).code, *each.code) << ::testing::PrintToString(each.datagram);
    EXPECT_EQ(peer.from_port(), port_);
  }
}

// FB-004: requests that other servers drop without a word.
TEST_F(TftpServerTest, AnswersRequestsWithOddOptions) {
  Serve();
  const std::string head = "\0\1size 600\0octet\0"s;
  const std::string block = Encode(Data{1, std::string(512, 'x')});
  const std::pair<std::string, std::string> cases[] = {
      {head + "blksize\0001024\0"s, Encode(OptionAck{{{"blksize", "1024"}}})},
      {head + "BLKSIZE\0001024\0"s, Encode(OptionAck{{{"BLKSIZE", "1024"}}})},
      {head + "blksize\0001024\0windowsize\0004\0"s, Encode(OptionAck{{{"blksize", "1024"}}})},
      {head + "tsize\0000\0"s, Encode(OptionAck{{{"tsize", "600"}}})},
      {head + "blksize\0007\0"s, block},
      {head + "blksize\00065465\0"s, block},
      {head + "blksize\0abc\0"s, block},
      {head + "blksize\0001024\0blksize\0001024\0"s, block},
      {head + "blksize\0"s, block},
      {"\0\1size 600\0OcTet"s, block},
  };
  for (const auto& [request, answer] : cases) {
    Peer peer;
    peer.Send(request, port_);
    EXPECT_EQ(peer.Receive(), answer) << ::testing::PrintToString(request);
    peer.Send(Encode(ErrorPacket{ErrorCode::kUndefined, "enough"}), peer.from_port());
  }
}

TEST_F(TftpServerTest, KeepsStrangersOutOfATransfer) {
  Serve();
  Peer peer, stranger, elsewhere("127.0.0.9");
  peer.Send(Encode(Ask("size 600")), port_);
  peer.Get();
  for (Peer* other : {&stranger, &elsewhere}) {
    other->Send(Encode(Ack{1}), peer.from_port());
    EXPECT_EQ(std::get<ErrorPacket>(other->Get()).code, ErrorCode::kUnknownTransfer);
    EXPECT_EQ(other->from_port(), peer.from_port());
    other->Send(Encode(ErrorPacket{}), peer.from_port());  // not answered, and does not end it
  }
  peer.Send(Encode(Ack{1}), peer.from_port());
  EXPECT_EQ(peer.Get(), Packet(Data{2, std::string(88, 'x')}));
}

TEST_F(TftpServerTest, EndsATransferWithWhatDoesNotBelongToIt) {
  Serve();
  for (const std::string& datagram : {Encode(Ack{5}), Encode(Data{1, ""}), Encode(Ask("size 1")), "x"s}) {
    Peer peer;
    peer.Send(Encode(Ask("size 600")), port_);
    peer.Get();
    peer.Send(datagram, peer.from_port());
    EXPECT_EQ(std::get<ErrorPacket>(peer.Get()).code, ErrorCode::kIllegalOperation) << ::testing::PrintToString(datagram);
  }
}

TEST_F(TftpServerTest, SendsAgainSoOftenThenIsQuiet) {
  Serve(ByName, {.sending = {.patience = milliseconds(20), .attempts = 4}});
  Peer peer;
  peer.Send(Encode(Ask("size 3")), port_);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(peer.Get(), Packet(Data{1, "xxx"}));
  EXPECT_EQ(peer.Receive(milliseconds(100)), "");
}

TEST_F(TftpServerTest, ARequestThatComesAgainStartsNothing) {
  std::atomic<int> asked = 0;
  Gate gate;
  Serve([&](const Asked& each) {
    ++asked;
    gate.Pass();
    return ByName(each);
  });
  Peer peer;
  peer.Send(Encode(Ask("size 600")), port_);
  ASSERT_TRUE(gate.AwaitReached());
  for (int i = 0; i < 3; ++i) peer.Send(Encode(Ask("size 600")), port_);  // while its file is looked for
  gate.Open();
  EXPECT_EQ(peer.Get(), Packet(Data{1, std::string(512, 'x')}));
  const std::uint16_t transfer = peer.from_port();
  for (int i = 0; i < 3; ++i) peer.Send(Encode(Ask("size 600")), port_);  // before it has said anything
  peer.Send(Encode(Ack{1}), transfer);
  EXPECT_EQ(peer.Get(), Packet(Data{2, std::string(88, 'x')}));
  EXPECT_EQ(peer.from_port(), transfer);
  peer.Send(Encode(Ack{2}), transfer);
  // Its port is free for the next file: the same one, or another.
  for (const char* file : {"size 600", "size 4"}) {
    peer.Send(Encode(Ask(file)), port_);
    EXPECT_TRUE(std::holds_alternative<Data>(peer.Get())) << file;
    EXPECT_NE(peer.from_port(), transfer);
  }
  EXPECT_EQ(asked, 3);
}

// Cisco's 7921 keeps one port for all that it asks for, and does not wait until the server knows that it has the file.
TEST_F(TftpServerTest, ANewRequestFromTheSamePortEndsTheOldTransfer) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> ended;
  Serve([&](const Asked& asked) -> Answer {
    Answer answer = ByName(asked);
    std::get<File>(answer).ended = [&](SenderEnd end, const std::string& problem) {
      const std::lock_guard lock(mutex);
      ended.push_back(end == SenderEnd::kWhole ? "whole" : problem);
      changed.notify_all();
    };
    return answer;
  });
  Peer peer;
  peer.Send(Encode(Ask("size 600")), port_);
  peer.Get();
  peer.Send(Encode(Ask("size 3")), port_);
  EXPECT_EQ(peer.Get(), Packet(Data{1, "xxx"}));
  peer.Send(Encode(Ack{1}), peer.from_port());
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, kDeadline, [&] { return ended.size() == 2; }));
  EXPECT_THAT(ended, UnorderedElementsAre(HasSubstr("something else"), "whole"));
}

TEST_F(TftpServerTest, DropsWhatIsTooMuchAndGoesOn) {
  Gate gate;
  Serve(
      [&](const Asked& asked) {
        gate.Pass();
        return ByName(asked);
      },
      {.threads = 1, .most_waiting = 3});
  // One runs, three wait, the others are dropped.
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<Peer>());
  peers[0]->Send(Encode(Ask("nothing")), port_);
  ASSERT_TRUE(gate.AwaitReached());
  for (int i = 1; i < 10; ++i) {
    peers.push_back(std::make_unique<Peer>());
    peers.back()->Send(Encode(Ask("nothing")), port_);
  }
  // The loop answers this by itself, behind all of those.
  Peer last;
  last.Send(Encode(Ack{1}), port_);
  last.Get();
  gate.Open();
  for (int i = 0; i < 4; ++i) EXPECT_NE(peers[i]->Receive(), "") << i;
  Peer again;
  again.Send(Encode(Ask("nothing")), port_);
  EXPECT_NE(again.Receive(), "");
  for (int i = 4; i < 10; ++i) EXPECT_EQ(peers[i]->Receive(milliseconds(0)), "") << i;
}

TEST_F(TftpServerTest, BoundsItsTransfersInNumber) {
  Serve(ByName, {.most_transfers = 2, .sending = {.patience = seconds(100)}});
  Peer first, second, third;
  for (Peer* peer : {&first, &second}) {
    peer->Send(Encode(Ask("size 600")), port_);
    peer->Get();
    peer->Send(Encode(Ack{1}), peer->from_port());
    EXPECT_EQ(peer->Get(), Packet(Data{2, std::string(88, 'x')}));
  }
  third.Send(Encode(Ask("size 600")), port_);
  EXPECT_EQ(third.Receive(milliseconds(50)), "");
}

TEST_F(TftpServerTest, BoundsItsTransfersInTime) {
  Serve(ByName, {.most_transfers = 1, .longest_transfer = milliseconds(300), .sending = {.patience = seconds(100)}});
  Peer first, second;
  first.Send(Encode(Ask("size 600")), port_);
  first.Get();
  first.Send(Encode(Ack{1}), first.from_port());
  // Once the first has gone, without a datagram more than those that it was due.
  Packet answer;
  for (int i = 0; i < 400 && !std::holds_alternative<Data>(answer); ++i) {
    second.Send(Encode(Ask("size 600")), port_);
    answer = Parse(second.Receive(milliseconds(50))).value_or(Packet());
  }
  EXPECT_TRUE(std::holds_alternative<Data>(answer));
  const std::string last = first.Receive(milliseconds(0));
  EXPECT_TRUE(last.empty() || Parse(last).value_or(Packet()) == Packet(Data{2, std::string(88, 'x')}));
  EXPECT_EQ(first.Receive(milliseconds(0)), "");
}

// A flood of requests whose senders never answer, forged ones perhaps, must not keep those out who do.
TEST_F(TftpServerTest, WhoWasNeverHeardMakesRoom) {
  Serve(ByName, {.most_transfers = 2, .sending = {.patience = seconds(100)}});
  Peer heard, silent, third;
  heard.Send(Encode(Ask("size 600")), port_);
  heard.Get();
  heard.Send(Encode(Ack{1}), heard.from_port());
  heard.Get();
  silent.Send(Encode(Ask("size 600")), port_);
  silent.Get();
  third.Send(Encode(Ask("size 600")), port_);
  EXPECT_EQ(third.Get(), Packet(Data{1, std::string(512, 'x')}));
  heard.Send(Encode(Ack{1}), heard.from_port());  // means nothing, and is no reason to go
  silent.Send(Encode(Ack{1}), silent.from_port());
  EXPECT_EQ(silent.Receive(milliseconds(20)), "");
  heard.Send(Encode(Ack{7}), heard.from_port());
  EXPECT_EQ(std::get<ErrorPacket>(heard.Get()).code, ErrorCode::kIllegalOperation);
}

TEST_F(TftpServerTest, ServesManyAtOnceFromManyAddresses) {
  Serve(ByName, {.bind = "0.0.0.0"});
  constexpr int kClients = 8, kFiles = 40;
  std::atomic<int> whole = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client)
    clients.emplace_back([&, client] {
      for (int i = 0; i < kFiles; ++i) {
        const std::string size = std::to_string(client * 1000 + i * 37);
        const Fetched got = Get(Ask("size " + size), {.host = "127.3.0." + std::to_string(client + 1),
                                                      .local_address = "127.4.0." + std::to_string(client + 1)});
        if (got.result.end == ReceiverEnd::kWhole && std::to_string(got.result.size) == size) ++whole;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(whole, kClients * kFiles);
}

TEST_F(TftpServerTest, WhatStandsBetweenSeesAndChangesEachDatagram) {
  ServerOptions options;
  options.through = [](Way way, const std::string& client, std::string_view datagram) -> Passed {
    EXPECT_THAT(client, HasSubstr("127.0.0.1:"));
    auto packet = Parse(datagram).value_or(Ack{});
    if (way == Way::kRequest && std::get<Request>(packet).file == "size 5") std::get<Request>(packet).file = "size 700";
    if (way == Way::kRefusal) std::get<ErrorPacket>(packet).code = ErrorCode::kAccess;
    const bool comes_back = way == Way::kToTransfer && std::get<Ack>(packet).block == 1;
    const bool is_lost = way == Way::kToStranger;
    Passed passed;
    if (!is_lost) passed.on = {Encode(packet)};
    if (comes_back) passed.back = {Encode(Data{9, "again"})};
    return passed;
  };
  Serve(ByName, std::move(options));
  Peer peer;
  peer.Send(Encode(Ask("other")), port_);
  EXPECT_EQ(std::get<ErrorPacket>(peer.Get()).code, ErrorCode::kAccess);
  peer.Send(Encode(Ask("size 5")), port_);
  EXPECT_EQ(std::get<Data>(peer.Get()), (Data{1, std::string(512, 'x')}));
  const std::uint16_t transfer = peer.from_port();
  Peer stranger;
  stranger.Send(Encode(Ack{1}), transfer);
  peer.Send(Encode(Ack{1}), transfer);
  EXPECT_EQ(std::get<Data>(peer.Get()), (Data{9, "again"}));
  EXPECT_EQ(std::get<Data>(peer.Get()), (Data{2, std::string(188, 'x')}));
  EXPECT_EQ(stranger.Receive(milliseconds(0)), "");
}

TEST_F(TftpServerTest, AHandlerThatFailsHarmsNobody) {
  Serve([](const Asked& asked) -> Answer {
    if (asked.request.file == "bad") throw std::runtime_error("it failed");
    return ByName(asked);
  });
  const Fetched bad = Get(Ask("bad"));
  EXPECT_EQ(bad.result.end, ReceiverEnd::kError);
  EXPECT_EQ(bad.result.error->code, ErrorCode::kUndefined);
  EXPECT_EQ(Get(Ask("size 3")).result.end, ReceiverEnd::kWhole);
}

TEST_F(TftpServerTest, WaitsWithABoundPortUntilItStarts) {
  Server server({}, ByName);
  const auto port = server.Bind();
  ASSERT_TRUE(port);
  Peer early;
  early.Send(Encode(Ask("size 3")), *port);
  EXPECT_EQ(early.Receive(milliseconds(0)), "");
  EXPECT_EQ(*server.Start(), *port);
  EXPECT_EQ(early.Get(), Packet(Data{1, "xxx"}));
  server.Stop();
  server.Stop();
}

TEST_F(TftpServerTest, SaysWhyItHasNoPort) {
  Serve();
  const auto taken = Server({.port = port_}, ByName).Start();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(taken.error().message, HasSubstr("127.0.0.1:" + std::to_string(port_) + ": another program"));
  EXPECT_THAT(Server({.bind = "::1"}, ByName).Start().error().message, HasSubstr("IPv4"));
  EXPECT_FALSE(Server({.bind = "203.0.113.1"}, ByName).Start());
}

TEST_F(TftpServerTest, StopsInTheMiddle) {
  Serve();
  Peer peer;
  peer.Send(Encode(Ask("size 600")), port_);
  peer.Get();
  server_->Stop();
  peer.Send(Encode(Ack{1}), peer.from_port());
  EXPECT_EQ(peer.Receive(milliseconds(10)), "");
}

TEST(TftpClient, HasOneDeadline) {
  // The port of a socket that nobody reads.
  Server server({}, [](const Asked&) -> Answer { return ErrorPacket{}; });
  const auto port = server.Bind();
  const auto fetched = Fetch({.port = *port}, Ask("x"), milliseconds(50));
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, ErrorKind::kTimeout);
  const auto impatient = Fetch({.port = *port, .receiving = {.patience = milliseconds(5), .attempts = 3}}, Ask("x"), kDeadline);
  ASSERT_TRUE(impatient);
  EXPECT_EQ(impatient->result.end, ReceiverEnd::kGaveUp);
  EXPECT_EQ(impatient->result.repeated, 2u);
  EXPECT_FALSE(Fetch({.host = "localhost"}, Ask("x"), kDeadline));
}

}  // namespace
}  // namespace provdlab::tftp
