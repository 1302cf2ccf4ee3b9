// Operations in progress: the monitors of what was started. A monitor outlives the plugin that its operation was about.

#include "grammar/status/status.h"
#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/handlers.h"

namespace provdlab::server {
namespace {

http::Response GetOperation(const Call& call) {
  const auto operation = call.context().operations->Get(call.Collection(1), call.Parameter("monitor"));
  if (!operation) return errors::NoSuchResource();

  return Entity({{"status", status::Format(operation->Snapshot())}});
}

http::Response DeleteOperation(const Call& call) {
  if (!call.context().operations->Delete(call.Collection(1), call.Parameter("monitor"))) return errors::NoSuchResource();

  return NoContent();
}

}  // namespace

std::vector<Route> OperationRoutes() {
  return {
      {"GET", "/provd/pg_mgr/install/install/{monitor}", GetOperation},
      {"DELETE", "/provd/pg_mgr/install/install/{monitor}", DeleteOperation},
      {"GET", "/provd/pg_mgr/install/upgrade/{monitor}", GetOperation},
      {"DELETE", "/provd/pg_mgr/install/upgrade/{monitor}", DeleteOperation},
      {"GET", "/provd/pg_mgr/install/update/{monitor}", GetOperation},
      {"DELETE", "/provd/pg_mgr/install/update/{monitor}", DeleteOperation},
      {"GET", "/provd/dev_mgr/synchronize/{monitor}", GetOperation},
      {"DELETE", "/provd/dev_mgr/synchronize/{monitor}", DeleteOperation},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install/install/{monitor}", GetOperation},
      {"DELETE", "/provd/pg_mgr/plugins/{plugin}/install/install/{monitor}", DeleteOperation},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install/upgrade/{monitor}", GetOperation},
      {"DELETE", "/provd/pg_mgr/plugins/{plugin}/install/upgrade/{monitor}", DeleteOperation},
  };
}

}  // namespace provdlab::server
