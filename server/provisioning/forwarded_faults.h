#pragma once
// X-Forwarded-For as a server reads it that has a fault: see forwarded_for.h for how it should be.
//
//   auto address = FaultyPhoneAddress(request, 1, provd.faults());
//
// Without a fault that is on and about the request it is what PhoneAddress says. Any thread.

#include <string>

#include "base/http/message.h"
#include "base/result.h"
#include "server/application/faults.h"

namespace provdlab::server::provisioning {

Result<std::string> FaultyPhoneAddress(const http::Request& request, int trusted_proxies, Faults& faults);

}  // namespace provdlab::server::provisioning
