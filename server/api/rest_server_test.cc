// The reference server over real sockets: crowds, clients that misbehave, a repository that is dead or slow, the admin port.

#include "server/api/rest_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/testing/gate.h"
#include "server/api/limits.h"
#include "server/application/provd.h"

namespace provdlab::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr char kType[] = "application/vnd.proformatique.provd+json";

// A client's end of a connection, byte by byte.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Close();
  }
  Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { Close(); }

  bool open() const { return socket_ >= 0; }
  bool Send(std::string_view bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  void EndSending() const { ::shutdown(socket_, SHUT_WR); }
  // What comes until `end` has come, the peer closes, or the deadline passes.
  std::string ReadUntil(std::string_view end, milliseconds deadline = seconds(10)) const {
    const auto until = Clock::now() + deadline;
    std::string read;
    while (read.find(end) == std::string::npos) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
      pollfd ready{socket_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
      char buffer[4096];
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      read.append(buffer, static_cast<std::size_t>(got));
    }
    return read;
  }

 private:
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  int socket_;
};

class RestServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ProvdOptions options;
    options.faults = &faults;
    auto opened = Provd::Open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    provd = std::move(*opened);
    server = std::make_unique<RestServer>(RestServerOptions{.admin_port = 0}, *provd, faults);
    const auto started = server->Start();
    ASSERT_TRUE(started) << started.error().message;
  }

  http::Exchange Exchange(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body = "",
                          http::Framing framing = http::Framing::kLength) const {
    http::Request request{.method = method, .target = target, .body = body};
    if (!body.empty()) request.headers.Add("Content-Type", kType);
    return http::Client({.host = "127.0.0.1", .port = port}).Send(request, seconds(60), framing);
  }
  http::Response Ask(const std::string& method, const std::string& target, const std::string& body = "",
                     http::Framing framing = http::Framing::kLength) const {
    const auto exchange = Exchange(server->rest_port(), method, target, body, framing);
    EXPECT_TRUE(exchange.response) << method << " " << target << ": " << exchange.problem;
    return exchange.response.value_or(http::Response{.status = 0});
  }
  http::Response Admin(const std::string& method, const std::string& target, const std::string& body = "") const {
    const auto exchange = Exchange(server->admin_port(), method, target, body);
    EXPECT_TRUE(exchange.response) << method << " " << target << ": " << exchange.problem;
    return exchange.response.value_or(http::Response{.status = 0});
  }

  Faults faults;
  std::unique_ptr<Provd> provd;
  std::unique_ptr<RestServer> server;
};

TEST_F(RestServerTest, AnswersADocumentedRequest) {
  const auto response = Ask("GET", "/provd/configure/NAT");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.Get("Content-Type"), kType);
  EXPECT_EQ(ParseJson(response.body).value_or(Json()), Json::parse(R"({"param": {"value": 0}})"));
  EXPECT_EQ(Ask("PUT", "/provd/configure/NAT", R"({"param": {"value": 1}})").status, 204);
  EXPECT_EQ(ParseJson(Ask("GET", "/provd/configure/NAT").body).value_or(Json()), Json::parse(R"({"param": {"value": 1}})"));
}

TEST_F(RestServerTest, AnswersHeadWithoutABody) {
  const Connection client(server->rest_port());
  ASSERT_TRUE(
      client.Send("HEAD /provd/configure HTTP/1.1\r\nHost: x\r\n\r\nGET /provd/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const std::string answers = client.ReadUntil("No resource has this path");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nHTTP/1.1 404 Not Found\r\n"));
}

TEST_F(RestServerTest, ReadsBigAndChunkedBodies) {
  for (const std::size_t size : {std::size_t{99'000}, std::size_t{101'000}, std::size_t{20'000'000}}) {
    const std::string body = R"({"param": {"value": 1})" + std::string(size, ' ') + "}";
    EXPECT_EQ(Ask("PUT", "/provd/configure/NAT", body).status, 204) << size;
    EXPECT_EQ(Ask("PUT", "/provd/configure/NAT", body, http::Framing::kChunked).status, 204) << size;
  }
  EXPECT_EQ(Ask("PUT", "/provd/configure/NAT", R"({"param": {"value": 1}})", http::Framing::kChunked).status, 204);
}

TEST_F(RestServerTest, AnswersNewClientsWhile500IdleOnesStay) {
  std::vector<Connection> idle;
  for (int i = 0; i < 500; ++i) {
    idle.emplace_back(server->rest_port());
    ASSERT_TRUE(idle.back().open()) << i;
    ASSERT_TRUE(idle.back().Send("GET /provd HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  for (const Connection& client : idle) ASSERT_THAT(client.ReadUntil("}]}"), StartsWith("HTTP/1.1 200 OK\r\n"));
  const auto begun = Clock::now();
  EXPECT_EQ(Ask("GET", "/provd/configure").status, 200);
  EXPECT_LT(Clock::now() - begun, seconds(10));
  // They are still served, too.
  ASSERT_TRUE(idle.back().Send("GET /provd HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(idle.back().ReadUntil("}]}"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(RestServerTest, Answers200ClientsAtOnce) {
  std::vector<Connection> clients;
  for (int i = 0; i < 200; ++i) clients.emplace_back(server->rest_port());
  for (const Connection& client : clients) {
    ASSERT_TRUE(client.Send("GET /provd/configure HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  }
  for (const Connection& client : clients) EXPECT_THAT(client.ReadUntil("no such text"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(RestServerTest, IsNotHeldUpByClientsThatStopHalfway) {
  std::vector<Connection> halves;
  const std::string parts[] = {"G", "GET /provd HTTP/1.1\r\n",
                               "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"param\"",
                               "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"p"};
  for (int i = 0; i < 100; ++i) {
    halves.emplace_back(server->rest_port());
    ASSERT_TRUE(halves.back().Send(parts[static_cast<std::size_t>(i) % std::size(parts)]));
  }
  const auto begun = Clock::now();
  EXPECT_EQ(Ask("GET", "/provd/configure").status, 200);
  EXPECT_LT(Clock::now() - begun, seconds(10));
}

TEST_F(RestServerTest, AnswersReadersWhileHundredsOfChangesWait) {
  Gate gate;  // a log that stops whoever writes to it
  server.reset();
  ProvdOptions options;
  options.faults = &faults;
  options.log = [&](const std::string&) { gate.Pass(); };
  provd = std::move(*Provd::Open(options));
  server = std::make_unique<RestServer>(RestServerOptions{.admin_port = 0}, *provd, faults);
  ASSERT_TRUE(server->Start());
  ASSERT_EQ(Ask("POST", "/provd/dev_mgr/devices", R"({"device": {"id": "d"}})").status, 201);
  const auto send = [](const Connection& client, const std::string& request, const std::string& body) {
    return client.Send(request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + kType +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  // It tells the log, in its turn, that the device can't be configured.
  const Connection first(server->rest_port());
  ASSERT_TRUE(send(first, "POST /provd/dev_mgr/reconfigure", R"({"id": "d"})"));
  ASSERT_TRUE(gate.AwaitReached());
  std::vector<Connection> waiting;
  for (std::size_t i = 0; i < limits::kChanges + 300; ++i) {
    waiting.emplace_back(server->rest_port());
    ASSERT_TRUE(send(waiting.back(), "PUT /provd/dev_mgr/devices/d", R"({"device": {"X_number": )" + std::to_string(i) + "}}"));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Ask("GET", "/provd/dev_mgr/devices/d").status, 200);
    EXPECT_EQ(Ask("GET", "/provd/dev_mgr/devices").status, 200);
    EXPECT_EQ(Ask("GET", "/provd/configure").status, 200);
  }
  gate.Open();
  EXPECT_THAT(first.ReadUntil("no such text"), StartsWith("HTTP/1.1 204"));
  for (const Connection& client : waiting) ASSERT_THAT(client.ReadUntil("no such text"), StartsWith("HTTP/1.1 204"));
  server.reset();
  provd.reset();  // before its log
}

// A repository that takes requests and never answers.
class DeadRepository {
 public:
  DeadRepository()
      : server_({.port = 0}, [this](const http::Request&) {
          const std::lock_guard lock(mutex_);
          ++asked_;
          changed_.notify_all();
          return http::Response{.manner = http::Response::Manner::kHang};
        }) {
    const auto port = server_.Start();
    EXPECT_TRUE(port);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  bool AwaitAsked(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(10), [&] { return asked_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  http::Server server_;  // last: its threads use the rest
};

TEST_F(RestServerTest, AnswersWhileTheRepositoryIsDead) {
  DeadRepository repository;
  ASSERT_EQ(Ask("PUT", "/provd/configure/plugin_server", R"({"param": {"value": ")" + repository.url() + "\"}}").status, 204);
  const auto update = Ask("POST", "/provd/pg_mgr/install/update", "{}");
  ASSERT_EQ(update.status, 201);
  ASSERT_TRUE(repository.AwaitAsked(1));

  const auto begun = Clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Ask("GET", "/provd/pg_mgr/install/installable").status, 200);
    EXPECT_EQ(Ask("GET", "/provd/pg_mgr/plugins").status, 200);
    EXPECT_EQ(Ask("PUT", "/provd/configure/NAT", R"({"param": {"value": 0}})").status, 204);
    EXPECT_THAT(Ask("GET", update.headers.Get("Location").value_or("")).body, HasSubstr("progress"));
  }
  EXPECT_EQ(Ask("POST", "/provd/pg_mgr/install/update", "{}").status, 400);
  EXPECT_LT(Clock::now() - begun, seconds(10));
}

TEST_F(RestServerTest, EndsQuicklyWhileAnOperationRuns) {
  DeadRepository repository;
  ASSERT_EQ(Ask("PUT", "/provd/configure/plugin_server", R"({"param": {"value": ")" + repository.url() + "\"}}").status, 204);
  ASSERT_EQ(Ask("POST", "/provd/pg_mgr/install/update", "{}").status, 201);
  ASSERT_TRUE(repository.AwaitAsked(1));
  const Connection idle(server->rest_port());
  const auto begun = Clock::now();
  server.reset();
  provd.reset();
  EXPECT_LT(Clock::now() - begun, seconds(10));
}

TEST_F(RestServerTest, SwitchesFaultsOverTheAdminPort) {
  EXPECT_EQ(Admin("POST", "/v1/faults", R"({"name": "configure.get-answers-200", "times": 1})").status, 201);
  EXPECT_EQ(Ask("GET", "/provd/configure").status, 203);
  EXPECT_EQ(Ask("GET", "/provd/configure").status, 200);
  const auto unknown = Admin("POST", "/v1/faults", R"({"name": "configure.get-answers-20"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("configure.get-answers-200"));
  const auto list = ParseJson(Admin("GET", "/v1/faults").body).value_or(Json::object());
  EXPECT_EQ(list.at("active").size(), 1u);
  EXPECT_GT(list.at("available").size(), 100u);
}

TEST_F(RestServerTest, KeepsAJournalOfAnswersAndTheirFaults) {
  ASSERT_EQ(Admin("POST", "/v1/faults", R"({"name": "configure.get-answers-200", "times": 1})").status, 201);
  Ask("GET", "/provd/configure?x=1");
  Ask("GET", "/provd/nowhere");
  const auto journal = ParseJson(Admin("GET", "/v1/journal").body).value_or(Json::object());
  ASSERT_EQ(journal.at("entries").size(), 2u);
  EXPECT_EQ(journal["entries"][0]["target"], "/provd/configure?x=1");
  EXPECT_EQ(journal["entries"][0]["status"], 203);
  EXPECT_EQ(journal["entries"][0]["fault"], "configure.get-answers-200");
  EXPECT_EQ(journal["entries"][1]["method"], "GET");
  EXPECT_EQ(journal["entries"][1]["status"], 404);
  EXPECT_EQ(journal["entries"][1]["fault"], nullptr);
}

TEST_F(RestServerTest, ResetsToHowItStarted) {
  ASSERT_TRUE(server->Misbehave("configure.get-parameter-answers-200"));
  ASSERT_EQ(Admin("POST", "/v1/faults", R"({"name": "configure.get-answers-200"})").status, 201);
  ASSERT_EQ(Ask("PUT", "/provd/configure/NAT", R"({"param": {"value": 1}})").status, 204);
  ASSERT_EQ(Admin("POST", "/v1/reset").status, 204);
  EXPECT_EQ(Ask("GET", "/provd/configure").status, 200);
  EXPECT_EQ(ParseJson(Admin("GET", "/v1/journal").body).value_or(Json::object()).at("entries").size(), 1u);
  // Its own faults are on again, its parameters are those of a new installation.
  EXPECT_EQ(Ask("GET", "/provd/configure/NAT").status, 203);
  EXPECT_EQ(ParseJson(Ask("GET", "/provd/configure/NAT").body).value_or(Json()), Json::parse(R"({"param": {"value": 0}})"));
}

TEST_F(RestServerTest, SaysWhichPortIsTaken) {
  RestServer second({.rest_port = server->rest_port()}, *provd, faults);
  const auto started = second.Start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(started.error().message, HasSubstr(std::to_string(server->rest_port())));
}

// Bytes that are hardly HTTP: an answer below 500 or a closed connection, never a page, never silence.
TEST_F(RestServerTest, WithstandsOddBytes) {
  const std::string requests[] = {
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET /provd\r\n\r\n",
      "GET /provd HTTP/1.1\r\n\r\n",
      "GET /provd HTTP/3.0\r\nHost: x\r\n\r\n",
      "GET /provd/configure/\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /provd/configure/\xE9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET http://x/provd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "CONNECT x:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
      "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
      "PUT /provd/configure/NAT HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /provd HTTP/1.1\r\nHost: x\r\nX: " + std::string(200'000, 'a') + "\r\n\r\n",
      std::string(1000, '\0') + "\r\n\r\n",
  };
  for (const std::string& request : requests) {
    const Connection client(server->rest_port());
    ASSERT_TRUE(client.open());
    client.Send(request);
    client.EndSending();
    const std::string answer = client.ReadUntil("no such text", seconds(5));
    const std::string shown = request.substr(0, 60);
    EXPECT_THAT(answer, ::testing::AnyOf("", StartsWith("HTTP/1."))) << shown;
    EXPECT_EQ(answer.find("HTTP/1.1 500"), std::string::npos) << shown;
    EXPECT_EQ(answer.find("<html"), std::string::npos) << shown;
  }
  EXPECT_EQ(Ask("GET", "/provd").status, 200);
}

}  // namespace
}  // namespace provdlab::server
