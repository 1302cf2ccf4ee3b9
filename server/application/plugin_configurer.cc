#include "server/application/plugin_configurer.h"

#include "base/version.h"
#include "server/application/plugin_manager.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {

std::string PluginConfigurer::StateOf(const std::string& plugin) const {
  const auto loaded = find_(plugin);
  if (!loaded) return "";
  std::string state = loaded->version + (loaded->phones ? " " + loaded->phones->fingerprint() : "");
  for (const auto& [id, version] : loaded->packages) state += " " + id + "=" + version;
  return state + " by " + std::string(kVersion);
}

Result<> PluginConfigurer::Configure(const std::string& plugin, const Json& device, const Json& raw_config) {
  const auto loaded = find_(plugin);
  if (!loaded) return Fail(ErrorKind::kNotFound, "the plugin '" + plugin + "' is not loaded");
  if (!loaded->phones) return {};
  auto files = loaded->phones->Configure(device, raw_config, loaded->packages);
  if (!files) return Fail(files.error());
  return {};
}

bool PluginConfigurer::MakesTheSame(const std::string& plugin, const Json& before, const Json& after, const Json& raw_config) const {
  const auto loaded = find_(plugin);
  if (!loaded || !loaded->phones) return true;
  const auto then = loaded->phones->Configure(before, raw_config, loaded->packages);
  const auto now = loaded->phones->Configure(after, raw_config, loaded->packages);
  return then.has_value() == now.has_value() && (!now || *then == *now);
}

}  // namespace provdlab::server
