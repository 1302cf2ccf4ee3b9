#pragma once
// What the lint found, for people and for programs. Pure functions; any thread.
//
//   TextOf(report, "http://127.0.0.1:8666");   // "3 findings for python-requests/2.31.0 (127.0.0.1), 214 requests\n…"
//   JsonOf(report, origin)["clients"][0]["findings"][0]["rule"];
//
// `origin` is the server's, so that the commands can be copied.

#include <string>
#include <string_view>

#include "base/json.h"
#include "server/client_lint/client_lint.h"

namespace provdlab::server::lint {

// The verdict of each client first, then its findings. "no client has asked anything" if there was none.
std::string TextOf(const Report& report, std::string_view origin);
// {"findings": n, "clients": [{"verdict", "agent", "peer", "requests", "findings": [{"rule", "severity", "count", "sentence", "example":
// [{"sequence", "method", "target", "status", "note"}], "further": [sequence, …], "instead", "command"}]}], "requests_not_looked_at": n}
Json JsonOf(const Report& report, std::string_view origin);

}  // namespace provdlab::server::lint
