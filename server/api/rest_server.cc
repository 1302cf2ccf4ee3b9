#include "server/api/rest_server.h"

#include <chrono>
#include <utility>
#include <vector>

#include "base/admin/journal.h"
#include "base/admin/server.h"
#include "base/clock.h"
#include "base/http/server.h"
#include "server/api/client_watch.h"
#include "server/api/limits.h"
#include "server/api/rest_api.h"
#include "server/application/provd.h"
#include "server/client_lint/report.h"

namespace provdlab::server {

struct RestServer::Impl {
  Impl(RestServerOptions the_options, Provd& the_provd, Faults& behaviour)
      : options(std::move(the_options)), provd(the_provd), faults(behaviour), api(Context::Of(provd), options.dialect, &behaviour) {
    http::ServerOptions rest_options;
    rest_options.bind = options.bind;
    rest_options.port = options.rest_port;
    rest_options.threads = limits::kThreads;
    rest_options.may_wait = [](const http::Request& request) { return request.method != "GET" && request.method != "HEAD"; };
    rest_options.waiting_threads = limits::kChanges;
    rest_options.max_target_bytes = limits::kTargetBytes;
    rest_options.max_header_bytes = limits::kHeaderBytes;
    rest_options.max_body_bytes = limits::kBodyBytes;
    rest_options.request_timeout = limits::kRequestTime;
    rest_options.idle_timeout = limits::kIdleTime;
    if (options.lint_clients) watch.emplace(Context::Of(provd), api.router(), SystemClock::Get());
    rest = std::make_unique<http::Server>(rest_options, [this](const http::Request& request) { return Answer(request); });
    if (options.admin_port) {
      admin = std::make_unique<admin::Server>(admin::Options{.port = *options.admin_port},
                                              admin::Parts{.faults = &faults, .journal = &journal, .reset = [this] { Reset(); }});
      AddLint();
      if (options.admin_routes) options.admin_routes(*admin);
    }
  }

  http::Response Answer(const http::Request& sent) {
    http::Request canonical;
    if (options.dialect.prefix != kCanonicalPrefix) {
      canonical = sent;
      canonical.target = options.dialect.Canonical(sent.target);
    }
    const http::Request& request = options.dialect.prefix != kCanonicalPrefix ? canonical : sent;
    const auto handle = [this](const http::Request& asked) { return api.Answer(asked); };
    // Nobody reads the journal of a server without an admin port.
    if (!admin && !options.log && !watch) return faults.Through(request, handle, nullptr);

    const std::optional<Json> before = watch ? watch->Before(request) : std::nullopt;
    const auto begun = std::chrono::steady_clock::now();
    std::string fault;
    http::Response response = faults.Through(request, handle, &fault);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count();
    if (options.log) {
      options.log(request.method + " " + sent.target + " " + std::to_string(response.status) + " " + std::to_string(microseconds) + " us");
    }
    if (admin || watch) {
      const bool misled = !fault.empty();
      Json entry = {{"method", request.method},      {"target", sent.target},        {"status", response.status},
                    {"bytes", response.body.size()}, {"microseconds", microseconds}, {"peer", request.peer}};
      entry["fault"] = fault.empty() ? Json(nullptr) : Json(std::move(fault));
      const std::uint64_t number = journal.Add(std::move(entry));
      if (watch) watch->See(request, response, before, number, misled);
    }
    return response;
  }

  void AddLint() {
    const std::string without = "This server does not watch its clients; start it with --lint-clients.";
    admin->Route("GET", "/v1/lint", [this, without](const admin::Call& call) -> Result<admin::Reply> {
      if (!watch) return Fail(ErrorKind::kNotFound, without);
      const lint::Report report = watch->lint().Conclude(lint::ClientLint::Since::kReset);
      if (call.query == "as=text") return admin::Reply{.text = lint::TextOf(report, Origin())};
      return admin::Reply{.body = lint::JsonOf(report, Origin())};
    });
    admin->Route("DELETE", "/v1/lint", [this, without](const admin::Call&) -> Result<admin::Reply> {
      if (!watch) return Fail(ErrorKind::kNotFound, without);
      watch->Reset();
      return admin::Reply{.status = 204};
    });
  }

  std::string Origin() const { return http::HttpOrigin(options.bind, rest->port()); }
  lint::Report SinceTheStart() const { return watch->lint().Conclude(lint::ClientLint::Since::kStart); }

  void Reset() {
    if (watch) watch->Reset();
    if (const auto reset = provd.Reset(); !reset && options.log) options.log("reset: " + reset.error().message);
    // The port has switched all off.
    for (const auto& [fault, times] : own_faults) static_cast<void>(faults.SwitchOn(fault, times));
  }

  const RestServerOptions options;
  Provd& provd;
  RestFaults faults;
  std::vector<std::pair<std::string, std::optional<std::uint64_t>>> own_faults;  // complete before Start
  admin::Journal journal;
  const RestApi api;
  std::optional<ClientWatch> watch;
  std::unique_ptr<http::Server> rest;
  std::unique_ptr<admin::Server> admin;
};

RestServer::RestServer(RestServerOptions options, Provd& provd, Faults& faults)
    : impl_(std::make_unique<Impl>(std::move(options), provd, faults)) {}

RestServer::~RestServer() { Stop(); }

RestFaults& RestServer::faults() { return impl_->faults; }

Result<> RestServer::Misbehave(const std::string& fault, std::optional<std::uint64_t> times) {
  if (auto on = impl_->faults.SwitchOn(fault, times); !on) return Fail(on.error());
  impl_->own_faults.emplace_back(fault, times);
  return {};
}

Result<> RestServer::Start() {
  if (const auto port = impl_->rest->Start(); !port) return Fail(port.error());
  if (!impl_->admin) return {};
  if (const auto port = impl_->admin->Start(); !port) {
    impl_->rest->Stop(std::chrono::milliseconds(0));
    return Fail(port.error());
  }
  return {};
}

void RestServer::Stop() {
  impl_->provd.Stop();  // a change that touches many devices must not keep its thread
  if (impl_->admin) impl_->admin->Stop();
  impl_->rest->Stop(limits::kStopGrace);
}

std::string RestServer::ClientsInText() const { return impl_->watch ? lint::TextOf(impl_->SinceTheStart(), impl_->Origin()) : ""; }

std::string RestServer::ClientsInJson() const {
  return impl_->watch ? DumpJson(lint::JsonOf(impl_->SinceTheStart(), impl_->Origin())) : "";
}

std::uint16_t RestServer::rest_port() const { return impl_->rest->port(); }

std::uint16_t RestServer::admin_port() const { return impl_->admin ? impl_->admin->port() : 0; }

}  // namespace provdlab::server
