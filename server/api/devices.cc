// The devices, and what is done with them.

#include "server/application/devices.h"

#include "server/api/call.h"
#include "server/api/errors.h"
#include "server/api/finding.h"
#include "server/api/handlers.h"
#include "server/documents/dhcp_info.h"

namespace provdlab::server {
namespace {

http::Response GetDevices(const Call& call) {
  const auto query = QueryOf(call, Devices::TextKeys());
  if (!query) return query.error();

  return DocumentList("devices", call.context().devices->Search(*query, call.caller(), query->recurse));
}

http::Response CreateDevice(const Call& call) {
  auto device = call.BodyEntity("device");
  if (!device) return device.error();

  const auto id = call.context().devices->Create(std::move(*device), call.caller());
  if (!id) return errors::FromApplication(id.error());

  return DocumentCreated(call.Path() + "/" + EncodeSegment(*id), *id);
}

http::Response GetDevice(const Call& call) {
  const auto device = call.context().devices->Find(call.Parameter("device"), call.caller());
  if (!device) return errors::NoSuchResource();

  return DocumentEntity("device", *device);
}

http::Response ReplaceDevice(const Call& call) {
  auto device = call.BodyEntity("device");
  if (!device) return device.error();

  const auto replaced = call.context().devices->Replace(std::string(call.Parameter("device")), std::move(*device), call.caller());
  if (!replaced) return errors::FromApplication(replaced.error());

  return NoContent();
}

http::Response RemoveDevice(const Call& call) {
  const auto removed = call.context().devices->Remove(std::string(call.Parameter("device")), call.caller());
  if (!removed) return errors::FromApplication(removed.error());

  return NoContent();
}

// What is not there is no mistake of the request, unless the dialect says so: the operation says that it failed.
http::Response Synchronize(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  if (call.dialect().synchronize_knows_devices && !call.context().devices->Owns(call.caller(), *id)) return errors::NoSuchResource();

  const std::string monitor = call.context().operations->Create(call.Collection(0), call.context().synchronize(*id));
  return Created(call.Path() + "/" + monitor);
}

http::Response Reconfigure(const Call& call) {
  const auto id = call.BodyId();
  if (!id) return id.error();

  const auto reconfigured = call.context().devices->Reconfigure(*id, call.caller());
  if (!reconfigured && reconfigured.error().kind == ErrorKind::kNotFound) return errors::InvalidDeviceId();
  if (!reconfigured) return errors::FromApplication(reconfigured.error());

  return NoContent();
}

http::Response TakeDhcpInfo(const Call& call) {
  const auto body = call.BodyEntity("dhcp_info");
  if (!body) return body.error();
  const auto info = ParseDhcpInfo(*body);
  if (!info) return errors::FromApplication(info.error());

  // The end of a lease changes nothing: the address is given to somebody else by another commit.
  if (info->event == DhcpInfo::Event::kCommit) {
    if (const auto taken = call.context().leased(*info); !taken) return errors::FromApplication(taken.error());
  }

  return NoContent();
}

}  // namespace

std::vector<Route> DeviceRoutes() {
  return {
      {"GET", "/provd/dev_mgr/devices/{device}", GetDevice},
      {"PUT", "/provd/dev_mgr/devices/{device}", ReplaceDevice},
      {"DELETE", "/provd/dev_mgr/devices/{device}", RemoveDevice},
      {"GET", "/provd/dev_mgr/devices", GetDevices},
      {"POST", "/provd/dev_mgr/devices", CreateDevice},
      {"POST", "/provd/dev_mgr/synchronize", Synchronize},
      {"POST", "/provd/dev_mgr/reconfigure", Reconfigure},
      {"POST", "/provd/dev_mgr/dhcpinfo", TakeDhcpInfo},
  };
}

}  // namespace provdlab::server
