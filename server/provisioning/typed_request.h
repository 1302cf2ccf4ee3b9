#pragma once
// A phone's request that somebody types, to see what would become of it.
//
//   auto request = ReadTypedRequest({{"protocol", "http"}, {"path", "/Aastra/aastra.cfg"}, {"ip", "192.0.2.7"}}, http_files);
//   if (!request) return Fail(request.error());          // kInvalid: which member is wrong
//
// Members: protocol ("http" unless said, "tftp", "dhcp"), ip (needed: who asks);
// of HTTP method ("GET" unless said), path (needed, as in the request line), user_agent, headers (an object);
// of TFTP method ("RRQ" unless said, "WRQ"), file (needed), mode ("octet" unless said);
// of DHCP mac (needed), options (as in dhcpinfo: ["06041.61"]). A pure function; any thread.

#include "base/json.h"
#include "base/result.h"
#include "server/application/phone_requests.h"
#include "server/provisioning/http_files.h"

namespace provdlab::server::provisioning {

// `http` says what X-Forwarded-For is worth.
Result<FileRequest> ReadTypedRequest(const Json& typed, const HttpFiles& http);

}  // namespace provdlab::server::provisioning
