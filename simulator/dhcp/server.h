#pragma once
// A site's DHCP server as phones meet it: addresses and options out, and what its hook says to the target. Pure: no datagrams, no clock.
//
//   Server server(rules, {.pool = *PoolFrom("127.1.0.0/16"), .site = site});
//   std::optional<Lease> lease = server.Ask("00:08:5d:10:00:01", {{60, "AastraIPPhone6731i"}}, now);   // nullopt: no address is left
//   CommitBody(*lease, …);                                     // what the hook POSTs to dev_mgr/dhcpinfo
//
// A client gets the address that it had, for as long as the pool lasts: only when no other is left, the longest unused one goes to somebody
// else. Belongs to one thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "simulator/dhcp/rules.h"

namespace provdlab::dhcp {

using Milliseconds = std::chrono::milliseconds;  // instants count from the beginning of the simulation

// A range of IPv4 addresses.
struct Pool {
  std::uint32_t first = 0;  // as a number, 127.1.0.1 is 0x7F010001
  std::uint32_t count = 0;
};
// "127.1.0.0/16": all but its first and its last address, which are the network's and the broadcast's. kInvalid for anything else.
Result<Pool> PoolFrom(std::string_view network);
bool IsLoopback(const Pool& pool);  // all of it within 127.0.0.0/8
std::string AddressText(std::uint32_t address);

struct Lease {
  std::string ip;
  Options options;
  std::chrono::seconds time{0};
};

struct ServerOptions {
  Pool pool;
  Site site;
};

class Server {
 public:
  Server(Rules rules, ServerOptions options);

  // A discovery with its request, or a renewal: both end in a commit.
  std::optional<Lease> Ask(const std::string& mac, const Options& sent, Milliseconds now);
  void Release(const std::string& mac, Milliseconds now);
  // Keeps an address for a client that has not asked yet, so that it does not depend on who asks first. False if none is left.
  bool Reserve(const std::string& mac);
  // From now on the client's address, in the pool or not, whoever else may have it: phones behind one NAT share theirs.
  void Assign(const std::string& mac, std::uint32_t address);

  const Rules& rules() const { return rules_; }
  std::size_t clients() const { return bindings_.size(); }

 private:
  struct Binding {
    std::uint32_t address = 0;
    Milliseconds until{0};  // when its lease ends, or ended
  };
  // The client's binding, made if need be; null if no address is left.
  Binding* Bind(const std::string& mac, Milliseconds now);

  const Rules rules_;
  const ServerOptions options_;
  std::map<std::string, Binding> bindings_;  // by MAC
  std::uint32_t given_ = 0;                  // of the pool's addresses, how many were ever given
};

// "0:8:5d:10:0:1", as ISC's dhcpd writes a MAC.
std::string UnpaddedMac(std::string_view mac);
// Code and bytes as the hook writes them: "06041.61.73", hexadecimal without padding. Of an empty option only the code is left.
std::string PushedOption(int code, std::string_view bytes);
// The body of POST dev_mgr/dhcpinfo for a commit. `pushed`: the codes that are passed on, of those that the client sent.
std::string CommitBody(std::string_view ip, std::string_view mac, const Options& sent, const std::vector<int>& pushed);

}  // namespace provdlab::dhcp
