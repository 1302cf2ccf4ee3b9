// The configs.

#include "server/application/configs.h"

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/finding.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

constexpr std::string_view kConfigs = "/cfg_mgr/configs/";

http::Response GetConfigs(const Call& call) {
  const auto query = QueryOf(call, Configs::TextKeys());
  if (!query) return query.error();

  return DocumentList("configs", call.context().configs->Search(*query));
}

http::Response CreateConfig(const Call& call) {
  auto config = call.BodyEntity("config");
  if (!config) return config.error();

  const auto id = call.context().configs->Create(std::move(*config));
  if (!id) return errors::FromApplication(id.error());

  return DocumentCreated(call.Url(kConfigs) + EncodeSegment(*id), *id);
}

http::Response GetConfig(const Call& call) {
  const auto config = call.context().configs->Find(call.Parameter("config"));
  if (!config) return errors::NoSuchResource();

  return DocumentEntity("config", *config);
}

http::Response ReplaceConfig(const Call& call) {
  auto config = call.BodyEntity("config");
  if (!config) return config.error();

  const auto replaced = call.context().configs->Replace(std::string(call.Parameter("config")), std::move(*config));
  if (!replaced) return errors::FromApplication(replaced.error());

  return NoContent();
}

http::Response RemoveConfig(const Call& call) {
  const auto removed = call.context().configs->Remove(std::string(call.Parameter("config")));
  if (!removed) return errors::FromApplication(removed.error());

  return NoContent();
}

http::Response GetRawConfig(const Call& call) {
  const auto raw_config = call.context().configs->RawConfig(std::string(call.Parameter("config")));
  if (!raw_config) return errors::FromApplication(raw_config.error());

  return Entity({{"raw_config", *raw_config}});
}

// The new config is found among all others, not below autocreate.
http::Response Autocreate(const Call& call) {
  const auto body = call.Body();  // must be JSON and says nothing
  if (!body) return body.error();

  const auto id = call.context().configs->Autocreate();
  if (!id) return errors::FromApplication(id.error());

  return DocumentCreated(call.Url(kConfigs) + EncodeSegment(*id), *id);
}

}  // namespace

std::vector<Route> ConfigRoutes() {
  return {
      {"GET", "/provd/cfg_mgr/configs/{config}", GetConfig},
      {"PUT", "/provd/cfg_mgr/configs/{config}", ReplaceConfig},
      {"DELETE", "/provd/cfg_mgr/configs/{config}", RemoveConfig},
      {"GET", "/provd/cfg_mgr/configs/{config}/raw", GetRawConfig},
      {"GET", "/provd/cfg_mgr/configs", GetConfigs},
      {"POST", "/provd/cfg_mgr/configs", CreateConfig},
      {"POST", "/provd/cfg_mgr/autocreate", Autocreate},
  };
}

}  // namespace provdlab::server
