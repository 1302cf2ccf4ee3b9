#pragma once
// The REST API as a function from request to answer, without sockets.
//
//   RestApi api(Context::Of(provd), Dialect::Wazo(table), &faults);
//   http::Response answer = api.Answer({.method = "GET", .target = "/provd/configure"});
//
// The request's target has the canonical prefix (Dialect::Canonical); answers have the dialect's.
//
// Checks come in the order of rulings.md: 401 where the dialect has tokens, 404 of an unknown path, 405, 406 (GET, HEAD) or 415 (POST,
// PUT), then in the handler 400 of the JSON, 400 of its shape, 404 of what the path names, 400 of the value. Never throws; any thread.

#include "base/http/message.h"
#include "server/api/context.h"
#include "server/api/dialect.h"
#include "server/api/router.h"

namespace provdlab::server {

class RestApi {
 public:
  // The faults outlive it; null: none.
  explicit RestApi(Context context, Dialect dialect = Dialect::Xivo(), Faults* faults = nullptr);
  http::Response Answer(const http::Request& request) const;
  const Router& router() const { return router_; }
  const Dialect& dialect() const { return dialect_; }

 private:
  http::Response Decide(const http::Request& request) const;

  const Context context_;
  const Dialect dialect_;
  mutable Faults no_faults_;
  Faults& faults_;
  const Router router_;
};

}  // namespace provdlab::server
