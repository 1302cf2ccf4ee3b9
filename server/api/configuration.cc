// The configuration service: the manager's own and that of each plugin that has one.

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetConfiguration(const Call& call) {
  const auto service = call.Configuration();
  if (!service) return service.error();

  const std::string path = call.Path();
  Json params = Json::array();
  for (Parameter& parameter : (*service)->List(call.locale())) {
    Json links = Json::array({Link("srv.configure.param", path + "/" + EncodeSegment(parameter.id))});
    params.push_back({{"id", std::move(parameter.id)},
                      {"description", std::move(parameter.description)},
                      {"value", std::move(parameter.value)},
                      {"links", std::move(links)}});
  }
  return Entity({{"params", std::move(params)}});
}

http::Response GetParameter(const Call& call) {
  const auto service = call.Configuration();
  if (!service) return service.error();

  const auto value = (*service)->Get(call.Parameter("parameter"));
  if (!value) return errors::FromApplication(value.error());

  return Entity({{"param", {{"value", *value}}}});
}

http::Response SetParameter(const Call& call) {
  const auto value = call.BodyParameterValue();
  if (!value) return value.error();

  const auto service = call.Configuration();
  if (!service) return service.error();

  const auto set = (*service)->Set(call.Parameter("parameter"), *value);
  if (!set) return errors::FromApplication(set.error());

  return NoContent();
}

}  // namespace

std::vector<Route> ConfigurationRoutes() {
  return {
      {"GET", "/provd/configure/{parameter}", GetParameter},
      {"PUT", "/provd/configure/{parameter}", SetParameter},
      {"GET", "/provd/configure", GetConfiguration},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/configure", GetConfiguration},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/configure/{parameter}", GetParameter},
      {"PUT", "/provd/pg_mgr/plugins/{plugin}/configure/{parameter}", SetParameter},
  };
}

}  // namespace provdlab::server
