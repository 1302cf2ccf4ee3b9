#include "server/application/plugin_configurer.h"

#include "base/version.h"
#include "server/application/plugin_manager.h"

namespace provdlab::server {

std::string PluginConfigurer::StateOf(const std::string& plugin) const {
  const auto loaded = find_(plugin);
  return loaded ? loaded->version + " by " + std::string(kVersion) : "";
}

Result<> PluginConfigurer::Configure(const std::string& plugin, const Json&, const Json&) {
  if (!find_(plugin)) return Fail(ErrorKind::kNotFound, "the plugin '" + plugin + "' is not loaded");
  return {};
}

}  // namespace provdlab::server
