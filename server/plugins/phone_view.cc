#include "server/plugins/phone_view.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "server/plugins/identification.h"
#include "server/plugins/limits.h"
#include "server/plugins/time_zone.h"

namespace provdlab::server {
namespace {

constexpr int kDeepestValue = 8;  // of what a view takes over from a raw config

// Members of a raw config that are not taken over but worked out.
constexpr std::string_view kLines = "sip_lines", kFunctionKeys = "funckeys", kTimeZone = "timezone";

// A raw config that switches one of these on needs the other (rest-api: such a config leaves its devices unconfigured).
constexpr std::array<std::pair<const char*, const char*>, 4> kSwitches = {
    {{"dns_enabled", "dns_ip"}, {"ntp_enabled", "ntp_ip"}, {"syslog_enabled", "syslog_ip"}, {"vlan_enabled", "vlan_id"}}};

// Where a member of a line comes from: the first of `line` in the line, then of `global` in the raw config, then `otherwise`.
struct LineMember {
  const char* name;
  std::vector<const char*> sources;  // those that begin with '.' are the line's
  const char* otherwise;
};

const std::vector<LineMember>& LineMembers() {
  static const std::vector<LineMember> members = {
      {"username", {".username"}, ""},
      {"auth_username", {".auth_username", ".username"}, ""},
      {"password", {".password"}, ""},
      {"display_name", {".display_name", ".number", ".username"}, ""},
      {"number", {".number"}, ""},
      {"proxy_ip", {".proxy_ip", "sip_proxy_ip", ".registrar_ip", "sip_registrar_ip"}, ""},
      {"proxy_port", {".proxy_port", "sip_proxy_port"}, "5060"},
      {"registrar_ip", {".registrar_ip", "sip_registrar_ip", ".proxy_ip", "sip_proxy_ip"}, ""},
      {"registrar_port", {".registrar_port", "sip_registrar_port", ".proxy_port", "sip_proxy_port"}, "5060"},
      {"backup_proxy_ip", {".backup_proxy_ip", "sip_backup_proxy_ip"}, ""},
      {"backup_proxy_port", {".backup_proxy_port", "sip_backup_proxy_port"}, "5060"},
      {"backup_registrar_ip", {".backup_registrar_ip", "sip_backup_registrar_ip", ".backup_proxy_ip", "sip_backup_proxy_ip"}, ""},
      {"backup_registrar_port",
       {".backup_registrar_port", "sip_backup_registrar_port", ".backup_proxy_port", "sip_backup_proxy_port"},
       "5060"},
      {"outbound_proxy_ip", {".outbound_proxy_ip", "sip_outbound_proxy_ip"}, ""},
      {"outbound_proxy_port", {".outbound_proxy_port", "sip_outbound_proxy_port"}, "5060"},
      {"dtmf_mode", {".dtmf_mode", "sip_dtmf_mode"}, ""},
      {"srtp_mode", {".srtp_mode", "sip_srtp_mode"}, ""},
      {"transport", {".transport", "sip_transport"}, ""},
      {"voicemail", {".voicemail", "exten_voicemail"}, ""},
  };
  return members;
}

tl::unexpected<Error> Unusable(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

// A string that is not empty, or an integer in decimal.
std::optional<std::string> TextOf(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
  if (value->is_number_unsigned()) return std::to_string(value->get<std::uint64_t>());
  if (value->is_number_integer()) return std::to_string(value->get<std::int64_t>());
  return std::nullopt;
}

bool IsNothing(const Json& value) {
  return value.is_null() || value == false || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
         (value.is_structured() && value.empty());
}

const Json* Member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(name);
  return member == object.end() ? nullptr : &*member;
}

void Count(Json& list) {
  for (std::size_t index = 0; index < list.size(); ++index) {
    list[index]["index"] = std::to_string(index + 1);
    list[index]["first"] = index == 0;
    list[index]["last"] = index + 1 == list.size();
  }
}

// A value of a raw config as views have it.
Json Shown(const Json& value, int depth = 0) {
  if (IsNothing(value) || depth > kDeepestValue) return false;
  if (value.is_boolean()) return true;
  if (auto text = TextOf(&value)) return *std::move(text);
  if (value.is_array()) {
    if (value.size() > kMostDefinitions) return false;
    Json list = Json::array();
    for (const Json& item : value) list.push_back(item.is_object() ? Shown(item, depth + 1) : Json{{"value", Shown(item, depth + 1)}});
    for (Json& item : list)
      if (!item.is_object()) item = Json::object();
    Count(list);
    return list;
  }
  if (!value.is_object()) return false;  // a number that is no integer
  Json object = Json::object();
  for (const auto& [name, member] : value.items()) object[name] = Shown(member, depth + 1);
  return object;
}

std::optional<int> NumberOf(std::string_view key) {
  if (key.empty() || key[0] == '0' || key.size() > 3) return std::nullopt;
  const auto number = ParseDecimal(key);
  if (!number || *number > kHighestNumber) return std::nullopt;
  return static_cast<int>(*number);
}

// The objects below sip_lines or funckeys, by number. What is nothing counts as not there; so does an empty list for them all.
Result<std::map<int, const Json*>> Numbered(const Json& raw_config, std::string_view name, const char* what) {
  std::map<int, const Json*> numbered;
  const Json* all = Member(raw_config, name);
  if (all == nullptr || IsNothing(*all)) return numbered;
  if (!all->is_object()) return Unusable(std::string(name) + " is not an object");
  for (const auto& [key, value] : all->items()) {
    const auto number = NumberOf(key);
    if (!number) return Unusable(std::string(name) + ": '" + key + "' is not the number of a " + what + " (1 to 999)");
    if (IsNothing(value)) continue;
    if (!value.is_object()) return Unusable(std::string(name) + "." + key + " is not an object");
    numbered[*number] = &value;
  }
  return numbered;
}

Json ChangeView(const TimeZone::Change& change) {
  return {{"month", std::to_string(change.month)},
          {"week", std::to_string(change.week)},
          {"week_from_end", change.week == 5 ? "-1" : std::to_string(change.week)},
          {"weekday", std::to_string(change.weekday)},
          {"weekday_from_one", std::to_string(change.weekday + 1)},
          {"hour", std::to_string(change.seconds / 3600)},
          {"minute", std::to_string(change.seconds % 3600 / 60)}};
}

Json TimeZoneView(const Json* name) {
  const auto text = TextOf(name);
  const auto zone = text ? ReadTimeZone(*text) : std::nullopt;
  if (!zone) return false;
  Json view = {{"name", *text},
               {"offset_seconds", std::to_string(zone->offset_seconds)},
               {"offset_minutes", std::to_string(zone->offset_seconds / 60)},
               {"west_minutes", std::to_string(-(zone->offset_seconds / 60))},
               {"summer", false}};
  if (zone->summer_time) {
    view["summer"] = {{"save_seconds", std::to_string(zone->summer_time->save_seconds)},
                      {"save_minutes", std::to_string(zone->summer_time->save_seconds / 60)},
                      {"start", ChangeView(zone->summer_time->start)},
                      {"end", ChangeView(zone->summer_time->end)}};
  }
  return view;
}

Result<Json> LineView(int number, const Json& line, const Json& raw_config) {
  const std::string where = "sip_lines." + std::to_string(number);
  Json view = {{"line", std::to_string(number)}};
  for (const LineMember& member : LineMembers()) {
    view[member.name] = false;
    if (*member.otherwise != '\0') view[member.name] = member.otherwise;
    for (const char* source : member.sources) {
      const bool own = *source == '.';
      const Json* value = own ? Member(line, source + 1) : Member(raw_config, source);
      if (value == nullptr || IsNothing(*value)) continue;
      auto text = TextOf(value);
      if (!text) return Unusable((own ? where : "") + source + " is neither a string nor an integer");
      view[member.name] = *std::move(text);
      break;
    }
  }
  if (!view["username"].is_string()) return Unusable(where + " has no username");
  if (!view["proxy_ip"].is_string())
    return Unusable(where + " has neither a proxy_ip nor a registrar_ip, and the raw config has none for all lines");
  return view;
}

Result<> AddLines(const Json& raw_config, const PhoneModel* model, Json& view) {
  auto numbered = Numbered(raw_config, kLines, "line");
  if (!numbered) return Fail(numbered.error());
  const int most = model != nullptr && model->lines > 0 ? model->lines : kHighestNumber;
  Json lines = Json::array(), free = Json::array();
  for (const auto& [number, json] : *numbered) {
    if (number > most) continue;
    auto line = LineView(number, *json, raw_config);
    if (!line) return Fail(line.error());
    lines.push_back(std::move(*line));
  }
  if (model != nullptr)
    for (int number = 1; number <= model->lines; ++number)
      if (!numbered->contains(number)) free.push_back({{"line", std::to_string(number)}});
  Count(lines);
  Count(free);
  view["lines"] = std::move(lines);
  view["free_lines"] = std::move(free);
  return {};
}

// The key as templates see it, or nothing if the phone has no such key or the plugin no such type.
std::optional<Json> KeyView(int number, const Json& key, const PhoneTables& tables, const std::vector<std::string>& names) {
  const auto type = TextOf(Member(key, "type"));
  if (static_cast<std::size_t>(number) > names.size() || !type) return std::nullopt;
  Json view = {{"key", std::to_string(number)}, {"name", names[static_cast<std::size_t>(number) - 1]}, {"type", *type}};
  for (const auto& [member, otherwise] : {std::pair{"value", ""}, {"label", ""}, {"line", "1"}})
    view[member] = TextOf(Member(key, member)).value_or(otherwise);
  if (!tables.key_types) return view;
  const auto known = tables.key_types->find(*type);
  if (known == tables.key_types->end()) return std::nullopt;
  Json given = view;
  for (const auto& [member, text] : known->second) {
    given[member] = *Insert(text, [&](std::string_view name) -> std::optional<std::string> {
      const Json* value = Member(view, name);
      return value != nullptr && value->is_string() ? value->get<std::string>() : "";
    });
  }
  return given;
}

Result<> AddKeys(const Json& raw_config, const PhoneTables& tables, const PhoneModel* model, Json& view) {
  static const std::vector<std::string> none;
  const std::vector<std::string>& names = model != nullptr ? model->key_names : none;
  auto numbered = Numbered(raw_config, kFunctionKeys, "function key");
  if (!numbered) return Fail(numbered.error());
  Json keys = Json::array(), free = Json::array();
  std::set<std::size_t> used;
  for (const auto& [number, json] : *numbered) {
    auto key = KeyView(number, *json, tables, names);
    if (!key) continue;
    used.insert(static_cast<std::size_t>(number));
    keys.push_back(std::move(*key));
  }
  for (std::size_t number = 1; number <= names.size(); ++number)
    if (!used.contains(number)) free.push_back({{"key", std::to_string(number)}, {"name", names[number - 1]}});
  Count(keys);
  Count(free);
  view["function_keys"] = std::move(keys);
  view["free_function_keys"] = std::move(free);
  return {};
}

const Json* Dotted(const Json& view, const std::vector<std::string>& name) {
  const Json* value = &view;
  for (const std::string& part : name)
    if ((value = Member(*value, part)) == nullptr) return nullptr;
  return value;
}

Json Mapped(const ValueMap& map, const Json& scope) {
  const Json* source = Dotted(scope, map.of);
  if (source != nullptr && (source->is_string() || *source == true)) {
    const auto found = map.values.find(source->is_string() ? source->get<std::string>() : "true");
    if (found != map.values.end()) return Shown(found->second);
  }
  return Shown(map.otherwise);
}

Json WithDefaults(const Json& raw_config, const Json& defaults) {
  Json all = defaults;
  for (const auto& [name, value] : raw_config.items())
    if (!IsNothing(value) || value == false) all[name] = value;
  return all;
}

Result<> CheckNeeds(const PhoneTables& tables, const Json& device, const Json& device_view, const Json& raw_config) {
  for (const std::string& name : tables.device_needs) {
    if (!device_view.contains(name) || !device_view[name].is_string()) {
      if (!device.contains(name)) return Unusable("the device has no " + name + ", which this plugin needs");
      return Unusable("the device's " + name + " can't be used");
    }
  }
  const auto lacks = [&](const std::string& name) {
    const Json* value = Member(raw_config, name);
    return value == nullptr || IsNothing(*value);
  };
  for (const std::string& name : tables.needs)
    if (lacks(name)) return Unusable("the raw config has no " + name + ", which this plugin needs");
  for (const auto& [name, needed] : kSwitches)
    if (!lacks(name) && lacks(needed)) return Unusable(std::string("the raw config has ") + name + ", but no " + needed);
  return {};
}

bool IsIdentifier(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

PhoneModel ReadModel(const Json& json, const std::string& name, const std::string& where, PhoneModel model, PhoneTables& tables,
                     Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  reader.NothingElse({"known_as", "version", "lines", "keys", "view"});
  for (const std::string& other : reader.Texts("known_as"))
    if (!tables.model_names.emplace(other, name).second) reader.Mistake("'" + other + "' is another name of two models");
  model.version = reader.Text("version", model.version);
  model.lines = static_cast<int>(reader.Integer("lines", 0, kHighestNumber, model.lines));
  reader.EachOf("keys", [&](const Json& block_json, const std::string& block_where) {
    const ObjectReader block(block_json, block_where, mistakes);
    block.NothingElse({"name", "count", "first"});
    const std::string key_name = block.Text("name");
    const std::size_t hash = key_name.find('#');
    if (!key_name.empty() && hash == std::string::npos) block.Mistake("the name has no '#' for the number");
    const auto first = block.Integer("first", 0, kHighestNumber, 1), count = block.Integer("count", 0, kHighestNumber, 0);
    if (model.key_names.size() + static_cast<std::size_t>(count) > kHighestNumber)
      return block.Mistake("the model has more than " + std::to_string(kHighestNumber) + " keys");
    if (hash == std::string::npos) return;
    for (auto number = first; number < first + count; ++number)
      model.key_names.push_back(key_name.substr(0, hash) + std::to_string(number) + key_name.substr(hash + 1));
  });
  reader.EachIn("view", [&](const std::string& member, const Json& value, const std::string& place) {
    if (!IsIdentifier(member)) return mistakes.Add(place + " is not a name of letters, digits and '_'");
    model.view[member] = Shown(value);
  });
  return model;
}

ValueMap ReadMap(const Json& json, const std::string& where, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  reader.NothingElse({"of", "values", "otherwise"});
  ValueMap map;
  std::string of = reader.Text("of");
  for (const std::string_view list : {"lines", "function_keys"}) {
    if (!of.starts_with(std::string(list) + ".")) continue;
    map.list = list;
    of = of.substr(list.size() + 1);
    break;
  }
  for (std::string_view part : Split(of, '.')) map.of.emplace_back(part);
  reader.EachIn("values", [&](const std::string& value, const Json& becomes, const std::string&) { map.values[value] = becomes; });
  if (const Json* otherwise = reader.Find("otherwise")) map.otherwise = *otherwise;
  return map;
}

void AddNames(const Json& value, std::set<std::string>& names) {
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    names.insert(name);
    AddNames(member, names);
  }
}

}  // namespace

PhoneTables PhoneTables::Read(const ObjectReader& phones, const Json& capabilities) {
  PhoneTables tables;
  Mistakes& mistakes = phones.mistakes();
  // plugin-info says "Vendor, Model, Version" of each model; a manifest only adds what it can't say.
  if (capabilities.is_object()) {
    for (const auto& [key, value] : capabilities.items()) {
      const auto parts = Split(key, ',');
      if (parts.size() != 3 || Trim(parts[1]).empty() || Trim(parts[1]) == "*") continue;
      PhoneModel& model = tables.models[std::string(Trim(parts[1]))];
      if (Trim(parts[2]) != "*") model.version = Trim(parts[2]);
      for (const char* name : {"sip.lines", "lines"})
        if (const Json* lines = Member(value, name); lines != nullptr && lines->is_number_unsigned() && *lines <= kHighestNumber)
          model.lines = lines->get<int>();
    }
  }
  phones.EachIn("models", [&](const std::string& name, const Json& json, const std::string& where) {
    tables.models[name] = ReadModel(json, name, where, tables.models[name], tables, mistakes);
  });

  if (const Json* device = phones.Find("device")) {
    const ObjectReader reader(*device, phones.where() + ".device", mistakes);
    reader.NothingElse({"needs"});
    for (const std::string& name : reader.Texts("needs")) {
      if (!DeviceView(Json::object()).contains(name)) reader.Mistake("'" + name + "' is no member of devices that can be needed");
      tables.device_needs.insert(name);
    }
  }
  if (const Json* raw_config = phones.Find("raw_config")) {
    const ObjectReader reader(*raw_config, phones.where() + ".raw_config", mistakes);
    reader.NothingElse({"needs", "accepts", "defaults"});
    for (const std::string& name : reader.Texts("accepts")) {
      if (!IsIdentifier(name)) reader.Mistake("accepts: '" + name + "' is not a name of letters, digits and '_'");
      tables.accepts.insert(name);
    }
    for (const std::string& name : reader.Texts("needs")) {
      if (!tables.accepts.contains(name)) reader.Mistake("'" + name + "' is needed, but not among those accepted");
      tables.needs.insert(name);
    }
    reader.EachIn("defaults", [&](const std::string& name, const Json& value, const std::string&) { tables.defaults[name] = value; });
  }

  if (phones.Find("key_types") != nullptr) tables.key_types.emplace();
  phones.EachIn("key_types", [&](const std::string& type, const Json& json, const std::string& where) {
    auto& members = (*tables.key_types)[type];
    if (!json.is_object()) return mistakes.Add(where + " is not an object");
    for (const auto& [name, value] : json.items()) {
      if (name.starts_with("about")) continue;
      if (!IsIdentifier(name) || !value.is_string()) return mistakes.Add(where + "." + name + " is not a string under a plain name");
      members[name] = value.get<std::string>();
    }
  });
  phones.EachIn("maps", [&](const std::string& name, const Json& json, const std::string& where) {
    if (!IsIdentifier(name)) return mistakes.Add(where + " is not a name of letters, digits and '_'");
    tables.maps[name] = ReadMap(json, where, mistakes);
  });
  return tables;
}

std::set<std::string> PhoneTables::KnownNames() const {
  std::set<std::string> names = {"device", "http_base_url", "index", "first", "last", "value"};
  AddNames(DeviceView(Json::object()), names);
  for (const std::string& name : accepts) {
    if (name == kLines) {
      names.insert({"lines", "free_lines", "line"});
      for (const LineMember& member : LineMembers()) names.insert(member.name);
    } else if (name == kFunctionKeys) {
      names.insert({"function_keys", "free_function_keys", "key", "name", "type", "label", "line"});
    } else if (name == kTimeZone) {
      names.insert({"time_zone", "name", "offset_seconds", "offset_minutes", "west_minutes", "summer", "save_seconds", "save_minutes",
                    "start", "end"});
      AddNames(ChangeView({}), names);
    } else {
      names.insert(name);
    }
  }
  for (const auto& [name, model] : models) AddNames(model.view, names);
  if (key_types)
    for (const auto& [type, members] : *key_types)
      for (const auto& [name, text] : members) names.insert(name);
  for (const auto& [name, map] : maps) {
    names.insert(name);
    for (const auto& [value, becomes] : map.values) AddNames(becomes, names);
    AddNames(map.otherwise, names);
  }
  return names;
}

Result<Json> ComputeView(const PhoneTables& tables, const Json* device, const Json& raw_config) {
  if (!raw_config.is_object()) return Unusable("the raw config is not an object");
  if (device != nullptr && !device->is_object()) return Unusable("the device is not an object");
  const Json raw = WithDefaults(raw_config, tables.defaults);
  Json view = Json::object();
  for (const std::string& name : tables.accepts) {
    if (name == kLines || name == kFunctionKeys || name == kTimeZone) continue;
    const Json* value = Member(raw, name);
    view[name] = value == nullptr ? Json(false) : Shown(*value);
  }
  const auto ip = TextOf(Member(raw, "ip")), port = TextOf(Member(raw, "http_port"));
  view["http_base_url"] = false;
  if (ip && port) view["http_base_url"] = "http://" + (ip->find(':') == std::string::npos ? *ip : "[" + *ip + "]") + ":" + *port;
  if (tables.accepts.contains(std::string(kTimeZone))) view["time_zone"] = TimeZoneView(Member(raw, kTimeZone));

  if (device != nullptr) {
    view["device"] = DeviceView(*device);
    if (auto enough = CheckNeeds(tables, *device, view["device"], raw); !enough) return Fail(enough.error());
    std::string name = view["device"]["model"].is_string() ? view["device"]["model"].get<std::string>() : "";
    if (const auto own = tables.model_names.find(name); own != tables.model_names.end()) name = own->second;
    const auto known = tables.models.find(name);
    const PhoneModel* model = known == tables.models.end() ? nullptr : &known->second;
    if (model != nullptr)
      for (const auto& [member, value] : model->view.items()) view[member] = value;
    if (tables.accepts.contains(std::string(kLines)))
      if (auto lines = AddLines(raw, model, view); !lines) return Fail(lines.error());
    if (tables.accepts.contains(std::string(kFunctionKeys)))
      if (auto keys = AddKeys(raw, tables, model, view); !keys) return Fail(keys.error());
  }

  Json mapped = view;
  for (const auto& [name, map] : tables.maps) {
    if (map.list.empty()) {
      mapped[name] = Mapped(map, view);
    } else if (mapped.contains(map.list)) {
      for (std::size_t index = 0; index < view[map.list].size(); ++index)
        mapped[map.list][index][name] = Mapped(map, view[map.list][index]);
    }
  }
  return mapped;
}

Json DeviceView(const Json& device) {
  Json view = Json::object();
  for (const char* name : {"id", "ip", "model", "sn", "uuid", "vendor", "version", "mac"}) {
    auto text = TextOf(Member(device, name));
    view[name] = text ? Json(*std::move(text)) : Json(false);
  }
  view["mac_hex"] = view["mac_hex_upper"] = false;
  const auto mac = view["mac"].is_string() ? NormalMac(view["mac"].get<std::string>()) : std::nullopt;
  if (!mac) return view["mac"] = false, view;
  std::string hex = *mac, upper;
  std::erase(hex, ':');
  for (char c : hex) upper += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  view["mac"] = *mac;
  view["mac_hex"] = hex;
  view["mac_hex_upper"] = upper;
  return view;
}

bool IsThere(const Json& view, std::string_view name) {
  std::vector<std::string> parts;
  for (std::string_view part : Split(name, '.')) parts.emplace_back(part);
  const Json* value = Dotted(view, parts);
  return value != nullptr && !IsNothing(*value);
}

}  // namespace provdlab::server
