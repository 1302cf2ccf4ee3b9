#include "tools/phones_site.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "grammar/status/status.h"
#include "simulator/network/random_stream.h"
#include "simulator/repository/repository.h"

namespace provdlab::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kAnswer{10'000};
constexpr milliseconds kOperation{30'000};
constexpr milliseconds kPause{10};
constexpr std::uint16_t kFilesPort = 8667, kTftpPort = 69;  // of a provd in the field (phones.md, 1.1)

// A port that a raw config has, or the usual one.
std::uint16_t PortIn(const Json& raw_config, const char* name, std::uint16_t otherwise) {
  const auto port = raw_config.is_object() ? raw_config.find(name) : raw_config.end();
  if (port == raw_config.end() || !port->is_number_unsigned() || *port == 0 || *port > 65'535) return otherwise;
  return port->get<std::uint16_t>();
}

std::string HostOf(const std::string& url) {
  const auto parsed = http::ParseUrl(url);
  return parsed ? parsed->host : "";
}

std::string Bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostAndPort> ParseHostAndPort(const std::string& text, std::uint16_t usual) {
  const std::size_t colon = text.rfind(':');
  HostAndPort parsed{text.substr(0, colon), usual};
  if (colon != std::string::npos) {
    const auto port = ParseDecimal(std::string_view(text).substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return Fail(ErrorKind::kInvalid, "\"" + text + "\" is not HOST:PORT");
    parsed.port = static_cast<std::uint16_t>(*port);
  }
  if (parsed.host.empty()) return Fail(ErrorKind::kInvalid, "\"" + text + "\" is not HOST:PORT");
  return parsed;
}

}  // namespace

std::string PhonesSite::origin() const {
  const std::string& url = target_->url();
  return url.substr(0, url.size() - target_->prefix().size());
}

Result<std::unique_ptr<PhonesSite>> PhonesSite::Open(const PhonesSiteOptions& options, conformance::Stop& stop) {
  auto target_options = ReadTargetOptions(options.target);
  if (!target_options) return Fail(target_options.error());
  std::unique_ptr<PhonesSite> site(new PhonesSite());
  if (options.target.url.empty()) {
    std::error_code problem;
    const std::filesystem::path program =
        options.program.empty() ? std::filesystem::read_symlink("/proc/self/exe", problem) : std::filesystem::path(options.program);
    if (problem) return Fail(ErrorKind::kInternal, "cannot find this program: " + problem.message());
    conformance::LaunchOptions launch;
    launch.command = {program.string(),    "serve",
                      "--rest-port",       "{rest_port}",
                      "--http-port",       "{http_port}",
                      "--tftp-port",       "{tftp_port}",
                      "--log-level",       "error",
                      "--sip-notify-port", std::to_string(options.notify_port),
                      "--trusted-proxies", options.forwarded_for ? "1" : "0"};
    if (options.usual_ports) {
      for (const std::string& word : {std::string("--advertise-http-port"), std::to_string(kFilesPort),
                                      std::string("--advertise-tftp-port"), std::to_string(kTftpPort)})
        launch.command.push_back(word);
    }
    auto launched = conformance::LaunchedTarget::Start(launch, &stop);
    if (!launched) return Fail(launched.error());
    site->launched_ = std::move(*launched);
    if (options.usual_ports) {
      for (const auto& [port, real] : {std::pair(kFilesPort, "{http_port}"), {kTftpPort, "{tftp_port}"}})
        site->moves_.push_back({"127.0.0.1", port, static_cast<std::uint16_t>(*ParseDecimal(site->launched_->Filled(real)))});
    }
    target_options->url = site->launched_->url();
  }
  auto target = conformance::Target::Make(*target_options);
  if (!target) return Fail(target.error());
  site->target_ = std::make_unique<conformance::Target>(std::move(*target));
  site->headers_ = target_options->headers;
  if (site->own()) {
    if (const Result<> installed = site->InstallPlugins(options.vendors, stop); !installed) return Fail(installed.error());
    if (const Result<> made = site->MakeBaseConfig(options); !made) return Fail(made.error());
  }
  if (const Result<> found = site->FindFiles(options); !found) return Fail(found.error());
  return site;
}

Result<http::Response> PhonesSite::Ask(const std::string& method, const std::string& path, const Json* body) {
  http::Request request{.method = method, .target = target_->Path(path)};
  if (body != nullptr) {
    request.headers.Set("Content-Type", std::string(conformance::kMediaType));
    request.body = DumpJson(*body);
  }
  const http::Exchange seen = target_->Send(std::move(request), kAnswer);
  if (!seen.response) return Fail(ErrorKind::kUnavailable, method + " " + path + ": " + seen.problem);
  if (seen.response->status < 200 || seen.response->status >= 300) {
    return Fail(ErrorKind::kUnavailable,
                method + " " + path + " was answered " + std::to_string(seen.response->status) + ": " + seen.response->body.substr(0, 200));
  }
  return *seen.response;
}

Result<> PhonesSite::RunOperation(const std::string& path, const Json& body, conformance::Stop& stop) {
  const auto begun = Ask("POST", path, &body);
  if (!begun) return Fail(begun.error());
  const auto monitor = target_->Resolve(begun->headers.Get("Location").value_or(""), target_->Path(path));
  if (!monitor) return Fail(ErrorKind::kUnavailable, "POST " + path + ": its Location can't be followed: " + monitor.error().message);
  const std::string there = monitor->substr(target_->prefix().size());
  const auto deadline = steady_clock::now() + kOperation;
  for (;;) {
    const auto seen = Ask("GET", there);
    if (!seen) return Fail(seen.error());
    const auto json = ParseJson(seen->body);
    const std::string text = json && json->is_object() ? json->value("status", "") : "";
    const auto status = status::Parse(text, status::Strictness::kLenient);
    if (!status) return Fail(ErrorKind::kUnavailable, "the status of POST " + path + " can't be read: " + status.error().message);
    if (status->state == status::State::kSuccess) break;
    if (status->state == status::State::kFail) return Fail(ErrorKind::kUnavailable, "POST " + path + " ended in " + text);
    if (steady_clock::now() > deadline) return Fail(ErrorKind::kTimeout, "POST " + path + " did not end: " + text);
    if (stop.WaitFor(kPause)) return Fail(ErrorKind::kCancelled, "interrupted while plugins were installed");
  }
  const auto deleted = Ask("DELETE", there);
  if (!deleted) return Fail(deleted.error());
  return {};
}

Result<> PhonesSite::InstallPlugins(const std::vector<std::string>& vendors, conformance::Stop& stop) {
  repository::Repository repository({.port = 0});
  const auto port = repository.Start();
  if (!port) return Fail(port.error());
  const Json server = {{"param", {{"value", http::HttpOrigin("127.0.0.1", *port)}}}};
  if (const auto set = Ask("PUT", "/configure/plugin_server", &server); !set) return Fail(set.error());
  if (const Result<> updated = RunOperation("/pg_mgr/install/update", Json::object(), stop); !updated) return updated;
  const auto list = Ask("GET", "/pg_mgr/install/installable");
  if (!list) return Fail(list.error());
  const auto packages = ParseJson(list->body);
  if (!packages || !packages->is_object() || !packages->contains("pkgs") || !(*packages)["pkgs"].is_object())
    return Fail(ErrorKind::kUnavailable, "the list of packages can't be read");
  for (const auto& [id, package] : (*packages)["pkgs"].items()) {
    const Json capabilities = package.is_object() ? package.value("capabilities", Json::object()) : Json::object();
    bool wanted = false;
    for (const auto& [phone, what] : capabilities.items()) {
      for (const std::string& vendor : vendors) wanted = wanted || phone.starts_with(vendor + ", ");
    }
    if (!wanted) continue;
    if (const Result<> installed = RunOperation("/pg_mgr/install/install", Json{{"id", id}}, stop); !installed) return installed;
  }
  return {};
}

// Every phone that comes gets a config of its own below this one, with a username of its own on line 1.
Result<> PhonesSite::MakeBaseConfig(const PhonesSiteOptions& options) {
  network::RandomStream random(options.seed, "password");
  Json lines = Json::object();
  for (int number = 1; number <= options.lines; ++number) {
    lines[std::to_string(number)] = {{"username", number == 1 ? "phone" : "shared" + std::to_string(number)},
                                     {"password", "pw" + std::to_string(random.Below(1'000'000'000))},
                                     {"display_name", "Line " + std::to_string(number)},
                                     {"registrar_ip", "127.0.0.1"},
                                     {"registrar_port", options.registrar_port},
                                     {"proxy_ip", "127.0.0.1"},
                                     {"proxy_port", options.registrar_port}};
  }
  const Json config = {{"config",
                        {{"id", "base"},
                         {"parent_ids", Json::array()},
                         {"role", "autocreate"},
                         {"raw_config", {{"sip_transport", "udp"}, {"sip_lines", lines}}}}}};
  if (const auto made = Ask("POST", "/cfg_mgr/configs", &config); !made) return Fail(made.error());
  return {};
}

Result<> PhonesSite::FindFiles(const PhonesSiteOptions& options) {
  // Any config tells the server's own ports.
  Json raw_config;
  if (options.files.empty() || options.tftp.empty()) {
    if (const auto list = Ask("GET", "/cfg_mgr/configs?limit=1&fields=id"); list) {
      const auto configs = ParseJson(list->body);
      if (configs && configs->is_object() && configs->contains("configs") && !(*configs)["configs"].empty()) {
        const std::string id = (*configs)["configs"][0].value("id", "");
        const auto raw = Ask("GET", "/cfg_mgr/configs/" + http::PercentEncode(id) + "/raw");
        const auto parsed = raw ? ParseJson(raw->body) : Fail(raw.error());
        if (parsed && parsed->is_object()) raw_config = parsed->value("raw_config", Json::object());
      }
    } else if (!own() && options.files.empty()) {
      return Fail(list.error());
    }
  }
  const std::string host = HostOf(target_->url());
  const std::string files = options.files.empty()
                                ? "http://" + Bracketed(host) + ":" + std::to_string(PortIn(raw_config, "http_port", kFilesPort))
                                : options.files;
  HostAndPort tftp{host, PortIn(raw_config, "tftp_port", kTftpPort)};
  if (!options.tftp.empty()) {
    const auto parsed = ParseHostAndPort(options.tftp, kTftpPort);
    if (!parsed) return Fail(ErrorKind::kInvalid, "--tftp " + parsed.error().message);
    tftp = *parsed;
  }
  auto site = dhcp::SiteAt(files, tftp.host, tftp.port);
  if (!site) return Fail(ErrorKind::kInvalid, "--http-provisioning " + site.error().message);
  files_ = std::move(*site);
  return {};
}

}  // namespace provdlab::tools
