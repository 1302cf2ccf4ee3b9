#pragma once
// The eyes of the lint: what goes over the wire, as exchanges for its rules.
//
//   ClientWatch watch(Context::Of(provd), api.router(), SystemClock::Get());
//   const auto before = watch.Before(request);               // what a PUT is going to replace
//   const http::Response response = …;
//   watch.See(request, response, before, number, misled);    // before the answer leaves
//   watch.lint().Conclude(lint::ClientLint::Since::kStart);
//
// `router`, `clock` and what `context` names outlive it. Any thread.

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/http/message.h"
#include "base/json.h"
#include "server/api/context.h"
#include "server/api/router.h"
#include "server/client_lint/client_lint.h"

namespace provdlab::server {

class ClientWatch {
 public:
  ClientWatch(Context context, const Router& router, const Clock& clock);

  // The document that the request would replace; nullopt if it would replace none.
  std::optional<Json> Before(const http::Request& request) const;
  // `number` is that of the journal. `misled`: a fault was at work.
  void See(const http::Request& request, const http::Response& response, std::optional<Json> before, std::uint64_t number, bool misled);

  const lint::ClientLint& lint() const { return lint_; }
  void Reset() { lint_.Reset(); }

 private:
  const Context context_;
  const Router& router_;
  const Clock& clock_;
  lint::ClientLint lint_;
};

}  // namespace provdlab::server
