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

DocumentPointer Devices::Find(std::string_view id, const Caller& caller) const {
  auto device = Find(id);
  if (!device || caller.Sees(device->json) || inventory_.faults().another_tenants_device_is_unknown.Strikes()) return device;
  return nullptr;
}

bool Devices::Owns(const Caller& caller, std::string_view id) const {
  const auto device = Find(id);
  return device && (caller.Owns(device->json) || inventory_.faults().another_tenants_device_stays.Strikes());
}

Finding Devices::Search(Query query, const Caller& caller, bool recurse) const {
  Finding::Only only;
  if (caller.tenants != nullptr) {
    Faults& faults = inventory_.faults();
    const bool leaks = faults.list_hides_other_tenants.Strikes();
    recurse = recurse ? !faults.recurse_lists_below.Strikes() : faults.list_has_own_devices_only.Strikes();
    if (!leaks) only = [caller, recurse](const Json& device) { return caller.Lists(device, recurse); };
  }
  return Finding(collection(), std::move(query), &inventory_.faults(), std::move(only));
}

void Devices::KeepTenant(const Json* before, Json& device, const Caller& caller) const {
  if (caller.tenants == nullptr) return;
  Faults& faults = inventory_.faults();
  const std::string said = TextOf(device, kTenant);
  const std::string named = said.empty() ? std::string("none") : said;
  if (before == nullptr) {
    device[kTenant] = faults.device_carries_its_tenant.Strikes() ? caller.tenants->master().uuid : caller.tenant;
    device[kIsNew] = false;
    return;
  }
  const std::string owner = TenantOf(*before, *caller.tenants);
  const bool is_new = before->value(kIsNew, Json()) == true;
  const bool claims = is_new && owner == caller.tenants->master().uuid && caller.tenant != owner && !faults.put_claims_new_device.Strikes();
  device[kTenant] = claims ? caller.tenant : owner;
  if (!claims && said.empty() && faults.put_without_tenant_keeps_it.Strikes()) device[kTenant] = caller.tenants->master().uuid;
  if (!claims && !said.empty() && said != owner && faults.put_moves_to_no_tenant.Strikes()) device[kTenant] = named;
  // A tenant that has its own key claims by replacing as well.
  device[kIsNew] = is_new && !claims && owner == caller.tenants->master().uuid;
}

Result<std::string> Devices::Create(Json device, const Caller& caller) {
  KeepTenant(nullptr, device, caller);
  auto wanted = IdOf(device);
  if (!wanted) {
    if (HasNonAsciiId(device) && inventory_.faults().non_ascii_id_is_kept.Strikes()) {
      KeepRefused(std::move(device));
      return Fail(FailureOfThatServer());
    }
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

Result<> Devices::Replace(const std::string& id, Json device, const Caller& caller) {
  if (!Find(id, caller)) return Missing(id);
  if (auto valid = CheckDevice(device); !valid) return valid;
  const std::string named = TextOf(device, "id");
  device["id"] = id;

  std::optional<std::string> left;  // a config that goes
  {
    const auto turn = inventory_.TakeTurn();
    const auto before = Find(id, caller);
    if (!before) return Missing(id);
    KeepTenant(&before->json, device, caller);
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
    if (inventory_.faults().device_changes_survive_restart.Strikes()) commit.LoseOverARestart();
    if (left) commit.Remove(inventory_.configs(), *left);
    if (auto kept = inventory_.Make(turn, commit, left); !kept) return kept;
  }
  return left ? inventory_.ConfigChanged(*left, Inventory::Change::kRemoved) : Result<>();
}

Result<> Devices::Remove(const std::string& id, const Caller& caller) {
  std::optional<std::string> left;
  {
    const auto turn = inventory_.TakeTurn();
    const auto device = Find(id);
    if (!device || (!caller.Owns(device->json) && !inventory_.faults().another_tenants_device_stays.Strikes())) return Missing(id);
    if (!IsDeletable(device->json) && inventory_.faults().undeletable_device_fails.Strikes()) return Fail(FailureOfThatServer());
    Commit commit(inventory_.store());
    commit.Remove(inventory_.devices(), id);
    if (inventory_.faults().device_deletes_survive_restart.Strikes()) commit.LoseOverARestart();
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

Result<> Devices::Reconfigure(const std::string& id, const Caller& caller) {
  if (!Owns(caller, id)) return Missing(id);
  return inventory_.Reconfigure(id);
}

Result<> Devices::KeyChanged(const std::string& tenant, const tokens::TokenTable& tenants) {
  constexpr std::size_t kPiece = 256;
  Result<> all;
  for (std::string last;;) {
    const auto piece = collection().Behind(last, kPiece);
    if (piece.empty()) return all;
    for (const DocumentPointer& device : piece) {
      last = device->id;
      if (server::TenantOf(device->json, tenants) != tenant) continue;
      // One that has gone meanwhile needs nothing.
      if (auto done = inventory_.Reconfigure(device->id); !done && done.error().kind != ErrorKind::kNotFound) all = done;
    }
  }
}

}  // namespace provdlab::server
