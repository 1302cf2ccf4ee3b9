#pragma once
// The reference server on its sockets: the REST API, the faults at its edge, its journal, and the admin port.
//
//   Faults faults;
//   auto provd = Provd::Open({.faults = &faults});
//   RestServer server({.rest_port = 0, .admin_port = 0}, **provd, faults);
//   if (auto started = server.Start(); !started) return Complain(started.error().message);
//   server.rest_port();
//
// `provd` and `faults` outlive it. The destructor stops it. Start and Stop are called by one thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "server/api/dialect.h"
#include "server/api/rest_faults.h"

namespace provdlab::admin {
class Server;
}

namespace provdlab::server {

class Provd;

struct RestServerOptions {
  Dialect dialect = Dialect::Xivo();
  std::string bind = "127.0.0.1";
  std::uint16_t rest_port = 0;                       // 0: a free one
  std::optional<std::uint16_t> admin_port = {};      // always on loopback; none: no admin port and no journal
  std::function<void(const std::string&)> log = {};  // one line for each answer; empty: none
  bool lint_clients = false;                         // watches what clients do wrong or waste
  // Adds what else the admin port answers; called once, if there is one, before it listens.
  std::function<void(admin::Server&)> admin_routes = {};
};

class RestServer {
 public:
  RestServer(RestServerOptions options, Provd& provd, Faults& faults);
  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  RestFaults& faults();
  // Switches a fault on that belongs to this server: it is on again after each reset.
  Result<> Misbehave(const std::string& fault, std::optional<std::uint64_t> times = std::nullopt);

  // Listens on all ports when it returns. kUnavailable names the address that can't be had.
  Result<> Start();
  // Answers under way may finish for half a second; a change that touches many devices ends early (Provd::Stop). Idempotent.
  void Stop();

  // What clients did wrong or wasted since the start, for people or as one line of JSON; empty if they are not watched.
  std::string ClientsInText() const;
  std::string ClientsInJson() const;

  std::uint16_t rest_port() const;
  std::uint16_t admin_port() const;  // 0 without one

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::server
