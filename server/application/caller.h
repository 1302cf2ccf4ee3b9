#pragma once
// On whose behalf something is done, in a provd that keeps its tenants' devices apart.
//
//   const Caller caller{&table, "77ab…"};
//   if (!caller.Owns(device->json)) return Missing(id);
//
// A Caller as it is made stands for a provd that has no tenants: it owns everything. A value; the table outlives it. Any thread.

#include <string>

#include "base/json.h"
#include "grammar/tokens/token_table.h"

namespace provdlab::server {

// Members of devices that the server keeps, whatever a client says.
inline constexpr const char* kTenant = "tenant_uuid";
inline constexpr const char* kIsNew = "is_new";  // a phone's request made it, and no tenant has claimed it yet

struct Caller {
  const tokens::TokenTable* tenants = nullptr;
  std::string tenant{};

  // The device is the tenant's or that of one below it.
  bool Owns(const Json& device) const;
  // It may be looked at and claimed besides: nobody has claimed it, and it is the master's.
  bool Sees(const Json& device) const;
  // The device is the tenant's own; with `recurse` also those of tenants below.
  bool Lists(const Json& device, bool recurse) const;
};

// The device's tenant: the master if the document says nothing, as with those of a time without tenants.
std::string TenantOf(const Json& device, const tokens::TokenTable& tenants);

}  // namespace provdlab::server
