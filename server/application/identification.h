#pragma once
// What is known of a phone from a message of or about it, brought into the devices.
//
//   identification.Leased({.ip = "192.0.2.7", .mac = "00:1a:2b:3c:4d:5e", .options = {{60, "Test"}}});
//
// Any thread.

#include "base/result.h"
#include "server/documents/dhcp_info.h"

namespace provdlab::server {

class Identification {
 public:
  virtual ~Identification() = default;
  // A DHCP server has given an address to a phone. Returns once the devices say so. kInternal.
  virtual Result<> Leased(const DhcpInfo& lease) = 0;
};

// Takes notice of nothing.
class NoIdentification : public Identification {
 public:
  Result<> Leased(const DhcpInfo&) override { return {}; }
};

}  // namespace provdlab::server
