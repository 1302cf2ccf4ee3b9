#pragma once
// A SIP registrar on real sockets, UDP and TCP on one port: RegistrarCore (core.h) for phones that are somewhere else.
//
//   Registrar registrar({.port = 0});
//   auto port = registrar.Start();
//   registrar.Allow({.user = "je5qtq", .password = "s3cret"});
//   auto there = registrar.AwaitRegistration("je5qtq", 10s);   // kTimeout says what its last request ended in
//   there->contact;                                            // "sip:je5qtq@127.1.0.1:5060"
//
// Over UDP an answer leaves from the address that was asked, also when it listens on 0.0.0.0. It misbehaves on command (`faults`) and keeps
// a journal; both can be put on an admin port:
//
//   admin::Server admin({}, {.faults = &registrar.faults(), .journal = &registrar.journal(), .reset = [&] { registrar.Reset(); }});
//
// It has a thread of its own. All methods may be called from any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulator/registrar/core.h"

namespace provdlab::registrar {

struct Options {
  std::string bind = "127.0.0.1";  // an IPv4 address
  std::uint16_t port = 0;          // 0: one that is free for UDP and TCP
  CoreOptions core{};
  std::size_t most_connections = 1'000;  // over TCP; for one more the one ends that was silent for longest
};

class Registrar {
 public:
  explicit Registrar(Options options);
  ~Registrar();  // stops
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  // The port that it got. kInvalid for an address that is none, kUnavailable if the port can't be had.
  Result<std::uint16_t> Start();
  void Stop();  // answers that were delayed are not sent any more
  std::uint16_t port() const;

  // As RegistrarCore has them.
  Result<> Allow(const Account& account);
  Result<> Forbid(const std::string& user);
  std::vector<Registration> registrations(std::string_view user = "") const;
  std::string LastWord(const std::string& user) const;
  std::vector<Entry> Journal(std::uint64_t after = 0, std::string_view user = "") const;
  admin::Journal& journal();
  admin::FaultList& faults();
  void Reset();

  // Until the user is registered by a request with a sequence above `after` (of the journal: `journal().last()` before what should bring it
  // about). kTimeout.
  Result<Registration> AwaitRegistration(const std::string& user, std::chrono::milliseconds deadline, std::uint64_t after = 0) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::registrar
