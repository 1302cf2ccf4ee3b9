#include "conformance/runner/phone_site.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "simulator/ami/delivery.h"
#include "simulator/dhcp/embedded_rules.h"

namespace provdlab::conformance {
namespace {

using network::Addressing;
using network::Instant;

constexpr std::uint16_t kTftpPort = 69;
constexpr const char* kLoopbackPhones = "127.64.0.0/16";
constexpr const char* kForwardedPhones = "198.18.0.0/16";  // for tests of devices (RFC 2544): nobody's
constexpr std::chrono::milliseconds kLookAtStop{50};
constexpr int kMostNotifying = 200;  // notifications under way at once
constexpr Instant kForEver = std::chrono::hours(24 * 365);

// "127.0.0.1:69"
Result<std::pair<std::string, std::uint16_t>> HostAndPort(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::pair<std::string, std::uint16_t> parsed{text.substr(0, colon), kTftpPort};
  if (colon != std::string::npos) {
    const auto port = ParseDecimal(std::string_view(text).substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return Fail(ErrorKind::kInvalid, "\"" + text + "\" is not HOST:PORT");
    parsed.second = static_cast<std::uint16_t>(*port);
  }
  if (parsed.first.empty()) return Fail(ErrorKind::kInvalid, "\"" + text + "\" is not HOST:PORT");
  return parsed;
}

}  // namespace

bool IsLoopbackHost(const std::string& host) { return host == "localhost" || host.starts_with("127."); }

Result<PhoneSiteOptions> ReadAccess(const PhoneAccess& access) {
  PhoneSiteOptions options;
  std::pair<std::string, std::uint16_t> tftp{"", kTftpPort};
  if (!access.tftp.empty()) {
    auto parsed = HostAndPort(access.tftp);
    if (!parsed) return Fail(ErrorKind::kInvalid, "--tftp " + parsed.error().message);
    tftp = std::move(*parsed);
  }
  auto files = dhcp::SiteAt(access.files, tftp.first, tftp.second);
  if (!files) return Fail(ErrorKind::kInvalid, "--http-provisioning " + files.error().message);
  options.files = std::move(*files);
  if (options.files.tftp_host.empty()) options.files.tftp_host = options.files.host;
  const bool loopback = IsLoopbackHost(options.files.host) && IsLoopbackHost(options.files.tftp_host);
  options.addressing = loopback ? Addressing::kOwn : access.trusted_proxies > 0 ? Addressing::kForwardedFor : Addressing::kShared;
  const auto pool = dhcp::PoolFrom(!access.phones_from.empty() ? access.phones_from : loopback ? kLoopbackPhones : kForwardedPhones);
  if (!pool) return Fail(ErrorKind::kInvalid, "--phones-from " + pool.error().message);
  options.pool = *pool;
  if (loopback && !dhcp::IsLoopback(*pool))
    return Fail(ErrorKind::kInvalid, "--phones-from " + access.phones_from +
                                         " has addresses that are not this machine's: only those of "
                                         "127.0.0.0/8 are");
  options.sip_port = access.sip_port;
  options.ami_port = access.ami_port;
  options.gateway_port = access.gateway_port;
  options.manager = access.manager;
  options.registrar_address = !access.registrar_address.empty() ? access.registrar_address : "127.0.0.1";
  return options;
}

PhoneSite::PhoneSite(PhoneSiteOptions options)
    : options_(std::move(options)), network_({.addressing = options_.addressing, .sip_port = options_.sip_port, .seed = options_.seed}) {}

Result<std::unique_ptr<PhoneSite>> PhoneSite::Open(PhoneSiteOptions options) {
  std::unique_ptr<PhoneSite> site(new PhoneSite(std::move(options)));
  if (auto opened = site->network_.Open(); !opened) return Fail(ErrorKind::kUnavailable, opened.error().message);
  const bool local = IsLoopbackHost(site->options_.registrar_address);
  site->registrar_ = std::make_unique<registrar::Registrar>(
      registrar::Options{.bind = local ? "127.0.0.1" : "0.0.0.0", .port = 0, .core = {.seed = site->options_.seed}});
  const auto port = site->registrar_->Start();
  if (!port) return Fail(ErrorKind::kUnavailable, "the registrar: " + port.error().message);
  site->registrar_port_ = *port;
  if (const auto opened = site->OpenExchange(); !opened) return Fail(opened.error());
  const PhoneSiteOptions& given = site->options_;
  // Every phone's address is assigned to it before it asks.
  site->dhcp_ = std::make_unique<dhcp::Service>(site->network_, dhcp::Server(dhcp::XivoRules(), {.pool = given.pool, .site = given.files}),
                                                dhcp::Service::Target{given.origin, given.leases, given.headers, std::nullopt});
  site->carrier_ = std::thread([whole = site.get()] { whole->Carry(); });
  return site;
}

Result<> PhoneSite::OpenExchange() {
  if (!options_.ami_port && !options_.gateway_port) return {};
  const std::string bind = IsLoopbackHost(options_.registrar_address) ? "127.0.0.1" : "0.0.0.0";
  exchange_ = std::make_unique<ami::Switchboard>(ami::DeliverOverSip({.registrar = registrar_.get(), .port = network_.sip_port()}));
  if (options_.ami_port) {
    ami_ = std::make_unique<ami::Ami>(
        ami::Options{.bind = bind, .port = *options_.ami_port, .credentials = options_.manager, .most_clients = kMostNotifying},
        *exchange_);
    if (const auto port = ami_->Start(); !port)
      return Fail(ErrorKind::kUnavailable, "the manager interface: " + port.error().message + "; --ami names another port");
  }
  if (options_.gateway_port) {
    gateway_ = std::make_unique<ami::HttpGateway>(
        ami::HttpGatewayOptions{.bind = bind, .port = *options_.gateway_port, .most_at_once = kMostNotifying}, *exchange_);
    if (const auto port = gateway_->Start(); !port)
      return Fail(ErrorKind::kUnavailable, "the gateway: " + port.error().message + "; --gateway names another port");
  }
  return {};
}

PhoneSite::~PhoneSite() {
  // What is still under way to phones ends before they do.
  if (ami_) ami_->Stop();
  if (gateway_) gateway_->Stop();
  if (carrier_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    network_.Post([] {});
    carrier_.join();
  }
  if (registrar_) registrar_->Stop();
}

Result<std::uint32_t> PhoneSite::TakeAddress() {
  const std::uint32_t place = given_++;
  if (place >= options_.pool.count)
    return Fail(ErrorKind::kUnavailable, "all " + std::to_string(options_.pool.count) +
                                             " addresses for phones are given; "
                                             "--phones-from names a larger network");
  return options_.pool.first + place;
}

void PhoneSite::Carry() {
  const auto carried = network_.RunUntil([this] { return LookAtWaits(); }, kForEver);
  const std::lock_guard lock(mutex_);
  fault_ = carried ? Error{ErrorKind::kCancelled, "the phones' network has ended"} : carried.error();
  for (const auto& wait : waits_) wait->over = true;
  waits_.clear();
  changed_.notify_all();
}

// Whether the network is to end.
bool PhoneSite::LookAtWaits() {
  const std::lock_guard lock(mutex_);
  const Instant now = network_.Now();
  const auto before = waits_.size();
  std::erase_if(waits_, [now](const std::shared_ptr<Wait>& wait) {
    if (!wait->begun) return false;
    wait->reached = wait->done();
    wait->over = wait->reached || now >= wait->end;
    return wait->over;
  });
  if (waits_.size() != before) changed_.notify_all();
  return closing_;
}

Result<> PhoneSite::Do(std::function<void()> what) {
  Stop nobody;
  const auto done = Run(
      std::move(what), [] { return true; }, std::chrono::milliseconds(0), nobody);
  if (!done) return Fail(done.error());
  return {};
}

Result<bool> PhoneSite::Run(std::function<void()> what, std::function<bool()> done, std::chrono::milliseconds within, Stop& stop) {
  const auto wait = std::make_shared<Wait>();
  wait->done = std::move(done);
  std::unique_lock lock(mutex_);
  if (fault_) return Fail(*fault_);
  waits_.push_back(wait);
  network_.Post([this, wait, what = std::move(what), within] {
    what();
    const std::lock_guard inner(mutex_);
    wait->begun = true;
    wait->end = network_.Now() + within;
    network_.After(within, [] {});  // so that somebody looks then
  });
  bool cancelled = false, deserted = false;
  while (!wait->over) {
    changed_.wait_for(lock, kLookAtStop);
    if (wait->over || cancelled || deserted || within.count() == 0) continue;
    cancelled = stop.asked();
    if (!cancelled && options_.deserted) {
      lock.unlock();
      deserted = options_.deserted();
      lock.lock();
    }
    if (wait->over || !(cancelled || deserted)) continue;
    // What it refers to is only safe to let go once the network has let go of it.
    network_.Post([this, wait] {
      const std::lock_guard inner(mutex_);
      wait->end = network_.Now();
    });
  }
  if (fault_ && !wait->reached) return Fail(*fault_);
  if (cancelled && !wait->reached) return Fail(ErrorKind::kCancelled, "the run was ended");
  return wait->reached;
}

}  // namespace provdlab::conformance
