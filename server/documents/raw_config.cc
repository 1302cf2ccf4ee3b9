#include "server/documents/raw_config.h"

#include <array>
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

}  // namespace

std::vector<std::shared_ptr<const Json>> LineageOf(const std::string& id, const ConfigLookup& find) {
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

std::optional<Json> ResolveRawConfig(const std::string& id, const Json& base, const ConfigLookup& find) {
  const auto lineage = LineageOf(id, find);
  if (lineage.empty()) return std::nullopt;
  Json raw_config = base;
  for (const auto& config : lineage)
    if (const Json* own = MemberOf(*config, "raw_config")) Overlay(raw_config, *own);
  return raw_config;
}

void Overlay(Json& below, const Json& above) {
  if (!below.is_object() || !above.is_object()) {
    below = above;
    return;
  }
  for (const auto& [name, value] : above.items()) Overlay(below[name], value);
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
