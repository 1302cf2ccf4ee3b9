#pragma once
// The network as it is: phones over real sockets, thousands of them on one thread.
//
//   SocketNetwork network({.addressing = Addressing::kOwn, .sip_port = 5060});
//   if (auto opened = network.Open(); !opened) return Fail(opened.error());
//   …
//   network.RunUntil([&] { return fleet.done(); }, 60s);
//
// SIP leaves and arrives through one UDP socket for all phones, told apart by the address that was written to.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "simulator/network/addressing.h"
#include "simulator/network/network.h"

namespace provdlab::network {

struct SocketOptions {
  Addressing addressing = Addressing::kOwn;
  std::size_t most_fetches = 1'000;         // under way at once; the others stand in line, first come, first served
  std::optional<std::uint16_t> sip_port{};  // UDP port of the phones, 0 for a free one; none: what they say by SIP goes nowhere
  std::string ca_file{};                    // certificates (PEM) to trust the target of Ask by; empty: the system's
  std::uint64_t seed = 1;                   // of the lines' noise
};

// What the sockets did; figures for a summary.
struct Traffic {
  std::uint64_t fetches = 0;
  std::uint64_t datagrams_sent = 0, datagrams_received = 0;  // of SIP
  std::uint64_t lost_by_noise = 0;                           // datagrams, either way
  std::uint64_t not_sip = 0;                                 // datagrams that are no SIP message, or for a phone that is not there
  std::size_t most_under_way = 0;
  Instant longest_in_line{0};
};

class SocketNetwork : public Network {
 public:
  struct Core;  // its inside

  explicit SocketNetwork(SocketOptions options);
  ~SocketNetwork() override;

  // Binds what is shared. kUnavailable if a port can't be had; kInvalid if ca_file can't be read.
  Result<> Open();
  std::uint16_t sip_port() const;  // 0: none
  const Traffic& traffic() const;

  Instant Now() const override;
  std::unique_ptr<Link> Attach(Plug plug) override;
  Result<std::unique_ptr<Host>> AddHost(const std::string& ip, std::uint16_t port,
                                        std::function<void(const Datagram& from)> receive) override;
  void Ask(const Question& question, std::function<void(Result<http::Response>)> answered) override;
  Result<> RunUntil(const std::function<bool()>& done, Instant deadline) override;
  void Interrupt() override;
  // From any thread: done on the network's, as soon as it is in RunUntil.
  void Post(std::function<void()> what);

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace provdlab::network
