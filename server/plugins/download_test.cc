#include "server/plugins/download.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/digest.h"
#include "base/files.h"
#include "server/plugins/testing/origin.h"

namespace provdlab::server {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// A peer that is no web server: accepts one connection, reads a request's head, sends its bytes, and keeps the connection until it
// is destroyed. Every wait of its thread ends with the destructor.
class Peer {
 public:
  explicit Peer(std::string answer, bool closes = false) : answer_(std::move(answer)), closes_(closes) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(pipe(end_), 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Peer() {
    close(end_[1]);
    thread_.join();
    close(end_[0]);
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // True once a whole head came; false if none does within ten seconds.
  bool AwaitRequest() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_; });
  }
  // What came; the connection is over when it returns.
  std::string Seen() {
    close(std::exchange(end_[1], -1));
    thread_.join();
    thread_ = std::thread([] {});
    return seen_;
  }

 private:
  // True if there is something to read before the end.
  bool Ready(int descriptor) {
    pollfd wanted[] = {{descriptor, POLLIN, 0}, {end_[0], POLLIN, 0}};
    return poll(wanted, 2, 30'000) > 0 && wanted[0].revents != 0 && wanted[1].revents == 0;
  }
  void Serve() {
    if (!Ready(listener_)) return;
    const int connection = accept(listener_, nullptr, nullptr);
    char block[4096];
    while (seen_.find("\r\n\r\n") == std::string::npos && Ready(connection)) {
      const ssize_t got = recv(connection, block, sizeof block, 0);
      if (got <= 0) break;
      seen_.append(block, static_cast<std::size_t>(got));
    }
    {
      std::lock_guard lock(mutex_);
      asked_ = true;
    }
    changed_.notify_all();
    send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    while (!closes_ && Ready(connection) && recv(connection, block, sizeof block, 0) > 0) continue;
    close(connection);
  }

  const std::string answer_;
  const bool closes_;
  int listener_ = -1, end_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::string seen_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  std::thread thread_;
};

// How many connections to the port are being asked for and not answered.
int Connecting(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  char wanted[16];
  std::snprintf(wanted, sizeof wanted, ":%04X 02 ", port);  // the peer's port, then the state SYN_SENT
  int count = 0;
  for (std::string line; std::getline(table, line);) count += line.find(wanted) != std::string::npos ? 1 : 0;
  return count;
}

class DownloadTest : public ::testing::Test {
 protected:
  Result<Downloaded> Get(const std::string& url, const Proxies& proxies = {}, std::stop_token stop = {}, std::uint64_t most = 1 << 20) {
    return Fetch({.url = url, .file = file(), .most_bytes = most}, proxies, timeouts_, std::move(stop),
                 [this](std::uint64_t bytes) { seen_.push_back(bytes); });
  }
  std::string file() const { return (folder_.path() / "file").string(); }

  TemporaryDirectory folder_{"download-"};
  testing::Origin origin_;
  DownloadTimeouts timeouts_{.connect = milliseconds(2'000), .stall = milliseconds(2'000), .overall = milliseconds(20'000)};
  std::vector<std::uint64_t> seen_;
};

TEST_F(DownloadTest, BringsTheFileAndItsDigest) {
  const std::string body(300'000, 'x');
  origin_.Serve("/dir/a.tar.bz2", body);
  const auto got = Get(origin_.url() + "/dir/a.tar.bz2");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->bytes, body.size());
  EXPECT_EQ(got->sha1sum, Sha1Hex(body));
  EXPECT_EQ(*ReadFile(file()), body);
  EXPECT_GT(seen_.size(), 1u);
  EXPECT_TRUE(std::is_sorted(seen_.begin(), seen_.end()));
  EXPECT_EQ(seen_.back(), body.size());
  const auto request = origin_.Requests("/dir/a.tar.bz2").at(0);
  EXPECT_THAT(request.headers.Get("User-Agent").value_or(""), StartsWith("provdlab/"));
  EXPECT_FALSE(request.headers.Has("Authorization"));
}

TEST_F(DownloadTest, LeavesNoFileAfterAFailure) {
  origin_.Serve("/whole", std::string(5'000, 'x'));
  origin_.Serve("/cut", std::string(5'000, 'x'));
  origin_.Cut("/cut", 1'000);
  origin_.Answer("/gone", {.status = 410});
  origin_.Answer("/loop", {.status = 302, .headers = {{"Location", "/loop"}}});
  origin_.Answer("/file", {.status = 302, .headers = {{"Location", "file:///etc/passwd"}}});
  Peer silent(""), noise("this is not HTTP\r\n\r\n", true), half("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345", true);
  const struct {
    std::string url;
    std::uint64_t most;
    ErrorKind kind;
    const char* message;
  } cases[] = {
      {origin_.url() + "/cut", 1 << 20, ErrorKind::kUnavailable, "after 1000 bytes"},
      {origin_.url() + "/whole", 4'999, ErrorKind::kInvalid, "4999 bytes"},
      {origin_.url() + "/none", 1 << 20, ErrorKind::kNotFound, "status 404"},
      {origin_.url() + "/gone", 1 << 20, ErrorKind::kNotFound, "status 410"},
      {origin_.url() + "/loop", 1 << 20, ErrorKind::kInvalid, "redirects more than"},
      {origin_.url() + "/file", 1 << 20, ErrorKind::kInvalid, "no http or https URL"},
      {"http://" + silent.address() + "/", 1 << 20, ErrorKind::kTimeout, "300 ms"},
      {"http://" + noise.address() + "/", 1 << 20, ErrorKind::kUnavailable, "broke off"},
      {"http://" + half.address() + "/", 1 << 20, ErrorKind::kUnavailable, "after 5 bytes"},
      {"http://127.0.0.1:1/", 1 << 20, ErrorKind::kUnavailable, "can't be connected to"},
      {"http://no-such-host.invalid/", 1 << 20, ErrorKind::kUnavailable, "can't be resolved"},
      {"ftp://host/file", 1 << 20, ErrorKind::kInvalid, "ftp://host/file"},
      {"nonsense", 1 << 20, ErrorKind::kInvalid, "nonsense"},
  };
  for (const auto& [url, most, kind, message] : cases) {
    timeouts_.stall = milliseconds(kind == ErrorKind::kTimeout ? 300 : 10'000);
    const auto got = Get(url, {}, {}, most);
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().kind, kind) << url << ": " << got.error().message;
    EXPECT_THAT(got.error().message, HasSubstr(message)) << url;
    EXPECT_FALSE(fs::exists(file())) << url;
  }
}

TEST_F(DownloadTest, FollowsRedirects) {
  testing::Origin other;
  other.Serve("/there/c", "content");
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"/a", "b/x"}, {"/b/x", "/q?y=1"}, {"/q", other.url() + "/there/c#part"}})
    origin_.Answer(from, {.status = 302, .headers = {{"Location", to}}, .body = "moved"});
  std::string with_user = origin_.url();
  with_user.insert(7, "me:s%40crt@");
  ASSERT_TRUE(Get(with_user + "/a"));
  EXPECT_EQ(*ReadFile(file()), "content");
  EXPECT_EQ(origin_.Requests("/q").at(0).headers.Get("Authorization"), "Basic bWU6c0BjcnQ=");
  EXPECT_FALSE(other.Requests("/there/c").at(0).headers.Has("Authorization"));
}

TEST_F(DownloadTest, GoesThroughTheHttpProxy) {
  Peer proxy("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy", true);
  const auto got =
      Get("http://repository.invalid:8080/plugins.db", {.http_proxy = "http://us%3Aer:pa%40ss@" + proxy.address(), .https_proxy = ""});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*ReadFile(file()), "proxy");
  const std::string seen = proxy.Seen();
  EXPECT_THAT(seen, StartsWith("GET http://repository.invalid:8080/plugins.db HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Host: repository.invalid:8080\r\n"));
  EXPECT_THAT(seen, HasSubstr("Proxy-Authorization: Basic dXM6ZXI6cGFAc3M=\r\n"));
}

TEST_F(DownloadTest, AsksTheHttpsProxyForATunnel) {
  Peer proxy("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", true);
  const auto got =
      Get("https://repository.invalid/plugins.db", {.http_proxy = "http://127.0.0.1:1", .https_proxy = "me:secret@" + proxy.address()});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::kUnavailable);
  const std::string seen = proxy.Seen();
  EXPECT_THAT(seen, StartsWith("CONNECT repository.invalid:443 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
}

TEST_F(DownloadTest, IsCancelledWithinASecondWhereverItStands) {
  origin_.Serve("/held", std::string(5'000, 'x'));
  origin_.Hold("/held", 100);
  Peer silent("");
  // Nobody accepts from a full backlog: the connection is never made.
  const int full = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(full, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(full, 0), 0);
  ASSERT_EQ(getsockname(full, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::vector<int> filling;
  for (int count = 0; count < 3; ++count) {
    filling.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    static_cast<void>(connect(filling.back(), reinterpret_cast<sockaddr*>(&address), size));
  }
  timeouts_ = {.connect = std::chrono::seconds(20), .stall = std::chrono::seconds(20), .overall = std::chrono::seconds(60)};
  const std::uint16_t port = ntohs(address.sin_port);
  const int before = Connecting(port);
  const auto await_connecting = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Connecting(port) <= before && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return Connecting(port) > before;
  };
  const struct {
    std::string url;
    std::function<bool()> stands_there;
  } cases[] = {{origin_.url() + "/held", [&] { return origin_.AwaitHeld("/held"); }},
               {"http://" + silent.address() + "/", [&] { return silent.AwaitRequest(); }},
               {"http://127.0.0.1:" + std::to_string(port) + "/", await_connecting}};
  for (const auto& [address_text, stands_there] : cases) {
    const std::string url = address_text;
    std::stop_source stop;
    Result<Downloaded> got;
    std::thread thread([&] { got = Get(url, {}, stop.get_token()); });
    EXPECT_TRUE(stands_there()) << url;
    const auto asked = std::chrono::steady_clock::now();
    stop.request_stop();
    thread.join();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10)) << url;
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().kind, ErrorKind::kCancelled) << url << ": " << got.error().message;
    EXPECT_FALSE(fs::exists(file()));
  }
  for (int descriptor : filling) close(descriptor);
  close(full);
}

TEST_F(DownloadTest, EndsWhenItsTimeIsOverThoughBytesTrickle) {
  origin_.Serve("/held", std::string(5'000, 'x'));
  origin_.Hold("/held", 100);
  timeouts_ = {.connect = std::chrono::seconds(20), .stall = std::chrono::seconds(20), .overall = milliseconds(300)};
  const auto got = Get(origin_.url() + "/held");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::kTimeout);
}

TEST_F(DownloadTest, ResolvesNames) {
  origin_.Serve("/x", "y");
  EXPECT_TRUE(Get("http://localhost:" + std::to_string(origin_.port()) + "/x"));
}

}  // namespace
}  // namespace provdlab::server
