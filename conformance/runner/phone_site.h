#pragma once
// The surroundings of a run's phones: a network that carries them, a DHCP server whose hook tells the target of leases, a registrar that
// accepts the run's accounts and nobody else's, an exchange if the target notifies phones through one, and addresses to give.
//
//   auto site = PhoneSite::Open({.files = *dhcp::SiteAt("http://127.0.0.1:8667", "127.0.0.1", 69), .origin = "http://127.0.0.1:8666", …});
//   (*site)->Do([&] { station = std::make_unique<network::Station>((*site)->network(), (*site)->dhcp(), …); });
//   (*site)->Run([&] { station->Do(phone::PowerOn{}); }, [&] { return station->phone().settled(); }, 20s, stop);
//
// The network has a thread of its own, so that phones live on while the target is asked for something else: they answer a NOTIFY while its
// operation is followed. What belongs to the network is only touched within Do and Run. Any thread may call; phones of several attempts are
// carried at once. Outlives every station.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/http/message.h"
#include "base/result.h"
#include "conformance/runner/stop.h"
#include "simulator/ami/ami.h"
#include "simulator/ami/http_gateway.h"
#include "simulator/ami/session.h"
#include "simulator/ami/switchboard.h"
#include "simulator/dhcp/rules.h"
#include "simulator/dhcp/server.h"
#include "simulator/dhcp/service.h"
#include "simulator/network/socket_network.h"
#include "simulator/registrar/registrar.h"

namespace provdlab::conformance {

// How phones reach a target, by what is known of it.
struct PhoneAccess {
  std::string files{};        // URL of its HTTP service for phones; empty: it is not known
  std::string tftp{};         // HOST:PORT; empty: it is not known
  int trusted_proxies = 0;    // as many as the target was told of
  std::string phones_from{};  // NET/BITS of the phones' addresses; empty: as fits
  std::uint16_t sip_port = 5060;
  std::string registrar_address{};  // by which phones' accounts name this machine; empty: as fits
  // Ports of an exchange through which the target notifies phones, 0 for a free one; nullopt: it tells them itself.
  std::optional<std::uint16_t> ami_port{}, gateway_port{};
  ami::Credentials manager{};  // who may log in at the first
};

struct PhoneSiteOptions {
  dhcp::Site files;
  network::Addressing addressing = network::Addressing::kOwn;
  dhcp::Pool pool;
  std::uint16_t sip_port = 0;
  std::string registrar_address = "127.0.0.1";
  std::optional<std::uint16_t> ami_port{}, gateway_port{};
  ami::Credentials manager{};
  std::string origin;  // of the target's REST API: http://HOST:PORT
  std::string leases;  // the path that the hook tells of leases
  http::Headers headers{};
  std::uint64_t seed = 1;
  // Whether the target has ended, so that there is nothing for phones to wait for; asked now and then, from any thread. May be empty.
  std::function<bool()> deserted{};
};

// kInvalid with a sentence that names the option. Without files there is nothing to read: ask before.
Result<PhoneSiteOptions> ReadAccess(const PhoneAccess& access);
// Whether these are addresses of this machine alone.
bool IsLoopbackHost(const std::string& host);

class PhoneSite {
 public:
  // kUnavailable: a port can't be had.
  static Result<std::unique_ptr<PhoneSite>> Open(PhoneSiteOptions options);
  ~PhoneSite();
  PhoneSite(const PhoneSite&) = delete;
  PhoneSite& operator=(const PhoneSite&) = delete;

  const PhoneSiteOptions& options() const { return options_; }
  bool has_own_addresses() const { return options_.addressing == network::Addressing::kOwn; }
  registrar::Registrar& registrar() { return *registrar_; }
  std::uint16_t registrar_port() const { return registrar_port_; }
  // Between the target and the phones; null: the target tells them itself.
  ami::Switchboard* exchange() { return exchange_.get(); }
  std::uint16_t ami_port() const { return ami_ ? ami_->port() : std::uint16_t{0}; }
  std::uint16_t gateway_port() const { return gateway_ ? gateway_->port() : std::uint16_t{0}; }
  // An address that no phone of the run had. kUnavailable: none is left.
  Result<std::uint32_t> TakeAddress();
  std::uint64_t NextNumber() { return ++numbers_; }

  // On the network's thread; returns when it is done. kInternal: this machine is at its end.
  Result<> Do(std::function<void()> what);
  // Does it, and then waits until `done` or for so long. Whether it was done. kCancelled: the run was ended.
  Result<bool> Run(std::function<void()> what, std::function<bool()> done, std::chrono::milliseconds within, Stop& stop);

  // Only within Do and Run.
  network::SocketNetwork& network() { return network_; }
  dhcp::Service& dhcp() { return *dhcp_; }

 private:
  struct Wait {
    std::function<bool()> done;
    network::Instant end{0};
    bool begun = false, over = false, reached = false;
  };

  explicit PhoneSite(PhoneSiteOptions options);
  Result<> OpenExchange();
  void Carry();
  bool LookAtWaits();

  const PhoneSiteOptions options_;
  network::SocketNetwork network_;
  std::unique_ptr<dhcp::Service> dhcp_;
  std::unique_ptr<registrar::Registrar> registrar_;
  std::uint16_t registrar_port_ = 0;
  std::unique_ptr<ami::Switchboard> exchange_;
  std::unique_ptr<ami::Ami> ami_;
  std::unique_ptr<ami::HttpGateway> gateway_;
  std::atomic<std::uint32_t> given_{0};
  std::atomic<std::uint64_t> numbers_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Wait>> waits_;
  std::optional<Error> fault_;
  bool closing_ = false;
  std::thread carrier_;
};

}  // namespace provdlab::conformance
