#pragma once
// What the admin port answers about phones: how their requests were understood, and how one would be.
//
//   AddPhoneRoutes(admin, provd.phones(), {.trusted_proxies = 1});
//
//   GET  /v1/phones?mac=…&ip=…&device=…&after=N&last=1     what was remembered of their requests, see docs/provisioning.md
//   POST /v1/explain {"path": …, "ip": …}                  one that is only supposed; changes nothing
//
// Both answer in JSON, with as=text for people.

#include "base/admin/server.h"
#include "server/application/phone_requests.h"
#include "server/provisioning/http_files.h"

namespace provdlab::server::provisioning {

// Before the admin server's Start; `phones` outlives it.
void AddPhoneRoutes(admin::Server& admin, PhoneRequests& phones, HttpOptions options);

}  // namespace provdlab::server::provisioning
