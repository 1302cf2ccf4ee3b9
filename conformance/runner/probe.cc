#include "conformance/runner/probe.h"

namespace provdlab::conformance {
namespace {

constexpr std::chrono::seconds kPatience{3};

int StatusOf(const Target& target, const std::string& path) {
  http::Request request{.method = "GET", .target = target.Path(path)};
  request.headers.Set("Accept", std::string(kMediaType));
  const http::Exchange seen = target.Send(std::move(request), kPatience);
  return seen.response ? seen.response->status : 0;
}

}  // namespace

std::string ProbeDialect(const Target& target) {
  const int status = StatusOf(target, "/status");
  return status == 401 || status == 200 ? "wazo" : "xivo";
}

}  // namespace provdlab::conformance
