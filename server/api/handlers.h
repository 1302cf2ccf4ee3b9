#pragma once
// The resource families of the API, one file each. Each gives its rows of the routing table.

#include <vector>

#include "server/api/router.h"

namespace provdlab::server {

std::vector<Route> EntryRoutes();          // entry.cc: /provd, and the managers' service documents
std::vector<Route> ConfigurationRoutes();  // configuration.cc: the manager's …/configure and the plugins'
std::vector<Route> InstallationRoutes();   // installation.cc: …/install of the plugin manager and of the plugins
std::vector<Route> OperationRoutes();      // operations.cc: the monitors of what these started
std::vector<Route> PluginRoutes();         // plugins.cc: …/pg_mgr/plugins and …/pg_mgr/reload
std::vector<Route> DeviceRoutes();         // devices.cc: …/dev_mgr/devices, …/synchronize, …/reconfigure, …/dhcpinfo
std::vector<Route> ConfigRoutes();         // configs.cc: …/cfg_mgr/configs and …/cfg_mgr/autocreate

// All of them.
// `with_status`: also GET …/status, which not every dialect has.
std::vector<Route> AllRoutes(bool with_status);

}  // namespace provdlab::server
