#include "server/api/dialect.h"

#include <algorithm>
#include <utility>

#include "server/api/errors.h"

namespace provdlab::server {
namespace {

constexpr const char* kToken = "X-Auth-Token";
constexpr const char* kTenantHeader = "Wazo-Tenant";

bool IsBelow(std::string_view target, std::string_view prefix) {
  return target.starts_with(prefix) && (target.size() == prefix.size() || target[prefix.size()] == '/' || target[prefix.size()] == '?');
}

}  // namespace

Dialect Dialect::Wazo(tokens::TokenTable tokens) {
  Dialect wazo;
  wazo.name = "wazo";
  wazo.prefix = "/0.2";
  wazo.has_status = wazo.cors = wazo.synchronize_knows_devices = wazo.schema = true;
  wazo.tokens = std::make_shared<const tokens::TokenTable>(std::move(tokens));
  return wazo;
}

const std::vector<std::string>& Dialect::Names() {
  static const std::vector<std::string> names = {"xivo", "wazo"};
  return names;
}

std::string Dialect::Canonical(std::string_view target) const {
  if (prefix == kCanonicalPrefix) return std::string(target);
  // The absolute form (RFC 9112 §3.2.2) keeps its origin.
  std::size_t origin = 0;
  if (target.starts_with("http://") || target.starts_with("https://"))
    origin = std::min(target.find('/', target.find("//") + 2), target.size());
  const std::string_view path = target.substr(origin);
  for (const auto& [from, to] : {std::pair(prefix, kCanonicalPrefix), std::pair(kCanonicalPrefix, prefix)})
    if (IsBelow(path, from)) return std::string(target.substr(0, origin)).append(to).append(path.substr(from.size()));
  return std::string(target);
}

Dialect::Admission Dialect::Admit(const http::Request& request, Faults& faults) const {
  if (!tokens) return {};
  Caller caller{tokens.get(), tokens->master().uuid};
  const auto token = request.headers.Get(kToken);
  if (token || !faults.access_token_needed.Strikes()) {
    const std::string* const own = token ? tokens->TenantOf(*token) : nullptr;
    if (own == nullptr && !(token && faults.access_wrong_token_refused.Strikes())) return {{}, errors::NoToken(token.has_value())};
    if (own != nullptr) caller.tenant = *own;
  }
  if (const auto wanted = request.headers.Get(kTenantHeader)) {
    if (!tokens->Covers(caller.tenant, *wanted) && !(tokens->Find(*wanted) && faults.access_foreign_tenant_refused.Strikes()))
      return {{}, errors::NotYourTenant()};
    caller.tenant = *wanted;
  }
  return {std::move(caller), std::nullopt};
}

void Dialect::Dress(http::Response& response) const {
  if (!cors) return;
  response.headers.Add("Access-Control-Allow-Origin", "*");
  response.headers.Add("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS");
  response.headers.Add("Access-Control-Allow-Headers", "Accept, Content-Type, Wazo-Tenant, X-Auth-Token");
  response.headers.Add("Access-Control-Expose-Headers", "Location");
}

}  // namespace provdlab::server
