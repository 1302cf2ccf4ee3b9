// provdlab serve: the reference server, until it is told to end.

#include <spdlog/spdlog.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/admin/server.h"
#include "base/files.h"
#include "base/http/message.h"
#include "base/json.h"
#include "base/text.h"
#include "grammar/tokens/token_table.h"
#include "server/api/presets.h"
#include "server/api/rest_faults.h"
#include "server/api/rest_server.h"
#include "server/application/faults.h"
#include "server/application/provd.h"
#include "server/exchange/ami_notifier.h"
#include "server/exchange/gateway_notifier.h"
#include "server/provisioning/limits.h"
#include "server/provisioning/phone_routes.h"
#include "server/provisioning/phone_server.h"
#include "server/sip/phone_notifier.h"
#include "tools/command.h"
#include "tools/ending_signals.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNot = 3;
constexpr int kMostProxies = 10;
constexpr const char* kEveryAddress = "0.0.0.0";

struct ServeOptions {
  std::string dialect;  // empty: the preset's, or xivo
  std::string tokens;
  std::string bind = "127.0.0.1";
  std::uint16_t rest_port = 8666;
  std::optional<std::uint16_t> http_port;
  std::optional<std::uint16_t> tftp_port;
  std::string phones_bind = "127.0.0.1";
  std::string advertise;
  std::optional<std::uint16_t> advertise_http_port, advertise_tftp_port;
  int trusted_proxies = 0;
  std::optional<std::uint16_t> admin_port;
  std::uint16_t sip_notify_port = server::sip::kDefaultPort;
  std::string notify_ami, notify_gateway;
  std::string manager = "provd:secret";
  std::string state_directory;
  std::string import_from;
  std::string export_to;
  std::vector<std::string> faults;
  std::string preset;
  bool list_faults = false;
  bool json = false;
  bool lint_clients = false;
  std::string log_level = "warning";
};

constexpr char kExamples[] = R"(Examples:
  provdlab serve                                        REST on http://127.0.0.1:8666/provd, everything in memory
  provdlab serve --rest-port 0 --admin-port 0           on free ports, which are printed
  provdlab serve --state-dir /var/lib/provdlab          what is installed and configured outlives the process
  provdlab serve --state-dir S --import DIR             begins with the devices and configs of another provd
  provdlab serve --state-dir S --export DIR             writes them to a folder, and ends
  provdlab serve --fault configure.get-answers-200      misbehaves: GET /provd/configure is not 200
  provdlab serve --fault configure.get-answers-200=2    the first two times
  provdlab serve --lint-clients                         says at the end what clients did wrong or wasted
  provdlab serve --http-port 8667 --tftp-port 69        phones fetch their files as well: nothing listens for them unless asked
  provdlab serve --http-port 0 --trusted-proxies 1      behind a proxy that adds X-Forwarded-For
  provdlab serve --dialect wazo --tokens FILE           with tokens and tenants, below /0.2; without FILE it makes a token and prints it
  provdlab serve --as xivo-16.15                        as a known real server, in all that it does otherwise
  provdlab serve --notify-ami 127.0.0.1:5038 --manager provd:s3cret
                                                        an Asterisk tells the phones what synchronize has to say
  provdlab serve --list-faults                          all ways to misbehave, and what each breaks
Standard output says where it listens, one line each, before the first request can be answered:
  rest http://127.0.0.1:8666/provd
  admin http://127.0.0.1:40000/v1
  http http://127.0.0.1:8667
  tftp 127.0.0.1:69
SIGTERM and SIGINT end it. Exit codes: 0 ended as asked, 2 usage, 3 could not listen, import, export or use the state directory.)";

std::string PresetNames() {
  std::string names;
  for (const server::Preset& preset : server::BuiltInPresets()) names += (names.empty() ? "" : ", ") + preset.name;
  return names;
}

// What tells phones: over SIP unless an exchange is named. kInvalid: usage.
Result<std::unique_ptr<server::PhoneCaller>> MakeNotifier(const ServeOptions& options, server::Faults& faults) {
  if (!options.notify_ami.empty()) {
    const std::size_t colon = options.notify_ami.rfind(':');
    const std::uint64_t port =
        colon == std::string::npos ? 0 : ParseDecimal(std::string_view(options.notify_ami).substr(colon + 1)).value_or(0);
    std::string host = options.notify_ami.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (port == 0 || port > 65'535 || !CLI::ValidIPV4(host).empty())
      return Fail(ErrorKind::kInvalid, "--notify-ami " + options.notify_ami + " is no IPv4 address and port, such as 127.0.0.1:5038");
    const std::optional<Login> manager = ReadLogin(options.manager);
    if (!manager) return Fail(ErrorKind::kInvalid, "--manager " + options.manager + " has no secret, such as provd:secret");
    return std::make_unique<server::exchange::AmiNotifier>(server::exchange::AmiNotifier::Options{
        .host = host, .port = static_cast<std::uint16_t>(port), .username = manager->user, .secret = manager->secret});
  }
  if (!options.notify_gateway.empty()) {
    auto url = http::ParseUrl(options.notify_gateway);
    if (!url) return Fail(ErrorKind::kInvalid, "--notify-gateway " + options.notify_gateway + " is no URL, such as http://127.0.0.1:9491");
    return std::make_unique<server::exchange::GatewayNotifier>(server::exchange::GatewayNotifier::Options{.url = std::move(*url)});
  }
  return std::make_unique<server::sip::PhoneNotifier>(
      server::sip::PhoneNotifier::Options{.port = options.sip_notify_port, .faults = &faults});
}

int ListFaults(const server::RestFaults& faults, bool json) {
  const Json available = faults.Available();
  if (json) {
    std::cout << DumpJson(available) << "\n";
    return 0;
  }
  for (const Json& fault : available) {
    std::cout << fault["name"].get<std::string>() << "\n    " << fault["sentence"].get<std::string>() << "\n";
    if (fault["name"] != fault["breaks"]) std::cout << "    breaks " << fault["breaks"].get<std::string>() << "\n";
  }
  return 0;
}

// "1203" as "1,203".
std::string Grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t behind = 3; behind < digits.size(); behind += 4) digits.insert(digits.size() - behind, ",");
  return digits;
}

std::string Counted(std::size_t devices, std::size_t configs) {
  return Grouped(devices) + (devices == 1 ? " device, " : " devices, ") + Grouped(configs) + (configs == 1 ? " config" : " configs");
}

bool Import(server::Provd& provd, const ServeOptions& options) {
  const auto imported = provd.Import(FromHere(options.import_from).string());
  if (!imported) {
    Complain("nothing was imported: " + imported.error().message, "");
    return false;
  }
  std::cerr << "imported " << Counted(imported->devices, imported->configs);
  if (imported->set_aside > 0) std::cerr << "; " << Grouped(imported->set_aside) << " set aside";
  if (imported->set_aside > 0 && !options.state_directory.empty())
    std::cerr << ", with copies in " << (FromHere(options.state_directory) / "set-aside").string();
  std::cerr << "\n";
  return true;
}

int Export(const server::Provd& provd, const std::string& folder) {
  const auto exported = provd.Export(FromHere(folder).string());
  if (!exported) {
    Complain("nothing was exported: " + exported.error().message, "");
    return kCouldNot;
  }
  std::cout << "exported " << Counted(exported->devices, exported->configs) << "\n";
  return 0;
}

struct Misbehaviour {
  std::string fault;
  std::optional<std::uint64_t> times;
};

// NAME or NAME=COUNT.
Result<Misbehaviour> ReadMisbehaviour(const std::string& option) {
  const auto equals = option.rfind('=');
  std::optional<std::uint64_t> times;
  if (equals != std::string::npos) {
    const std::string count = option.substr(equals + 1);
    const bool number = !count.empty() && count.size() <= 9 && count.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoul(count) == 0) return Fail(ErrorKind::kInvalid, "--fault " + option + ": the count must be a number above 0");
    times = std::stoul(count);
  }
  return Misbehaviour{option.substr(0, equals), times};
}

// Where phones are told that this server is.
Json BaseRawConfig(const ServeOptions& options, const server::provisioning::PhoneServer& phones) {
  Json base = server::ProvdOptions().base_raw_config;
  if (options.http_port) base["http_port"] = options.advertise_http_port.value_or(phones.http_port());
  if (options.tftp_port) base["tftp_port"] = options.advertise_tftp_port.value_or(phones.tftp_port());
  base["ip"] = options.advertise.empty() ? options.phones_bind : options.advertise;
  return base;
}

// With a table of its own where none is given: somebody who only tries must not have to write one first.
Result<server::Dialect> ReadDialect(const ServeOptions& options) {
  const server::Preset* const preset = server::FindPreset(options.preset);
  const std::string own = preset != nullptr ? preset->dialect : "xivo";
  const std::string name = options.dialect.empty() ? own : options.dialect;
  if (preset != nullptr && name != own) return Fail(ErrorKind::kInvalid, "--as " + options.preset + " speaks the dialect " + own);
  if (name == "xivo") {
    if (!options.tokens.empty()) return Fail(ErrorKind::kInvalid, "--tokens means nothing in the dialect xivo, which lets everybody in");
    return server::Dialect::Xivo();
  }
  if (options.tokens.empty()) return server::Dialect::Wazo(tokens::TokenTable::Sample());
  const auto text = ReadFile(FromHere(options.tokens).string());
  if (!text) return Fail(ErrorKind::kInvalid, "--tokens: " + text.error().message);
  auto table = tokens::TokenTable::Read(*text);
  if (!table) return Fail(ErrorKind::kInvalid, "--tokens " + options.tokens + ": " + table.error().message);
  return server::Dialect::Wazo(std::move(*table));
}

int Serve(const ServeOptions& options) {
  if (options.json && !options.list_faults && !options.lint_clients) {
    Complain("--json says how something is printed", "with --list-faults or with --lint-clients");
    return kUsage;
  }
  server::Faults behaviour;
  if (options.list_faults) return ListFaults(server::RestFaults(behaviour), options.json);

  const auto log = spdlog::default_logger();  // on standard error: see main.cc
  log->set_level(spdlog::level::from_str(options.log_level));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  EndingSignals signals;

  std::vector<Misbehaviour> misbehaviours;
  std::vector<std::string> wanted;
  if (!options.preset.empty()) {
    const server::Preset* const preset = server::FindPreset(options.preset);
    if (preset == nullptr) {
      Complain("there is no preset \"" + options.preset + "\"", "one of " + PresetNames());
      return kUsage;
    }
    wanted = preset->faults;
  }
  wanted.insert(wanted.end(), options.faults.begin(), options.faults.end());
  for (const std::string& option : wanted) {
    auto read = ReadMisbehaviour(option);
    if (!read) {
      Complain(read.error().message, "provdlab serve --list-faults");
      return kUsage;
    }
    // Some are about the start itself.
    if (server::FaultSwitch* const fault = behaviour.Find(read->fault)) fault->On(read->times);
    misbehaviours.push_back(std::move(*read));
  }

  auto dialect = ReadDialect(options);
  if (!dialect) {
    Complain(dialect.error().message, "docs/dialects.md says what a table of tokens is");
    return kUsage;
  }
  if (!options.export_to.empty() && options.state_directory.empty() && options.import_from.empty()) {
    Complain("there is nothing to export in memory", "what to export: --state-dir DIR or --import DIR");
    return kUsage;
  }

  if (options.phones_bind == kEveryAddress && options.advertise.empty()) {
    Complain("--phones-bind 0.0.0.0 is no address that phones could be told", "which one they are told: --advertise ADDR");
    return kUsage;
  }
  const bool debug = log->should_log(spdlog::level::debug);
  const std::function<void(const std::string&)> debug_log = [log](const std::string& line) { log->debug("{}", line); };

  // What phones are told has the ports in it, so they are taken first. Faults of answers are REST's to keep; it is made later.
  server::RestFaults* faults = nullptr;
  server::provisioning::PhoneServerOptions phone_options;
  phone_options.bind = options.phones_bind;
  phone_options.http_port = options.http_port;
  phone_options.tftp_port = options.tftp_port;
  phone_options.trusted_proxies = options.trusted_proxies;
  phone_options.faults = &behaviour;
  phone_options.through = [&faults](const http::Request& request, const server::RestFaults::Handle& handle) {
    return faults->Through(request, handle, nullptr, server::AnswerFault::Side::kPhones);
  };
  if (debug) phone_options.log = debug_log;
  server::provisioning::PhoneServer phones(std::move(phone_options));
  if (options.export_to.empty())
    if (const auto bound = phones.Bind(); !bound) {
      Complain(bound.error().message, "a free port: --http-port 0, --tftp-port 0");
      return kCouldNot;
    }

  server::ProvdOptions provd_options;
  provd_options.base_raw_config = BaseRawConfig(options, phones);
  if (!options.state_directory.empty()) provd_options.state_directory = FromHere(options.state_directory).string();
  // What is exported must be there; a name that was mistyped must not make an empty export and a new folder.
  provd_options.only_if_used = !options.export_to.empty() && options.import_from.empty();
  provd_options.faults = &behaviour;
  provd_options.tenants = dialect->tokens.get();
  if (dialect->schema) provd_options.raw_configs = server::Configs::RawConfigs::kBySchema;
  const auto notifier = MakeNotifier(options, behaviour);
  if (!notifier) {
    Complain(notifier.error().message);
    return kUsage;
  }
  provd_options.phone_caller = notifier->get();
  provd_options.log = [log](const std::string& sentence) { log->warn("{}", sentence); };
  provd_options.sensitive_log = [log](const std::string& sentence) { log->info("{}", sentence); };
  if (options.admin_port) provd_options.remembered_requests = server::provisioning::limits::kRemembered;
  auto provd = server::Provd::Open(std::move(provd_options));
  if (!provd) {
    const char* hint = options.state_directory.empty()              ? ""
                       : provd.error().kind == ErrorKind::kNotFound ? "the folder of a server: --state-dir DIR"
                                                                    : "another folder: --state-dir DIR; in memory: leave it out";
    Complain(provd.error().message, hint);
    return kCouldNot;
  }

  if (!options.import_from.empty() && !Import(**provd, options)) return kCouldNot;
  if (!options.export_to.empty()) return Export(**provd, options.export_to);

  server::RestServerOptions rest_options;
  rest_options.dialect = *dialect;
  rest_options.bind = options.bind;
  rest_options.rest_port = options.rest_port;
  rest_options.admin_port = options.admin_port;
  rest_options.lint_clients = options.lint_clients;
  if (debug) rest_options.log = debug_log;
  rest_options.admin_routes = [&](admin::Server& admin) {
    server::provisioning::AddPhoneRoutes(admin, (*provd)->phones(), {.trusted_proxies = options.trusted_proxies});
  };
  server::RestServer server(std::move(rest_options), **provd, behaviour);
  for (const Misbehaviour& misbehaviour : misbehaviours) {
    if (const auto on = server.Misbehave(misbehaviour.fault, misbehaviour.times); !on) {
      Complain(on.error().message, "provdlab serve --list-faults");
      return kUsage;
    }
  }
  if (const auto started = server.Start(); !started) {
    Complain(started.error().message, "a free port: --rest-port 0, --admin-port 0");
    return kCouldNot;
  }
  faults = &server.faults();
  if (const auto started = phones.Start((*provd)->phones()); !started) {
    phones.Stop();
    Complain(started.error().message, "a free port: --http-port 0, --tftp-port 0");
    return kCouldNot;
  }
  std::cout << "rest " << http::HttpOrigin(options.bind, server.rest_port()) << dialect->prefix << "\n";
  if (dialect->tokens && options.tokens.empty()) std::cout << "token " << *dialect->tokens->TokenOf(dialect->tokens->master().uuid) << "\n";
  if (options.admin_port) std::cout << "admin " << http::HttpOrigin("127.0.0.1", server.admin_port()) << "/v1\n";
  if (options.http_port) std::cout << "http " << http::HttpOrigin(options.phones_bind, phones.http_port()) << "\n";
  if (options.tftp_port) std::cout << "tftp " << options.phones_bind << ":" << phones.tftp_port() << "\n";
  std::cout << std::flush;

  signals.Wait();
  log->info("ending");
  phones.Stop();
  server.Stop();
  if (options.lint_clients) std::cout << (options.json ? server.ClientsInJson() + "\n" : server.ClientsInText()) << std::flush;
  return 0;
}

}  // namespace

void AddServeCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* serve = app.add_subcommand("serve", "Run the reference provd server");
  serve->add_option("--bind", options->bind, "Address that REST listens on; anything but loopback has to be asked for")
      ->capture_default_str();
  serve->add_option("--rest-port", options->rest_port, "Port of the REST API; 0: a free one")->capture_default_str();
  serve->add_option("--http-port", options->http_port, "Port that phones fetch files from over HTTP; 0: a free one; none unless given");
  serve->add_option("--tftp-port", options->tftp_port, "UDP port that phones fetch files from over TFTP; likewise");
  serve->add_option("--phones-bind", options->phones_bind, "Address that the phones' ports listen on")
      ->check(CLI::ValidIPV4)
      ->capture_default_str();
  serve->add_option("--advertise", options->advertise, "Address that phones are told in their files; that of --phones-bind unless given")
      ->type_name("ADDR")
      ->check(CLI::ValidIPV4);
  serve
      ->add_option("--advertise-http-port", options->advertise_http_port,
                   "HTTP port that phones are told, where a proxy has another; that of --http-port unless given")
      ->check(CLI::Range(1, 65535));
  serve->add_option("--advertise-tftp-port", options->advertise_tftp_port, "Likewise over TFTP")->check(CLI::Range(1, 65535));
  serve
      ->add_option("--trusted-proxies", options->trusted_proxies,
                   "Proxies between phones and --http-port, each of which adds whom it serves to X-Forwarded-For")
      ->check(CLI::Range(0, kMostProxies))
      ->capture_default_str();
  serve->add_option("--sip-notify-port", options->sip_notify_port, "UDP port of phones, which synchronize sends a NOTIFY to")
      ->check(CLI::Range(1, 65535));
  CLI::Option* const ami = serve
                               ->add_option("--notify-ami", options->notify_ami,
                                            "Manager interface of an exchange that tells phones; otherwise they are told over SIP")
                               ->type_name("HOST:PORT")
                               ->check(RefuseEmpty, "");
  serve->add_option("--manager", options->manager, "Who logs in there")->type_name("USER:SECRET")->capture_default_str();
  serve
      ->add_option("--notify-gateway", options->notify_gateway,
                   "HTTP gateway of an exchange that tells phones: its URL, up to /1.0/action/PJSIPNotify")
      ->type_name("URL")
      ->check(RefuseEmpty, "")
      ->excludes(ami);
  serve->add_option("--admin-port", options->admin_port, "Port of the admin protocol, on loopback; 0: a free one; none unless given");
  serve->add_option("--state-dir", options->state_directory, "Folder that keeps everything; in memory unless given")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  serve->add_option("--import", options->import_from, "Begin with the documents in DIR/devices and DIR/configs; DIR stays as it is")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  serve->add_option("--export", options->export_to, "Write the documents to DIR/devices and DIR/configs, and end")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  serve->add_option("--fault", options->faults, "Switch a fault on, from the start; with =COUNT for so many times; may be repeated")
      ->type_name("NAME[=COUNT]")
      ->allow_extra_args(false);
  serve->add_option("--as", options->preset, "Behave as a known real server in all that it does otherwise: " + PresetNames())
      ->type_name("NAME")
      ->check(RefuseEmpty, "");
  serve
      ->add_option("--dialect", options->dialect,
                   "Dialect of the REST API: xivo, or wazo with tokens and tenants; xivo, or that of --as, unless given")
      ->check(CLI::IsMember(server::Dialect::Names()));
  serve->add_option("--tokens", options->tokens, "Who may ask: tenants and their tokens, for the dialect wazo")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  serve->add_flag("--list-faults", options->list_faults, "Print all faults and what each breaks, and end");
  serve->add_flag("--lint-clients", options->lint_clients, "Watch what clients do wrong or waste, and print it at the end");
  serve->add_flag("--json", options->json, "With --list-faults or --lint-clients: as JSON");
  serve->add_option("--log-level", options->log_level, "What is said on standard error: debug has a line for every answer")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  serve->footer(kExamples);
  serve->callback([options, &exit_code] { exit_code = Serve(*options); });
}

}  // namespace provdlab::tools
