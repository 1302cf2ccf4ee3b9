#include "server/application/misreadings.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kRemembered = 10'000;  // configs

}  // namespace

Result<Json> Misreadings::Read(const std::string& id, Json raw_config) const {
  Faults& faults = inventory_.faults();
  const std::array<std::pair<FaultSwitch*, Misreading>, 7> misread = {{
      {&faults.raw_inherits_from_parent, {.generations = 0}},
      {&faults.raw_inherits_from_ancestors, {.generations = 1}},
      {&faults.raw_own_value_wins, {.own_values_lose = true}},
      {&faults.raw_goes_depth_first, {.visits = Misreading::Visits::kNearest}},
      {&faults.raw_takes_each_ancestor_once, {.visits = Misreading::Visits::kEach}},
      {&faults.raw_merges_objects, {.objects_replace = true}},
      {&faults.raw_replaces_other_values, {.lists_join = true}},
  }};
  for (const auto& [fault, misreading] : misread) {
    if (!fault->is_on()) continue;
    auto wrong = ResolveRawConfig(id, inventory_.base_raw_config(), Lookup(), misreading);
    if (wrong && *wrong != raw_config && fault->Strikes()) return std::move(*wrong);
  }
  if (faults.raw_ends_in_a_cycle.is_on() && AncestryOf(id, Lookup()).circle && faults.raw_ends_in_a_cycle.Strikes())
    return Fail(ErrorKind::kInvalid, "The parents of this config form a circle");
  if (faults.raw_ends_with_itself_as_parent.is_on() && AncestryOf(id, Lookup()).own_parent &&
      faults.raw_ends_with_itself_as_parent.Strikes())
    return Fail(ErrorKind::kInvalid, "This config is its own parent");
  if (faults.raw_ignores_unknown_parents.is_on() && AncestryOf(id, Lookup()).unknown_parent && faults.raw_ignores_unknown_parents.Strikes())
    return Fail(ErrorKind::kNotFound, "a parent of the config '" + id + "' is not there");
  const bool may_be_stale =
      faults.raw_follows_change_of_parent.is_on() || faults.raw_follows_deleted_parent.is_on() || faults.raw_follows_new_parents.is_on();
  if (may_be_stale)
    if (Json stale = Stale(id, raw_config); !stale.is_null()) return stale;
  return raw_config;
}

ConfigLookup Misreadings::Lookup() const {
  return [this](const std::string& id) {
    const auto config = inventory_.configs().Find(id);
    return config ? std::shared_ptr<const Json>(config, &config->json) : nullptr;
  };
}

Json Misreadings::Stale(const std::string& id, const Json& raw_config) const {
  Faults& faults = inventory_.faults();
  const auto config = inventory_.configs().Find(id);
  if (!config) return {};
  std::vector<std::string> lineage;
  for (const auto& ancestor : LineageOf(id, Lookup())) lineage.push_back(TextOf(*ancestor, "id"));
  const std::lock_guard lock(mutex_);
  if (shown_.size() >= kRemembered) shown_.clear();
  const auto [shown, is_new] = shown_.try_emplace(id, Shown{lineage, config->json, raw_config});
  if (is_new || shown->second.raw_config == raw_config) {
    shown->second = {lineage, config->json, raw_config};
    return {};
  }
  const Shown& before = shown->second;
  const bool same_document = before.own == config->json;
  const bool lost = std::any_of(before.lineage.begin(), before.lineage.end(),
                                [&](const std::string& ancestor) { return !inventory_.configs().Find(ancestor); });
  const bool other_parents = before.own.at("parent_ids") != config->json.at("parent_ids");
  const bool stale = (same_document && before.lineage == lineage && faults.raw_follows_change_of_parent.Strikes()) ||
                     (same_document && lost && faults.raw_follows_deleted_parent.Strikes()) ||
                     (other_parents && faults.raw_follows_new_parents.Strikes());
  if (stale) return before.raw_config;
  shown->second = {lineage, config->json, raw_config};
  return {};
}

}  // namespace provdlab::server
