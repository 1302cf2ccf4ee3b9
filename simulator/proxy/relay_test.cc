// What only sockets show; what weather decides is in weather_test.cc.
#include "simulator/proxy/relay.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "simulator/proxy/weather.h"

namespace provdlab::proxy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDeadline{20'000};

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// How a connection ended for whoever reads it.
enum class Ended { kOrderly, kReset, kStill };

// The next bytes, appended.
Ended ReadSome(int socket, std::string& bytes, bool& more) {
  pollfd waiting{socket, POLLIN, 0};
  more = false;
  if (poll(&waiting, 1, static_cast<int>(kDeadline.count())) != 1) return Ended::kStill;
  char buffer[16 * 1024];
  const ssize_t size = recv(socket, buffer, sizeof buffer, 0);
  if (size < 0) return Ended::kReset;
  bytes.append(buffer, static_cast<std::size_t>(size));
  more = size > 0;
  return Ended::kOrderly;
}

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in there = Loopback(port);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
  }
  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // it was cut off
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void HalfClose() const { shutdown(socket_.get(), SHUT_WR); }
  void Leave() { socket_.Close(); }
  // So many bytes, or what comes before the end.
  std::string Receive(std::size_t size) {
    std::string bytes;
    for (bool more = true; more && bytes.size() < size;) ended_ = ReadSome(socket_.get(), bytes, more);
    return bytes;
  }
  std::string ReceiveAll() { return Receive(std::string::npos); }
  Ended ended() const { return ended_; }  // of what was received last

 private:
  Descriptor socket_;
  Ended ended_ = Ended::kStill;
};

// An upstream that keeps what arrives on each connection, in the order in which they were made, and sends it back; or, with a last word,
// says only that, at the end of what arrives.
class Echo {
 public:
  explicit Echo(std::string last_word = "")
      : last_word_(std::move(last_word)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), woken_(eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in here = Loopback(0);
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(listening_.get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(listen(listening_.get(), 128), 0);
    EXPECT_EQ(getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Echo() {
    eventfd_write(woken_.get(), 1);
    thread_.join();
  }
  Upstream upstream() const { return {"127.0.0.1", port_}; }

  // What arrived on each connection, once all of so many have ended.
  std::vector<std::string> Arrived(std::size_t ended) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, [&] { return ended_ >= ended; })) << ended_ << " connections have ended";
    return arrived_;
  }

 private:
  struct Peer {
    Peer(int accepted, std::size_t which) : socket(accepted), number(which) {}
    Descriptor socket;
    std::size_t number;
    bool open = true;
  };

  void Run() {
    std::list<Peer> peers;
    for (;;) {
      std::vector<pollfd> waiting = {{woken_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}};
      for (const Peer& peer : peers) waiting.push_back({peer.socket.get(), POLLIN, 0});
      poll(waiting.data(), waiting.size(), -1);
      if (waiting[0].revents != 0) return;
      std::size_t at = 2;
      for (Peer& peer : peers) {
        if (waiting[at++].revents != 0) Serve(peer);
      }
      peers.remove_if([](const Peer& peer) { return !peer.open; });
      if (waiting[1].revents == 0) continue;
      const int accepted = accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex_);
      if (accepted < 0) continue;
      peers.emplace_back(accepted, arrived_.size());
      arrived_.emplace_back();
    }
  }

  void Serve(Peer& peer) {
    std::string bytes;
    bool more = false;
    ReadSome(peer.socket.get(), bytes, more);
    const std::string& back = last_word_.empty() ? bytes : more ? "" : last_word_;
    if (!back.empty()) send(peer.socket.get(), back.data(), back.size(), MSG_NOSIGNAL);
    const std::lock_guard lock(mutex_);
    arrived_[peer.number] += bytes;
    if (more) return;
    peer.open = false;
    ++ended_;
    changed_.notify_all();
  }

  const std::string last_word_;
  Descriptor listening_, woken_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<std::string> arrived_;
  std::size_t ended_ = 0;
  std::thread thread_;
};

// A passage of two answers: what to do with a request's bytes, and with an answer's.
class Scripted : public Passage {
 public:
  using Answer = std::function<std::vector<Act>(std::string_view)>;
  Scripted(Answer request, Answer answer) : request_(std::move(request)), answer_(std::move(answer)) {}
  std::vector<Act> Take(Direction direction, std::string_view bytes) override {
    return direction == Direction::kRequest ? request_(bytes) : answer_(bytes);
  }

 private:
  Answer request_, answer_;
};

std::vector<Act> Fair(std::string_view bytes) { return {Act::Forward(bytes)}; }

OpenPassage Opens(Scripted::Answer request, Scripted::Answer answer = Fair) {
  return [=](std::uint64_t) { return std::make_unique<Scripted>(request, answer); };
}

std::uint16_t Started(Relay& relay) {
  const auto port = relay.Start();
  EXPECT_TRUE(port) << port.error().message;
  return port.value_or(0);
}

TEST(Relay, CarriesEverythingBothWaysAndTheEnds) {
  Echo echo;
  Relay relay({.upstream = echo.upstream()}, Opens(Fair));
  Client client(Started(relay));
  std::string sent;
  for (int i = 0; sent.size() < 1'000'000; ++i) sent += std::to_string(i) + " ";
  std::thread sender([&] {
    client.Send(sent);
    client.HalfClose();
  });
  EXPECT_EQ(client.ReceiveAll(), sent);
  sender.join();
  EXPECT_EQ(client.ended(), Ended::kOrderly);
  EXPECT_EQ(echo.Arrived(1).at(0), sent);
  relay.Stop();
  EXPECT_EQ(relay.counts().bytes_to_upstream, sent.size());
  EXPECT_EQ(relay.counts().bytes_to_client, sent.size());
  EXPECT_EQ(relay.counts().half_closes + relay.counts().resets + relay.counts().timed_out, 0u) << "it did nothing of its own";
  EXPECT_EQ(relay.counts().under_way, 0u);
}

TEST(Relay, NeverSendsAnythingTwice) {
  constexpr std::size_t kConnections = 120;
  Echo echo;
  const auto weather = *Weather::Make({.kinds = {"resets", "half-closed", "sliced", "slow"},
                                       .seed = 11,
                                       .one_in = 1,
                                       .latency = milliseconds(1),
                                       .jitter = milliseconds(2)});
  Relay relay({.upstream = echo.upstream()}, weather->Opener());
  const std::uint16_t port = Started(relay);
  std::size_t answered = 0;
  std::map<std::string, int> sent;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const std::string request = "POST /" + std::to_string(i) + " with a body\n";
    ++sent[request];
    Client client(port);
    client.Send(request);
    const std::string answer = client.Receive(request.size());
    EXPECT_EQ(answer, request.substr(0, answer.size())) << "connection " << i + 1;
    answered += answer == request;
  }
  const std::vector<std::string> arrived = echo.Arrived(kConnections);
  EXPECT_EQ(arrived.size(), kConnections) << "one connection to the upstream for each";
  std::size_t whole = 0;
  for (std::size_t i = 0; i < arrived.size(); ++i) {
    const std::string request = "POST /" + std::to_string(i) + " with a body\n";
    EXPECT_EQ(arrived[i], request.substr(0, arrived[i].size())) << "connection " << i + 1;
    whole += arrived[i] == request;
  }
  EXPECT_GE(whole, answered);
  EXPECT_GT(answered, 0u);
  EXPECT_LT(whole, kConnections);
  EXPECT_EQ(weather->counts().struck(), kConnections);
}

TEST(Relay, KeepsBackTheAnswerToARequestThatItCut) {
  Echo upstream("400 I can't read that");
  Relay relay({.upstream = upstream.upstream()}, Opens([](std::string_view bytes) {
                return std::vector{Act::Forward(bytes.substr(0, 3)), Act::HalfClose()};
              }));
  Client client(Started(relay));
  client.Send("POST");
  EXPECT_EQ(client.ReceiveAll(), "");
  EXPECT_EQ(client.ended(), Ended::kReset);
  EXPECT_EQ(upstream.Arrived(1).at(0), "POS");
  EXPECT_EQ(relay.counts().answers_withheld, 1u);
  EXPECT_EQ(relay.counts().half_closes, 1u);
  EXPECT_EQ(relay.counts().bytes_to_client, 0u);
}

TEST(Relay, LetsWhoeverHangsGoAtItsDeadline) {
  const struct {
    const char* about;
    OpenPassage open;
    const char* arrives;
  } cases[] = {
      {"request held", Opens([](std::string_view) { return std::vector{Act::Hold()}; }), ""},
      {"answer held", Opens(Fair, [](std::string_view) { return std::vector{Act::Hold()}; }), "GET"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.about);
    Echo echo;
    Relay relay({.upstream = echo.upstream(), .patience = milliseconds(2'000)}, one.open);
    Client client(Started(relay));
    client.Send("GET");
    EXPECT_EQ(client.ReceiveAll(), "");
    EXPECT_EQ(client.ended(), Ended::kReset);
    EXPECT_EQ(echo.Arrived(1).at(0), one.arrives);
    EXPECT_EQ(relay.counts().timed_out, 1u);
    EXPECT_EQ(relay.counts().holds, 1u);
  }
}

TEST(Relay, LetsTheUpstreamGoWhenWhoHangsLeaves) {
  for (const bool request : {true, false}) {
    Echo echo;
    const auto hold = [](std::string_view) { return std::vector{Act::Hold()}; };
    Relay relay({.upstream = echo.upstream(), .patience = std::chrono::hours(1)}, request ? Opens(hold) : Opens(Fair, hold));
    Client client(Started(relay));
    client.Send("GET");
    client.Leave();
    EXPECT_EQ(echo.Arrived(1).size(), 1u) << "that it ended is the point";
  }
}

TEST(Relay, CarriesActsOutInOrder) {
  Echo echo;
  Relay relay({.upstream = echo.upstream()}, Opens([](std::string_view bytes) {
                return std::vector{Act::Forward(bytes.substr(0, 1), milliseconds(30)), Act::Forward(bytes.substr(1, 1), milliseconds(10)),
                                   Act::Forward(bytes.substr(2))};
              }));
  Client client(Started(relay));
  client.Send("abc");
  EXPECT_EQ(client.Receive(3), "abc");
}

TEST(Relay, EndsAnAnswerInAnOrderlyWay) {
  Echo echo;
  Relay relay({.upstream = echo.upstream()}, Opens(Fair, [](std::string_view bytes) {
                return std::vector{Act::Forward(bytes.substr(0, 2)), Act::HalfClose()};
              }));
  Client client(Started(relay));
  client.Send("abcdef");
  EXPECT_EQ(client.ReceiveAll(), "ab");
  EXPECT_EQ(client.ended(), Ended::kOrderly);
  client.Leave();
  EXPECT_EQ(echo.Arrived(1).at(0), "abcdef");
}

TEST(Relay, RefusesOneConnectionTooMany) {
  Echo echo;
  Relay relay({.upstream = echo.upstream(), .most_connections = 1}, Opens(Fair));
  const std::uint16_t port = Started(relay);
  Client first(port);
  first.Send("a");
  EXPECT_EQ(first.Receive(1), "a");
  Client second(port);
  EXPECT_EQ(second.ReceiveAll(), "");
  EXPECT_EQ(second.ended(), Ended::kReset);
  first.Send("b");
  EXPECT_EQ(first.Receive(1), "b");
  EXPECT_EQ(relay.counts().refused, 1u);
}

TEST(Relay, ResetsWhoseUpstreamIsNotThere) {
  Upstream gone;
  gone = Echo().upstream();
  Relay relay({.upstream = gone}, Opens(Fair));
  Client client(Started(relay));
  EXPECT_EQ(client.ReceiveAll(), "");
  EXPECT_EQ(client.ended(), Ended::kReset);
  EXPECT_EQ(relay.counts().unreachable, 1u);
}

TEST(Relay, StopsAtOnceWhateverHangs) {
  Echo echo;
  Relay relay({.upstream = echo.upstream(), .patience = std::chrono::hours(1)}, Opens([](std::string_view bytes) {
                return std::vector{Act::Forward(bytes), Act::Forward("later", std::chrono::hours(1))};
              }));
  const std::uint16_t port = Started(relay);
  std::list<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(port).Send("a");
    EXPECT_EQ(clients.back().Receive(1), "a");
  }
  relay.Stop();
  for (Client& client : clients) {
    EXPECT_EQ(client.ReceiveAll(), "");
    EXPECT_EQ(client.ended(), Ended::kReset);
  }
  EXPECT_EQ(relay.counts().under_way, 0u);
  relay.Stop();
}

TEST(Relay, SaysWhyItCanNotStart) {
  Echo echo;
  Relay taken({.upstream = echo.upstream(), .port = echo.upstream().port}, Opens(Fair));
  EXPECT_EQ(taken.Start().error().kind, ErrorKind::kUnavailable);
  Relay nowhere({.upstream = {"nowhere", 1}}, Opens(Fair));
  EXPECT_EQ(nowhere.Start().error().kind, ErrorKind::kInvalid);
  Relay twice({.upstream = echo.upstream()}, Opens(Fair));
  EXPECT_TRUE(twice.Start());
  EXPECT_EQ(twice.Start().error().kind, ErrorKind::kConflict);
}

TEST(FindUpstream, ReadsHostAndPort) {
  EXPECT_EQ(FindUpstream("127.0.0.1:8666")->port, 8666);
  EXPECT_EQ(FindUpstream("[::1]:80")->address, "::1");
  for (const char* text : {"", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "127.0.0.1:80x"})
    EXPECT_EQ(FindUpstream(text).error().kind, ErrorKind::kInvalid) << text;
}

}  // namespace
}  // namespace provdlab::proxy
