#pragma once
// An Asterisk Manager Interface, as far as a provd talks to one: TCP, a banner, Login, the three ways to notify a phone, Logoff.
//
//   Switchboard switchboard(DeliverOverSip({.registrar = &registrar}));
//   Ami ami({.port = 0}, switchboard);
//   auto port = ami.Start();                    // in the field it is 5038
//
// A notification is answered once it is known how it went. A client that goes meanwhile cancels what it asked for. The answers to one
// client come in the order of its requests. Each client has a thread, of which there are few: a provd keeps one connection, or makes one
// for each synchronisation. What came and how it went is in the switchboard's journal.
//
// All methods may be called from any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "simulator/ami/session.h"
#include "simulator/ami/switchboard.h"

namespace provdlab::ami {

struct Options {
  std::string bind = "127.0.0.1";  // an IPv4 address
  std::uint16_t port = 0;          // 0: a free one
  Credentials credentials{};
  std::string banner = "Asterisk Call Manager/5.0.1";
  std::size_t most_clients = 100;                    // one more is sent away
  std::chrono::milliseconds login_patience{30'000};  // for who does not log in
};

class Ami {
 public:
  // The switchboard belongs to the caller and outlives this.
  Ami(Options options, Switchboard& switchboard);
  ~Ami();  // stops
  Ami(const Ami&) = delete;
  Ami& operator=(const Ami&) = delete;

  // The port that it got. kInvalid for an address that is none, kUnavailable if the port can't be had.
  Result<std::uint16_t> Start();
  void Stop();  // ends every connection; what is under way is cancelled
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace provdlab::ami
