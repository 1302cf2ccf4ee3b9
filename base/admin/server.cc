#include "base/admin/server.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http/server.h"
#include "base/text.h"

namespace provdlab::admin {
namespace {

constexpr std::string_view kFaults = "/v1/faults";
constexpr std::string_view kFault = "/v1/faults/*";
constexpr std::string_view kJournal = "/v1/journal";
constexpr std::string_view kReset = "/v1/reset";

struct RouteEntry {
  std::string method;
  std::string path;
  Handler handler;

  // What stands for the "*", "" for a route without one; nullopt if the path is another.
  std::optional<std::string> Match(std::string_view asked) const {
    const std::string_view pattern = path;
    if (!pattern.ends_with("/*")) return asked == pattern ? std::optional<std::string>("") : std::nullopt;
    const std::string_view stem = pattern.substr(0, pattern.size() - 1);
    if (!asked.starts_with(stem) || asked.size() == stem.size()) return std::nullopt;
    return http::PercentDecode(asked.substr(stem.size()));
  }
};

http::Response Sentence(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text) + "\n";
  return response;
}

http::Response Refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return Sentence(404, error.message);
    case ErrorKind::kInternal:
      return Sentence(500, error.message);
    default:
      return Sentence(400, error.message);
  }
}

// The value of one query parameter, decoded; empty if it is not there.
std::string Parameter(std::string_view query, std::string_view name) {
  for (const std::string_view part : Split(query, '&')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name)
      return http::PercentDecode(part.substr(equals + 1)).value_or("?");
  }
  return "";
}

}  // namespace

struct Server::Impl {
  Options options;
  Parts parts;
  std::vector<RouteEntry> routes;
  std::unique_ptr<http::Server> server;

  void Add(std::string method, std::string_view path, Handler handler) {
    routes.push_back({std::move(method), std::string(path), std::move(handler)});
  }

  void AddFaults(FaultBoard& faults) {
    Add("GET", kFaults, [&faults](const Call&) -> Result<Reply> {
      return Reply{.body = {{"available", faults.Available()}, {"active", faults.Active()}}};
    });
    Add("POST", kFaults, [&faults](const Call& call) -> Result<Reply> {
      const Result<int> id = faults.Switch(call.body);
      if (!id) return Fail(id.error());
      return Reply{.status = 201, .body = {{"id", *id}}};
    });
    Add("DELETE", kFaults, [&faults](const Call&) -> Result<Reply> {
      faults.OffAll();
      return Reply{.status = 204};
    });
    Add("DELETE", kFault, [&faults](const Call& call) -> Result<Reply> {
      const std::optional<std::uint64_t> id = ParseDecimal(call.name);
      if (!id || *id > 0x7fffffff) return Fail(ErrorKind::kNotFound, "a fault's id is a number");
      if (const Result<> off = faults.Off(static_cast<int>(*id)); !off) return Fail(off.error());
      return Reply{.status = 204};
    });
  }

  void AddJournal(Journal& journal) {
    Add("GET", kJournal, [&journal](const Call& call) -> Result<Reply> {
      const std::string after = Parameter(call.query, "after");
      const std::optional<std::uint64_t> number = after.empty() ? 0 : ParseDecimal(after);
      if (!number) return Fail(ErrorKind::kInvalid, "\"after\" must be the sequence number of an entry, or 0");
      return Reply{.body = journal.After(*number)};
    });
    Add("DELETE", kJournal, [&journal](const Call&) -> Result<Reply> {
      journal.Clear();
      return Reply{.status = 204};
    });
  }

  void AddReset() {
    Add("POST", kReset, [this](const Call&) -> Result<Reply> {
      if (parts.faults != nullptr) parts.faults->OffAll();
      parts.reset();
      if (parts.journal != nullptr) parts.journal->Clear();
      return Reply{.status = 204};
    });
  }

  http::Response Answer(const http::Request& request) const {
    const std::string_view path = request.raw_path();
    const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
    std::vector<std::string> allowed;
    for (const RouteEntry& route : routes) {
      std::optional<std::string> name = route.Match(path);
      if (!name) continue;
      if (route.method != method) {
        allowed.push_back(route.method);
        continue;
      }
      Call call{.name = std::move(*name), .query = std::string(request.raw_query()), .body = nullptr};
      if (!request.body.empty()) {
        Result<Json> body = ParseJson(request.body);
        if (!body) return Sentence(400, "The body is not JSON: " + body.error().message);
        call.body = std::move(*body);
      }
      const Result<Reply> reply = route.handler(call);
      if (!reply) return Refusal(reply.error());
      http::Response response;
      response.status = reply->status;
      if (!reply->text.empty()) {
        response.headers.Set("Content-Type", "text/plain; charset=utf-8");
        response.body = reply->text;
      } else if (!reply->body.is_null()) {
        response.headers.Set("Content-Type", "application/json");
        response.body = DumpJson(reply->body) + "\n";
      }
      return response;
    }
    if (allowed.empty()) return Sentence(404, "There is nothing at this path of the admin port; docs/architecture.md lists its calls.");
    http::Response response = Sentence(405, "This path does not have that method.");
    response.headers.Set("Allow", Join(allowed, ", "));
    return response;
  }
};

Server::Server(Options options, Parts parts) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->parts = std::move(parts);
  if (impl_->parts.faults != nullptr) impl_->AddFaults(*impl_->parts.faults);
  if (impl_->parts.journal != nullptr) impl_->AddJournal(*impl_->parts.journal);
  if (impl_->parts.reset) impl_->AddReset();
}

Server::~Server() { Stop(); }

void Server::Route(std::string method, std::string path, Handler handler) { impl_->Add(std::move(method), path, std::move(handler)); }

Result<std::uint16_t> Server::Start() {
  if (impl_->server) return Fail(ErrorKind::kConflict, "the admin port has been started already");
  auto server = std::make_unique<http::Server>(
      http::ServerOptions{.bind = impl_->options.bind, .port = impl_->options.port, .threads = 2, .server_header = "provdlab-admin"},
      [impl = impl_.get()](const http::Request& request) { return impl->Answer(request); });
  Result<std::uint16_t> port = server->Start();
  if (port) impl_->server = std::move(server);
  return port;
}

void Server::Stop() {
  if (impl_->server) impl_->server->Stop();
}

std::uint16_t Server::port() const { return impl_->server ? impl_->server->port() : std::uint16_t{0}; }

http::Response Server::Answer(const http::Request& request) const { return impl_->Answer(request); }

}  // namespace provdlab::admin
