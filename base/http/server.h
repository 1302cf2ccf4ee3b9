#pragma once
// The HTTP/1.1 server under everything of ours that listens: REST, plugin repository, admin ports, phones' files.
//
//   http::Server server({.port = 0}, [](const http::Request& request) { return http::Response{.body = "hello"}; });
//   auto port = server.Start();          // bound and listening when it returns
//   ...
//   server.Stop();                       // or the destructor
//
// Built on Asio and Beast: connections cost memory, not threads. Idle clients, clients that trickle a byte a second and
// clients that stop reading hold no thread; each request has one deadline from its first byte to its last, each answer one
// for every stretch without progress.
//
// The handler is called on one of `threads` server threads, concurrently, and should answer within milliseconds; what may take
// longer is named by `may_wait`, and gets a thread of its own, or belongs to a BodySource. An exception that leaves it becomes a 500 and a
// line in the log, which is spdlog's default logger.
//
// What it refuses by itself, as text/plain in one sentence, before the handler is asked: malformed requests and framing
// (400: bad request line, bad or conflicting Content-Length, Content-Length with chunked, HTTP/1.1 without Host),
// header fields over the limit (431), targets over the limit (414), bodies over the limit (413), a request that is not
// complete in time (408), transfer codings other than chunked (501), HTTP versions other than 1.0 and 1.1 (505). The
// connection ends with such an answer. An absolute target (http://host/path) reaches the handler as its path. Expect: 100-continue is
// honoured. Pipelined requests are answered in order. HEAD reaches the handler as HEAD; its answer's body is measured, not sent.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/http/message.h"
#include "base/result.h"

namespace provdlab::http {

struct ServerOptions {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  int threads = 4;
  int backlog = 1024;
  std::size_t max_target_bytes = 16 * 1024;
  std::size_t max_header_bytes = 64 * 1024;
  std::uint64_t max_body_bytes = 64ull * 1024 * 1024;
  std::chrono::milliseconds request_timeout{30'000};  // from the first byte of a request to its last
  std::chrono::milliseconds idle_timeout{120'000};    // between requests of one connection
  std::chrono::milliseconds write_timeout{60'000};    // for each stretch in which the client takes no byte
  std::string server_header{};                        // value of Server:, none if empty
  // Requests whose answers may have to wait for one another. The handler gets them on further threads, which are made when they are needed,
  // up to `waiting_threads`; more of them wait without one, and whatever else is asked is answered meanwhile. Empty: there are none.
  std::function<bool(const Request&)> may_wait{};
  std::size_t waiting_threads = 64;
};

class Server {
 public:
  using Handler = std::function<Response(const Request&)>;

  Server(ServerOptions options, Handler handler);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the port before anybody can be answered, for those who must know it first; clients are refused until Start. As Start it fails.
  Result<std::uint16_t> Bind();
  // Binds and listens; the port that it got. Fails with kUnavailable and a sentence that names address and port.
  Result<std::uint16_t> Start();
  // Stops accepting, lets answers under way finish for up to `grace`, closes everything, joins the threads. Idempotent.
  // Not to be called by a handler: it waits for the handlers.
  void Stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::http
