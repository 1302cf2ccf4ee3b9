// Many clients at once, and clients that keep the server waiting: none of them may delay the others.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/http/client.h"
#include "base/http/server.h"

namespace provdlab::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kDeadline{20};
// A new client is served in well under a millisecond. The bound leaves room for a loaded machine and a sanitizer, and is
// still far below the time-outs that a client would wait for if it had to wait for the others.
constexpr milliseconds kPromptly{15'000};

// A plain client socket that says only what it is told to.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() {
    if (socket_ >= 0) ::close(socket_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Reads until `end` has come or the connection has ended, or the deadline has passed.
  std::string ReadUntil(std::string_view end) const {
    std::string got;
    const auto deadline = steady_clock::now() + kDeadline;
    while (got.find(end) == std::string::npos && steady_clock::now() < deadline) {
      pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 100) <= 0) continue;
      char buffer[4096];
      const ssize_t bytes = ::recv(socket_, buffer, sizeof buffer, 0);
      if (bytes <= 0) break;
      got.append(buffer, static_cast<std::size_t>(bytes));
    }
    return got;
  }

 private:
  int socket_;
  bool connected_ = false;
};

Response Hello(const Request&) { return Response{.body = "hello"}; }

std::uint16_t StartOrDie(Server& server) {
  const Result<std::uint16_t> port = server.Start();
  EXPECT_TRUE(port) << port.error().message;
  return port.value_or(0);
}

void ExpectPrompt(std::uint16_t port) {
  const Exchange seen = Client({.host = "127.0.0.1", .port = port}).Send({.method = "GET", .target = "/"}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 200);
  EXPECT_LT(seen.elapsed, kPromptly);
}

using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients Connect(std::uint16_t port, int count) {
  Clients clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    EXPECT_TRUE(clients.back()->connected()) << i;
  }
  return clients;
}

TEST(ServerLoad, FiveHundredIdleClientsDoNotDelayANewOne) {
  Server server({.threads = 2}, Hello);
  const std::uint16_t port = StartOrDie(server);
  const Clients idle = Connect(port, 500);
  for (const auto& client : idle) ASSERT_TRUE(client->Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  for (const auto& client : idle) ASSERT_THAT(client->ReadUntil("hello"), testing::HasSubstr("200 OK"));
  ExpectPrompt(port);
  // And they are still there.
  ASSERT_TRUE(idle.front()->Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(idle.front()->ReadUntil("hello"), testing::HasSubstr("200 OK"));
}

TEST(ServerLoad, ClientsThatTrickleDoNotDelayANewOneAndGet408) {
  Server server({.threads = 2, .request_timeout = milliseconds(500)}, Hello);
  const std::uint16_t port = StartOrDie(server);
  const Clients heads = Connect(port, 64);
  const Clients bodies = Connect(port, 64);
  std::atomic<bool> trickling{true};
  std::mutex mutex;
  std::condition_variable stopped;
  // A byte every 20 ms would keep alive whoever counts from the last byte.
  std::thread tricklers([&] {
    for (const auto& client : heads) client->Send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
    for (const auto& client : bodies) client->Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    while (trickling) {
      for (const auto& client : heads) client->Send("a");
      for (const auto& client : bodies) client->Send("a");
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, milliseconds(20), [&] { return !trickling; });
    }
  });
  ExpectPrompt(port);
  for (const auto& client : heads) EXPECT_THAT(client->ReadUntil("complete within"), testing::StartsWith("HTTP/1.1 408"));
  for (const auto& client : bodies) EXPECT_THAT(client->ReadUntil("complete within"), testing::StartsWith("HTTP/1.1 408"));
  ExpectPrompt(port);
  {
    const std::lock_guard lock(mutex);
    trickling = false;
  }
  stopped.notify_all();
  tricklers.join();
}

TEST(ServerLoad, AClientThatStopsReadingIsGivenUp) {
  const std::string large(50'000'000, 'x');
  Server server({.threads = 2, .write_timeout = milliseconds(300)},
                [&](const Request& request) { return request.target == "/large" ? Response{.body = large} : Response{.body = "hello"}; });
  const std::uint16_t port = StartOrDie(server);
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.push_back(std::make_unique<RawClient>(port, 4096));
    ASSERT_TRUE(deaf.back()->Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  ExpectPrompt(port);
  const auto begin = steady_clock::now();
  server.Stop(kDeadline);  // waits for the answers under way, and so for the write time-out
  EXPECT_LT(steady_clock::now() - begin, kDeadline);
}

// It reads only after it has sent everything, as many clients do: a connection that was closed at once would be reset under it,
// and the answer lost.
TEST(ServerLoad, AClientThatSendsAllBeforeItReadsGetsTheRefusal) {
  Server server({.threads = 2, .max_body_bytes = 1000}, Hello);
  const RawClient client(StartOrDie(server));
  ASSERT_TRUE(client.Send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n"));
  const std::string megabyte(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.Send(megabyte)) << i;
  EXPECT_THAT(client.ReadUntil("1000 bytes."), testing::StartsWith("HTTP/1.1 413"));
}

TEST(ServerLoad, ASlowReaderThatGoesOnIsServedToTheEnd) {
  const std::string large(3'000'000, 'x');
  Server server({.threads = 2, .write_timeout = milliseconds(5'000)}, [&](const Request&) { return Response{.body = large + "END"}; });
  const std::uint16_t port = StartOrDie(server);
  const RawClient slow(port, 4096);
  ASSERT_TRUE(slow.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_GT(slow.ReadUntil("END").size(), large.size());
}

TEST(ServerLoad, TwoHundredClientsAtOnceAreAllAnswered) {
  constexpr int kClients = 200;
  Server server({.threads = 4}, [](const Request& request) { return Response{.body = request.target}; });
  const std::uint16_t port = StartOrDie(server);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      const Client client({.host = "127.0.0.1", .port = port});
      for (int k = 0; k < 5; ++k) {
        const std::string target = "/" + std::to_string(i) + "/" + std::to_string(k);
        const Exchange seen = client.Send({.method = "GET", .target = target}, kDeadline);
        if (seen.response && seen.response->body == target) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, kClients * 5);
}

TEST(ServerLoad, StopsUnderLoad) {
  for (int round = 0; round < 5; ++round) {
    Server server({.threads = 3}, Hello);
    const std::uint16_t port = StartOrDie(server);
    std::atomic<bool> running{true};
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const Client client({.host = "127.0.0.1", .port = port});
        while (running) {
          if (client.Send({.method = "GET", .target = "/"}, kDeadline).response) ++answered;
        }
      });
    }
    for (const auto end = steady_clock::now() + kDeadline; answered < 50 && steady_clock::now() < end;) std::this_thread::yield();
    EXPECT_GE(answered, 50);
    const auto begin = steady_clock::now();
    server.Stop();
    EXPECT_LT(steady_clock::now() - begin, seconds(10));
    running = false;
    for (std::thread& thread : threads) thread.join();
  }
}

double ProcessorSeconds() {
  timespec used = {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// With no descriptor left, new clients wait in the backlog; they are served once descriptors are free again.
TEST(ServerLoad, OutlivesWantOfDescriptors) {
  Server server({.threads = 2}, [](const Request& request) {
    return request.target == "/later" ? Response{.body = "later", .delay = milliseconds(300)} : Response{.body = "hello"};
  });
  const std::uint16_t port = StartOrDie(server);
  ExpectPrompt(port);
  auto waiting = std::make_unique<RawClient>(port);
  ASSERT_THAT((waiting->Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), waiting->ReadUntil("hello")), testing::HasSubstr("200 OK"));

  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = std::min<rlim_t>(before.rlim_cur, 256);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<int> hoard;
  for (int descriptor; (descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) hoard.push_back(descriptor);
  ASSERT_FALSE(hoard.empty());
  ::close(hoard.back());
  hoard.pop_back();
  RawClient queued(port);  // takes the last one: the server has none to accept it with
  ASSERT_TRUE(queued.connected());
  ASSERT_TRUE(queued.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  // Those who are connected are served meanwhile.
  ASSERT_TRUE(waiting->Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(waiting->ReadUntil("hello"), testing::HasSubstr("200 OK"));
  // A busy loop would show in the processor's time that an answer 300 ms later takes.
  const double before_waiting = ProcessorSeconds();
  ASSERT_TRUE(waiting->Send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_THAT(waiting->ReadUntil("later"), testing::HasSubstr("200 OK"));
  EXPECT_LT(ProcessorSeconds() - before_waiting, 0.2);
  for (const int descriptor : hoard) ::close(descriptor);
  EXPECT_THAT(queued.ReadUntil("hello"), testing::HasSubstr("200 OK"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace provdlab::http
