#pragma once
// A registrar at a host of a network of phones, such as one in virtual time: RegistrarCore (core.h) without sockets of its own.
//
//   auto registrar = HostedRegistrar::At(network, {.ip = "192.0.2.20", .port = 5060});
//   (*registrar)->core().Allow({.user = "je5qtq", .password = "s3cret"});
//
// Its clock is the network's. Belongs to the network's thread; the network outlives it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/sip/message.h"
#include "simulator/network/network.h"
#include "simulator/network/network_clock.h"
#include "simulator/registrar/core.h"

namespace provdlab::registrar {

struct HostedOptions {
  std::string ip = "127.0.0.1";
  std::uint16_t port = 5060;
  std::uint64_t seed = 1;
  std::function<void(RegistrarCore&, const sip::Message& request)> before{};  // called before a request is handled; empty: nobody
};

class HostedRegistrar {
 public:
  // kUnavailable if somebody is there already.
  static Result<std::unique_ptr<HostedRegistrar>> At(network::Network& network, HostedOptions options);
  HostedRegistrar(const HostedRegistrar&) = delete;
  HostedRegistrar& operator=(const HostedRegistrar&) = delete;

  RegistrarCore& core() { return core_; }

 private:
  HostedRegistrar(network::Network& network, HostedOptions options);
  void Came(const network::Datagram& from);

  network::Network& network_;
  const HostedOptions options_;
  const network::NetworkClock clock_;
  RegistrarCore core_;
  std::shared_ptr<network::Host> host_;
};

}  // namespace provdlab::registrar
