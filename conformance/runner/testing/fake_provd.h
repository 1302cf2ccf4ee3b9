#pragma once
// A very small provd in this process, which misbehaves as a test tells it: what the runner is tested against.
//
//   FakeProvd provd;
//   provd.Answer("GET /configure/NAT", [](const http::Request&) { return http::Response{.status = 500}; });
//   auto target = Target::Make({.url = provd.url()});
//
// It believes every id installable, installs at once without fetching anything, and keeps parameters, monitors and installed
// packages. Paths are given without the prefix. Any thread may call.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/http/server.h"
#include "base/json.h"

namespace provdlab::conformance {

struct FakeOptions {
  std::string prefix = "/provd";           // below which it is reached
  std::string location_prefix = "/provd";  // that its Locations and links begin with
};

class FakeProvd {
 public:
  using Handler = std::function<http::Response(const http::Request&)>;

  explicit FakeProvd(FakeOptions options = {});
  ~FakeProvd();

  std::string url() const;
  // Replaces what is answered to "METHOD PATH". A path that ends with '*' stands for everything that begins so. The handler may
  // call Usual() for what would have been answered.
  void Answer(const std::string& request, Handler handler);
  http::Response Usual(const http::Request& request);
  void Die();  // stops listening

  // Every request as "METHOD PATH", in order.
  std::vector<std::string> requests() const;
  std::size_t Count(const std::string& request) const;
  Json parameter(const std::string& name) const;
  void SetParameter(const std::string& name, Json value);
  std::set<std::string> installed() const;
  std::size_t monitors() const;

 private:
  http::Response Handle(const http::Request& request);
  http::Response NewMonitor(const std::string& collection);

  FakeOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::vector<std::string> requests_;
  std::map<std::string, Json> parameters_;
  std::set<std::string> installed_;
  std::map<std::string, std::string> monitors_;
  int last_monitor_ = 0;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
};

http::Response JsonAnswer(const Json& body, int status = 200);
http::Response TextAnswer(int status, std::string sentence);

}  // namespace provdlab::conformance
