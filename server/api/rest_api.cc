#include "server/api/rest_api.h"

#include <algorithm>
#include <utility>

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"
#include "server/api/media_type.h"

namespace provdlab::server {

RestApi::RestApi(Context context) : context_(std::move(context)), router_(AllRoutes()) {}

http::Response RestApi::Answer(const http::Request& request) const {
  const auto match = router_.Find(request.raw_path());
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

  return handler(Call(context_, request, *match));
}

}  // namespace provdlab::server
