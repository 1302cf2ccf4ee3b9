#include "server/api/context.h"

#include "server/application/provd.h"

namespace provdlab::server {

Context Context::Of(Provd& provd) {
  Context context;
  context.configuration = [&provd](const Caller& caller) { return provd.ConfigurationFor(caller); };
  context.installation = &provd.installation();
  context.operations = &provd.operations();
  context.devices = &provd.devices();
  context.configs = &provd.configs();
  context.plugins = [&provd] { return provd.plugins().plugins(); };
  context.find_plugin = [&provd](std::string_view id) { return provd.plugins().Find(id); };
  context.plugin_info = [&provd](std::string_view id, std::string_view locale) { return provd.plugins().Info(id, locale); };
  context.reload_plugin = [&provd](const std::string& id) { return provd.plugins().Reload(id); };
  context.synchronize = [&provd](const std::string& device) { return provd.Synchronize(device); };
  context.leased = [&provd](const DhcpInfo& lease) { return provd.phones().Leased(lease); };
  context.locale = [&provd] { return provd.locale(); };
  return context;
}

}  // namespace provdlab::server
