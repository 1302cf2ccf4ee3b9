#include "conformance/runner/probe.h"

#include "conformance/runner/patience.h"

namespace provdlab::conformance {
namespace {

constexpr std::chrono::seconds kPatience{3};

int StatusOf(const Target& target, const std::string& path) {
  http::Request request{.method = "GET", .target = target.Path(path)};
  request.headers.Set("Accept", std::string(kMediaType));
  http::Exchange seen = target.Send(request, kPatience);
  // A network that cuts connections says nothing of a dialect.
  for (int asked = 1; asked < kBadNetwork.sends && seen.outcome == http::Outcome::kClosed; ++asked) seen = target.Send(request, kPatience);
  return seen.response ? seen.response->status : 0;
}

}  // namespace

std::string ProbeDialect(const Target& target) {
  const int status = StatusOf(target, "/status");
  return status == 401 || status == 200 ? "wazo" : "xivo";
}

}  // namespace provdlab::conformance
