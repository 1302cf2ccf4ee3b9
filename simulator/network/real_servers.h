#pragma once
// The servers that are really there, for phones in virtual time: each is asked when a phone's request arrives, one after the other, while
// virtual time stands still. So a boot of ten minutes takes as long as the server needs for its answers.
//
//   RealServers servers({.addressing = Addressing::kOwn});
//   VirtualNetwork network({.seed = 7, .beyond = &servers});
//
// The server sees whole requests that come from the addresses that phones have, as from a SocketNetwork, but never two at once. A file over
// TFTP is read whole, in blocks of 512, and sent to the phone datagram by datagram by the network's own server. What is asked by name is
// looked up by the system. Belongs to the network's thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/http/message.h"
#include "base/result.h"
#include "base/tftp/server.h"
#include "simulator/network/addressing.h"
#include "simulator/network/virtual_network.h"

namespace provdlab::network {

struct RealServersOptions {
  Addressing addressing = Addressing::kOwn;
  std::string ca_file{};  // certificates (PEM) to trust https by; empty: the system's
  // Where a host and port that phones know really is; others are where they say. So that runs show the same ports though the servers have
  // whichever were free.
  std::map<std::pair<std::string, std::uint16_t>, std::pair<std::string, std::uint16_t>> moved{};
};

class RealServers final : public Beyond {
 public:
  explicit RealServers(RealServersOptions options) : options_(std::move(options)) {}

  Result<http::Response> Answer(const http::Url& server, const http::Request& request, std::chrono::milliseconds patience) override;
  Result<tftp::Answer> Answer(const std::string& host, std::uint16_t port, const tftp::Asked& asked) override;

  // From now on there is somebody else at this place.
  void Move(const std::string& host, std::uint16_t port, std::string real_host, std::uint16_t real_port) {
    options_.moved[{host, port}] = {std::move(real_host), real_port};
  }

 private:
  std::pair<std::string, std::uint16_t> Real(const std::string& host, std::uint16_t port) const;

  RealServersOptions options_;
};

}  // namespace provdlab::network
