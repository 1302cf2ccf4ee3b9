#pragma once
// Exchanges as reports show them.
//
//   record.exchanges.push_back(Evidence(seen, target));
//
// Pure functions; any thread. Secrets are masked later, once, where reports are written.

#include <string>

#include "base/http/client.h"
#include "conformance/report/record.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

// Bodies longer than this are cut in the record, with a line that says how long they were.
inline constexpr std::size_t kLongestBody = 64 * 1024;

ExchangeRecord Evidence(const http::Exchange& exchange, const Target& target);

// A line that repeats the request when pasted into a POSIX shell.
std::string Curl(const http::Request& request, const Target& target);

// "GET /provd/configure" and what came of it, "answered 404" or "was not answered: …".
std::string Describe(const http::Exchange& exchange);

}  // namespace provdlab::conformance
