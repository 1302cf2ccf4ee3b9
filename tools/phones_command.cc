// provdlab phones: simulated phones that boot, one to watch or thousands to measure.

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/duration.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "conformance/report/shell.h"
#include "conformance/runner/stop.h"
#include "simulator/dhcp/embedded_rules.h"
#include "simulator/dhcp/service.h"
#include "simulator/fleet/accounts.h"
#include "simulator/fleet/fleet.h"
#include "simulator/fleet/html.h"
#include "simulator/network/real_servers.h"
#include "simulator/network/socket_network.h"
#include "simulator/network/trace.h"
#include "simulator/network/virtual_network.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/registrar/hosted_registrar.h"
#include "simulator/registrar/registrar.h"
#include "tools/command.h"
#include "tools/ending_signals.h"
#include "tools/from_here.h"
#include "tools/phones_report.h"
#include "tools/phones_site.h"
#include "tools/target_options.h"

namespace provdlab::tools {
namespace {

using fleet::Fleet;
using network::Addressing;
using network::Entry;
using network::Instant;
using network::Station;
using std::chrono::milliseconds;

constexpr int kNotConfigured = 1;
constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr std::size_t kMostPhones = 100'000;
constexpr std::uint16_t kSipPort = 5060;
constexpr milliseconds kUsualDeadline{60'000}, kDeadlineWithPauses{15 * 60'000};
constexpr milliseconds kForEver{365ull * 24 * 3'600'000};

struct PhonesOptions {
  TargetOptions target;
  std::string files, tftp;
  std::string model, vendor, profile, models, mac, only;
  std::size_t count = 1;
  std::uint64_t seed = 1;
  std::string ramp, deadline, stay_for, server, addresses = "127.1.0.0/16", dhcp, push;
  bool pauses = false, virtual_time = false, nat = false, forwarded_for = false, stay = false, json = false, list_models = false,
       no_color = false;
  int lines = 1, clock_ppm = 0;
  double loss = 0, duplication = 0, reordering = 0;
  std::string delay, jitter;
  std::optional<std::uint16_t> registrar, sip_port;
  std::string html, journal;
};

constexpr char kExamples[] = R"(Examples:
  provdlab phones --model 6731i                                  watch one boot; the provd it needs is started for it
  provdlab phones --model SPIP335 --target http://127.0.0.1:8666/provd
                                                                 one that fetches its files from a running provd
  provdlab phones --count 1000 --models 6731i=70,SPIP335=30 --html phones.html
                                                                 a thousand at once, and what came of them on a page
  provdlab phones --count 500 --ramp 50/s --loss 0.02 --delay 20ms --pauses
                                                                 over bad lines, with the pauses that real ones make
  provdlab phones --count 500 --pauses --virtual-time --seed 7 --journal a.jsonl
                                                                 minutes of theirs at once; the same to the last byte each time
  provdlab phones --target http://10.0.0.5:8666/provd --nat --stay
                                                                 on another machine; stays until Ctrl-C and answers NOTIFY
  provdlab phones --list-models
Phones have addresses of their own in 127.0.0.0/8, which only this machine can be reached from; for another one: --nat or --forwarded-for.
Exit codes: 0 all phones are configured, 1 not so, 2 usage, 3 it could not be done.)";

// Ctrl-C ends the boot, or the stay, and what came until then is told. The second one ends the process.
class Interruption {
 public:
  Interruption() : listener_([this] { Listen(); }) {}
  ~Interruption() {
    over_ = true;
    pthread_kill(listener_.native_handle(), SIGTERM);
    listener_.join();
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // While it lives, the network is interrupted as well.
  class Concern {
   public:
    Concern(Interruption& interruption, network::Network& network) : interruption_(interruption) { Set(&network); }
    ~Concern() { Set(nullptr); }
    Concern(const Concern&) = delete;
    Concern& operator=(const Concern&) = delete;

   private:
    void Set(network::Network* network) {
      const std::lock_guard lock(interruption_.mutex_);
      interruption_.network_ = network;
      if (network != nullptr && interruption_.stop.asked()) network->Interrupt();
    }
    Interruption& interruption_;
  };
  conformance::Stop stop;

 private:
  void Listen() {
    signals_.Wait();
    if (over_) return;
    stop.Ask("interrupted");
    {
      const std::lock_guard lock(mutex_);
      if (network_ != nullptr) network_->Interrupt();
    }
    signals_.Wait();
    if (!over_) ::_exit(130);  // as shells report SIGINT
  }

  EndingSignals signals_;
  std::mutex mutex_;
  network::Network* network_ = nullptr;
  std::atomic<bool> over_{false};
  std::thread listener_;
};

// ---- What is asked for

Result<std::vector<phone::Profile>> ProfilesToChooseFrom(const PhonesOptions& options) {
  if (options.profile.empty()) return phone::BuiltInProfiles();
  if (const phone::Profile* built_in = phone::BuiltInProfile(options.profile)) return std::vector<phone::Profile>{*built_in};
  const std::filesystem::path path = FromHere(options.profile);
  const auto text = ReadFile(path);
  if (!text)
    return Fail(ErrorKind::kInvalid,
                "--profile " + options.profile + " is neither the name of a profile nor a file: " + text.error().message);
  auto profile = phone::ReadProfile(*text, path.stem().string());
  if (!profile) return Fail(ErrorKind::kInvalid, "--profile " + options.profile + ": " + profile.error().message);
  return std::vector<phone::Profile>{std::move(*profile)};
}

int ListModels(const PhonesOptions& options) {
  const auto profiles = ProfilesToChooseFrom(options);
  if (!profiles) {
    Complain(profiles.error().message);
    return kUsage;
  }
  const auto pad = [](const std::string& text, std::size_t width) {
    return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
  };
  for (const phone::Profile& profile : *profiles)
    for (const std::string& model : profile.models()) std::cout << pad(profile.vendor(), 10) << pad(model, 12) << profile.name() << "\n";
  return 0;
}

Result<fleet::ModelShare> FindModel(const std::vector<phone::Profile>& profiles, const std::string& vendor, const std::string& model) {
  for (const phone::Profile& profile : profiles) {
    if (profile.HasModel(model) && (vendor.empty() || EqualIgnoringCase(profile.vendor(), vendor)))
      return fleet::ModelShare{profile, model};
  }
  return Fail(ErrorKind::kInvalid, "there is no model \"" + model + "\"" + (vendor.empty() ? "" : " of " + vendor));
}

// "6731i=70,SPIP335=30"
Result<std::vector<fleet::ModelShare>> ReadModels(const PhonesOptions& options) {
  const auto profiles = ProfilesToChooseFrom(options);
  if (!profiles) return Fail(profiles.error());
  std::vector<fleet::ModelShare> shares;
  if (options.models.empty()) {
    std::string model = options.model;
    if (model.empty() && !options.profile.empty()) model = profiles->front().models().front();
    if (model.empty()) return Fail(ErrorKind::kInvalid, "no model is named");
    const auto found = FindModel(*profiles, options.vendor, model);
    if (!found) return Fail(found.error());
    return std::vector<fleet::ModelShare>{*found};
  }
  for (const std::string_view part : Split(options.models, ',')) {
    const std::size_t equals = part.find('=');
    const auto share = equals == std::string_view::npos ? std::optional<std::uint64_t>(1) : ParseDecimal(part.substr(equals + 1));
    if (!share || *share == 0 || *share > 1'000'000)
      return Fail(ErrorKind::kInvalid, "--models: \"" + std::string(part) + "\" is not MODEL=SHARE with a share from 1 to 1000000");
    auto found = FindModel(*profiles, options.vendor, std::string(Trim(part.substr(0, equals))));
    if (!found) return Fail(found.error());
    found->share = *share;
    shares.push_back(std::move(*found));
  }
  return shares;
}

// "100/s"
Result<std::uint64_t> ReadRamp(std::string_view text) {
  if (text.empty()) return 0;
  const std::size_t slash = text.find('/');
  const auto number = ParseDecimal(text.substr(0, slash));
  if (!number || *number == 0 || *number > 1'000'000 || (slash != std::string_view::npos && text.substr(slash) != "/s"))
    return Fail(ErrorKind::kInvalid, "--ramp \"" + std::string(text) + "\" is not a number of phones a second; write it like 100/s");
  return *number;
}

Result<milliseconds> ReadTime(const char* option, const std::string& text, milliseconds otherwise) {
  if (text.empty()) return otherwise;
  const auto time = ParseDuration(text);
  if (!time) return Fail(ErrorKind::kInvalid, std::string(option) + " " + time.error().message);
  return *time;
}

bool IsMac(const std::string& text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != ':' : std::string_view("0123456789abcdef").find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

Result<dhcp::Rules> ReadRules(const std::string& file) {
  if (file.empty()) return dhcp::XivoRules();
  const auto text = ReadFile(FromHere(file));
  if (!text) return Fail(ErrorKind::kInvalid, "--dhcp: " + text.error().message);
  auto rules = dhcp::Rules::Read(*text);
  if (!rules) return Fail(ErrorKind::kInvalid, "--dhcp " + file + ": " + rules.error().message);
  return rules;
}

// Everything that a run needs, checked.
struct Plan {
  std::vector<fleet::ModelShare> models;
  std::uint64_t ramp = 0;
  milliseconds deadline{0}, stay{0};
  network::LineNoise noise;
  Addressing addressing = Addressing::kOwn;
  dhcp::Pool pool;
  dhcp::Rules rules = dhcp::XivoRules();
  std::optional<dhcp::PushTime> push;
  bool own_site = false, registrar = false, sip = false;
  std::string registrar_ip() const { return addressing == Addressing::kOwn ? "127.0.0.1" : "0.0.0.0"; }
};

Result<Plan> MakePlan(const PhonesOptions& options) {
  Plan plan;
  auto models = ReadModels(options);
  if (!models) return Fail(models.error());
  plan.models = std::move(*models);
  const auto ramp = ReadRamp(options.ramp);
  if (!ramp) return Fail(ramp.error());
  plan.ramp = *ramp;
  const auto deadline = ReadTime("--deadline", options.deadline, options.pauses ? kDeadlineWithPauses : kUsualDeadline);
  const auto stay = ReadTime("--for", options.stay_for, kForEver);
  const auto delay = ReadTime("--delay", options.delay, milliseconds(0));
  const auto jitter = ReadTime("--jitter", options.jitter, milliseconds(0));
  for (const auto* time : {&deadline, &stay, &delay, &jitter}) {
    if (!*time) return Fail(time->error());
  }
  plan.deadline = *deadline;
  plan.stay = *stay;
  plan.noise = {
      .loss = options.loss, .duplication = options.duplication, .reordering = options.reordering, .delay = *delay, .jitter = *jitter};
  for (const std::string* mac : {&options.mac, &options.only}) {
    if (!mac->empty() && !IsMac(*mac)) return Fail(ErrorKind::kInvalid, "\"" + *mac + "\" is not a MAC; write it like 00:08:5d:10:00:01");
  }
  if (options.virtual_time && options.stay && options.stay_for.empty())
    return Fail(ErrorKind::kInvalid, "--stay never ends in virtual time; say for how long they stay: --for 24h");
  auto rules = ReadRules(options.dhcp);
  if (!rules) return Fail(rules.error());
  plan.rules = std::move(*rules);
  if (!options.push.empty()) plan.push = dhcp::PushTimeFromName(options.push);
  const auto pool = dhcp::PoolFrom(options.addresses);
  if (!pool) return Fail(ErrorKind::kInvalid, "--addresses " + pool.error().message);
  plan.pool = *pool;
  if (pool->count < options.count)
    return Fail(ErrorKind::kInvalid, "--addresses " + options.addresses + " has addresses for " + std::to_string(pool->count) + " phones");
  plan.addressing = options.nat ? Addressing::kShared : options.forwarded_for ? Addressing::kForwardedFor : Addressing::kOwn;
  if (plan.addressing == Addressing::kOwn && !dhcp::IsLoopback(*pool))
    return Fail(ErrorKind::kInvalid, "--addresses " + options.addresses +
                                         " are not this machine's; only those of 127.0.0.0/8 are, unless with --nat or --forwarded-for");
  plan.own_site = options.target.url.empty();
  plan.registrar = plan.own_site || options.registrar.has_value();
  plan.sip = plan.registrar || options.stay || options.sip_port.has_value();
  return plan;
}

// The command that does it again, but for where it writes.
std::string CommandOf(const PhonesOptions& options, std::uint64_t seed) {
  std::string command = "provdlab phones";
  const auto add = [&command](const char* option, const std::string& value) {
    const bool plain = !value.empty() && value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,") ==
                                             std::string::npos;
    command += std::string(" ") + option + " " + (plain ? value : conformance::InSingleQuotes(value));
  };
  const auto add_if = [&](const char* option, const std::string& value, const std::string& usual = "") {
    if (value != usual) add(option, value);
  };
  const auto flag = [&command](const char* option, bool on) {
    if (on) command += std::string(" ") + option;
  };
  const PhonesOptions usual;
  add_if("--target", options.target.url);
  for (const std::string& header : options.target.headers) add("--header", header.substr(0, header.find(':')) + ": …");
  add_if("--ca", options.target.ca_file);
  add_if("--http-provisioning", options.files);
  add_if("--tftp", options.tftp);
  add_if("--profile", options.profile);
  add_if("--vendor", options.vendor);
  add_if("--model", options.model);
  add_if("--models", options.models);
  if (options.count != usual.count) add("--count", std::to_string(options.count));
  add_if("--mac", options.mac);
  add_if("--ramp", options.ramp);
  flag("--pauses", options.pauses);
  flag("--virtual-time", options.virtual_time);
  if (options.lines != usual.lines) add("--lines", std::to_string(options.lines));
  for (const auto& [name, value] :
       {std::pair("--loss", options.loss), {"--duplicate", options.duplication}, {"--reorder", options.reordering}}) {
    if (value > 0) add(name, DumpJson(Json(value)));
  }
  add_if("--delay", options.delay);
  add_if("--jitter", options.jitter);
  if (options.clock_ppm != 0) add("--clock-ppm", std::to_string(options.clock_ppm));
  flag("--nat", options.nat);
  flag("--forwarded-for", options.forwarded_for);
  add_if("--addresses", options.addresses, usual.addresses);
  add_if("--dhcp", options.dhcp);
  add_if("--push", options.push);
  add_if("--server", options.server);
  if (options.registrar) add("--registrar", std::to_string(*options.registrar));
  if (options.sip_port) add("--sip-port", std::to_string(*options.sip_port));
  add("--seed", std::to_string(seed));
  return command;
}

// ---- What is shown

// One line on standard error that is written over again; cleared when it goes.
class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown) {}
  ~Progress() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  void operator()(const Fleet& fleet) const {
    if (!shown_) return;
    std::cerr << "\r\033[K" << fleet::Grouped(fleet.configured()) << " of " << fleet::Grouped(fleet.size()) << " phones configured, "
              << fleet::Grouped(fleet.requests()) << " requests" << std::flush;
  }

 private:
  const bool shown_;
};

// ---- What carries the phones, and where they register

class Ground {
 public:
  using Account = registrar::Account;
  virtual ~Ground() = default;
  virtual network::Network& network() = 0;
  virtual std::uint16_t sip_port() const = 0;
  // The port that the registrar got.
  virtual Result<std::uint16_t> OpenRegistrar(const PhonesOptions& options, const Plan& plan) = 0;
  virtual void Allow(const Account& account) = 0;
  virtual void Arrive(const PhonesSite&) {}  // the servers are there
  virtual void Describe(fleet::FleetRecord&) const {}
};

// Sockets, and the time of the clock on the wall.
class RealGround final : public Ground {
 public:
  static Result<std::unique_ptr<Ground>> Open(const PhonesOptions& options, const Plan& plan) {
    network::SocketOptions sockets{.addressing = plan.addressing, .seed = options.seed};
    if (plan.sip) sockets.sip_port = options.sip_port.value_or(plan.own_site ? 0 : kSipPort);
    if (!options.target.ca_file.empty()) sockets.ca_file = FromHere(options.target.ca_file).string();
    auto ground = std::make_unique<RealGround>(std::move(sockets));
    if (const Result<> opened = ground->network_.Open(); !opened) {
      return Fail(opened.error().kind, opened.error().message + (plan.sip ? "; a free port: --sip-port 0" : ""));
    }
    return ground;
  }
  explicit RealGround(network::SocketOptions sockets) : network_(std::move(sockets)) {}

  network::Network& network() override { return network_; }
  std::uint16_t sip_port() const override { return network_.sip_port(); }
  Result<std::uint16_t> OpenRegistrar(const PhonesOptions& options, const Plan& plan) override {
    registrar_.emplace(
        registrar::Options{.bind = plan.registrar_ip(), .port = options.registrar.value_or(0), .core = {.seed = options.seed}});
    return registrar_->Start();
  }
  void Allow(const Account& account) override { static_cast<void>(registrar_->Allow(account)); }
  void Describe(fleet::FleetRecord& record) const override {
    record.most_under_way = network_.traffic().most_under_way;
    record.longest_in_line = static_cast<std::uint64_t>(network_.traffic().longest_in_line.count());
  }

 private:
  network::SocketNetwork network_;
  std::optional<registrar::Registrar> registrar_;
};

// Phones in virtual time, before servers that are there.
class VirtualGround final : public Ground {
 public:
  VirtualGround(const PhonesOptions& options, const Plan& plan)
      : servers_(
            {.addressing = plan.addressing, .ca_file = options.target.ca_file.empty() ? "" : FromHere(options.target.ca_file).string()}),
        network_({.seed = options.seed, .beyond = &servers_}) {}

  network::Network& network() override { return network_; }
  std::uint16_t sip_port() const override { return kSipPort; }
  Result<std::uint16_t> OpenRegistrar(const PhonesOptions& options, const Plan&) override {
    const std::uint16_t port = options.registrar.value_or(kSipPort);
    auto hosted = registrar::HostedRegistrar::At(network_, {.port = port == 0 ? kSipPort : port, .seed = options.seed});
    if (!hosted) return Fail(hosted.error());
    registrar_ = std::move(*hosted);
    return port == 0 ? kSipPort : port;
  }
  void Allow(const Account& account) override { static_cast<void>(registrar_->core().Allow(account)); }
  void Arrive(const PhonesSite& site) override {
    for (const PhonesSite::Move& move : site.moves()) servers_.Move(move.host, move.port, move.host, move.real_port);
  }

 private:
  network::RealServers servers_;
  network::VirtualNetwork network_;
  std::unique_ptr<registrar::HostedRegistrar> registrar_;
};

Result<std::unique_ptr<Ground>> OpenGround(const PhonesOptions& options, const Plan& plan) {
  if (options.virtual_time) return std::make_unique<VirtualGround>(options, plan);
  return RealGround::Open(options, plan);
}

OrderedJson PhoneJson(const phone::Phone& phone, bool configured) {
  OrderedJson json;
  json["configured"] = configured;
  json["model"] = phone.unit().model;
  json["mac"] = phone.unit().mac;
  json["ip"] = phone.ip();
  json["firmware"] = phone.unit().firmware;
  json["stage"] = phone::StageName(phone.stage());
  if (!phone.display().empty()) json["display"] = phone.display();
  json["knows"] = ToJson(phone.knowledge());
  return json;
}

int Run(const PhonesOptions& options) {
  if (options.list_models) return ListModels(options);
  const auto planned = MakePlan(options);
  if (!planned) {
    Complain(planned.error().message, "provdlab phones --list-models, provdlab phones --help");
    return kUsage;
  }
  const Plan& plan = *planned;

  // The journal outlives what writes to it.
  std::ofstream journal;
  if (!options.journal.empty()) {
    journal.open(FromHere(options.journal));
    if (!journal) {
      Complain("the journal " + options.journal + " can't be written", "the folder must exist: mkdir -p");
      return kCouldNot;
    }
  }

  Interruption interruption;
  auto opened_ground = OpenGround(options, plan);
  if (!opened_ground) {
    Complain(opened_ground.error().message);
    return kCouldNot;
  }
  Ground& ground = **opened_ground;
  network::Network& network = ground.network();
  const Interruption::Concern concern(interruption, network);

  std::uint16_t registrar_port = kSipPort;
  if (plan.registrar) {
    const auto port = ground.OpenRegistrar(options, plan);
    if (!port) {
      Complain("the registrar: " + port.error().message, "a free port: --registrar 0");
      return kCouldNot;
    }
    registrar_port = *port;
    if (options.registrar) std::cerr << "registrar on port " << *port << "\n";
  }

  PhonesSiteOptions site_options{.target = options.target, .files = options.files, .tftp = options.tftp};
  std::set<std::string> vendors;
  for (const fleet::ModelShare& share : plan.models) vendors.insert(share.profile.vendor());
  site_options.vendors.assign(vendors.begin(), vendors.end());
  site_options.lines = options.lines;
  site_options.registrar_port = registrar_port;
  site_options.notify_port = plan.sip ? ground.sip_port() : kSipPort;
  site_options.forwarded_for = options.forwarded_for;
  site_options.seed = options.seed;
  site_options.usual_ports = options.virtual_time;
  auto opened = PhonesSite::Open(site_options, interruption.stop);
  if (!opened) {
    Complain(opened.error().message);
    return opened.error().kind == ErrorKind::kInvalid ? kUsage : kCouldNot;
  }
  const PhonesSite& site = **opened;
  ground.Arrive(site);
  if (plan.addressing == Addressing::kOwn) {
    for (const std::string& host : {site.files().host, site.files().tftp_host}) {
      if (host != "localhost" && !host.starts_with("127.")) {
        Complain("phones with addresses of their own can't reach " + host + ", which is another machine",
                 "--nat, or --forwarded-for where the server takes it from this machine");
        return kUsage;
      }
    }
  }

  http::Headers headers;
  for (const http::Header& header : site.headers()) headers.Add(header.name, header.value);
  dhcp::Service service(network, dhcp::Server(plan.rules, {.pool = plan.pool, .site = site.files()}),
                        dhcp::Service::Target{site.origin(), site.prefix() + "/dev_mgr/dhcpinfo", headers, plan.push});
  fleet::FleetOptions fleet_options{.models = plan.models, .count = options.count, .seed = options.seed, .ramp = plan.ramp};
  fleet_options.pauses = options.pauses;
  fleet_options.noise = plan.noise;
  fleet_options.clock_ppm = options.clock_ppm;
  fleet_options.server = options.server;
  if (plan.sip) fleet_options.sip_port = ground.sip_port();
  fleet_options.registers = plan.registrar;
  if (!options.mac.empty()) fleet_options.mac = options.mac;
  if (!options.only.empty()) fleet_options.only = options.only;
  Fleet fleet(network, service, std::move(fleet_options));
  if (fleet.size() == 0) {
    Complain("none of the phones has the MAC " + options.only, "--only takes one of the same --count, --models and --seed");
    return kUsage;
  }

  const bool one = fleet.size() == 1;
  const bool color = WantsColor(options.no_color);
  std::optional<network::Instant> powered_on;
  fleet.OnEntry([&](const Station& station, const Entry& entry) {
    if (journal.is_open()) {
      OrderedJson json = ToJson(entry);
      json["phone"] = station.phone().unit().mac;
      journal << DumpJson(json) << "\n";
    }
    if (!one || options.json) return;
    if (!powered_on) powered_on = entry.at;
    if (auto line = network::LineFor(entry)) {
      line->at -= *powered_on;
      std::cout << TraceText(*line, color) << "\n" << std::flush;
    }
  });

  fleet::Accounts accounts(network, {site.origin(), site.prefix(), headers});
  std::uint64_t unread = 0;
  std::string unread_why;
  if (plan.registrar) {
    fleet.OnAccounts([&](const Station& station, Fleet::Release release) {
      accounts.Of(station.phone().unit().mac, [&, release = std::move(release)](const Result<std::vector<registrar::Account>>& found) {
        if (found) {
          for (const registrar::Account& account : *found) ground.Allow(account);
        } else if (++unread == 1) {
          unread_why = found.error().message;
        }
        release();
      });
    });
  }

  const std::string started = FormatInstant(SystemClock::Get().Wall());
  if (one && !options.json) {
    const phone::Unit& unit = fleet.station(0).phone().unit();
    std::cout << unit.model << " " << unit.mac << ", firmware " << unit.firmware << "; target " << site.target().url() << ", files "
              << site.files().base_url << "\n"
              << std::flush;
  }
  Result<> booted;
  {
    const Progress progress(!one && !options.json && ::isatty(STDERR_FILENO) == 1);
    if (!one) fleet.OnProgress([&](const Fleet& now) { progress(now); });
    booted = fleet.Boot(plan.deadline);
    fleet.OnProgress({});
  }
  if (!booted && booted.error().kind != ErrorKind::kCancelled) {
    Complain(booted.error().message, "this machine is at its end, not a phone: fewer phones, a slower --ramp");
    return kCouldNot;
  }

  fleet::FleetRecord record = fleet.record();
  record.started = started;
  record.target = site.own() ? "provdlab serve, started for this" : site.target().url();
  record.files = site.files().base_url;
  record.command = CommandOf(options, options.seed);
  for (fleet::FailureRecord& failure : record.failures)
    failure.replay = record.command + (options.count == 1 ? "" : " --only " + failure.mac);
  ground.Describe(record);
  const auto condition = [&record](const char* name, const std::string& value) { record.conditions.emplace_back(name, value); };
  condition("Addresses", options.nat             ? "one for all, as behind NAT"
                         : options.forwarded_for ? "told in X-Forwarded-For"
                                                 : "one each, of " + options.addresses);
  condition("Ramp", plan.ramp == 0 ? "all at once" : std::to_string(plan.ramp) + " phones a second");
  if (options.virtual_time) condition("Time", "virtual: the phones' own, while the servers take none");
  condition("Pauses", options.pauses ? "as their maker's" : "none");
  if (!plan.noise.quiet()) {
    condition("Lines", "loss " + DumpJson(Json(plan.noise.loss)) + ", duplication " + DumpJson(Json(plan.noise.duplication)) +
                           ", reordering " + DumpJson(Json(plan.noise.reordering)) + ", delay " + std::to_string(plan.noise.delay.count()) +
                           " ms, jitter " + std::to_string(plan.noise.jitter.count()) + " ms");
  }
  if (unread > 0)
    record.remarks.push_back("The accounts of " + fleet::Grouped(unread) + " phones could not be read from the target: " + unread_why);

  if (!options.html.empty()) {
    const auto page = fleet::HtmlPage(record);
    const Result<> written = page ? WriteFileAtomically(FromHere(options.html), *page) : Fail(page.error());
    if (!written) {
      Complain("the page could not be written: " + written.error().message);
      return kCouldNot;
    }
  }
  const phone::Phone& first = fleet.station(0).phone();
  if (options.json) {
    std::cout << (one ? DumpJson(PhoneJson(first, record.all_configured())) : DumpJson(ToJson(record))) << "\n" << std::flush;
  } else if (one) {
    const fleet::Verdict verdict = fleet::VerdictOf(record);
    std::cout << "\n" << verdict.word << "  " << verdict.sentence << "\n";
    for (const fleet::FailureRecord& failure : record.failures) std::cout << failure.why << "\n";
    for (const std::string& remark : record.remarks) std::cout << remark << "\n";
    std::cout << PhoneJson(first, record.all_configured()).dump(2) << "\n" << std::flush;
  } else {
    std::cout << SummaryText(record, {.color = color, .page = options.html}) << std::flush;
  }

  if (options.stay && booted) {
    std::cerr << "they stay switched on" << (options.stay_for.empty() ? " until Ctrl-C" : " for " + options.stay_for) << "\n";
    const Result<> stayed = fleet.Stay(plan.stay);
    if (!stayed && stayed.error().kind != ErrorKind::kCancelled) {
      Complain(stayed.error().message, "this machine is at its end, not a phone: fewer phones");
      return kCouldNot;
    }
  }
  return record.all_configured() ? 0 : kNotConfigured;
}

}  // namespace

void AddPhonesCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PhonesOptions>();
  CLI::App* const command = app.add_subcommand("phones", "Boot simulated phones against a provd: watch one, or measure thousands");
  AddTargetOptions(*command, options->target);
  command
      ->add_option("--http-provisioning", options->files,
                   "where phones fetch their files; else the target's host and the port in its raw configs")
      ->type_name("URL")
      ->check(RefuseEmpty, "");
  command->add_option("--tftp", options->tftp, "the same over TFTP")->type_name("HOST:PORT")->check(RefuseEmpty, "");
  command->add_option("--model", options->model, "of the phones")->type_name("MODEL");
  command->add_option("--vendor", options->vendor, "where several have a model of that name")->type_name("NAME");
  command->add_option("--models", options->models, "several, with their shares: 6731i=70,SPIP335=30")->type_name("M=N,…");
  command->add_option("--profile", options->profile, "how they behave: a profile's name, or a file of yours")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_flag("--list-models", options->list_models,
                    "print all models, or those of --profile, with their vendors and profiles, and end");
  command->add_option("--count", options->count, "phones")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostPhones))
      ->capture_default_str();
  command->add_option("--ramp", options->ramp, "switched on one after the other: 100/s; else all at once")->type_name("N/s");
  command->add_option("--seed", options->seed, "of everything random")->type_name("N")->capture_default_str();
  command->add_option("--mac", options->mac, "of the first phone")->type_name("MAC");
  command->add_option("--only", options->only, "of all these phones, only the one with this MAC is switched on")->type_name("MAC");
  command->add_flag("--pauses", options->pauses, "they take the time that their maker's do");
  CLI::Option* const virtual_time =
      command->add_flag("--virtual-time", options->virtual_time,
                        "the phones' time is made up, so that minutes pass at once and each run of a seed is the same to the last byte");
  command->add_option("--deadline", options->deadline, "for all to be done: 60s, with --pauses 15m, unless said")->type_name("TIME");
  command->add_option("--lines", options->lines, "SIP lines of each, where the provd is started for them")
      ->type_name("N")
      ->check(CLI::Range(1, 9));
  command->add_option("--loss", options->loss, "share of datagrams that get lost, each way")
      ->type_name("0..1")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--duplicate", options->duplication, "share that comes twice")->type_name("0..1")->check(CLI::Range(0.0, 1.0));
  command->add_option("--reorder", options->reordering, "share that is held back")->type_name("0..1")->check(CLI::Range(0.0, 1.0));
  command->add_option("--delay", options->delay, "of each datagram: 20ms")->type_name("TIME");
  command->add_option("--jitter", options->jitter, "up to so much more")->type_name("TIME");
  command->add_option("--clock-ppm", options->clock_ppm, "their clocks are wrong by up to so many millionths")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000));
  CLI::Option* const nat = command->add_flag("--nat", options->nat, "all have this machine's address");
  command->add_flag("--forwarded-for", options->forwarded_for, "all have this machine's address, and say theirs in X-Forwarded-For")
      ->excludes(nat);
  command->add_option("--addresses", options->addresses, "the network that their addresses are of")
      ->type_name("NET/N")
      ->capture_default_str();
  command->add_option("--dhcp", options->dhcp, "rules of the DHCP server; XiVO's unless said")->type_name("FILE")->check(RefuseEmpty, "");
  command->add_option("--push", options->push, "when the target is told of a lease: before, beside or never")
      ->check(CLI::IsMember({"before", "beside", "never"}));
  command->add_option("--server", options->server, "set in each phone by hand, whatever DHCP says")
      ->type_name("URL")
      ->check(RefuseEmpty, "");
  CLI::Option* const sip_port = command->add_option("--sip-port", options->sip_port, "UDP port of the phones")->type_name("N");
  virtual_time->excludes(sip_port);
  command
      ->add_option("--registrar", options->registrar,
                   "run a registrar on this port, with the accounts of the target's configs; all lines have to register")
      ->type_name("PORT");
  command->add_flag("--stay", options->stay, "they stay switched on, and answer NOTIFY");
  command->add_option("--for", options->stay_for, "with --stay: so long; else until Ctrl-C")->type_name("TIME");
  command->add_option("--html", options->html, "write a page about it")->type_name("FILE")->check(RefuseEmpty, "");
  command->add_option("--journal", options->journal, "write everything that every phone does, a line of JSON each")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->add_flag("--no-color", options->no_color, "no colours on the terminal");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Run(*options); });
}

}  // namespace provdlab::tools
