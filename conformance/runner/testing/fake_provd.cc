#include "conformance/runner/testing/fake_provd.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "conformance/runner/target.h"

namespace provdlab::conformance {

http::Response JsonAnswer(const Json& body, int status) {
  http::Response response;
  response.status = status;
  response.headers.Set("Content-Type", std::string(kMediaType));
  response.body = DumpJson(body);
  return response;
}

http::Response TextAnswer(int status, std::string sentence) {
  http::Response response;
  response.status = status;
  response.headers.Set("Content-Type", "text/plain");
  response.body = std::move(sentence);
  return response;
}

FakeProvd::FakeProvd(FakeOptions options) : options_(std::move(options)) {
  parameters_ = {{"plugin_server", "http://127.0.0.1:1/old"},
                 {"http_proxy", nullptr},
                 {"https_proxy", nullptr},
                 {"ftp_proxy", nullptr},
                 {"locale", nullptr},
                 {"NAT", 0}};
  server_ = std::make_unique<http::Server>(http::ServerOptions{}, [this](const http::Request& request) { return Handle(request); });
  const auto port = server_->Start();
  if (!port) throw std::runtime_error(port.error().message);
  port_ = *port;
}

FakeProvd::~FakeProvd() { Die(); }

std::string FakeProvd::url() const { return "http://127.0.0.1:" + std::to_string(port_) + options_.prefix; }

void FakeProvd::Die() { server_->Stop(std::chrono::milliseconds(0)); }

void FakeProvd::Answer(const std::string& request, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[request] = std::move(handler);
}

http::Response FakeProvd::Handle(const http::Request& request) {
  const std::string path(request.raw_path());
  if (path.rfind(options_.prefix, 0) != 0) return TextAnswer(404, "No such resource");
  const std::string said = request.method + " " + path.substr(options_.prefix.size());
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(said);
    for (const auto& [pattern, candidate] : handlers_) {
      const bool open = pattern.back() == '*';
      if (open ? said.rfind(pattern.substr(0, pattern.size() - 1), 0) == 0 : said == pattern) handler = candidate;
    }
  }
  return handler ? handler(request) : Usual(request);
}

http::Response FakeProvd::NewMonitor(const std::string& collection) {
  const std::string path = collection + "/" + std::to_string(++last_monitor_);
  monitors_[path] = "success";
  http::Response response;
  response.status = 201;
  response.headers.Set("Location", options_.location_prefix + path);
  return response;
}

http::Response FakeProvd::Usual(const http::Request& request) {
  const std::string path = std::string(request.raw_path()).substr(options_.prefix.size());
  const std::string said = request.method + " " + path;
  const auto link = [&](const char* rel, const char* to) { return Json{{"rel", rel}, {"href", options_.location_prefix + to}}; };
  const std::lock_guard lock(mutex_);
  if (said == "GET ") return JsonAnswer({{"links", {link("srv.configure", "/configure"), link("pg", "/pg_mgr")}}});
  if (said == "GET /pg_mgr") {
    return JsonAnswer(
        {{"links", {link("srv.install", "/pg_mgr/install"), link("pg.plugins", "/pg_mgr/plugins"), link("pg.reload", "/pg_mgr/reload")}}});
  }
  if (path.rfind("/configure/", 0) == 0) {
    const auto found = parameters_.find(path.substr(11));
    if (found == parameters_.end()) return TextAnswer(404, "No such resource");
    if (request.method == "GET") return JsonAnswer({{"param", {{"value", found->second}}}});
    const auto body = ParseJson(request.body);
    if (!body || !body->is_object() || !body->contains("param")) return TextAnswer(400, "There is no param.");
    found->second = (*body)["param"]["value"];
    return http::Response{.status = 204};
  }
  const auto listed = [&] {
    Json packages = Json::object();
    for (const std::string& id : installed_) packages[id] = {{"version", "1.0"}};
    return JsonAnswer({{"pkgs", packages}});
  };
  if (said == "GET /pg_mgr/install/installed") return listed();
  if (request.method == "POST") {
    const auto body = ParseJson(request.body);
    const std::string id =
        body && body->is_object() && body->contains("id") && (*body)["id"].is_string() ? (*body)["id"].get<std::string>() : "";
    if (path == "/pg_mgr/install/update") return NewMonitor(path);
    if (id.empty()) return TextAnswer(400, "There is no id.");
    if (path == "/pg_mgr/install/install") {
      if (!installed_.insert(id).second) return TextAnswer(400, "It is installed already.");
      return NewMonitor(path);
    }
    if (path == "/pg_mgr/install/uninstall")
      return installed_.erase(id) == 1 ? http::Response{.status = 204} : TextAnswer(400, "It is not installed.");
  }
  const auto monitor = monitors_.find(path);
  if (monitor != monitors_.end() && request.method == "GET") return JsonAnswer({{"status", monitor->second}});
  if (monitor != monitors_.end() && request.method == "DELETE") {
    monitors_.erase(monitor);
    return http::Response{.status = 204};
  }
  return TextAnswer(404, "No such resource");
}

std::vector<std::string> FakeProvd::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeProvd::Count(const std::string& request) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(requests_.begin(), requests_.end(), request));
}

Json FakeProvd::parameter(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return parameters_.at(name);
}

void FakeProvd::SetParameter(const std::string& name, Json value) {
  const std::lock_guard lock(mutex_);
  parameters_[name] = std::move(value);
}

std::set<std::string> FakeProvd::installed() const {
  const std::lock_guard lock(mutex_);
  return installed_;
}

std::size_t FakeProvd::monitors() const {
  const std::lock_guard lock(mutex_);
  return monitors_.size();
}

}  // namespace provdlab::conformance
