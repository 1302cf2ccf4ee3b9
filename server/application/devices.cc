#include "server/application/devices.h"

#include <optional>
#include <utility>

#include "base/random_id.h"
#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

tl::unexpected<Error> Missing(const std::string& id) { return Fail(ErrorKind::kNotFound, "there is no device '" + id + "'"); }

}  // namespace

const std::vector<std::string_view>& Devices::TextKeys() {
  static const std::vector<std::string_view> keys = {"id", "mac", "ip", "sn", "plugin", "config"};
  return keys;
}

// For faults: whether a change of nothing but vendor and uuid is not seen.
bool Devices::IsOverlooked(const Json& before, const Json& device) const {
  if (!inventory_.faults().vendor_and_uuid_count.is_on()) return false;
  Json others = device;
  for (const char* member : {"vendor", "uuid"}) {
    others.erase(member);
    if (before.contains(member)) others[member] = before[member];
  }
  return !inventory_.MustConfigure(before, others) && inventory_.faults().vendor_and_uuid_count.Strikes();
}

// For faults.
void Devices::KeepRefused(Json device) {
  device["configured"] = false;
  static_cast<void>(Commit(inventory_.store()).Put(inventory_.devices(), std::move(device)).Make());
}

Result<std::string> Devices::Create(Json device) {
  auto wanted = IdOf(device);
  if (!wanted) {
    if (HasRefusedAsciiId(device) && inventory_.faults().device_refused_id_leaves_nothing.Strikes()) KeepRefused(std::move(device));
    return Fail(wanted.error());
  }
  const std::string id = wanted->value_or(RandomId());
  device["id"] = id;
  if (auto valid = CheckDevice(device); !valid) {
    if (*wanted && inventory_.faults().device_refused_create_leaves_nothing.Strikes()) KeepRefused(std::move(device));
    return Fail(valid.error());
  }

  const auto turn = inventory_.TakeTurn();
  if (Find(id)) {
    if (inventory_.faults().device_taken_id_changes_nothing.Strikes()) KeepRefused(std::move(device));
    return Fail(ErrorKind::kConflict, "There is already a device with the id '" + id + "'");
  }
  Commit commit(inventory_.store());
  device["configured"] = inventory_.Configure(turn, commit, nullptr, device);
  if (auto kept = commit.Put(inventory_.devices(), std::move(device)).Make(); !kept) return Fail(kept.error());
  return id;
}

Result<> Devices::Replace(const std::string& id, Json device) {
  if (!Find(id)) return Missing(id);
  if (auto valid = CheckDevice(device); !valid) return valid;
  const std::string named = TextOf(device, "id");
  device["id"] = id;

  std::optional<std::string> left;  // a config that goes
  {
    const auto turn = inventory_.TakeTurn();
    const auto before = Find(id);
    if (!before) return Missing(id);
    if (inventory_.faults().device_put_replaces_document.Strikes()) {
      Json merged = before->json;
      merged.update(device);
      device = std::move(merged);
    }
    Commit commit(inventory_.store());
    if (inventory_.MustConfigure(before->json, device) && !IsOverlooked(before->json, device)) {
      device["configured"] = inventory_.Configure(turn, commit, &before->json, device);
    } else {
      const bool configured = before->json.value("configured", Json()) == true;
      device["configured"] = configured && !inventory_.faults().configured_after_other_changes.Strikes();
    }
    if (TextOf(before->json, "config") != TextOf(device, "config")) left = inventory_.TransientOf(turn, before->json);
    if (left && inventory_.faults().transient_goes_when_its_last_device_leaves.Strikes()) left.reset();
    const auto stays = left ? nullptr : inventory_.configs().Find(TextOf(device, "config"));
    if (stays && IsTransient(stays->json) && inventory_.faults().no_transient_config_stays.Strikes()) {
      Json lasting = stays->json;
      lasting["transient"] = false;
      commit.Put(inventory_.configs(), std::move(lasting));
    }
    if (!named.empty() && named != id && !Find(named) && inventory_.faults().device_put_makes_no_second_device.Strikes()) {
      Json second = device;
      second["id"] = named;
      commit.Put(inventory_.devices(), std::move(second));
    }
    commit.Put(inventory_.devices(), std::move(device));
    if (left) commit.Remove(inventory_.configs(), *left);
    if (auto kept = inventory_.Make(turn, commit, left); !kept) return kept;
  }
  return left ? inventory_.ConfigChanged(*left, Inventory::Change::kRemoved) : Result<>();
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
    if (left && inventory_.faults().transient_goes_with_its_last_device.Strikes()) left.reset();
    const std::string own = TextOf(device->json, "config");
    const bool last = inventory_.devices().CountBy("config", own) == 1 && inventory_.configs().Find(own);
    if (!left && last && inventory_.faults().others_stay_without_devices.Strikes()) left = own;
    if (left) commit.Remove(inventory_.configs(), *left);
    inventory_.Deconfigure(turn, commit, device->json);
    if (auto kept = inventory_.Make(turn, commit, left); !kept) return kept;
  }
  return left ? inventory_.ConfigChanged(*left, Inventory::Change::kRemoved) : Result<>();
}

}  // namespace provdlab::server
