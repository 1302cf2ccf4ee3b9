#include "base/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/http/client.h"
#include "base/testing/gate.h"

namespace provdlab::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr seconds kDeadline{10};

// A body whose pieces the test hands over one by one.
class GatedSource : public BodySource {
 public:
  void Next(std::function<void(Piece)> ready) override {
    const std::lock_guard lock(mutex_);
    ready_ = std::move(ready);
    asked_.notify_all();
    Match();
  }

  void Give(Piece piece) {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    Match();
  }

  // What the source would still call; empty if it is not asked before the deadline.
  std::function<void(Piece)> WaitForReady() {
    std::unique_lock lock(mutex_);
    asked_.wait_for(lock, kDeadline, [this] { return ready_ != nullptr; });
    return std::exchange(ready_, nullptr);
  }

  bool was_asked() {
    const std::lock_guard lock(mutex_);
    return ready_ != nullptr;
  }

 private:
  void Match() {
    if (!ready_ || pieces_.empty()) return;
    std::exchange(ready_, nullptr)(std::move(pieces_.front()));
    pieces_.pop_front();
  }

  std::mutex mutex_;
  std::condition_variable asked_;
  std::function<void(Piece)> ready_;
  std::deque<Piece> pieces_;
};

using Then = BodySource::Piece::Then;

// A server whose handler says what it was asked; tests that need another give their own.
class ServerTest : public testing::Test {
 protected:
  static Response Echo(const Request& request) {
    std::string seen = request.method + " " + request.target + " " + std::to_string(request.body.size()) + "\n" + request.body;
    return Response{.headers = {{"Content-Type", "text/plain"}}, .body = std::move(seen)};
  }

  void Serve(Server::Handler handler = Echo, ServerOptions options = {}) {
    server_ = std::make_unique<Server>(std::move(options), std::move(handler));
    const Result<std::uint16_t> port = server_->Start();
    ASSERT_TRUE(port) << port.error().message;
    client_ = std::make_unique<Client>(ClientOptions{.host = "127.0.0.1", .port = *port});
  }

  Exchange Raw(const std::string& bytes, int answers = 1) {
    return client_->SendRaw({{.kind = RawStep::Kind::kSend, .bytes = bytes}}, kDeadline, answers);
  }
  // Sends the bytes and reads until the server closes.
  Exchange RawToTheEnd(const std::string& bytes) { return Raw(bytes, 1000); }

  Exchange Get(const std::string& target) { return client_->Send({.method = "GET", .target = target}, kDeadline); }

  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

constexpr char kGet[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(ServerTest, HandsTheRequestOverAsItWasSent) {
  Request seen;
  Serve([&](const Request& request) {
    seen = request;
    return Response{};
  });
  Raw("POST /a%2Fb?c=%20d HTTP/1.1\r\nhost: h\r\nX-Two:  1 \r\nx-two: 2\r\nContent-Length: 3\r\n\r\na\rb");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/a%2Fb?c=%20d");
  EXPECT_EQ(seen.body, "a\rb");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_GT(seen.connection, 0u);
  EXPECT_THAT(seen.headers.fields(),
              ElementsAre(Header{"host", "h"}, Header{"X-Two", "1"}, Header{"x-two", "2"}, Header{"Content-Length", "3"}));
}

TEST_F(ServerTest, NumbersItsConnections) {
  std::vector<std::uint64_t> seen;
  Serve([&](const Request& request) {
    seen.push_back(request.connection);
    return Response{};
  });
  Raw(std::string(kGet) + kGet, 2);
  Raw(kGet);
  EXPECT_THAT(seen, ElementsAre(1, 1, 2));
}

TEST_F(ServerTest, FramesAndDatesAnswers) {
  Serve(
      [](const Request&) {
        return Response{.status = 201, .headers = {{"Location", "/x"}, {"Content-Length", "99"}}, .body = "hello"};
      },
      {.server_header = "lab"});
  const Exchange seen = Raw("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_THAT(seen.received, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(seen.response->headers.All("Content-Length"), ElementsAre("5"));
  EXPECT_EQ(seen.response->headers.Get("Location"), "/x");
  EXPECT_EQ(seen.response->headers.Get("Server"), "lab");
  EXPECT_THAT(seen.response->headers.Get("Date").value_or(""), testing::EndsWith(" GMT"));
  EXPECT_FALSE(seen.response->headers.Has("Connection"));
  EXPECT_EQ(seen.response->body, "hello");
}

TEST_F(ServerTest, AnswersWithoutBodyHaveNoLength) {
  for (const int status : {204, 304}) {
    Serve([status](const Request&) { return Response{.status = status, .body = "not sent"}; });
    const Exchange seen = Get("/");
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_FALSE(seen.response->headers.Has("Content-Length"));
    EXPECT_FALSE(seen.response->headers.Has("Transfer-Encoding"));
    EXPECT_THAT(seen.received, testing::EndsWith("\r\n\r\n"));
    EXPECT_EQ(seen.excess, "");
  }
}

TEST_F(ServerTest, HeadIsMeasuredNotSent) {
  Serve();
  const Exchange seen = client_->Send({.method = "HEAD", .target = "/x"}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->headers.Get("Content-Length"), "10");
  EXPECT_EQ(seen.excess, "");
  EXPECT_THAT(seen.received, testing::EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, HeadOfAStreamAsksTheSourceNothing) {
  const auto source = std::make_shared<GatedSource>();
  Serve([source](const Request&) { return Response{.source = source}; });
  const Exchange seen = client_->Send({.method = "HEAD", .target = "/x"}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->headers.Get("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(source->was_asked());
}

TEST_F(ServerTest, ALineBreakInAHeaderValueBeginsNoNewField) {
  Serve([](const Request&) { return Response{.reason = "O\r\nK", .headers = {{"Location", "/a\r\nEvil: 1"}}}; });
  const Exchange seen = Get("/");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_FALSE(seen.response->headers.Has("Evil"));
  EXPECT_EQ(seen.response->headers.Get("Location"), "/a  Evil: 1");
}

TEST_F(ServerTest, RefusesByItself) {
  ServerOptions options;
  options.max_target_bytes = 1000;
  options.max_header_bytes = 2000;
  options.max_body_bytes = 100;
  std::atomic<int> asked{0};
  Serve(
      [&](const Request&) {
        ++asked;
        return Response{};
      },
      options);
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const struct {
    std::string request;
    int status;
    const char* says;
  } kCases[] = {
      {"nonsense\r\n\r\n", 400, "request line"},
      {"GET\r\n\r\n", 400, "request line"},
      {"GET /\r\n\r\n", 400, "request line"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400, "request line"},
      {"GET / x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {"G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {std::string("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", 30), 400, "request line"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "request line"},
      {"GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "must be a path"},
      {"\x16\x03\x01\x02\x01\r\n\r\n", 400, "request line"},
      {"GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505, "HTTP/1.1 and HTTP/1.0"},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505, "HTTP/1.1 and HTTP/1.0"},
      {"GET / HTTP/3\r\nHost: h\r\n\r\n", 505, "HTTP/1.1 and HTTP/1.0"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1 and HTTP/1.0"},
      {"GET / http/1.1\r\nHost: h\r\n\r\n", 400, "request line"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "Host"},
      {"GET / HTTP/1.1\r\nHost: h\r\nbad field\r\n\r\n", 400, "header field"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", 400, "header field"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\x01"
       "b\r\n\r\n",
       400, "header field"},
      {post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, "Content-Length"},
      {post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: 3, 3\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: x\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: -1\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: +3\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: 0x3\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length:\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: 99999999999999999999\r\n\r\nabc", 400, "Content-Length"},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Content-Length"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "chunked"},
      {post + "Transfer-Encoding: identity\r\n\r\n", 501, "chunked"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0"},
      {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "chunked body"},
      {post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400, "chunked body"},
      {post + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n", 400, "chunked body"},
      {post + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc\r\n", 400, "chunked body"},
      {post + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(40'000, 'x'), 400, "chunked body"},
      {post + "Content-Length: 101\r\n\r\n", 413, "100 bytes"},
      {post + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + std::string(100, 'a') + "\r\n1\r\na\r\n0\r\n\r\n", 413, "100 bytes"},
      {"GET /" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414, "1000 bytes"},
      {"GET /" + std::string(100'000, 'a'), 414, "1000 bytes"},
      {std::string(100'000, 'a'), 400, "request line"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'a') + "\r\n\r\n", 431, "2000 bytes"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a'), 431, "2000 bytes"},
  };
  for (const auto& [request, status, says] : kCases) {
    SCOPED_TRACE(request.substr(0, 100));
    const Exchange seen = RawToTheEnd(request);
    ASSERT_TRUE(seen.response) << OutcomeName(seen.outcome) << " " << seen.problem;
    EXPECT_EQ(seen.responses.size(), 1u);
    EXPECT_EQ(seen.outcome, Outcome::kClosed);
    EXPECT_EQ(seen.response->status, status);
    EXPECT_THAT(seen.response->body, HasSubstr(says));
    EXPECT_EQ(seen.response->headers.Get("Content-Type"), "text/plain");
    EXPECT_EQ(seen.response->headers.Get("Connection"), "close");
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(ServerTest, RequestsOfAllSizesAndShapesReachTheHandler) {
  Serve();
  const std::string post = "POST /x HTTP/1.1\r\nHost: h\r\n";
  const struct {
    std::string request;
    std::string seen;
  } kCases[] = {
      {kGet, "GET /x 0\n"},
      {"\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x 0\n"},
      {"get /x HTTP/1.1\r\nHost: h\r\n\r\n", "get /x 0\n"},
      {"FROB /x HTTP/1.1\r\nHost: h\r\n\r\n", "FROB /x 0\n"},
      {"TRACE /x HTTP/1.1\r\nHost: h\r\n\r\n", "TRACE /x 0\n"},
      {"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT h:80 0\n"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 0\n"},
      {"GET http://h:1/x?y HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x?y 0\n"},
      {"GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 0\n"},
      {"GET http://h?y HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?y 0\n"},
      {"GET /x?a?b HTTP/1.1\r\nHost:\r\n\r\n", "GET /x?a?b 0\n"},
      {"GET /\xE9 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\xE9 0\n"},
      {"GET /x HTTP/1.0\r\n\r\n", "GET /x 0\n"},
      {post + "Content-Length: 0\r\n\r\n", "POST /x 0\n"},
      {post + "\r\n", "POST /x 0\n"},
      {post + "Content-Length: 4\r\n\r\n\r\n\r\n", "POST /x 4\n\r\n\r\n"},
      {post + "Transfer-Encoding: Chunked\r\n\r\n3;ext=1;q=\"a;b\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Trailer: 1\r\nHost: t\r\n\r\n",
       "POST /x 13\nabc0123456789"},
      {post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST /x 0\n"},
  };
  for (const auto& [request, expected] : kCases) {
    SCOPED_TRACE(request);
    const Exchange whole = Raw(request);
    ASSERT_TRUE(whole.response) << whole.problem;
    EXPECT_EQ(whole.response->status, 200) << whole.response->body;
    EXPECT_EQ(whole.response->body, expected);
    // Byte by byte it is the same.
    std::vector<RawStep> steps;
    for (const char c : request) steps.push_back({.kind = RawStep::Kind::kSend, .bytes = std::string(1, c)});
    const Exchange trickled = client_->SendRaw(steps, kDeadline);
    ASSERT_TRUE(trickled.response) << trickled.problem;
    EXPECT_EQ(trickled.response->body, expected);
  }
}

TEST_F(ServerTest, TrailersAreNoHeaderFields) {
  Headers seen;
  Serve([&](const Request& request) {
    seen = request.headers;
    return Response{};
  });
  Raw("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_FALSE(seen.Has("X-Trailer"));
}

TEST_F(ServerTest, LargeBodiesArriveExactly) {
  Serve([](const Request& request) { return Response{.body = request.body}; });
  std::string body;
  for (std::size_t i = 0; i < 5'000'000; ++i) body += static_cast<char>(i * 31 % 251);
  for (const Framing framing : {Framing::kLength, Framing::kChunked}) {
    const Exchange seen = client_->Send({.method = "PUT", .target = "/", .body = body}, kDeadline, framing);
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_TRUE(seen.response->body == body);
  }
}

TEST_F(ServerTest, AClientThatIsStillSendingGetsTheRefusal) {
  Serve(Echo, {.max_body_bytes = 1000});
  const std::string hundred_megabytes(100'000'000, 'a');
  for (const Framing framing : {Framing::kLength, Framing::kChunked}) {
    const Exchange seen = client_->Send({.method = "PUT", .target = "/", .body = hundred_megabytes}, kDeadline, framing);
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_EQ(seen.response->status, 413);
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Serve();
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  const Exchange seen = Raw(requests, 500);
  ASSERT_EQ(seen.responses.size(), 500u) << seen.problem;
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen.responses[i].body, "GET /" + std::to_string(i) + " 0\n");
}

TEST_F(ServerTest, PipelinedRequestsWaitForASlowAnswer) {
  const auto source = std::make_shared<GatedSource>();
  Event asked;
  Serve([&](const Request& request) {
    if (request.target != "/slow") return Echo(request);
    asked.Happen();
    return Response{.source = source};
  });
  std::thread giver([&] {
    ASSERT_TRUE(asked.Wait());
    source->Give({.bytes = "slow", .then = Then::kMore});
    source->Give({.bytes = "", .then = Then::kMore});
    source->Give({.bytes = "ly", .then = Then::kEnd});
  });
  const Exchange seen = Raw("GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /fast HTTP/1.1\r\nHost: h\r\n\r\n", 2);
  giver.join();
  ASSERT_EQ(seen.responses.size(), 2u) << seen.problem;
  EXPECT_EQ(seen.responses[0].body, "slowly");
  EXPECT_EQ(seen.responses[1].body, "GET /fast 0\n");
}

TEST_F(ServerTest, ConnectionsGoOnAsTheVersionAndTheClientSay) {
  Serve();
  const std::string h = "Host: h\r\n";
  const struct {
    std::string request;
    bool goes_on;
    std::optional<std::string> connection;
  } kCases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true, std::nullopt},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive"},
  };
  for (const auto& [request, goes_on, connection] : kCases) {
    SCOPED_TRACE(request);
    const Exchange seen = Raw(request + request, 2);
    ASSERT_GE(seen.responses.size(), 1u) << seen.problem;
    EXPECT_EQ(seen.responses.size(), goes_on ? 2u : 1u);
    EXPECT_EQ(seen.responses[0].headers.Get("Connection"), connection);
  }
}

TEST_F(ServerTest, AHandlerMayCloseTheConnection) {
  Serve([](const Request&) { return Response{.headers = {{"Connection", "close"}}}; });
  const Exchange seen = Raw(std::string(kGet) + kGet, 2);
  ASSERT_EQ(seen.responses.size(), 1u);
  EXPECT_EQ(seen.outcome, Outcome::kClosed);
  EXPECT_THAT(seen.responses[0].headers.All("Connection"), ElementsAre("close"));
}

TEST_F(ServerTest, TellsAClientThatAsksToContinue) {
  ServerOptions options;
  options.request_timeout = milliseconds(200);
  Serve(Echo, options);
  const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  const Exchange waits = Raw(head);  // and sends no body, until the server's patience ends
  EXPECT_THAT(waits.received, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 "));
  const Exchange impatient = Raw(head + "abc");
  ASSERT_TRUE(impatient.response) << impatient.problem;
  EXPECT_EQ(impatient.response->body, "POST /x 3\nabc");
  EXPECT_THAT(impatient.received, StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, ARefusedHeadGetsNoBody) {
  Serve();
  const Exchange seen = RawToTheEnd("HEAD / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 400);
  EXPECT_THAT(seen.received, testing::EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, RefusesATooLargeBodyBeforeItIsSent) {
  Serve(Echo, {.max_body_bytes = 2});
  const Exchange seen = Raw("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 413);
  EXPECT_THAT(seen.received, StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerTest, AClientThatHalfClosesIsAnswered) {
  Serve();
  const Exchange seen = client_->SendRaw({{.bytes = kGet}, {.kind = RawStep::Kind::kHalfClose}}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "GET /x 0\n");
  const Exchange delayed_end = client_->SendRaw({{.bytes = kGet}, {.kind = RawStep::Kind::kHalfClose}}, kDeadline, 2);
  EXPECT_EQ(delayed_end.outcome, Outcome::kClosed);
  EXPECT_EQ(delayed_end.responses.size(), 1u);
}

TEST_F(ServerTest, AClientThatHalfClosesIsAnsweredAfterADelay) {
  Serve([](const Request&) { return Response{.body = "late", .delay = milliseconds(50)}; });
  const Exchange seen = client_->SendRaw({{.bytes = kGet}, {.kind = RawStep::Kind::kHalfClose}}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "late");
  EXPECT_GE(seen.elapsed, milliseconds(50));
}

TEST_F(ServerTest, ARequestThatEndsHalfwayIsRefused) {
  Serve();
  for (const char* const part : {"GE", "GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab"}) {
    const Exchange seen = client_->SendRaw({{.bytes = part}, {.kind = RawStep::Kind::kHalfClose}}, kDeadline);
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_EQ(seen.response->status, 400);
    EXPECT_THAT(seen.response->body, HasSubstr("ended before"));
  }
}

TEST_F(ServerTest, AnExceptionOfTheHandlerIsA500) {
  Serve([](const Request& request) -> Response {
    if (request.target == "/int") throw 5;
    throw std::runtime_error("secret detail");
  });
  for (const char* const target : {"/", "/int"}) {
    const Exchange seen = Get(target);
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_EQ(seen.response->status, 500);
    EXPECT_THAT(seen.response->body, Not(HasSubstr("secret")));
  }
}

TEST_F(ServerTest, StreamsABody) {
  const auto source = std::make_shared<GatedSource>();
  source->Give({.bytes = "one,"});
  source->Give({.bytes = "two", .wait = milliseconds(20), .then = Then::kEnd});
  Serve([source](const Request&) { return Response{.source = source}; });
  const Exchange seen = Get("/");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "one,two");
  EXPECT_THAT(seen.received, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(seen.received, HasSubstr("\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n"));
  EXPECT_GE(seen.elapsed, milliseconds(20));
}

TEST_F(ServerTest, StreamsABodyOfDeclaredLength) {
  const auto source = std::make_shared<GatedSource>();
  Serve([source](const Request&) { return Response{.source = source, .declared_length = 6}; });
  source->Give({.bytes = "abc"});
  source->Give({.bytes = "def", .then = Then::kEnd});
  const Exchange whole = Get("/");
  ASSERT_TRUE(whole.response) << whole.problem;
  EXPECT_EQ(whole.response->body, "abcdef");
  source->Give({.bytes = "abc", .then = Then::kEnd});
  const Exchange shorter = Get("/");
  EXPECT_EQ(shorter.outcome, Outcome::kClosed);
  EXPECT_THAT(shorter.received, testing::EndsWith("\r\n\r\nabc"));
}

TEST_F(ServerTest, CutsABody) {
  const auto source = std::make_shared<GatedSource>();
  Serve([source](const Request&) { return Response{.source = source}; });
  source->Give({.bytes = "abc", .then = Then::kCut});
  const Exchange seen = Get("/");
  EXPECT_EQ(seen.outcome, Outcome::kClosed);
  EXPECT_THAT(seen.received, testing::EndsWith("3\r\nabc\r\n"));
}

TEST_F(ServerTest, StreamsToHttp10UntilTheEndOfTheConnection) {
  const auto source = std::make_shared<GatedSource>();
  Serve([source](const Request&) { return Response{.source = source}; });
  source->Give({.bytes = "abc"});
  source->Give({.bytes = "def", .then = Then::kEnd});
  const Exchange seen = Raw("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "abcdef");
  EXPECT_FALSE(seen.response->headers.Has("Transfer-Encoding"));
  EXPECT_EQ(seen.response->headers.Get("Connection"), "close");
}

TEST_F(ServerTest, ADeclaredLengthIsSentWhateverTheBodyIs) {
  Serve([](const Request&) { return Response{.body = "abc", .declared_length = 5}; });
  const Exchange seen = Get("/");
  EXPECT_EQ(seen.outcome, Outcome::kClosed);
  EXPECT_THAT(seen.received, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(seen.received, testing::EndsWith("\r\n\r\nabc"));
}

// Tells when it is destroyed.
class MortalSource : public GatedSource {
 public:
  explicit MortalSource(Event& gone) : gone_(gone) {}
  ~MortalSource() override { gone_.Happen(); }

 private:
  Event& gone_;
};

TEST_F(ServerTest, ASourceGoesWithItsClient) {
  Event gone;
  Serve([&](const Request&) { return Response{.source = std::make_shared<MortalSource>(gone)}; });
  const Exchange seen = client_->SendRaw({{.bytes = kGet}}, milliseconds(1'000));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_TRUE(gone.Wait());
}

TEST_F(ServerTest, ReadyAfterTheEndDoesNothing) {
  const auto source = std::make_shared<GatedSource>();
  Serve([source](const Request&) { return Response{.source = source}; });
  client_->SendRaw({{.bytes = kGet}}, milliseconds(1'000));
  const std::function<void(BodySource::Piece)> ready = source->WaitForReady();
  ASSERT_TRUE(ready);
  ready({.bytes = "late"});
  server_->Stop();
  ready({.bytes = "too late"});
  server_.reset();
  ready({.bytes = "far too late"});
}

TEST_F(ServerTest, ReadyCountsOnce) {
  const auto source = std::make_shared<GatedSource>();
  Serve([&](const Request&) { return Response{.source = source}; });
  std::thread giver([&] {
    const std::function<void(BodySource::Piece)> ready = source->WaitForReady();
    ASSERT_TRUE(ready);
    ready({.bytes = "a", .then = Then::kEnd});
    ready({.bytes = "b", .then = Then::kEnd});
  });
  const Exchange seen = Raw(std::string(kGet));
  giver.join();
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "a");
}

TEST_F(ServerTest, MisbehavesOnCommand) {
  Serve([](const Request& request) {
    Response response;
    response.body = "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nraw";
    if (request.target == "/hang") response.manner = Response::Manner::kHang;
    if (request.target == "/close") response.manner = Response::Manner::kClose;
    if (request.target == "/reset") response.manner = Response::Manner::kReset;
    if (request.target == "/raw") response.manner = Response::Manner::kRaw;
    return response;
  });
  const Exchange hang = client_->Send({.method = "GET", .target = "/hang"}, milliseconds(100));
  EXPECT_EQ(hang.outcome, Outcome::kTimeout);
  EXPECT_EQ(hang.received, "");
  const Exchange close = Get("/close");
  EXPECT_EQ(close.outcome, Outcome::kClosed);
  EXPECT_THAT(close.problem, HasSubstr("End of file"));
  const Exchange reset = Get("/reset");
  EXPECT_EQ(reset.outcome, Outcome::kClosed);
  EXPECT_THAT(reset.problem, HasSubstr("reset"));
  const Exchange raw = Get("/raw");
  EXPECT_EQ(raw.outcome, Outcome::kClosed);
  EXPECT_EQ(raw.received, "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nraw");
}

TEST_F(ServerTest, ARequestThatIsNotCompleteInTimeGets408) {
  ServerOptions options;
  options.request_timeout = milliseconds(100);
  Serve(Echo, options);
  for (const char* const part : {"G", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab"}) {
    const Exchange seen = Raw(part);
    ASSERT_TRUE(seen.response) << part << ": " << seen.problem;
    EXPECT_EQ(seen.response->status, 408);
    EXPECT_GE(seen.elapsed, milliseconds(90));
  }
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  ServerOptions options;
  options.idle_timeout = milliseconds(100);
  Serve(Echo, options);
  const Exchange fresh = Raw("");
  EXPECT_EQ(fresh.outcome, Outcome::kClosed);
  EXPECT_EQ(fresh.received, "");
  const Exchange used = Raw(kGet, 2);
  EXPECT_EQ(used.outcome, Outcome::kClosed);
  EXPECT_EQ(used.responses.size(), 1u);
}

TEST_F(ServerTest, APortThatIsTakenIsSaid) {
  Serve();
  Server second({.port = server_->port()}, Echo);
  const Result<std::uint16_t> port = second.Start();
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(port.error().message, HasSubstr("127.0.0.1:" + std::to_string(server_->port())));
  EXPECT_THAT(port.error().message, HasSubstr("another program listens there"));
}

TEST_F(ServerTest, TakesAPortBeforeItAnswers) {
  Server server({.port = 0}, Echo);
  const auto bound = server.Bind();
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(server.Bind(), *bound);
  const Client client({.host = "127.0.0.1", .port = *bound});
  EXPECT_EQ(client.Send({.method = "GET", .target = "/"}, kDeadline).outcome, Outcome::kRefused);
  EXPECT_EQ(server.Start(), *bound);
  EXPECT_EQ(client.Send({.method = "GET", .target = "/"}, kDeadline).outcome, Outcome::kAnswered);
}

TEST_F(ServerTest, SeesTheAddressThatAClientAsksFrom) {
  std::string peer;
  Serve([&](const Request& request) {
    peer = request.peer;
    return Response{};
  });
  const auto ask = [&](const std::string& from) {
    return Client({.host = "127.0.0.1", .port = server_->port(), .local_address = from})
        .Send({.method = "GET", .target = "/"}, kDeadline)
        .outcome;
  };
  EXPECT_EQ(ask("127.1.2.3"), Outcome::kAnswered);
  EXPECT_EQ(peer, "127.1.2.3");
  EXPECT_EQ(ask("203.0.113.1"), Outcome::kRefused);
  EXPECT_EQ(ask("here"), Outcome::kRefused);
}

TEST_F(ServerTest, AnAddressThatIsNoneIsSaid) {
  for (const char* const bind : {"nowhere", "", "1.2.3", "203.0.113.7"}) {
    Server server({.bind = bind}, Echo);
    const Result<std::uint16_t> port = server.Start();
    ASSERT_FALSE(port) << bind;
    EXPECT_EQ(port.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(port.error().message, HasSubstr(std::string(bind) + ":0"));
  }
}

// A server of two threads whose PUTs are held until the test lets them go.
class PatientServerTest : public ServerTest {
 protected:
  static constexpr int kWaitingThreads = 4;

  void ServePatiently() {
    Serve(
        [this](const Request& request) {
          if (request.method != "PUT") return Echo(request);
          if (++held_ == kWaitingThreads) all_held_.Happen();
          EXPECT_TRUE(let_go_.Wait());
          ++ended_;
          if (request.target == "/throw") throw std::runtime_error("secret detail");
          return Echo(request);
        },
        {.threads = 2, .may_wait = [](const Request& request) { return request.method == "PUT"; }, .waiting_threads = kWaitingThreads});
  }
  static std::string Put(int number) { return "PUT /" + std::to_string(number) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"; }

  std::atomic<int> held_{0}, ended_{0};
  Event all_held_, let_go_;
};

TEST_F(PatientServerTest, WhatWaitsKeepsNothingElseFromBeingAnswered) {
  ServePatiently();
  constexpr int kPuts = 40;
  std::vector<Exchange> puts(kPuts);
  std::vector<std::thread> callers;
  for (int i = 0; i < kPuts; ++i) {
    // Pipelined: what comes behind it waits for it, and comes in its order.
    callers.emplace_back([this, i, &puts] {
      puts[i] = Client({.host = "127.0.0.1", .port = server_->port()}).SendRaw({{.bytes = Put(i) + kGet}}, kDeadline, 2);
    });
  }
  ASSERT_TRUE(all_held_.Wait());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Get("/" + std::to_string(i)).response) << i;
  EXPECT_EQ(held_, kWaitingThreads);
  let_go_.Happen();
  for (std::thread& caller : callers) caller.join();
  for (int i = 0; i < kPuts; ++i) {
    ASSERT_EQ(puts[i].responses.size(), 2u) << puts[i].problem;
    EXPECT_EQ(puts[i].responses[0].body, "PUT /" + std::to_string(i) + " 2\n{}");
    EXPECT_EQ(puts[i].responses[1].body, "GET /x 0\n");
  }
}

TEST_F(PatientServerTest, AClientThatHalfClosesGetsWhatItWaitsFor) {
  ServePatiently();
  let_go_.Happen();
  const Exchange seen = client_->SendRaw({{.bytes = Put(1)}, {.kind = RawStep::Kind::kHalfClose}}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "PUT /1 2\n{}");
}

TEST_F(PatientServerTest, AnExceptionIsA500HereToo) {
  ServePatiently();
  let_go_.Happen();
  const Exchange seen = client_->Send({.method = "PUT", .target = "/throw"}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 500);
  EXPECT_THAT(seen.response->body, Not(HasSubstr("secret")));
}

TEST_F(PatientServerTest, StoppingWaitsForThemAndForgetsWhatHasNotBegun) {
  ServePatiently();
  std::vector<std::thread> callers;
  for (int i = 0; i < 3 * kWaitingThreads; ++i) {
    callers.emplace_back([this, i] { Client({.host = "127.0.0.1", .port = server_->port()}).SendRaw({{.bytes = Put(i)}}, kDeadline); });
  }
  ASSERT_TRUE(all_held_.Wait());
  std::thread stopper([&] { server_->Stop(milliseconds(0)); });
  let_go_.Happen();
  stopper.join();
  EXPECT_EQ(ended_, held_);
  for (std::thread& caller : callers) caller.join();
}

TEST_F(ServerTest, ThePortIsFreeAgainAfterAStop) {
  Serve();
  const std::uint16_t port = server_->port();
  EXPECT_TRUE(Get("/").response);
  server_->Stop();
  server_->Stop();
  EXPECT_EQ(Get("/").outcome, Outcome::kRefused);
  Serve(Echo, {.port = port});
  EXPECT_TRUE(Get("/").response);
}

TEST_F(ServerTest, StoppingLetsAnAnswerFinish) {
  Event asked;
  Event let_go;
  Serve([&](const Request&) {
    asked.Happen();
    EXPECT_TRUE(let_go.Wait());
    return Response{.body = "whole", .delay = milliseconds(20)};
  });
  Exchange seen;
  std::thread caller([&] { seen = Raw(kGet); });
  ASSERT_TRUE(asked.Wait());
  std::thread stopper([&] { server_->Stop(kDeadline); });
  let_go.Happen();
  stopper.join();
  caller.join();
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->body, "whole");
}

TEST_F(ServerTest, StoppingDoesNotWaitForWhatNeverEnds) {
  std::atomic<int> asked{0};
  Event all;
  Serve([&](const Request& request) {
    if (++asked == 3) all.Happen();
    if (request.target == "/hang") return Response{.manner = Response::Manner::kHang};
    if (request.target == "/delay") return Response{.delay = std::chrono::hours(1)};
    return Response{.source = std::make_shared<GatedSource>()};
  });
  std::vector<std::thread> callers;
  for (const char* const target : {"/hang", "/delay", "/gate"}) callers.emplace_back([this, target] { Get(target); });
  ASSERT_TRUE(all.Wait());
  const auto begin = steady_clock::now();
  server_->Stop(milliseconds(50));
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace provdlab::http
