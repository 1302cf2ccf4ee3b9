#pragma once
// What the dialects of the REST API differ in: data, and who is let in.
//
//   const Dialect wazo = Dialect::Wazo(table);
//   auto caller = wazo.Admit(request, faults);        // or the 401
//   wazo.Canonical("/0.2/configure");                 // "/provd/configure", by which routes and faults are named
//
// `xivo` is the documented one: no authentication, no tenants. Immutable once made; any thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/message.h"
#include "grammar/tokens/token_table.h"
#include "server/application/caller.h"
#include "server/application/faults.h"

namespace provdlab::server {

// Routes and faults are named by this one, whatever the dialect's prefix is.
inline constexpr std::string_view kCanonicalPrefix = "/provd";

struct Dialect {
  std::string_view name = "xivo";
  std::string_view prefix = kCanonicalPrefix;
  bool has_status = false;                           // GET …/status
  bool cors = false;                                 // on every answer, and OPTIONS is answered everywhere
  bool synchronize_knows_devices = false;            // synchronize of an unknown device is refused at once
  bool schema = false;                               // raw configs are held against a schema
  std::shared_ptr<const tokens::TokenTable> tokens;  // null: everybody is let in, and there are no tenants

  static Dialect Xivo() { return {}; }
  static Dialect Wazo(tokens::TokenTable tokens);
  static const std::vector<std::string>& Names();

  // The target with the canonical prefix in the place of this dialect's. Another one has none of it then.
  std::string Canonical(std::string_view target) const;
  // On whose behalf the request is made. 401: nobody's.
  struct Admission {
    Caller caller;
    std::optional<http::Response> refusal;
  };
  Admission Admit(const http::Request& request, Faults& faults) const;
  // What every answer has.
  void Dress(http::Response& response) const;
};

}  // namespace provdlab::server
