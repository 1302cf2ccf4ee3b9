#include "server/plugins/phone_view.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "server/plugins/identification.h"
#include "server/plugins/limits.h"
#include "server/plugins/raw_config_parameters.h"
#include "server/plugins/time_zone.h"

namespace provdlab::server {
namespace {

constexpr int kDeepestValue = 8;  // of what a view takes over from a raw config

// Members of a raw config that are not taken over but worked out.
constexpr std::string_view kLines = "sip_lines", kFunctionKeys = "funckeys", kTimeZone = "timezone";

// Everybody's own parameters, of which nothing is known.
constexpr std::string_view kOwn = "X_";

// A raw config that switches one of these on needs the other (rest-api: such a config leaves its devices unconfigured).
constexpr std::array<std::pair<const char*, const char*>, 4> kSwitches = {
    {{"dns_enabled", "dns_ip"}, {"ntp_enabled", "ntp_ip"}, {"syslog_enabled", "syslog_ip"}, {"vlan_enabled", "vlan_id"}}};

// Where a member of a line comes from: the first source that has something, then `otherwise`.
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
  const int minutes = zone->offset_seconds / 60, odd_minutes = std::abs(minutes) % 60;
  Json view = {{"name", *text},
               {"offset_seconds", std::to_string(zone->offset_seconds)},
               {"offset_minutes", std::to_string(minutes)},
               {"west_minutes", std::to_string(-minutes)},
               {"sign", minutes < 0 ? "-" : "+"},
               {"hours", std::to_string(std::abs(minutes) / 60)},
               {"minutes", false},
               {"summer", false}};
  if (odd_minutes > 0) view["minutes"] = (odd_minutes < 10 ? "0" : "") + std::to_string(odd_minutes);
  if (zone->summer_time) {
    view["summer"] = {{"save_seconds", std::to_string(zone->summer_time->save_seconds)},
                      {"save_minutes", std::to_string(zone->summer_time->save_seconds / 60)},
                      {"start", ChangeView(zone->summer_time->start)},
                      {"end", ChangeView(zone->summer_time->end)}};
  }
  return view;
}

std::set<std::string> Numbers(int from, int to) {
  std::set<std::string> numbers;
  for (int number = from; number <= to; ++number) numbers.insert(std::to_string(number));
  return numbers;
}

Shape ShapeOfChange() {
  Shape change;
  change.members = {{"month", Shape::OneOf(Numbers(1, 12))},
                    {"week", Shape::OneOf(Numbers(1, 5))},
                    {"week_from_end", Shape::OneOf({"-1", "1", "2", "3", "4"})},
                    {"weekday", Shape::OneOf(Numbers(0, 6))},
                    {"weekday_from_one", Shape::OneOf(Numbers(1, 7))},
                    {"hour", Shape::OneOf(Numbers(0, 23))},
                    {"minute", Shape::OneOf(Numbers(0, 59))}};
  return change;
}

Shape ShapeOfTimeZone() {
  Shape zone, summer;
  summer.members = {{"save_seconds", Shape::Text()}, {"save_minutes", Shape::Text()}, {"start", ShapeOfChange()}, {"end", ShapeOfChange()}};
  zone.members = {{"name", Shape::Text()},
                  {"offset_seconds", Shape::Text()},
                  {"offset_minutes", Shape::Text()},
                  {"west_minutes", Shape::Text()},
                  {"sign", Shape::OneOf({"+", "-"})},
                  {"hours", Shape::OneOf(Numbers(0, 167))},
                  {"minutes", Shape::Text()},
                  {"summer", summer}};
  return zone;
}

Shape ShapeOfParameter(const RawConfigParameter& parameter) {
  using Kind = RawConfigParameter::Kind;
  Shape shape;
  switch (parameter.kind) {
    case Kind::kText:
      if (parameter.values.empty()) return Shape::Text();
      return Shape::OneOf({parameter.values.begin(), parameter.values.end()});
    case Kind::kFlag:
      return Shape::Flag();
    case Kind::kTexts:
      shape.members["value"] = Shape::Text();
      return Shape::ListOf(std::move(shape));
    case Kind::kObject:
      return Shape::Anything();
    case Kind::kWorkedOut:
      break;
  }
  return shape;
}

// The parameter of a raw config that all lines have this member from; null if there is none.
const RawConfigParameter* ParameterOfLines(const LineMember& member) {
  for (const char* source : member.sources)
    if (*source != '.')
      if (const RawConfigParameter* parameter = FindRawConfigParameter(source)) return parameter;
  return nullptr;
}

bool ReachesLines(std::string_view parameter) {
  const auto& members = LineMembers();
  return std::any_of(members.begin(), members.end(), [&](const LineMember& member) {
    return std::any_of(member.sources.begin(), member.sources.end(), [&](const char* source) { return source == parameter; });
  });
}

Shape ShapeOfLine() {
  Shape line;
  line.members["line"] = Shape::Text();
  for (const LineMember& member : LineMembers()) {
    const RawConfigParameter* parameter = ParameterOfLines(member);
    line.members[member.name] = parameter == nullptr ? Shape::Text() : ShapeOfParameter(*parameter);
  }
  return line;
}

// Of a function key before its type has replaced members of it.
Shape ShapeOfKey() {
  Shape key;
  for (const char* name : {"key", "name", "type", "value", "label", "line"}) key.members[name] = Shape::Text();
  return key;
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
std::optional<Json> KeyView(int number, const Json& key, const PhoneTables& tables, const std::vector<PhoneKey>& keys) {
  const auto type = TextOf(Member(key, "type"));
  if (static_cast<std::size_t>(number) > keys.size() || !type) return std::nullopt;
  const PhoneKey& described = keys[static_cast<std::size_t>(number) - 1];
  Json view = *described.view;
  view.update({{"key", std::to_string(number)}, {"name", described.name}, {"type", *type}});
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
  static const std::vector<PhoneKey> none;
  const std::vector<PhoneKey>& described = model != nullptr ? model->keys : none;
  auto numbered = Numbered(raw_config, kFunctionKeys, "function key");
  if (!numbered) return Fail(numbered.error());
  Json keys = Json::array(), free = Json::array();
  std::set<std::size_t> used;
  for (const auto& [number, json] : *numbered) {
    auto key = KeyView(number, *json, tables, described);
    if (!key) continue;
    used.insert(static_cast<std::size_t>(number));
    keys.push_back(std::move(*key));
  }
  for (std::size_t number = 1; number <= described.size(); ++number) {
    if (used.contains(number)) continue;
    Json key = *described[number - 1].view;
    key.update({{"key", std::to_string(number)}, {"name", described[number - 1].name}});
    free.push_back(std::move(key));
  }
  Count(keys);
  Count(free);
  view["function_keys"] = std::move(keys);
  view["free_function_keys"] = std::move(free);
  return {};
}

Json Mapped(const ValueMap& map, const Json& scope) {
  const Json* source = FindInView(scope, map.of);
  if (source != nullptr && (source->is_string() || *source == true)) {
    const auto found = map.values.find(source->is_string() ? source->get<std::string>() : "true");
    if (found != map.values.end()) return found->second;
  }
  return map.otherwise;
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

// Under "installed": dots would be looked up one by one.
std::string NameOfPackage(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

bool IsIdentifier(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// A value that a manifest gives to views.
Json ReadShown(const Json& value, const std::string& where, Mistakes& mistakes) {
  if (value.is_null() || value.is_number_float()) mistakes.Add(where + " is none of a text, an integer, true, false, an object and a list");
  return Shown(value);
}

// A member "view": names for the templates.
Json ReadView(const ObjectReader& reader) {
  Json view = Json::object();
  reader.EachIn("view", [&](const std::string& member, const Json& value, const std::string& place) {
    if (!IsIdentifier(member)) return reader.mistakes().Add(place + " is not a name of letters, digits and '_'");
    view[member] = ReadShown(value, place, reader.mistakes());
  });
  return view;
}

void ReadKeys(const ObjectReader& reader, PhoneModel& model) {
  reader.EachOf("keys", [&](const Json& json, const std::string& where) {
    const ObjectReader block(json, where, reader.mistakes());
    block.NothingElse({"name", "count", "first", "view"});
    const std::string name = block.Text("name");
    if (block.Find("count") == nullptr) block.Mistake("there is no count");
    const auto first = block.Integer("first", 0, kHighestNumber, 1), count = block.Integer("count", 1, kHighestNumber, 1);
    if (!name.empty() && std::count(name.begin(), name.end(), '#') != 1) block.Mistake("the name has not one '#' for the number");
    const std::size_t hash = name.find('#');
    const auto view = std::make_shared<const Json>(ReadView(block));
    if (model.keys.size() + static_cast<std::size_t>(count) > kHighestNumber)
      return block.Mistake("the model has more than " + std::to_string(kHighestNumber) + " keys");
    if (hash == std::string::npos) return;
    for (auto number = first; number < first + count; ++number) {
      const std::string key = name.substr(0, hash) + std::to_string(number) + name.substr(hash + 1);
      if (std::any_of(model.keys.begin(), model.keys.end(), [&](const PhoneKey& each) { return each.name == key; }))
        return block.Mistake("the model has two keys '" + key + "'");
      model.keys.push_back({key, view});
    }
  });
}

// Adds what the manifest says of a model that plugin-info names, or of the names of one that it doesn't.
void ReadModel(const Json& json, const std::string& name, const std::string& where, bool is_known, const std::vector<std::string>& known,
               PhoneTables& tables, Mistakes& mistakes) {
  const ObjectReader reader(json, where, mistakes);
  for (const std::string& other : reader.Texts("known_as")) {
    if (!tables.model_names.emplace(other, name).second) reader.Mistake("'" + other + "' is another name of two models");
    if (tables.models.contains(other)) reader.Mistake("'" + other + "' is a model itself");
  }
  if (!reader.Boolean("supported", true)) {
    reader.NothingElse({"known_as", "supported"});
    if (tables.models.contains(name)) reader.Mistake("plugin-info has a capability of this model, so it is supported");
    return;
  }
  reader.NothingElse({"known_as", "supported", "version", "lines", "keys", "view"});
  if (!is_known) return reader.Mistake("no capability of plugin-info has this model" + Meaning(name, known));
  PhoneModel& model = tables.models[name];
  if (reader.Find("version") != nullptr) {
    model.versions.clear();
    for (const std::string& version : reader.TextOrTexts("version")) model.versions.insert(version);
  }
  model.lines = static_cast<int>(reader.Integer("lines", 0, kHighestNumber, model.lines));
  ReadKeys(reader, model);
  model.view = ReadView(reader);
}

// The members that blocks of keys add, each once, and their shapes.
std::map<std::string, Shape> KeyViewsOf(const PhoneModel& model) {
  std::map<std::string, Shape> members;
  const Json* last = nullptr;
  for (const PhoneKey& key : model.keys) {
    if (key.view.get() == last) continue;
    last = key.view.get();
    for (const auto& [name, value] : last->items()) members[name].Merge(Shape::Of(value));
  }
  return members;
}

void ReadModels(const ObjectReader& phones, const std::vector<Capability>& capabilities, PhoneTables& tables) {
  bool any = false;
  for (const Capability& capability : capabilities) {
    if (capability.model == "*") {
      any = true;
      continue;
    }
    PhoneModel& model = tables.models[capability.model];
    if (capability.version != "*") model.versions.insert(capability.version);
    model.lines = std::max(model.lines, capability.lines);
  }
  std::vector<std::string> known;
  for (const auto& [name, model] : tables.models) known.push_back(name);
  phones.EachIn("models", [&](const std::string& name, const Json& json, const std::string& where) {
    const bool is_known = any || std::find(known.begin(), known.end(), name) != known.end();
    ReadModel(json, name, where, is_known, known, tables, phones.mistakes());
  });
}

// Whether a parameter can have the value that it is given as its default.
bool CanBe(const RawConfigParameter& parameter, const Json& value) {
  using Kind = RawConfigParameter::Kind;
  const auto text = TextOf(&value);
  const auto& values = parameter.values;
  switch (parameter.kind) {
    case Kind::kText:
      return text && (values.empty() || std::find(values.begin(), values.end(), *text) != values.end());
    case Kind::kFlag:
      return value.is_boolean();
    case Kind::kTexts:
      return text || value.is_array();
    case Kind::kObject:
      return value.is_object();
    case Kind::kWorkedOut:
      return parameter.name == kTimeZone ? text.has_value() : value.is_object();
  }
  return false;
}

void ReadRawConfig(const ObjectReader& phones, PhoneTables& tables) {
  const Json* json = phones.Find("raw_config");
  if (json == nullptr) return;
  const ObjectReader reader(*json, phones.where() + ".raw_config", phones.mistakes());
  reader.NothingElse({"needs", "accepts", "defaults"});
  const auto check = [&](const std::string& member, const std::string& name) {
    if (FindRawConfigParameter(name) == nullptr && !(name.starts_with(kOwn) && IsIdentifier(name)))
      return reader.Mistake(member + ": raw configs have no '" + name + "'" + Meaning(name, RawConfigParameterNames())), false;
    return true;
  };
  for (const std::string& name : reader.Texts("accepts"))
    if (check("accepts", name)) tables.accepts.insert(name);
  for (const std::string& name : reader.Texts("needs")) {
    tables.needs.insert(name);
    if (!tables.accepts.contains(name))
      reader.Mistake("'" + name + "' is needed, but not among those accepted" +
                     Meaning(name, {tables.accepts.begin(), tables.accepts.end()}));
  }
  reader.EachIn("defaults", [&](const std::string& name, const Json& value, const std::string& where) {
    tables.defaults[name] = value;
    if (!check("defaults", name)) return;
    const RawConfigParameter* parameter = FindRawConfigParameter(name);
    if (!tables.accepts.contains(name) && !(tables.accepts.contains(std::string(kLines)) && ReachesLines(name)))
      phones.mistakes().Add(where + " is not among those accepted");
    else if (parameter != nullptr && !CanBe(*parameter, value))
      phones.mistakes().Add(where + " can't be that");
  });
}

void ReadKeyTypes(const ObjectReader& phones, PhoneTables& tables) {
  if (phones.Find("key_types") == nullptr) return;
  tables.key_types.emplace();
  std::vector<std::string> names;
  for (const auto& [name, shape] : ShapeOfKey().members) names.push_back(name);
  phones.EachIn("key_types", [&](const std::string& type, const Json& json, const std::string& where) {
    auto& members = (*tables.key_types)[type];
    if (!json.is_object()) return phones.mistakes().Add(where + " is not an object");
    for (const auto& [name, value] : json.items()) {
      if (IsRemark(name)) continue;
      if (!IsIdentifier(name) || !value.is_string()) {
        phones.mistakes().Add(where + "." + name + " is not a string under a plain name");
        continue;
      }
      const std::string& text = members[name] = value.get<std::string>();
      const std::string place = where + "." + name;
      Insert(text, [&](std::string_view placeholder) -> std::optional<std::string> {
        if (std::find(names.begin(), names.end(), placeholder) == names.end())
          phones.mistakes().Add(place + ": a key has no '" + std::string(placeholder) + "'" + Meaning(placeholder, names));
        return "";
      });
    }
  });
}

void ReadMaps(const ObjectReader& phones, PhoneTables& tables) {
  Mistakes& mistakes = phones.mistakes();
  phones.EachIn("maps", [&](const std::string& name, const Json& json, const std::string& where) {
    if (!IsIdentifier(name)) return mistakes.Add(where + " is not a name of letters, digits and '_'");
    const ObjectReader reader(json, where, mistakes);
    reader.NothingElse({"of", "values", "otherwise"});
    ValueMap& map = tables.maps[name];
    map.of = SplitName(reader.Text("of"));
    if (map.of.size() == 2 && (map.of[0] == "lines" || map.of[0] == "function_keys")) {
      map.list = map.of[0];
      map.of.erase(map.of.begin());
    }
    if (reader.Find("values") == nullptr) reader.Mistake("there is no values");
    reader.EachIn("values", [&](const std::string& value, const Json& becomes, const std::string& place) {
      map.values[value] = ReadShown(becomes, place, mistakes);
    });
    if (const Json* otherwise = reader.Find("otherwise")) map.otherwise = ReadShown(*otherwise, where + ".otherwise", mistakes);
  });
}

// Everything but the maps.
Shape ShapeWithoutMaps(const PhoneTables& tables, PhoneTables::Scope scope) {
  Shape view;
  view.members["http_base_url"] = Shape::Text();
  view.members["provisioning_key"] = Shape::Text();
  Shape& installed = view.members["installed"];
  for (const std::string& id : tables.packages) installed.members[NameOfPackage(id)] = Shape::Text();
  for (const std::string& name : tables.accepts) {
    if (name == kTimeZone)
      view.members["time_zone"] = ShapeOfTimeZone();
    else if (name != kLines && name != kFunctionKeys)
      view.members[name] = name.starts_with(kOwn) ? Shape::Anything() : ShapeOfParameter(*FindRawConfigParameter(name));
  }
  if (scope == PhoneTables::Scope::kCommon) return view;
  view.members["device"] = ShapeOfDevice();
  if (tables.accepts.contains(std::string(kLines))) {
    Shape free;
    free.members["line"] = Shape::Text();
    view.members["lines"] = Shape::ListOf(ShapeOfLine());
    view.members["free_lines"] = Shape::ListOf(std::move(free));
  }
  if (tables.accepts.contains(std::string(kFunctionKeys))) {
    Shape key = ShapeOfKey(), free;
    if (tables.key_types)
      for (const auto& [type, members] : *tables.key_types)
        for (const auto& [name, text] : members) key.members[name].Merge(Shape::Text());
    free.members["key"] = free.members["name"] = Shape::Text();
    for (const auto& [name, model] : tables.models) {
      for (const auto& [member, shape] : KeyViewsOf(model)) {
        key.members[member].Merge(shape);
        free.members[member].Merge(shape);
      }
    }
    view.members["function_keys"] = Shape::ListOf(std::move(key));
    view.members["free_function_keys"] = Shape::ListOf(std::move(free));
  }
  return view;
}

Shape ShapeOfMap(const ValueMap& map) {
  Shape shape = Shape::Of(map.otherwise);
  for (const auto& [value, becomes] : map.values) shape.Merge(Shape::Of(becomes));
  return shape;
}

// What a name in a manifest must not be, because templates could no longer tell the two apart.
void CheckHidden(const std::string& where, const std::string& name, const Shape& shape, Mistakes& mistakes) {
  if (shape.members.contains(name)) mistakes.Add(where + " would hide what views have under that name");
}

void CheckModelViews(const PhoneTables& tables, const Shape& view, const std::string& where, Mistakes& mistakes) {
  const Shape key = ShapeOfKey();
  for (const auto& [model, described] : tables.models) {
    for (const auto& [name, value] : described.view.items())
      CheckHidden(where + ", models." + model + ", view." + name, name, view, mistakes);
    for (const auto& [name, shape] : KeyViewsOf(described))
      CheckHidden(where + ", models." + model + ", keys, view." + name, name, key, mistakes);
  }
}

void CheckMap(const std::string& name, const ValueMap& map, const std::string& where, const PhoneTables& tables, const Shape& view,
              Mistakes& mistakes) {
  std::vector<std::string> whole = map.of;
  if (!map.list.empty()) whole.insert(whole.begin(), map.list);
  const std::string of = Join(whole, ".");
  if (of.empty()) return;  // it has been told
  const auto source = view.FindInLists(whole);
  if (const auto other = tables.maps.find(whole.back()); !source && other != tables.maps.end()) {
    mistakes.Add(where + ": of: '" + of + "' is a map, and a map can't be made of another");
  } else if (!source) {
    mistakes.Add(where + ": of: " + source.error().message);
  } else if (!(*source)->text && !(*source)->flag) {
    mistakes.Add(where + ": of: '" + of + "' is no text that could be looked up");
  } else if (!(*source)->anything) {
    for (const auto& [value, becomes] : map.values) {
      std::set<std::string> possible = (*source)->values.value_or(std::set<std::string>());
      if ((*source)->flag) possible.insert("true");
      if (!(*source)->text || (*source)->values)
        if (!possible.contains(value))
          mistakes.Add(where + ", values." + value + ": '" + of + "' is never that" + Meaning(value, {possible.begin(), possible.end()}));
    }
  }
  const auto list = view.members.find(map.list);
  const bool in_list = list != view.members.end() && !list->second.items.empty();
  CheckHidden(where, name, in_list ? list->second.items[0] : view, mistakes);
}

}  // namespace

PhoneTables PhoneTables::Read(const ObjectReader& phones, const std::vector<Capability>& capabilities, std::vector<std::string> packages) {
  PhoneTables tables;
  tables.packages = std::move(packages);
  ReadModels(phones, capabilities, tables);
  if (const Json* device = phones.Find("device")) {
    const ObjectReader reader(*device, phones.where() + ".device", phones.mistakes());
    reader.NothingElse({"needs"});
    std::vector<std::string> names;
    for (const auto& [name, shape] : ShapeOfDevice().members) names.push_back(name);
    for (const std::string& name : reader.Texts("needs")) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        reader.Mistake("'" + name + "' is no member of devices that can be needed" + Meaning(name, names));
      tables.device_needs.insert(name);
    }
  }
  ReadRawConfig(phones, tables);
  ReadKeyTypes(phones, tables);
  ReadMaps(phones, tables);

  Shape view = ShapeWithoutMaps(tables, Scope::kDevice);
  CheckModelViews(tables, view, phones.where(), phones.mistakes());
  for (const auto& [name, model] : tables.models)
    for (const auto& [member, value] : model.view.items()) view.members[member].Merge(Shape::Of(value));
  for (const auto& [name, map] : tables.maps) CheckMap(name, map, phones.where() + ", maps." + name, tables, view, phones.mistakes());
  return tables;
}

Shape PhoneTables::ShapeOf(Scope scope) const {
  Shape view = ShapeWithoutMaps(*this, scope);
  if (scope == Scope::kDevice)
    for (const auto& [name, model] : models)
      for (const auto& [member, value] : model.view.items()) view.members[member].Merge(Shape::Of(value));
  for (const auto& [name, map] : maps) {
    if (map.list.empty())
      view.members[name].Merge(ShapeOfMap(map));
    else if (const auto list = view.members.find(map.list); list != view.members.end() && !list->second.items.empty())
      list->second.items[0].members[name].Merge(ShapeOfMap(map));
  }
  return view;
}

std::vector<std::pair<std::string, std::string>> PhoneTables::AddedNames() const {
  std::vector<std::pair<std::string, std::string>> added;
  for (const auto& [name, model] : models) {
    for (const auto& [member, value] : model.view.items()) added.emplace_back(member, "models." + name + ", view." + member);
    for (const auto& [member, shape] : KeyViewsOf(model)) added.emplace_back(member, "models." + name + ", keys, view." + member);
  }
  const Shape key = ShapeOfKey();
  if (key_types)
    for (const auto& [type, members] : *key_types)
      for (const auto& [member, text] : members)
        if (!key.members.contains(member)) added.emplace_back(member, "key_types." + type + "." + member);
  for (const auto& [name, map] : maps) added.emplace_back(name, "maps." + name);
  return added;
}

Result<Json> ComputeView(const PhoneTables& tables, const Json* device, const Json& raw_config, const InstalledPackages& installed) {
  if (!raw_config.is_object()) return Unusable("the raw config is not an object");
  if (device != nullptr && !device->is_object()) return Unusable("the device is not an object");
  const Json raw = WithDefaults(raw_config, tables.defaults);
  Json view = Json::object();
  for (const std::string& name : tables.accepts) {
    if (name == kLines || name == kFunctionKeys || name == kTimeZone) continue;
    const Json* value = Member(raw, name);
    const RawConfigParameter* parameter = FindRawConfigParameter(name);
    if (value == nullptr)
      view[name] = false;
    else if (parameter != nullptr && parameter->kind == RawConfigParameter::Kind::kTexts && value->is_string())
      view[name] = Shown(Json::array({*value}));
    else
      view[name] = Shown(*value);
  }
  const auto ip = TextOf(Member(raw, "ip")), port = TextOf(Member(raw, "http_port"));
  view["http_base_url"] = false;
  if (ip && port) view["http_base_url"] = "http://" + (ip->find(':') == std::string::npos ? *ip : "[" + *ip + "]") + ":" + *port;
  const auto key = TextOf(Member(raw, "provisioning_key"));
  view["provisioning_key"] = key ? Json(*key) : Json(false);
  if (key && view["http_base_url"] != false) view["http_base_url"] = view["http_base_url"].get<std::string>() + "/" + *key;
  view["installed"] = Json::object();
  for (const std::string& id : tables.packages) {
    const auto there = installed.find(id);
    view["installed"][NameOfPackage(id)] = there == installed.end() ? Json(false) : Json(there->second);
  }
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

Shape ShapeOfDevice() {
  Shape device;
  const Json view = DeviceView(Json::object());
  for (const auto& [name, value] : view.items()) device.members[name] = Shape::Text();
  return device;
}

const Json* FindInView(const Json& view, const std::vector<std::string>& name) {
  const Json* value = &view;
  for (const std::string& part : name)
    if ((value = Member(*value, part)) == nullptr) return nullptr;
  return value;
}

bool IsThere(const Json* value) { return value != nullptr && !IsNothing(*value); }

std::vector<std::string> SplitName(std::string_view name) {
  std::vector<std::string> parts;
  for (std::string_view part : Split(name, '.')) parts.emplace_back(part);
  return parts;
}

}  // namespace provdlab::server
