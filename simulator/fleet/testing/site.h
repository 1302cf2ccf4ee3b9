#pragma once
// For tests: a site with everything that phones need, in memory: files for Aastra, Polycom and Acme phones, a target for the DHCP server's
// hook, a registrar, and somebody who notifies.
//
//   Site site;
//   site.JoinTo(network);                       // a VirtualNetwork
//   site.Notify(network, "192.0.2.129");        // check-sync
//   site.Answer(request);                       // or over HTTP, by whoever serves it
//
// Each phone's account is made of its MAC. Belongs to one thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/http/message.h"
#include "simulator/dhcp/service.h"
#include "simulator/network/virtual_network.h"
#include "simulator/registrar/core.h"
#include "simulator/registrar/hosted_registrar.h"

namespace provdlab::fleet {

class Site {
 public:
  static constexpr char kIp[] = "192.0.2.10";
  static constexpr char kRegistrar[] = "192.0.2.20";

  // What stands in phones' files: where to register.
  std::string registrar_ip = kRegistrar;
  std::uint16_t registrar_port = 5060;
  // Decides about a request before the site does; without a status of its own (0) the site answers.
  std::function<http::Response(const http::Request&)> before = {};

  http::Response Answer(const http::Request& request);
  // Everything of it becomes hosts of the network.
  void JoinTo(network::VirtualNetwork& network);
  void Notify(const std::string& ip);

  static dhcp::Server DhcpServer(const std::string& pool = "192.0.2.128/25", const std::string& url = "http://192.0.2.10:8667");
  static dhcp::Service::Target Hook() { return {.origin = "http://192.0.2.10:8666", .path = "/provd/dev_mgr/dhcpinfo"}; }
  // "u0004f2100001", and the password of the user.
  static std::string UserOf(const std::string& mac_hex) { return "u" + mac_hex; }
  static std::string PasswordOf(const std::string& user) { return "secret-" + user; }

  registrar::RegistrarCore& registrar() { return registrar_->core(); }
  int pushes() const { return pushes_; }

 private:
  std::unique_ptr<registrar::HostedRegistrar> registrar_;
  std::unique_ptr<network::Host> notifier_;
  int pushes_ = 0;
  int notifications_ = 0;
};

}  // namespace provdlab::fleet
