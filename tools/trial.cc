#include "tools/trial.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <optional>
#include <random>

#include "base/files.h"
#include "base/http/message.h"
#include "base/text.h"
#include "conformance/runner/examples.h"
#include "grammar/tokens/token_table.h"
#include "tools/command.h"
#include "tools/weather_options.h"

namespace provdlab::tools {
namespace {

constexpr char kLaunchedOrigin[] = "http://127.0.0.1:{rest_port}";
constexpr std::chrono::seconds kAnswerInBadWeather{3};
constexpr double kMostLost = 1.0 / 20 + 1e-9;  // of all connections; see docs/weather.md
constexpr int kInterrupted = 130;              // as shells report SIGINT

void AddReach(const conformance::PhoneAccess& phones, std::vector<std::string>& reach) {
  const conformance::PhoneAccess usual;
  const auto add = [&reach](const char* option, const std::string& value, const std::string& otherwise) {
    if (value != otherwise) reach.insert(reach.end(), {option, value});
  };
  add("--http-provisioning", phones.files, usual.files);
  add("--tftp", phones.tftp, usual.tftp);
  add("--trusted-proxies", std::to_string(phones.trusted_proxies), std::to_string(usual.trusted_proxies));
  add("--sip-port", std::to_string(phones.sip_port), std::to_string(usual.sip_port));
  add("--phones-from", phones.phones_from, usual.phones_from);
  add("--registrar-address", phones.registrar_address, usual.registrar_address);
  const auto port = [](const std::optional<std::uint16_t>& number) { return number ? std::to_string(*number) : std::string(); };
  add("--ami", port(phones.ami_port), "");
  add("--gateway", port(phones.gateway_port), "");
}

// What the launched target was told of the ports for phones. `command` is empty for ours, which is told all of them.
void UseLaunched(const conformance::LaunchedTarget& launched, const std::string& command, conformance::PhoneAccess& phones) {
  const auto told = [&command](const char* port) { return command.empty() || command.find(port) != std::string::npos; };
  if (phones.files.empty() && told("{http_port}")) phones.files = "http://127.0.0.1:{http_port}";
  if (phones.tftp.empty() && told("{tftp_port}")) phones.tftp = "127.0.0.1:{tftp_port}";
  phones.files = launched.Filled(phones.files);
  phones.tftp = launched.Filled(phones.tftp);
  const auto port = [&launched](const char* name) { return static_cast<std::uint16_t>(ParseDecimal(launched.Filled(name)).value_or(0)); };
  if (told("{sip_port}")) phones.sip_port = port("{sip_port}");
  // An exchange is opened for who was told of its port, or where that was asked for.
  const auto use = [&](const char* name, std::optional<std::uint16_t>& number) {
    if (number ? *number == 0 : command.find(name) != std::string::npos) number = port(name);
  };
  use("{ami_port}", phones.ami_port);
  use("{gateway_port}", phones.gateway_port);
}

// Null: none.
Result<std::unique_ptr<proxy::Weather>> WeatherOf(const TrialOptions& options, std::uint64_t seed) {
  if (options.weather.empty()) return nullptr;
  auto weather = ReadWeather(
      {.kinds = options.weather, .rate = options.weather_rate, .rate_option = "--weather-rate", .kinds_option = "--weather"}, seed);
  if (weather && (*weather)->ShareLost() > kMostLost)
    return Fail(ErrorKind::kInvalid, "--weather-rate " + options.weather_rate +
                                         " loses more than can be told from a target that loses it: one connection in 20 at most, "
                                         "such as --weather-rate 1/20");
  return weather;
}

}  // namespace

void AddTrialOptions(CLI::App& command, TrialOptions& options) {
  AddTargetOptions(command, options.target);
  command
      .add_option(
          "--launch", options.launch,
          "command that starts a provd; {rest_port} {admin_port} {http_port} {tftp_port} {sip_port} {ami_port} {gateway_port} {state_dir} "
          "{trusted_proxies} {tokens} are filled in, and in --target, --http-provisioning and --tftp too")
      ->type_name("COMMAND")
      ->check(RefuseEmpty, "");
  command
      .add_option("--then-launch", options.then_launch,
                  "command that starts the next version of what --launch starts, on the same {state_dir}: what survives the upgrade?")
      ->type_name("COMMAND")
      ->check(RefuseEmpty, "");
  command.add_option("--plugin-repository-address", options.repository_address, "ADDR[:PORT] by which the target reaches this machine")
      ->type_name("ADDR")
      ->capture_default_str();
  command
      .add_option("--http-provisioning", options.phones.files,
                  "where the target serves phones their files; without it nothing is asked about phones")
      ->type_name("URL")
      ->check(RefuseEmpty, "");
  command.add_option("--tftp", options.phones.tftp, "the same over TFTP")->type_name("HOST:PORT")->check(RefuseEmpty, "");
  command.add_option("--trusted-proxies", options.phones.trusted_proxies, "how many proxies before it the target was told of")
      ->type_name("N")
      ->check(CLI::Range(0, 16))
      ->capture_default_str();
  command.add_option("--sip-port", options.phones.sip_port, "UDP port of the phones, to which the target sends NOTIFY")
      ->type_name("N")
      ->check(CLI::Range(1, 65'535))
      ->capture_default_str();
  command
      .add_option("--phones-from", options.phones.phones_from,
                  "network of the phones' addresses; 127.64.0.0/16 where the target is this machine")
      ->type_name("NET/BITS")
      ->check(RefuseEmpty, "");
  command.add_option("--registrar-address", options.phones.registrar_address, "ADDR by which phones reach this machine's registrar")
      ->type_name("ADDR")
      ->check(RefuseEmpty, "");
  command
      .add_option(
          "--ami", options.phones.ami_port,
          "port of a manager interface (AMI) through which the target notifies phones; 0: a free one, for a target that is launched")
      ->type_name("N");
  command.add_option("--gateway", options.phones.gateway_port, "the same of an HTTP gateway (POST /1.0/action/PJSIPNotify)")
      ->type_name("N");
  command.add_option("--manager", options.manager, "who may log in at --ami")->type_name("USER:SECRET")->capture_default_str();
  command.add_option("--seed", options.seed, "of everything random; printed in the report")->type_name("N");
  command.add_flag("--read-only", options.read_only, "send nothing but GET and HEAD; what would change something is not applicable");
  command
      .add_option("--runs", options.runs,
                  "folder that has what a run must put back, for provdlab clean; ~/.local/state/provdlab/runs unless said")
      ->type_name("DIR")
      ->check(RefuseEmpty, "");
  CLI::Option* const weather =
      command
          .add_option("--weather", options.weather,
                      "bad network between the run and the target: slow, sliced, resets, half-closed, hanging, storm")
          ->type_name("KIND[,KIND...]")
          ->check(RefuseEmpty, "");
  command.add_option("--weather-rate", options.weather_rate, "how many connections meet it")
      ->type_name("1/N")
      ->capture_default_str()
      ->needs(weather);
  command.add_flag("--patient", options.patient,
                   "the network before the target is a bad one: a scenario that lost an exchange is begun anew");
  command.add_flag("--keep", options.keep, "leave on the target what the run made");
  command.add_flag("--keep-secrets", options.keep_secrets, "do not mask passwords and tokens");
  command.add_flag("--no-color", options.no_color, "no colours on the terminal");
}

Result<AddressAndPort> ParseAddress(const std::string& text) {
  AddressAndPort parsed;
  std::string port;
  const bool bracket = !text.empty() && text.front() == '[';
  if (bracket) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) return Fail(ErrorKind::kInvalid, "\"" + text + "\" has no closing bracket");
    parsed.address = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (text.find(':') == text.rfind(':')) {
    parsed.address = text.substr(0, text.find(':'));
    port = text.substr(parsed.address.size());
  } else {
    parsed.address = text;  // an IPv6 address without port
  }
  const bool odd =
      std::any_of(parsed.address.begin(), parsed.address.end(), [](unsigned char c) { return c <= ' ' || c == '/' || c == 0x7f; });
  if (parsed.address.empty() || odd)
    return Fail(ErrorKind::kInvalid, "\"" + text + "\" names no address; write it like 10.0.0.7 or 10.0.0.7:8080");
  if (!port.empty()) {
    const auto number = ParseDecimal(std::string_view(port).substr(1));
    if (port.front() != ':' || !number || *number == 0 || *number > 65535)
      return Fail(ErrorKind::kInvalid, "\"" + port + "\" is not :PORT");
    parsed.port = static_cast<std::uint16_t>(*number);
  }
  return parsed;
}

Trial::Trial() {
  listener_ = std::thread([this] { Listen(); });
}

Trial::~Trial() {
  over_ = true;
  pthread_kill(listener_.native_handle(), SIGTERM);
  listener_.join();
}

void Trial::Listen() {
  signals_.Wait();
  if (over_) return;
  std::cerr << "\nprovdlab: ending the run and putting the target back; once more to leave at once\n" << std::flush;
  stop_.Ask("interrupted");
  signals_.Wait();
  if (over_) return;
  std::cerr << "\nprovdlab: left at once: on the target, plugin_server may still name the run's repository, and what has "
            << run_.session.run_id << " in its id may still be there; to remove it: provdlab clean --target URL --run "
            << run_.session.run_id << "\n"
            << std::flush;
  ::_exit(kInterrupted);  // the launched target dies with us
}

Result<std::uint16_t> Trial::OpenRelay(const std::string& url) {
  const auto parsed = http::ParseUrl(url);
  if (!parsed) return Fail(ErrorKind::kInvalid, "--weather: \"" + url + "\" is not a URL of a provd");
  const bool literal = parsed->host.find(':') != std::string::npos;
  const auto upstream = proxy::FindUpstream((literal ? "[" + parsed->host + "]" : parsed->host) + ":" + std::to_string(parsed->port));
  if (!upstream) return Fail(ErrorKind::kUnavailable, "--weather: " + upstream.error().message);
  relay_ = std::make_unique<proxy::Relay>(proxy::RelayOptions{.upstream = *upstream}, weather_->Opener());
  return relay_->Start();
}

std::optional<std::string> Trial::TargetLog() const {
  if (!launched_) return std::nullopt;
  return launched_->log();
}

std::string Trial::WhatTheWeatherDid() const {
  if (!relay_) return "";
  std::string did;
  const proxy::WeatherCounts counts = weather_->counts();
  for (std::size_t i = 1; i < proxy::kFates; ++i) {
    if (counts.of[i] > 0)
      did += (did.empty() ? ": " : ", ") + std::to_string(counts.of[i]) + " " + std::string(proxy::FateName(static_cast<proxy::Fate>(i)));
  }
  return "weather: " + std::to_string(counts.struck()) + " of " + std::to_string(relay_->counts().connections) + " connections met some" +
         did;
}

Result<std::unique_ptr<Trial>> Trial::Open(const TrialOptions& options) {
  auto target_options = ReadTargetOptions(options.target);
  if (!target_options) return Fail(target_options.error());
  const auto repository = ParseAddress(options.repository_address);
  if (!repository) return Fail(ErrorKind::kInvalid, "--plugin-repository-address " + repository.error().message);
  auto examples = conformance::EmbeddedExamples();
  if (!examples) return Fail(ErrorKind::kInternal, examples.error().message);

  const std::uint64_t seed = options.seed != 0 ? options.seed : std::random_device{}();
  auto weather = WeatherOf(options, seed);
  if (!weather) return Fail(weather.error());

  std::unique_ptr<Trial> trial(new Trial());
  trial->weather_ = std::move(*weather);
  if (!options.target.url.empty()) trial->run_.reach = {"--target", options.target.url};
  if (options.repository_address != TrialOptions().repository_address)
    trial->run_.reach.insert(trial->run_.reach.end(), {"--plugin-repository-address", options.repository_address});
  if (!options.launch.empty()) trial->run_.reach.insert(trial->run_.reach.end(), {"--launch", options.launch});
  if (!options.then_launch.empty()) trial->run_.reach.insert(trial->run_.reach.end(), {"--then-launch", options.then_launch});
  if (!options.target.dialect.empty()) trial->run_.reach.insert(trial->run_.reach.end(), {"--dialect", options.target.dialect});
  if (!options.target.tokens.empty()) trial->run_.reach.insert(trial->run_.reach.end(), {"--tokens", options.target.tokens});
  if (options.read_only) trial->run_.reach.push_back("--read-only");
  if (options.patient) trial->run_.reach.push_back("--patient");
  if (!options.weather.empty())
    trial->run_.reach.insert(trial->run_.reach.end(), {"--weather", options.weather, "--weather-rate", options.weather_rate});
  AddReach(options.phones, trial->run_.reach);
  conformance::PhoneAccess phones = options.phones;
  const std::optional<Login> manager = ReadLogin(options.manager);
  if (!manager) return Fail(ErrorKind::kInvalid, "--manager " + options.manager + " has no secret; write it like provd:secret");
  phones.manager = {.username = manager->user, .secret = manager->secret};
  const bool launches = options.target.url.empty() || !options.launch.empty();
  std::string tokens_file = options.target.tokens.empty() ? std::string() : FromHere(options.target.tokens).string();
  if (launches && options.target.dialect == "wazo" && tokens_file.empty()) {
    const auto table = tokens::TokenTable::Sample();
    auto kept = TemporaryDirectory::Make("provdlab-tokens-");
    if (!kept) return Fail(kept.error());
    trial->tokens_.emplace(std::move(*kept));
    tokens_file = (trial->tokens_->path() / "tokens.json").string();
    if (auto written = WriteFileAtomically(tokens_file, table.Write()); !written) return Fail(written.error());
    UseTokens(table, *target_options);
  }
  for (const std::string& command : {options.launch, options.then_launch})
    if (auto filled = conformance::CheckPlaces(command); !filled) return Fail(filled.error());
  if (!options.launch.empty() && options.target.url.empty() && options.launch.find("{rest_port}") == std::string::npos)
    return Fail(ErrorKind::kInvalid,
                "nobody knows where the launched target listens: --launch with {rest_port} in it, or its URL with --target");
  if (!options.then_launch.empty() && options.launch.empty())
    return Fail(ErrorKind::kInvalid, "--then-launch starts the next version of what --launch starts, and there is no --launch");
  if (!options.then_launch.empty() &&
      (options.launch.find("{state_dir}") == std::string::npos || options.then_launch.find("{state_dir}") == std::string::npos))
    return Fail(ErrorKind::kInvalid, "--then-launch starts the next version of what --launch started: both need {state_dir}");
  if (!launches && (phones.ami_port == 0 || phones.gateway_port == 0))
    return Fail(ErrorKind::kInvalid, "a target that runs already was told of a port: name it with --ami or --gateway instead of 0");
  if (launches) {
    conformance::LaunchOptions launch;
    launch.trusted_proxies = phones.trusted_proxies;
    launch.url = options.target.url.empty() ? kLaunchedOrigin + std::string(conformance::DialectPrefix(target_options->dialect))
                                            : options.target.url;
    if (options.launch.empty()) {
      std::error_code problem;
      const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", problem);
      if (problem) return Fail(ErrorKind::kInternal, "cannot find this program: " + problem.message());
      launch.command = {self.string(),       "serve",       "--rest-port",       "{rest_port}",      "--state-dir",
                        "{state_dir}",       "--http-port", "{http_port}",       "--tftp-port",      "{tftp_port}",
                        "--sip-notify-port", "{sip_port}",  "--trusted-proxies", "{trusted_proxies}"};
      const auto notify_through = [&launch](const char* option, const std::string& before, const std::optional<std::uint16_t>& port,
                                            const char* free) {
        if (port) launch.command.insert(launch.command.end(), {option, before + (*port == 0 ? free : std::to_string(*port))});
      };
      notify_through("--notify-ami", "127.0.0.1:", phones.ami_port, "{ami_port}");
      notify_through("--notify-gateway", "http://127.0.0.1:", phones.gateway_port, "{gateway_port}");
      launch.command.insert(launch.command.end(), {"--manager", options.manager});
      if (!tokens_file.empty()) launch.command.insert(launch.command.end(), {"--dialect", "wazo", "--tokens", tokens_file});
    } else {
      launch.command = {"/bin/sh", "-c", options.launch};
      launch.values["tokens"] = tokens_file;
    }
    // Ours has no next version but itself.
    launch.next_command = launch.command;
    if (!options.then_launch.empty())
      launch.next_command = {"/bin/sh", "-c", options.then_launch};
    else if (!options.launch.empty())
      launch.next_command.clear();
    auto launched = conformance::LaunchedTarget::Start(launch, &trial->stop_);
    if (!launched) return Fail(launched.error());
    trial->launched_ = std::move(*launched);
    target_options->url = trial->launched_->url();
    UseLaunched(*trial->launched_, options.launch, phones);
    trial->run_.session.ended = [child = trial->launched_.get()] { return child->ended(); };
    trial->run_.session.log_tail = [child = trial->launched_.get()] { return child->log_tail(); };
    trial->run_.session.throwaway = options.launch.empty();
    // Without a folder of its own a target has nothing to come back to, and may have one that lasts.
    const bool comes_back = options.launch.empty() || options.launch.find("{state_dir}") != std::string::npos;
    trial->run_.session.ends_with_run = comes_back;
    if (comes_back && (options.launch.empty() || options.launch.find("{trusted_proxies}") != std::string::npos))
      trial->run_.session.use_proxies = [child = trial->launched_.get(), stop = &trial->stop_](int proxies) {
        return child->RestartTrusting(proxies, stop);
      };
    if (comes_back && !launch.next_command.empty()) {
      trial->run_.session.upgrade = [child = trial->launched_.get(), stop = &trial->stop_] { return child->Upgrade(stop); };
      trial->run_.session.renew = [child = trial->launched_.get(), stop = &trial->stop_] { return child->Renew(stop); };
    }
    trial->run_.session.revive = [child = trial->launched_.get(), stop = &trial->stop_, comes_back] {
      return comes_back ? child->Renew(stop) : child->Restart(stop);
    };
    if (comes_back) trial->run_.session.restart = [child = trial->launched_.get(), stop = &trial->stop_] { return child->Restart(stop); };
  }
  if (phones.files.empty() && !phones.tftp.empty())
    return Fail(ErrorKind::kInvalid, "--tftp " + phones.tftp +
                                         " says where files are over TFTP; where they are over HTTP has to be said "
                                         "as well, with --http-provisioning URL");
  if (!phones.files.empty()) {
    if (const auto read = conformance::ReadAccess(phones); !read) return Fail(ErrorKind::kInvalid, read.error().message);
  }
  target_options->read_only = options.read_only;
  // What is launched speaks what it was told, or the usual.
  auto target = launches ? conformance::Target::Make(*target_options) : MakeTarget(options.target, *target_options);
  if (!target) return Fail(target.error());

  conformance::SessionOptions& session = trial->run_.session;
  session.run_id = conformance::MakeRunId();
  session.seed = seed;
  if (options.patient || trial->weather_) session.patience = conformance::kBadNetwork;
  if (trial->weather_) {
    const auto via = trial->OpenRelay(target->url());
    if (!via) return Fail(via.error());
    target_options->via = *via;
    target = conformance::Target::Make(*target_options);
    if (!target) return Fail(target.error());
    // What is held back is waited for by each exchange that meets it.
    session.limits.answer = kAnswerInBadWeather;
  }
  trial->target_ = std::make_unique<conformance::Target>(std::move(*target));
  session.repository_address = repository->address;
  session.repository_port = repository->port;
  session.keep = options.keep;
  // A target that is launched ends with the run, and its folder is of no use to anybody.
  if (!launches && !options.read_only) {
    const auto folder = options.runs.empty() ? conformance::DefaultRunsFolder() : Result<std::filesystem::path>(FromHere(options.runs));
    if (folder) session.runs = folder->string();
  }
  session.phones = std::move(phones);
  session.examples = std::move(*examples);
  return trial;
}

}  // namespace provdlab::tools
