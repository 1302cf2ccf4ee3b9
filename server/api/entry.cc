// The service documents that a client finds its way by.

#include "server/api/call.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetEntryPoint(const Call&) {
  return Entity({{"links",
                  {Link("dev", "/provd/dev_mgr"), Link("cfg", "/provd/cfg_mgr"), Link("pg", "/provd/pg_mgr"),
                   Link("srv.configure", "/provd/configure")}}});
}

http::Response GetDeviceManager(const Call&) {
  return Entity({{"links",
                  {Link("dev.synchronize", "/provd/dev_mgr/synchronize"), Link("dev.reconfigure", "/provd/dev_mgr/reconfigure"),
                   Link("dev.dhcpinfo", "/provd/dev_mgr/dhcpinfo"), Link("dev.devices", "/provd/dev_mgr/devices")}}});
}

http::Response GetConfigManager(const Call&) {
  return Entity({{"links", {Link("cfg.configs", "/provd/cfg_mgr/configs"), Link("cfg.autocreate", "/provd/cfg_mgr/autocreate")}}});
}

http::Response GetPluginManager(const Call&) {
  return Entity({{"links",
                  {Link("srv.install", "/provd/pg_mgr/install"), Link("pg.plugins", "/provd/pg_mgr/plugins"),
                   Link("pg.reload", "/provd/pg_mgr/reload")}}});
}

}  // namespace

std::vector<Route> EntryRoutes() {
  return {
      {"GET", "/provd", GetEntryPoint},
      {"GET", "/provd/dev_mgr", GetDeviceManager},
      {"GET", "/provd/cfg_mgr", GetConfigManager},
      {"GET", "/provd/pg_mgr", GetPluginManager},
  };
}

std::vector<Route> AllRoutes() {
  std::vector<Route> all;
  for (const auto& family :
       {EntryRoutes(), ConfigurationRoutes(), InstallationRoutes(), OperationRoutes(), PluginRoutes(), DeviceRoutes(), ConfigRoutes()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace provdlab::server
