#include "server/application/devices.h"

#include <optional>
#include <utility>

#include "server/application/document_ids.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

tl::unexpected<Error> Missing(const std::string& id) { return Fail(ErrorKind::kNotFound, "there is no device '" + id + "'"); }

}  // namespace

const std::vector<std::string_view>& Devices::TextKeys() {
  static const std::vector<std::string_view> keys = {"id", "mac", "ip", "sn", "plugin", "config"};
  return keys;
}

Result<std::string> Devices::Create(Json device) {
  auto wanted = IdOf(device);
  if (!wanted) return Fail(wanted.error());
  if (auto valid = CheckDevice(device); !valid) return Fail(valid.error());
  const std::string id = wanted->value_or(NewDocumentId());
  device["id"] = id;

  const auto turn = inventory_.TakeTurn();
  if (Find(id)) return Fail(ErrorKind::kConflict, "There is already a device with the id '" + id + "'");
  device["configured"] = inventory_.Configure(turn, nullptr, device);
  if (auto kept = Commit(inventory_.store()).Put(inventory_.devices(), std::move(device)).Make(); !kept) return Fail(kept.error());
  return id;
}

Result<> Devices::Replace(const std::string& id, Json device) {
  if (!Find(id)) return Missing(id);
  if (auto valid = CheckDevice(device); !valid) return valid;
  device["id"] = id;

  std::optional<std::string> left;  // a config that goes
  {
    const auto turn = inventory_.TakeTurn();
    const auto before = Find(id);
    if (!before) return Missing(id);
    device["configured"] = ConcernsPhone(before->json, device) ? inventory_.Configure(turn, &before->json, device)
                                                               : before->json.value("configured", Json()) == true;
    Commit commit(inventory_.store());
    if (TextOf(before->json, "config") != TextOf(device, "config")) left = inventory_.TransientOf(turn, before->json);
    commit.Put(inventory_.devices(), std::move(device));
    if (left) {
      commit.Remove(inventory_.configs(), *left);
      inventory_.Intend(turn, *left, commit);
    }
    if (auto kept = commit.Make(); !kept) {
      if (left) inventory_.Withdraw(turn, *left);
      return kept;
    }
  }
  if (left) inventory_.ConfigChanged(*left);
  return {};
}

Result<> Devices::Remove(const std::string& id) {
  std::optional<std::string> left;
  {
    const auto turn = inventory_.TakeTurn();
    const auto device = Find(id);
    if (!device) return Missing(id);
    Commit commit(inventory_.store());
    commit.Remove(inventory_.devices(), id);
    left = inventory_.TransientOf(turn, device->json);
    if (left) {
      commit.Remove(inventory_.configs(), *left);
      inventory_.Intend(turn, *left, commit);
    }
    if (auto kept = commit.Make(); !kept) {
      if (left) inventory_.Withdraw(turn, *left);
      return kept;
    }
    inventory_.Deconfigure(turn, device->json);
  }
  if (left) inventory_.ConfigChanged(*left);
  return {};
}

}  // namespace provdlab::server
