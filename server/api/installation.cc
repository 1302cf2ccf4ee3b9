// The installation service: that of plugins, and that of each plugin with packages of its own.

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetInstallation(const Call& call) {
  const auto service = call.Installation();
  if (!service) return service.error();

  const std::string path = call.Path();
  Json links = Json::array();
  const auto offer = [&](const std::string& name) { links.push_back(Link("srv.install." + name, path + "/" + name)); };
  offer("install");
  offer("uninstall");
  offer("installed");
  offer("installable");
  offer("upgrade");
  if ((*service)->has_update()) offer("update");
  return Entity({{"links", std::move(links)}});
}

http::Response GetInstallable(const Call& call) {
  const auto service = call.Installation();
  if (!service) return service.error();
  return Entity({{"pkgs", (*service)->Installable(call.locale())}});
}

http::Response GetInstalled(const Call& call) {
  const auto service = call.Installation();
  if (!service) return service.error();
  return Entity({{"pkgs", (*service)->Installed(call.locale())}});
}

// What starts an operation answers its monitor, which lives below the resource that was posted to.
http::Response CreatedMonitor(const Call& call, Result<std::shared_ptr<Operation>> operation) {
  if (!operation) return errors::FromApplicationAboutBody(operation.error());
  const std::string id = call.context().operations->Create(call.Collection(0), std::move(*operation));
  return Created(call.Path() + "/" + id);
}

http::Response Install(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  const auto service = call.Installation();
  if (!service) return service.error();

  return CreatedMonitor(call, (*service)->Install(*id));
}

http::Response Upgrade(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  const auto service = call.Installation();
  if (!service) return service.error();

  return CreatedMonitor(call, (*service)->Upgrade(*id));
}

http::Response Update(const Call& call) {
  const auto body = call.Body();  // must be JSON and says nothing
  if (!body) return body.error();

  const auto service = call.Installation();
  if (!service) return service.error();
  if (!(*service)->has_update()) return errors::NoSuchResource();

  return CreatedMonitor(call, (*service)->Update());
}

http::Response Uninstall(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  const auto service = call.Installation();
  if (!service) return service.error();

  const auto uninstalled = (*service)->Uninstall(*id);
  if (!uninstalled) return errors::FromApplicationAboutBody(uninstalled.error());

  return NoContent();
}

}  // namespace

std::vector<Route> InstallationRoutes() {
  return {
      {"GET", "/provd/pg_mgr/install", GetInstallation},
      {"POST", "/provd/pg_mgr/install/install", Install},
      {"POST", "/provd/pg_mgr/install/uninstall", Uninstall},
      {"POST", "/provd/pg_mgr/install/upgrade", Upgrade},
      {"POST", "/provd/pg_mgr/install/update", Update},
      {"GET", "/provd/pg_mgr/install/installable", GetInstallable},
      {"GET", "/provd/pg_mgr/install/installed", GetInstalled},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install", GetInstallation},
      {"POST", "/provd/pg_mgr/plugins/{plugin}/install/install", Install},
      {"POST", "/provd/pg_mgr/plugins/{plugin}/install/uninstall", Uninstall},
      {"POST", "/provd/pg_mgr/plugins/{plugin}/install/upgrade", Upgrade},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install/installable", GetInstallable},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install/installed", GetInstalled},
  };
}

}  // namespace provdlab::server
