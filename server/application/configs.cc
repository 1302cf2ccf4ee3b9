#include "server/application/configs.h"

#include <cstdint>
#include <utility>

#include "base/random_id.h"
#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"
#include "server/documents/raw_config.h"
#include "server/plugins/raw_config_schema.h"

namespace provdlab::server {
namespace {

tl::unexpected<Error> Missing(const std::string& id) { return Fail(ErrorKind::kNotFound, "there is no config '" + id + "'"); }

}  // namespace

const std::vector<std::string_view>& Configs::TextKeys() {
  static const std::vector<std::string_view> keys = {"id", "role"};
  return keys;
}

Result<Json> Configs::RawConfig(const std::string& id) const {
  auto raw_config = inventory_.RawConfigOf(id);
  if (!raw_config) return Missing(id);
  return misreadings_.Read(id, std::move(*raw_config));
}

// For faults.
void Configs::KeepRefused(Json config) {
  static_cast<void>(Commit(inventory_.store()).Put(inventory_.configs(), std::move(config)).Make());
}

Result<> Configs::Check(const Json& config) {
  auto valid = CheckForm(config);
  if (!valid || !inventory_.faults().unusable_raw_config_refused.is_on()) return valid;
  const auto usable = inventory_.UsableRawConfigOf(config.at("id"), &config);
  return usable || !inventory_.faults().unusable_raw_config_refused.Strikes() ? Result<>() : Fail(usable.error());
}

Result<> Configs::CheckForm(const Json& config) {
  if (auto valid = CheckConfig(config); !valid || raw_configs_ == RawConfigs::kFree) return valid;
  if (inventory_.faults().raw_config_by_schema.Strikes()) return {};
  return CheckRawConfigBySchema(config.at("raw_config"));
}

Result<std::string> Configs::Create(Json config) {
  auto wanted = IdOf(config);
  if (!wanted) {
    if (HasNonAsciiId(config) && inventory_.faults().non_ascii_id_is_kept.Strikes()) {
      KeepRefused(std::move(config));
      return Fail(FailureOfThatServer());
    }
    if (HasRefusedAsciiId(config) && inventory_.faults().config_refused_id_leaves_nothing.Strikes()) KeepRefused(std::move(config));
    return Fail(wanted.error());
  }
  const std::string id = wanted->value_or(RandomId());
  config["id"] = id;
  if (auto valid = Check(config); !valid) {
    if (*wanted && inventory_.faults().config_refused_create_leaves_nothing.Strikes()) KeepRefused(std::move(config));
    return Fail(valid.error());
  }
  {
    const auto turn = inventory_.TakeTurn();
    if (Find(id)) {
      if (inventory_.faults().config_taken_id_changes_nothing.Strikes()) KeepRefused(std::move(config));
      return Fail(ErrorKind::kConflict, "There is already a config with the id '" + id + "'");
    }
    Commit commit(inventory_.store());
    commit.Put(inventory_.configs(), std::move(config));
    if (auto kept = inventory_.Make(turn, commit, id); !kept) return Fail(kept.error());
  }
  if (auto judged = inventory_.ConfigChanged(id, Inventory::Change::kMade); !judged) return Fail(judged.error());
  return id;
}

Result<> Configs::Replace(const std::string& id, Json config) {
  if (!Find(id)) return Missing(id);
  config["id"] = id;
  if (auto valid = Check(config); !valid) return valid;
  auto change = Inventory::Change::kReplaced;
  {
    const auto turn = inventory_.TakeTurn();
    const auto before = Find(id);
    if (!before) return Missing(id);
    if (before->json.at("parent_ids") != config.at("parent_ids")) change = Inventory::Change::kReparented;
    if (inventory_.faults().config_put_replaces_document.Strikes()) {
      Json merged = before->json;
      merged.update(config);
      config = std::move(merged);
    }
    Commit commit(inventory_.store());
    commit.Put(inventory_.configs(), std::move(config));
    if (inventory_.faults().config_changes_survive_restart.Strikes()) commit.LoseOverARestart();
    if (auto kept = inventory_.Make(turn, commit, id); !kept) return kept;
  }
  return inventory_.ConfigChanged(id, change);
}

Result<> Configs::Remove(const std::string& id) {
  {
    const auto turn = inventory_.TakeTurn();
    const auto config = Find(id);
    if (!config) return Missing(id);
    if (!IsDeletable(config->json)) return Fail(ErrorKind::kForbidden, "This config says that it is not deletable");
    Commit commit(inventory_.store());
    commit.Remove(inventory_.configs(), id);
    if (inventory_.faults().config_deletes_survive_restart.Strikes()) commit.LoseOverARestart();
    if (auto kept = inventory_.Make(turn, commit, id); !kept) return kept;
  }
  return inventory_.ConfigChanged(id, Inventory::Change::kRemoved);
}

Result<std::string> Configs::Autocreate() {
  const auto turn = inventory_.TakeTurn();
  Commit commit(inventory_.store());
  const auto config = Autocreate(turn, commit);
  if (!config) {
    if (inventory_.faults().autocreate_without_base_makes_nothing.Strikes())
      KeepRefused({{"id", RandomId()}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}, {"transient", true}});
    return Fail(config.error());
  }
  if (auto made = commit.Make(); !made) return Fail(made.error());
  return config->at("id").get<std::string>();
}

// No username comes twice, because no number does. No device can depend on the new config yet: its id was never known.
Result<Json> Configs::Autocreate(const Turns::Turn&, Commit& commit) {
  const auto bases = inventory_.configs().FindBy("role", "autocreate");
  if (bases.empty()) return Fail(ErrorKind::kInvalid, "There is no config with the role autocreate to make another one from");
  const auto& base = bases.front();
  const auto kept = inventory_.store().Get(kCounters, kAutocreated);
  if (!kept && kept.error().kind != ErrorKind::kNotFound) return Fail(kept.error());
  const std::uint64_t number = (kept && kept->is_number_unsigned() ? kept->get<std::uint64_t>() : 0) + 1;
  const std::uint64_t since_start = ++autocreated_;
  Faults& faults = inventory_.faults();
  auto raw_config = inventory_.RawConfigOf(base->id).value_or(Json::object());
  auto config = ConfigBelow(base->json, raw_config, faults.autocreated_usernames_survive_restart.Strikes() ? since_start : number);
  if (!config && faults.autocreates_without_username.Strikes())
    config = Json{{"parent_ids", {base->id}}, {"raw_config", Json::object()}, {"transient", true}};
  if (!config) return config;
  (*config)["id"] = faults.autocreated_ids_stay_unique.Strikes() ? "autocreated" + std::to_string(since_start) : RandomId();
  if (faults.autocreated_follows_base.Strikes()) {
    Overlay(raw_config, config->at("raw_config"));
    (*config)["raw_config"] = std::move(raw_config);
  }
  commit.Put(inventory_.configs(), *config).Keep(kCounters, kAutocreated, number);
  return config;
}

}  // namespace provdlab::server
