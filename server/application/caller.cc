#include "server/application/caller.h"

#include "server/documents/device_rules.h"

namespace provdlab::server {

std::string TenantOf(const Json& device, const tokens::TokenTable& tenants) {
  std::string tenant = TextOf(device, kTenant);
  return tenants.Find(tenant) == nullptr ? tenants.master().uuid : tenant;
}

bool Caller::Owns(const Json& device) const { return Lists(device, true); }

bool Caller::Sees(const Json& device) const {
  if (Owns(device)) return true;
  return TenantOf(device, *tenants) == tenants->master().uuid && device.value(kIsNew, Json()) == true &&
         tenants->Covers(tenants->master().uuid, tenant);
}

bool Caller::Lists(const Json& device, bool recurse) const {
  if (tenants == nullptr) return true;
  const std::string owner = TenantOf(device, *tenants);
  return owner == tenant || (recurse && tenants->Covers(tenant, owner));
}

}  // namespace provdlab::server
