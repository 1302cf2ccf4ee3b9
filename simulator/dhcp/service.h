#pragma once
// The DHCP server within a network: it answers phones, and its hook tells the target of every lease, as the field's does.
//
//   Service dhcp(network, Server(XivoRules(), …), Service::Target{.origin = "http://127.0.0.1:8666", .path = "/provd/dev_mgr/dhcpinfo"});
//   dhcp.Ask("00:08:5d:10:00:01", {{60, "AastraIPPhone6731i"}}, [&](std::optional<Lease> lease) { … });
//
// What the target makes of it never keeps a phone from its address: refusals and failures are counted. Belongs to the network's thread,
// which it does not outlive.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/http/message.h"
#include "simulator/dhcp/server.h"
#include "simulator/network/network.h"

namespace provdlab::dhcp {

// A commit that was told to the target, and what came of it.
struct Push {
  std::string mac{}, ip{};
  int status = 0;         // 0: no answer
  std::string problem{};  // a sentence, unless it was accepted
  network::Instant took{0};
  bool accepted() const { return status >= 200 && status < 300; }
};

class Service {
 public:
  // Where the hook tells of leases.
  struct Target {
    std::string origin;              // http://HOST:PORT
    std::string path;                // with the target's prefix: /provd/dev_mgr/dhcpinfo
    http::Headers headers{};         // further ones
    std::optional<PushTime> when{};  // instead of what the rules say
  };
  struct Counts {
    std::uint64_t asked = 0, not_given = 0;             // of clients
    std::uint64_t pushed = 0, refused = 0, failed = 0;  // of commits; refused with a status, failed without one
  };

  // Without a target nobody is told.
  Service(network::Network& network, Server server, std::optional<Target> target);

  // A discovery or a renewal. Nullopt: no address is left. Answered later, never from within this call.
  void Ask(const std::string& mac, const Options& sent, std::function<void(std::optional<Lease>)> answered);
  void Release(const std::string& mac);
  bool Reserve(const std::string& mac) { return server_.Reserve(mac); }

  void Assign(const std::string& mac, std::uint32_t address) { server_.Assign(mac, address); }

  // Whether the target is told of the leases of this client; it is, unless this says no.
  void SetPushed(const std::string& mac, bool pushed);

  // Told of every push, when it has been answered or has failed.
  void OnPush(std::function<void(const Push&)> told) { told_ = std::move(told); }
  const Counts& counts() const { return counts_; }

 private:
  void Commit(const std::string& mac, const Options& sent, const Lease& lease, std::function<void()> done);
  Milliseconds Now() const { return std::chrono::duration_cast<Milliseconds>(network_.Now()); }

  network::Network& network_;
  Server server_;
  const std::optional<Target> target_;
  Counts counts_;
  std::set<std::string> silent_;  // clients that the target is not told of
  std::function<void(const Push&)> told_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // answers to pushes may come after the end
};

}  // namespace provdlab::dhcp
