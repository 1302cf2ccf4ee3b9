#pragma once
// The admin port of our servers: the protocol of docs/architecture.md over a FaultBoard, a Journal and a server's own routes.
//
//   admin::Server admin({.port = 0}, {.faults = &board, .journal = &journal, .reset = [&] { store.Clear(); }});
//   admin.Route("DELETE", "/v1/packages/*", [&](const admin::Call& call) -> Result<admin::Reply> {
//     if (auto removed = repository.Remove(call.name); !removed) return Fail(removed.error());
//     return admin::Reply{.status = 204};
//   });
//   auto port = admin.Start();
//
// Errors are text/plain in one sentence: 404 for kNotFound, 500 for kInternal, 400 for every other kind. An unknown path is 404, a method
// that a known path does not have 405 with Allow. HEAD is GET without body.
//
// What is passed in belongs to the caller and outlives the server. Handlers are called on the port's threads, concurrently.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/admin/fault_board.h"
#include "base/admin/journal.h"
#include "base/http/message.h"
#include "base/result.h"

namespace provdlab::admin {

struct Options {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
};

struct Parts {
  FaultBoard* faults = nullptr;           // without one, /v1/faults is not there
  Journal* journal = nullptr;             // likewise
  std::function<void()> reset = nullptr;  // likewise; clears what is the server's own, faults and journal are cleared by the port
};

struct Call {
  std::string name;   // what stands for the route's "*", decoded; empty without one
  std::string query;  // raw, without the '?'
  Json body;          // null if there was none
};

struct Reply {
  int status = 200;
  Json body = nullptr;  // null: no body
  std::string text{};   // for people, as text/plain; instead of a body
};

using Handler = std::function<Result<Reply>(const Call&)>;

class Server {
 public:
  Server(Options options, Parts parts);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Before Start. `path` may end in "/*", which stands for the rest of the path, at least one character.
  void Route(std::string method, std::string path, Handler handler);

  Result<std::uint16_t> Start();  // the port that it got
  void Stop();
  std::uint16_t port() const;

  // The answer to one request; what Start's sockets are served with.
  http::Response Answer(const http::Request& request) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::admin
