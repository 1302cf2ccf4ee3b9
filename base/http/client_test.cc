#include "base/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <thread>

#include "base/files.h"
#include "base/http/server.h"

namespace provdlab::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr seconds kDeadline{10};

// Accepts one connection and does with it what the test says.
class OnePeer {
 public:
  explicit OnePeer(std::function<void(tcp::socket&)> talk)
      : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), thread_([this, talk = std::move(talk)] {
          boost::system::error_code code;
          tcp::socket socket(context_);
          acceptor_.accept(socket, code);
          if (!code) talk(socket);
        }) {}
  ~OnePeer() { thread_.join(); }

  Client client() const { return Client({.host = "127.0.0.1", .port = acceptor_.local_endpoint().port()}); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

// Reads the request's head, says `bytes` and closes.
std::function<void(tcp::socket&)> Says(std::string bytes) {
  return [bytes = std::move(bytes)](tcp::socket& socket) {
    boost::system::error_code ignored;
    std::string request;
    char byte = 0;
    while (!request.ends_with("\r\n\r\n") && socket.read_some(asio::buffer(&byte, 1), ignored) == 1) request += byte;
    asio::write(socket, asio::buffer(bytes), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    while (socket.read_some(asio::buffer(&byte, 1), ignored) == 1) {
    }
  };
}

Exchange GetFrom(const Client& client, const std::string& method = "GET", milliseconds deadline = kDeadline) {
  return client.Send({.method = method, .target = "/x"}, deadline);
}

TEST(Client, SendsExactlyWhatItSays) {
  Request seen;
  Server server({}, [&](const Request& request) {
    seen = request;
    return Response{.status = 201, .headers = {{"Location", "/y"}}, .body = "made"};
  });
  const std::uint16_t port = *server.Start();
  const Client client({.host = "127.0.0.1", .port = port});
  const Exchange made = client.Send({.method = "POST", .target = "/x?y", .headers = {{"X-One", "1"}}, .body = "body"}, kDeadline);
  EXPECT_EQ(made.sent, "POST /x?y HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                           "\r\nX-One: 1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(made.outcome, Outcome::kAnswered);
  EXPECT_EQ(made.problem, "");
  ASSERT_TRUE(made.response);
  EXPECT_EQ(made.response->status, 201);
  EXPECT_EQ(made.response->reason, "Created");
  EXPECT_EQ(made.response->body, "made");
  EXPECT_EQ(made.response->headers.Get("Content-Length"), "4");
  EXPECT_THAT(made.received, testing::StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_GT(made.elapsed.count(), 0);

  client.Send({.method = "GET", .target = "/", .headers = {{"Host", "other"}, {"Connection", "keep-alive"}}}, kDeadline);
  EXPECT_THAT(seen.headers.All("Host"), testing::ElementsAre("other"));
  EXPECT_THAT(seen.headers.All("Connection"), testing::ElementsAre("keep-alive"));
  EXPECT_FALSE(seen.headers.Has("Content-Length"));

  const Exchange chunked = client.Send({.method = "PUT", .target = "/", .body = std::string(5000, 'a')}, kDeadline, Framing::kChunked);
  EXPECT_THAT(chunked.sent, HasSubstr("\r\n\r\n1000\r\naaaa"));
  EXPECT_EQ(seen.body, std::string(5000, 'a'));

  const Exchange empty = client.Send({.method = "POST", .target = "/"}, kDeadline);
  EXPECT_THAT(empty.sent, HasSubstr("Content-Length: 0\r\n"));

  const Client named({.host = "localhost", .port = port, .host_header = "provd.example"});
  named.Send({.method = "GET", .target = "/"}, kDeadline);
  EXPECT_EQ(seen.headers.Get("Host"), "provd.example");
}

TEST(Client, NobodyListeningIsARefusal) {
  std::uint16_t port = 0;
  {
    Server server({}, [](const Request&) { return Response{}; });
    port = *server.Start();
  }
  const Exchange seen = GetFrom(Client({.host = "127.0.0.1", .port = port}));
  EXPECT_EQ(seen.outcome, Outcome::kRefused);
  EXPECT_THAT(seen.problem, HasSubstr("127.0.0.1:" + std::to_string(port) + ": Connection refused"));
  EXPECT_FALSE(seen.response);
}

TEST(Client, AnUnknownNameIsARefusal) {
  const Exchange seen = GetFrom(Client({.host = "no-such-host.invalid", .port = 80}));
  EXPECT_EQ(seen.outcome, Outcome::kRefused);
  EXPECT_THAT(seen.problem, HasSubstr("no-such-host.invalid"));
}

TEST(Client, TellsHowAnExchangeEnds) {
  const struct {
    const char* says;
    Outcome outcome;
    const char* problem;
  } kCases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Outcome::kAnswered, ""},
      {"HTTP/1.0 200 OK\r\n\r\nuntil the end", Outcome::kAnswered, ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Outcome::kAnswered, ""},
      {"", Outcome::kClosed, "without an answer"},
      {"HTTP/1.1 200", Outcome::kClosed, "in the middle"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", Outcome::kClosed, "in the middle"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Outcome::kClosed, "in the middle"},
      {"220 mail.example ESMTP\r\n\r\n", Outcome::kMalformed, "not HTTP"},
      {"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", Outcome::kMalformed, "not HTTP"},
  };
  for (const auto& [says, outcome, problem] : kCases) {
    OnePeer peer(Says(says));
    const Exchange seen = GetFrom(peer.client());
    EXPECT_EQ(OutcomeName(seen.outcome), OutcomeName(outcome)) << says;
    EXPECT_EQ(seen.response.has_value(), outcome == Outcome::kAnswered) << says;
    EXPECT_EQ(seen.received, says);
    EXPECT_THAT(seen.problem, HasSubstr(problem));
    EXPECT_EQ(seen.problem.empty(), outcome == Outcome::kAnswered) << seen.problem;
  }
}

TEST(Client, ASilentPeerIsATimeout) {
  OnePeer peer([](tcp::socket& socket) {
    char byte = 0;
    boost::system::error_code ignored;
    while (socket.read_some(asio::buffer(&byte, 1), ignored) == 1) {
    }
  });
  const auto begin = steady_clock::now();
  const Exchange seen = GetFrom(peer.client(), "GET", milliseconds(100));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_THAT(seen.problem, HasSubstr("No byte"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(100));
  EXPECT_LT(steady_clock::now() - begin, kDeadline);
}

TEST(Client, APeerThatStopsHalfwayIsATimeoutWithWhatCame) {
  OnePeer peer([](tcp::socket& socket) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Le")), ignored);
    char byte = 0;
    while (socket.read_some(asio::buffer(&byte, 1), ignored) == 1) {
    }
  });
  const Exchange seen = GetFrom(peer.client(), "GET", milliseconds(2'000));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_EQ(seen.received, "HTTP/1.1 200 OK\r\nContent-Le");
}

// A process that the machine does not let run is not a peer that is late.
TEST(Client, WhatCameInTimeCountsThoughTheCallerWasStoppedUntilItsDeadlineHadPassed) {
  constexpr milliseconds kDeadlineOfTheStopped{2'000};
  int how = -1;
  std::atomic<pid_t> caller{0};
  std::optional<OnePeer> peer(std::in_place, [&](tcp::socket& socket) {
    asio::streambuf request;
    boost::system::error_code ignored;
    asio::read_until(socket, request, "\r\n\r\n", ignored);
    const auto asked = steady_clock::now();
    caller.wait(0);
    kill(caller, SIGSTOP);
    waitpid(caller, &how, WUNTRACED);
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), ignored);
    std::this_thread::sleep_until(asked + kDeadlineOfTheStopped + milliseconds(10));
    kill(caller, SIGCONT);
    waitpid(caller, &how, 0);
  });
  const Client client = peer->client();
  const pid_t forked = fork();
  if (forked == 0) {
    const Exchange seen = GetFrom(client, "GET", kDeadlineOfTheStopped);
    _exit(seen.response && seen.response->body == "ok" ? 0 : 1 + static_cast<int>(seen.outcome));
  }
  caller = forked;
  caller.notify_all();
  peer.reset();  // it has talked
  ASSERT_TRUE(WIFEXITED(how)) << how;
  EXPECT_EQ(WEXITSTATUS(how), 0) << "1, and the outcome of the exchange";
}

TEST(Client, HearsAnAnswerThatComesBeforeTheBodyIsSent) {
  OnePeer peer([](tcp::socket& socket) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")), ignored);
    char byte = 0;
    socket.read_some(asio::buffer(&byte, 1), ignored);  // never more than one byte of 50 MB; then a reset
  });
  const Exchange seen = peer.client().Send({.method = "PUT", .target = "/", .body = std::string(50'000'000, 'a')}, kDeadline);
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_EQ(seen.response->status, 413);
  EXPECT_EQ(seen.sent.size(), 1024u * 1024);
}

TEST(Client, BytesBehindAnAnswerAreExcess) {
  OnePeer head(Says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"));
  const Exchange to_head = GetFrom(head.client(), "HEAD");
  ASSERT_TRUE(to_head.response) << to_head.problem;
  EXPECT_EQ(to_head.response->body, "");
  EXPECT_EQ(to_head.excess, "body");
  OnePeer no_content(Says("HTTP/1.1 204 No Content\r\n\r\nbody"));
  EXPECT_EQ(GetFrom(no_content.client()).excess, "body");
}

// An answer to the first request may come while the second is being sent; nothing of what follows may be lost by that.
TEST(Client, SendsEveryRawStepThoughAnswersComeInBetween) {
  Server server({}, [](const Request& request) { return Response{.body = request.target}; });
  const auto port = server.Start();
  ASSERT_TRUE(port) << port.error().message;
  const Client client({.host = "127.0.0.1", .port = *port});
  for (int i = 0; i < 100; ++i) {
    std::vector<RawStep> steps;
    for (const char* target : {"/1", "/2", "/3"}) {
      steps.push_back({RawStep::Kind::kSend, std::string("GET ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n"});
    }
    const Exchange seen = client.SendRaw(steps, kDeadline, 3);
    ASSERT_EQ(seen.outcome, Outcome::kAnswered) << seen.problem << "\n" << seen.sent;
    ASSERT_EQ(seen.responses.size(), 3u);
    EXPECT_EQ(seen.responses[2].body, "/3");
  }
}

TEST(Client, RawStepsAreTakenInOrder) {
  Server server({}, [](const Request& request) { return Response{.body = request.target}; });
  const Client client({.host = "127.0.0.1", .port = *server.Start()});
  using Kind = RawStep::Kind;
  const Exchange seen = client.SendRaw({{Kind::kSend, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"},
                                        {Kind::kReadAnswer, ""},
                                        {Kind::kSend, "HEAD /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /"},
                                        {Kind::kReadAnswer, ""},
                                        {Kind::kSend, "3 HTTP/1.1\r\nHost: h\r\n\r\n"},
                                        {Kind::kHalfClose, ""}},
                                       kDeadline, 3);
  ASSERT_EQ(seen.responses.size(), 3u) << seen.problem;
  EXPECT_EQ(seen.outcome, Outcome::kAnswered);
  EXPECT_EQ(seen.responses[0].body, "/1");
  EXPECT_EQ(seen.responses[1].body, "");
  EXPECT_EQ(seen.responses[1].headers.Get("Content-Length"), "2");
  EXPECT_EQ(seen.responses[2].body, "/3");
  EXPECT_EQ(seen.response->body, "/3");

  const Exchange closed = client.SendRaw({{Kind::kSend, "GET /1 HT"}, {Kind::kClose, ""}}, kDeadline);
  EXPECT_EQ(closed.outcome, Outcome::kClosed);
  EXPECT_EQ(closed.received, "");
}

// ---- TLS

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// A certificate that signs itself, for the names in `names` ("DNS:localhost,IP:127.0.0.1"), and its key, as PEM files.
void MakeCertificate(const std::filesystem::path& folder, const std::string& names) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("lab"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate.get(), certificate.get(), nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  std::FILE* file = std::fopen((folder / "key.pem").c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  file = std::fopen((folder / "certificate.pem").c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
}

// What the peer does over TLS: reads the request's head and answers "over TLS".
std::function<void(tcp::socket&)> SaysOverTls(const std::filesystem::path& folder) {
  return [folder](tcp::socket& socket) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain_file((folder / "certificate.pem").string());
    context.use_private_key_file((folder / "key.pem").string(), asio::ssl::context::pem);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    boost::system::error_code code;
    stream.handshake(asio::ssl::stream_base::server, code);
    if (code) return;
    std::string request;
    char byte = 0;
    while (!request.ends_with("\r\n\r\n") && stream.read_some(asio::buffer(&byte, 1), code) == 1) request += byte;
    asio::write(stream, asio::buffer(std::string("HTTP/1.1 200 OK\r\n\r\nover TLS")), code);
    stream.shutdown(code);
  };
}

TEST(ClientWithTls, TrustsTheGivenAuthority) {
  const TemporaryDirectory folder;
  MakeCertificate(folder.path(), "DNS:localhost,IP:127.0.0.1");
  for (const char* const host : {"127.0.0.1", "localhost"}) {
    OnePeer peer(SaysOverTls(folder.path()));
    ClientOptions options = peer.client().options();
    options.host = host;
    options.tls = true;
    options.ca_file = (folder.path() / "certificate.pem").string();
    const Exchange seen = GetFrom(Client(options));
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_EQ(seen.response->body, "over TLS");
    EXPECT_EQ(seen.received, "HTTP/1.1 200 OK\r\n\r\nover TLS");
  }
}

TEST(ClientWithTls, RefusesWhomItDoesNotKnow) {
  const TemporaryDirectory folder;
  MakeCertificate(folder.path(), "IP:127.0.0.1");
  OnePeer peer(SaysOverTls(folder.path()));
  ClientOptions options = peer.client().options();
  options.tls = true;
  const Exchange seen = GetFrom(Client(options));
  EXPECT_EQ(seen.outcome, Outcome::kRefused);
  EXPECT_THAT(seen.problem, HasSubstr("self-signed"));
}

TEST(ClientWithTls, RefusesACertificateForAnother) {
  const TemporaryDirectory folder;
  MakeCertificate(folder.path(), "DNS:other.example");
  OnePeer peer(SaysOverTls(folder.path()));
  ClientOptions options = peer.client().options();
  options.tls = true;
  options.ca_file = (folder.path() / "certificate.pem").string();
  const Exchange seen = GetFrom(Client(options));
  EXPECT_EQ(seen.outcome, Outcome::kRefused);
  EXPECT_THAT(seen.problem, HasSubstr("TLS with 127.0.0.1"));
}

TEST(ClientWithTls, APeerThatDoesNotSpeakTlsIsARefusal) {
  OnePeer peer([](tcp::socket& socket) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")), ignored);
    char byte = 0;
    while (socket.read_some(asio::buffer(&byte, 1), ignored) == 1) {
    }
  });
  ClientOptions options = peer.client().options();
  options.tls = true;
  EXPECT_EQ(GetFrom(Client(options)).outcome, Outcome::kRefused);
}

TEST(ClientWithTls, AMissingAuthorityFileIsSaid) {
  OnePeer peer([](tcp::socket&) {});
  ClientOptions options = peer.client().options();
  options.tls = true;
  options.ca_file = "/no/such/file.pem";
  const Exchange seen = GetFrom(Client(options));
  EXPECT_EQ(seen.outcome, Outcome::kRefused);
  EXPECT_THAT(seen.problem, HasSubstr("/no/such/file.pem"));
}

}  // namespace
}  // namespace provdlab::http
