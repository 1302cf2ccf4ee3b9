#pragma once
// The provd under test, as an address: where it is, below which prefix, with which extra headers.
//
//   auto target = Target::Make({.url = "http://127.0.0.1:8666/provd"});
//   http::Exchange seen = target->Send({.method = "GET", .target = target->Path("/configure")}, 10s);
//   Result<std::string> monitor = target->Resolve("/provd/pg_mgr/install/install/1");
//
// Nothing is ever sent to another host: what a Location or a link names is first turned into a path on this one.
// Immutable after Make; any thread may call.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/client.h"
#include "base/http/message.h"
#include "base/result.h"
#include "conformance/runner/read_only.h"

namespace provdlab::conformance {

// Scenarios and Locations are written for this prefix; a target may have another one (a reverse proxy, FB-052).
inline constexpr std::string_view kDialectPrefix = "/provd";

// The type of every JSON entity of provd, both ways.
inline constexpr std::string_view kMediaType = "application/vnd.proformatique.provd+json";

// The prefix that a dialect's servers have by themselves.
std::string_view DialectPrefix(std::string_view dialect);

// One of the tenants that a run asks for: whose token, and for which tenant.
struct Asker {
  std::string token, tenant;
  std::vector<http::Header> headers() const { return {{"X-Auth-Token", token}, {"Wazo-Tenant", tenant}}; }
};

struct TargetOptions {
  std::string url;                        // http://HOST[:PORT]/PREFIX; a slash at its end means nothing
  std::vector<http::Header> headers;      // sent with every request, e.g. X-Auth-Token
  std::string ca_file;                    // PEM, for https
  std::string dialect = "xivo";           // or "wazo"
  std::map<std::string, Asker> askers{};  // owner, parent, sibling, stranger; empty: the run knows no tenants
  bool read_only = false;                 // nothing but GET and HEAD is ever sent
  std::uint16_t via = 0;                  // port of a relay on 127.0.0.1 through which everything goes; 0: none
};

class Target {
 public:
  // kInvalid with a sentence if the URL is not one that can be asked.
  static Result<Target> Make(const TargetOptions& options);

  const std::string& url() const { return url_; }        // without the slash at its end
  const std::string& prefix() const { return prefix_; }  // "/provd", "/api/provd", or empty
  const std::vector<http::Header>& headers() const { return headers_; }
  const std::string& dialect() const { return dialect_; }
  const std::map<std::string, Asker>& askers() const { return askers_; }
  // The list of all devices that the run may see, below the prefix, with a query ("q=…") or none.
  std::string AllDevices(const std::string& query = "") const;
  const std::string& host_header() const { return host_header_; }
  std::string Path(std::string_view path) const;  // the prefix before `path`
  // What stands behind the prefix, decoded as far as that goes: how verbs.h knows a path. Another path as it is.
  std::string Below(std::string_view path) const;

  // The path on this target that a Location or an href means. `base` is the path of the request that was answered with it.
  //  * a path below the target's own prefix: as it is
  //  * a path below the dialect's prefix: that prefix is replaced by the target's
  //  * an absolute URL of this origin: its path, by the same rules
  //  * anything else on this host: as it is
  // kForbidden for another origin, kInvalid for what is no reference at all.
  Result<std::string> Resolve(std::string_view reference, std::string_view base) const;

  // Whether a request with this method may be sent. What may not never is: its exchange is refused, with a problem that says so.
  bool Takes(std::string_view method) const { return !read_only_ || OnlyLooks(method); }
  bool read_only() const { return read_only_; }
  // Adds the target's headers, unless the request has its own of that name.
  http::Exchange Send(http::Request request, std::chrono::milliseconds deadline, http::Framing framing = http::Framing::kLength) const;
  http::Exchange SendRaw(const std::vector<http::RawStep>& steps, std::chrono::milliseconds deadline, int answers) const;

 private:
  Target(const TargetOptions& options, const http::Url& url);

  std::string url_;
  std::string prefix_;
  std::string host_header_;
  std::string origin_;
  std::vector<http::Header> headers_;
  std::string dialect_;
  std::map<std::string, Asker> askers_;
  bool read_only_ = false;
  http::Client client_;
};

}  // namespace provdlab::conformance
