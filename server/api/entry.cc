// The service documents that a client finds its way by.

#include "server/api/call.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetEntryPoint(const Call& call) {
  return Entity({{"links",
                  {Link("dev", call.Url("/dev_mgr")), Link("cfg", call.Url("/cfg_mgr")), Link("pg", call.Url("/pg_mgr")),
                   Link("srv.configure", call.Url("/configure"))}}});
}

http::Response GetDeviceManager(const Call& call) {
  return Entity({{"links",
                  {Link("dev.synchronize", call.Url("/dev_mgr/synchronize")), Link("dev.reconfigure", call.Url("/dev_mgr/reconfigure")),
                   Link("dev.dhcpinfo", call.Url("/dev_mgr/dhcpinfo")), Link("dev.devices", call.Url("/dev_mgr/devices"))}}});
}

http::Response GetConfigManager(const Call& call) {
  return Entity({{"links", {Link("cfg.configs", call.Url("/cfg_mgr/configs")), Link("cfg.autocreate", call.Url("/cfg_mgr/autocreate"))}}});
}

http::Response GetPluginManager(const Call& call) {
  return Entity({{"links",
                  {Link("srv.install", call.Url("/pg_mgr/install")), Link("pg.plugins", call.Url("/pg_mgr/plugins")),
                   Link("pg.reload", call.Url("/pg_mgr/reload"))}}});
}

// What answers is there.
http::Response GetStatus(const Call&) { return Entity({{"rest_api", {{"status", "ok"}}}}); }

}  // namespace

std::vector<Route> EntryRoutes() {
  return {
      {"GET", "/provd", GetEntryPoint},
      {"GET", "/provd/dev_mgr", GetDeviceManager},
      {"GET", "/provd/cfg_mgr", GetConfigManager},
      {"GET", "/provd/pg_mgr", GetPluginManager},
  };
}

std::vector<Route> AllRoutes(bool with_status) {
  std::vector<Route> all;
  if (with_status) all.push_back({"GET", "/provd/status", GetStatus});
  for (const auto& family :
       {EntryRoutes(), ConfigurationRoutes(), InstallationRoutes(), OperationRoutes(), PluginRoutes(), DeviceRoutes(), ConfigRoutes()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace provdlab::server
