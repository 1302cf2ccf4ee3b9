#pragma once
// What the handlers work with: the application as the wire sees it.
//
//   auto provd = Provd::Open({});
//   RestApi api(Context::Of(**provd));
//
// Everything in it is thread-safe and outlives the RestApi that was made with it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/caller.h"
#include "server/application/configs.h"
#include "server/application/devices.h"
#include "server/application/operations.h"
#include "server/application/plugin_manager.h"
#include "server/application/services.h"
#include "server/documents/dhcp_info.h"

namespace provdlab::server {

class Provd;

struct Context {
  std::function<std::shared_ptr<ConfigurationService>(const Caller&)> configuration;  // the manager's own
  InstallationService* installation = nullptr;                                        // that of plugins
  Operations* operations = nullptr;
  Devices* devices = nullptr;
  Configs* configs = nullptr;

  std::function<std::vector<std::string>()> plugins;                                    // ids of the loaded ones, sorted
  std::function<std::shared_ptr<const LoadedPlugin>(std::string_view id)> find_plugin;  // null if it is not loaded
  std::function<Result<Json>(std::string_view id, std::string_view locale)> plugin_info;
  std::function<Result<>(const std::string& id)> reload_plugin;
  std::function<std::shared_ptr<Operation>(const std::string& device)> synchronize;
  std::function<Result<>(const DhcpInfo& lease)> leased;
  std::function<std::string()> locale;

  static Context Of(Provd& provd);
};

}  // namespace provdlab::server
