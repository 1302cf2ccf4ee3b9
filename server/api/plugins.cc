// The loaded plugins.

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetPlugins(const Call& call) {
  const std::string path = call.Path();
  Json plugins = Json::object();
  for (const std::string& id : call.context().plugins()) {
    plugins[id] = {{"links", Json::array({Link("pg.plugin", path + "/" + EncodeSegment(id))})}};
  }
  return Entity({{"plugins", std::move(plugins)}});
}

http::Response GetPlugin(const Call& call) {
  const auto plugin = call.context().find_plugin(call.Parameter("plugin"));
  if (!plugin) return errors::NoSuchResource();

  const std::string path = call.Path();
  Json links = Json::array({Link("pg.info", path + "/info")});
  if (plugin->installation) links.push_back(Link("srv.install", path + "/install"));
  if (plugin->configuration) links.push_back(Link("srv.configure", path + "/configure"));
  return Entity({{"links", std::move(links)}});
}

http::Response GetPluginInfo(const Call& call) {
  const auto info = call.context().plugin_info(call.Parameter("plugin"), call.locale());
  if (!info) return errors::FromApplication(info.error());

  return Entity({{"plugin_info", *info}});
}

http::Response ReloadPlugin(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  const auto reloaded = call.context().reload_plugin(*id);
  if (!reloaded) return errors::FromApplicationAboutBody(reloaded.error());

  return NoContent();
}

}  // namespace

std::vector<Route> PluginRoutes() {
  return {
      {"GET", "/provd/pg_mgr/plugins", GetPlugins},
      {"GET", "/provd/pg_mgr/plugins/{plugin}", GetPlugin},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/info", GetPluginInfo},
      {"POST", "/provd/pg_mgr/reload", ReloadPlugin},
  };
}

}  // namespace provdlab::server
