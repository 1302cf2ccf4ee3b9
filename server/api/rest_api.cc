#include "server/api/rest_api.h"

#include <algorithm>
#include <utility>

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"
#include "server/api/media_type.h"

namespace provdlab::server {

RestApi::RestApi(Context context, Dialect dialect, Faults* faults)
    : context_(std::move(context)),
      dialect_(std::move(dialect)),
      faults_(faults != nullptr ? *faults : no_faults_),
      router_(AllRoutes(dialect_.has_status)) {}

http::Response RestApi::Answer(const http::Request& request) const {
  http::Response response = Decide(request);
  dialect_.Dress(response);
  return response;
}

http::Response RestApi::Decide(const http::Request& request) const {
  const auto match = router_.Find(request.raw_path());
  // Browsers ask so before they show their token.
  if (dialect_.cors && request.method == "OPTIONS") return {.status = 200};
  Dialect::Admission admission = dialect_.Admit(request, faults_);
  if (admission.refusal && (match || !faults_.access_comes_first.Strikes())) return *admission.refusal;
  if (!match) return errors::NoSuchPath();

  const Handler handler = match->resource->Find(request.method);
  if (handler == nullptr) return errors::MethodNotAllowed(request.method, match->resource->allow);

  if (request.method == "GET" || request.method == "HEAD") {
    if (!AcceptsProvd(request.headers.All("Accept"))) return errors::NotAcceptable();
  } else if (request.method == "POST" || request.method == "PUT") {
    const auto types = request.headers.All("Content-Type");
    if (types.empty()) return errors::UnsupportedMediaType("");
    const auto foreign = std::find_if_not(types.begin(), types.end(), [](const std::string& type) { return IsProvdMediaType(type); });
    if (foreign != types.end()) return errors::UnsupportedMediaType(*foreign);
  }

  return handler(Call(context_, dialect_, std::move(admission.caller), request, *match));
}

}  // namespace provdlab::server
