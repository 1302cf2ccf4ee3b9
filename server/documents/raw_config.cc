#include "server/documents/raw_config.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace provdlab::server {
namespace {

const Json* MemberOf(const Json& document, const char* name) {
  if (!document.is_object()) return nullptr;
  const auto member = document.find(name);
  return member == document.end() ? nullptr : &*member;
}

// What is switched on needs to know with whom.
constexpr std::array<std::pair<const char*, const char*>, 4> kCompanions = {
    {{"dns_enabled", "dns_ip"}, {"ntp_enabled", "ntp_ip"}, {"syslog_enabled", "syslog_ip"}, {"vlan_enabled", "vlan_id"}}};

constexpr std::array<const char*, 3> kMaps = {"sip_lines", "funckeys", "sccp_call_managers"};

std::vector<std::string> ParentsOf(const Json& config) {
  std::vector<std::string> ids;
  const Json* parents = MemberOf(config, "parent_ids");
  if (parents == nullptr || !parents->is_array()) return ids;
  for (const Json& parent : *parents)
    if (parent.is_string()) ids.push_back(parent.get<std::string>());
  return ids;
}

// Walks from a config to its ancestors along every way, each no further than a misreading has to be shown.
class Wanderer {
 public:
  Wanderer(const ConfigLookup& find, const Misreading& misreading) : find_(find), misreading_(misreading) {}

  std::vector<std::shared_ptr<const Json>> LineageOf(const std::string& id) {
    Visit(id, 0);
    if (misreading_.visits != Misreading::Visits::kNearest) return std::move(lineage_);
    // Among those of one generation the order of their first visits.
    std::vector<std::shared_ptr<const Json>> lineage;
    for (std::size_t generation = kFurthest + 1; generation-- > 0;)
      for (const std::string& met : order_)
        if (generations_[met] == generation) lineage.push_back(find_(met));
    return lineage;
  }

 private:
  static constexpr std::size_t kFurthest = 32;
  static constexpr std::size_t kMostVisits = 10'000;

  void Visit(const std::string& id, std::size_t generation) {
    if (generation > std::min(kFurthest, misreading_.generations) || visits_ >= kMostVisits) return;
    const bool everywhere = misreading_.visits != Misreading::Visits::kFirst;
    if (everywhere ? on_the_way_.contains(id) : generations_.contains(id)) return;
    const auto config = find_(id);
    if (!config) return;
    ++visits_;
    if (generations_.try_emplace(id, generation).second)
      order_.push_back(id);
    else
      generations_[id] = std::max(generations_[id], generation);
    on_the_way_.insert(id);
    for (const std::string& parent : ParentsOf(*config)) Visit(parent, generation + 1);
    on_the_way_.erase(id);
    lineage_.push_back(config);
  }

  const ConfigLookup& find_;
  const Misreading& misreading_;
  std::vector<std::shared_ptr<const Json>> lineage_;
  std::map<std::string, std::size_t> generations_;  // the furthest that each was met in
  std::vector<std::string> order_;
  std::set<std::string> on_the_way_;
  std::size_t visits_ = 0;
};

}  // namespace

std::vector<std::shared_ptr<const Json>> LineageOf(const std::string& id, const ConfigLookup& find, const Misreading& misreading) {
  const Misreading none;
  if (misreading.visits != none.visits || misreading.generations != none.generations) return Wanderer(find, misreading).LineageOf(id);
  struct Visit {
    std::shared_ptr<const Json> config;
    std::size_t next_parent = 0;
  };
  std::vector<std::shared_ptr<const Json>> lineage;
  std::set<std::string> visited;
  std::vector<Visit> path;
  const auto enter = [&](const std::string& name) {
    if (!visited.insert(name).second) return;
    if (auto config = find(name)) path.push_back({std::move(config)});
  };
  enter(id);
  while (!path.empty()) {
    Visit& visit = path.back();
    const Json* parents = MemberOf(*visit.config, "parent_ids");
    if (parents != nullptr && parents->is_array() && visit.next_parent < parents->size()) {
      const Json& parent = (*parents)[visit.next_parent++];
      if (parent.is_string()) enter(parent.get_ref<const std::string&>());
    } else {
      lineage.push_back(std::move(visit.config));
      path.pop_back();
    }
  }
  return lineage;
}

std::optional<Json> ResolveRawConfig(const std::string& id, const Json& base, const ConfigLookup& find, const Misreading& misreading) {
  auto lineage = LineageOf(id, find, misreading);
  if (lineage.empty()) return std::nullopt;
  if (misreading.own_values_lose) std::rotate(lineage.begin(), std::prev(lineage.end()), lineage.end());
  Json raw_config = base;
  for (const auto& config : lineage) {
    const Json* own = MemberOf(*config, "raw_config");
    if (own == nullptr || !own->is_object()) continue;
    for (const auto& [name, value] : own->items()) Overlay(raw_config[name], value, misreading);
  }
  return raw_config;
}

void Overlay(Json& below, const Json& above, const Misreading& misreading) {
  if (misreading.lists_join && below.is_array() && above.is_array()) {
    below.insert(below.end(), above.begin(), above.end());
    return;
  }
  if (!below.is_object() || !above.is_object() || misreading.objects_replace) {
    below = above;
    return;
  }
  for (const auto& [name, value] : above.items()) Overlay(below[name], value, misreading);
}

Ancestry AncestryOf(const std::string& id, const ConfigLookup& find) {
  struct Visit {
    std::string id;
    std::vector<std::string> parents;
    std::size_t next = 0;
  };
  Ancestry ancestry;
  std::set<std::string> visited, on_the_way;
  std::vector<Visit> path;
  const auto enter = [&](const std::string& name) {
    if (!visited.insert(name).second) return;
    const auto config = find(name);
    if (!config) {
      ancestry.unknown_parent = ancestry.unknown_parent || !path.empty();
      return;
    }
    on_the_way.insert(name);
    path.push_back({name, ParentsOf(*config)});
  };
  enter(id);
  while (!path.empty()) {
    Visit& visit = path.back();
    if (visit.next == visit.parents.size()) {
      on_the_way.erase(visit.id);
      path.pop_back();
      continue;
    }
    const std::string parent = visit.parents[visit.next++];
    if (on_the_way.contains(parent)) (parent == visit.id ? ancestry.own_parent : ancestry.circle) = true;
    enter(parent);
  }
  return ancestry;
}

Result<> CheckRawConfig(const Json& raw_config) {
  if (!raw_config.is_object()) return Fail(ErrorKind::kInvalid, "the raw config is no object");
  for (const auto& [switched, companion] : kCompanions) {
    const Json* on = MemberOf(raw_config, switched);
    if (on == nullptr || *on != true) continue;
    const Json* value = MemberOf(raw_config, companion);
    if (value == nullptr || value->is_null())
      return Fail(ErrorKind::kInvalid, std::string(switched) + " is true, but there is no " + companion);
  }
  for (const char* name : kMaps) {
    const Json* map = MemberOf(raw_config, name);
    if (map == nullptr || map->is_null() || (map->is_array() && map->empty())) continue;
    if (!map->is_object()) return Fail(ErrorKind::kInvalid, std::string(name) + " must be an object");
    for (const auto& [number, entry] : map->items())
      if (!entry.is_object()) return Fail(ErrorKind::kInvalid, "the member '" + number + "' of " + name + " must be an object");
  }
  return {};
}

Json NormaliseRawConfig(Json raw_config) {
  for (const char* name : kMaps) {
    const auto map = raw_config.find(name);
    if (map != raw_config.end() && map->is_array() && map->empty()) *map = Json::object();
  }
  return raw_config;
}

}  // namespace provdlab::server
