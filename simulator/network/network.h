#pragma once
// What carries phones. Two networks do: one over real sockets (socket_network.h), one in memory and in virtual time (virtual_network.h).
// Whoever drives a phone sees no difference.
//
//   std::unique_ptr<Link> link = network.Attach({.number = 7, .deliver = [&](phone::Event event) { … }});
//   link->UseAddress("127.1.0.7");
//   link->Fetch({.id = 1, .host = "127.0.0.1", .port = 8667, .path = "/Aastra/aastra.cfg"});   // later: Fetched
//   network.RunUntil([&] { return done; }, 20s);
//
// Everything happens on the one thread that calls RunUntil, while it does; what phones and hosts are handed is never handed from within a
// call of theirs. Only Interrupt may be called from elsewhere. A network outlives its links and hosts.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/http/message.h"
#include "base/result.h"
#include "simulator/network/agenda.h"
#include "simulator/network/line.h"
#include "simulator/phone/phone.h"

namespace provdlab::network {

using phone::Milliseconds;

// How a phone is plugged in.
struct Plug {
  std::uint64_t number = 0;                     // the phone's, which tells its random streams from others'
  LineNoise noise{};                            // of its line, in each direction
  std::function<void(phone::Event)> deliver{};  // Began, Fetched, SipReceived
};

// One phone's place in the network. Letting it go unplugs the phone: nothing is delivered any more.
class Link {
 public:
  virtual ~Link() = default;

  // The address of its lease, which it has from now on; empty: none.
  virtual void UseAddress(const std::string& ip) = 0;
  // Each Fetch comes to one Fetched, unless Drop comes before. With `head`, Began comes first if the file is longer than that; then
  // nothing more is read until GoOn.
  virtual void Fetch(const phone::Fetch& fetch) = 0;
  virtual void GoOn(const phone::GoOn& go_on) = 0;
  virtual void SendSip(const phone::SendSip& message) = 0;
  virtual void Drop() = 0;  // whatever is under way is over, and comes to nothing

  // Of the fetch whose event is being delivered: how long it stood in line before it was begun, because too much was under way.
  virtual Instant waited() const { return Instant(0); }
};

struct Datagram {
  std::string ip;  // of the other side
  std::uint16_t port = 0;
  std::string bytes{};
};

// A host of ours that takes UDP datagrams, such as a registrar. Letting it go ends it.
class Host {
 public:
  virtual ~Host() = default;
  virtual void Send(const Datagram& to) = 0;
  virtual std::uint16_t port() const = 0;
};

// A request of somebody else than a phone: the DHCP server's hook, or who looks something up.
struct Question {
  std::string origin{};  // http://HOST:PORT or https://HOST:PORT
  http::Request request{};
  Milliseconds patience{10'000};  // for each stretch without progress
};

class Network {
 public:
  virtual ~Network() = default;

  virtual Instant Now() const = 0;
  virtual std::unique_ptr<Link> Attach(Plug plug) = 0;
  // kUnavailable if the address or the port can't be had; port 0 is a free one.
  virtual Result<std::unique_ptr<Host>> AddHost(const std::string& ip, std::uint16_t port,
                                                std::function<void(const Datagram& from)> receive) = 0;
  // The answer, or kUnavailable, kTimeout.
  virtual void Ask(const Question& question, std::function<void(Result<http::Response>)> answered) = 0;

  // Until `done`, which is asked often, or until this instant. kCancelled after Interrupt. kInternal: the machine, not a phone or a peer,
  // is at its end (open files, ports), so that nothing that came is to be trusted.
  virtual Result<> RunUntil(const std::function<bool()>& done, Instant deadline) = 0;
  virtual void Interrupt() = 0;  // from any thread; never taken back

  Appointment After(Instant delay, std::function<void()> what) { return agenda_.Add(Now() + delay, std::move(what)); }
  void Forget(Appointment& appointment) { agenda_.Remove(appointment); }

 protected:
  Agenda agenda_;
};

}  // namespace provdlab::network
