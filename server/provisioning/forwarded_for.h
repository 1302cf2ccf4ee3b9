#pragma once
// Which address a phone's request came from, when it may have come through proxies.
//
//   auto address = PhoneAddress(request, 1);   // one proxy, which adds to X-Forwarded-For whom it got the request from
//   if (!address) Answer(400, address.error().message);
//
// Each trusted proxy adds one entry at the right, so that with n of them the n-th from the right is the phone, and what stands further left
// is what the phone itself claims. A pure function; any thread.

#include <string>

#include "base/http/message.h"
#include "base/result.h"

namespace provdlab::server::provisioning {

// A dotted quad. Without trusted proxies the header is not looked at; if the entry is not there, or is empty, it is the peer. An entry may
// have a port, and may be an IPv4 address written as IPv6 (::ffff:192.0.2.1). kInvalid: it is anything else, or the peer is no IPv4
// address.
Result<std::string> PhoneAddress(const http::Request& request, int trusted_proxies);

}  // namespace provdlab::server::provisioning
