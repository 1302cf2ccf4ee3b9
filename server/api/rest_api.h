#pragma once
// The REST API as a function from request to answer, without sockets.
//
//   RestApi api(Context::Of(provd));
//   http::Response answer = api.Answer({.method = "GET", .target = "/provd/configure"});
//
// Checks come in the order of rulings.md: 404 of an unknown path, 405, 406 (GET, HEAD) or 415 (POST, PUT), then in the handler 400
// of the JSON, 400 of its shape, 404 of what the path names, 400 of the value. Never throws; any thread.

#include "base/http/message.h"
#include "server/api/context.h"
#include "server/api/router.h"

namespace provdlab::server {

class RestApi {
 public:
  explicit RestApi(Context context);
  http::Response Answer(const http::Request& request) const;
  const Router& router() const { return router_; }

 private:
  const Context context_;
  const Router router_;
};

}  // namespace provdlab::server
