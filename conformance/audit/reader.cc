#include "conformance/audit/reader.h"

#include <string>
#include <utility>

#include "base/json.h"

namespace provdlab::conformance::audit {
namespace {

std::string TextOf(const Json& document, std::string_view member) {
  const auto found = document.find(member);
  return found != document.end() && found->is_string() ? found->get<std::string>() : "";
}

bool IsTrue(const Json& document, std::string_view member) {
  const auto found = document.find(member);
  return found != document.end() && *found == true;
}

Result<const Json*> Member(const Json& body, const char* name, Json::value_t type, const std::string& what) {
  const auto found = body.is_object() ? body.find(name) : body.end();
  if (!body.is_object() || found == body.end() || found->type() != type) return Fail(ErrorKind::kInvalid, "its answer has no " + what);
  return &*found;
}

// Every document of a list; one that is no object with an id makes the whole list doubtful.
template <typename Take>
Result<> EachDocument(const Json& body, const char* name, Take take) {
  const auto list = Member(body, name, Json::value_t::array, "list \"" + std::string(name) + "\"");
  if (!list) return Fail(list.error());
  for (std::size_t i = 0; i < (*list)->size(); ++i) {
    const Json& document = (**list)[i];
    if (!document.is_object() || TextOf(document, "id").empty())
      return Fail(ErrorKind::kInvalid, "entry " + std::to_string(i) + " of its list \"" + name + "\" is no document with an id");
    take(document);
  }
  return {};
}

Device DeviceOf(const Json& document) {
  return {.id = TextOf(document, "id"),
          .mac = TextOf(document, "mac"),
          .ip = TextOf(document, "ip"),
          .sn = TextOf(document, "sn"),
          .plugin = TextOf(document, "plugin"),
          .config = TextOf(document, "config"),
          .vendor = TextOf(document, "vendor"),
          .model = TextOf(document, "model"),
          .configured = IsTrue(document, "configured")};
}

Config ConfigOf(const Json& document) {
  Config config{.id = TextOf(document, "id"), .role = TextOf(document, "role"), .transient = IsTrue(document, "transient")};
  if (const auto parents = document.find("parent_ids"); parents != document.end() && parents->is_array()) {
    for (const Json& parent : *parents) {
      if (parent.is_string()) config.parents.push_back(parent.get<std::string>());
    }
  }
  const auto raw_config = document.find("raw_config");
  if (raw_config == document.end() || !raw_config->is_object()) return config;
  for (std::size_t i = 0; i < kSwitches.size(); ++i) {
    if (const auto on = raw_config->find(kSwitches[i].name); on != raw_config->end()) config.on[i] = *on == true ? Word::kYes : Word::kNo;
    if (const auto companion = raw_config->find(kSwitches[i].companion); companion != raw_config->end())
      config.companion[i] = companion->is_null() ? Word::kNo : Word::kYes;
  }
  return config;
}

Result<> TakeKeys(const Json& body, const char* name, std::set<std::string, std::less<>>& keys) {
  const auto object = Member(body, name, Json::value_t::object, "object \"" + std::string(name) + "\"");
  if (!object) return Fail(object.error());
  for (const auto& [key, value] : (*object)->items()) keys.insert(key);
  return {};
}

// 0 and 1, as a number or as a text: servers say both.
Result<> TakeNat(const Json& body, bool& nat) {
  const auto param = Member(body, "param", Json::value_t::object, "object \"param\"");
  if (!param) return Fail(param.error());
  const auto value = (*param)->find("value");
  const bool on = value != (*param)->end() && (*value == 1 || *value == "1");
  const bool off = value != (*param)->end() && (*value == 0 || *value == "0" || value->is_null());
  if (!on && !off) return Fail(ErrorKind::kInvalid, "its value is neither 0 nor 1");
  nat = on;
  return {};
}

std::string QueryOf(Resource resource) {
  if (resource == Resource::kDevices) return "?fields=mac,ip,sn,plugin,config,vendor,model,configured";
  if (resource != Resource::kConfigs) return "";
  std::string query = "?fields=parent_ids,role,transient";
  for (const Switch& member : kSwitches) {
    for (const std::string_view name : {member.name, member.companion}) query.append(",raw_config.").append(name);
  }
  return query;
}

// Nothing else of the audit talks to the target.
Result<> Read(const Target& target, Resource resource, std::chrono::milliseconds deadline, Snapshot& snapshot) {
  http::Request request{.method = "GET", .target = target.Path(PathOf(resource)) + QueryOf(resource), .body = ""};
  request.headers.Set("Accept", std::string(kMediaType));
  const http::Exchange seen = target.Send(std::move(request), deadline);
  if (!seen.response) return Fail(ErrorKind::kUnavailable, "it was not answered: " + seen.problem);
  const int status = seen.response->status;
  if (status == 200) return Take(resource, seen.response->body, snapshot);
  std::string why = "it answered " + std::to_string(status);
  if (status == 401 || status == 403) why += "; what it wants to know goes along with --header NAME:VALUE";
  return Fail(status == 404 ? ErrorKind::kNotFound : ErrorKind::kUnavailable, why);
}

}  // namespace

Result<> Take(Resource resource, std::string_view body, Snapshot& snapshot) {
  const auto json = ParseJson(body);
  if (!json) return Fail(ErrorKind::kInvalid, "its answer is not JSON");
  switch (resource) {
    case Resource::kDevices:
      return EachDocument(*json, "devices", [&](const Json& document) { snapshot.devices.push_back(DeviceOf(document)); });
    case Resource::kConfigs:
      return EachDocument(*json, "configs", [&](const Json& document) { snapshot.configs.push_back(ConfigOf(document)); });
    case Resource::kLoadedPlugins:
      return TakeKeys(*json, "plugins", snapshot.loaded);
    case Resource::kInstalledPlugins:
      return TakeKeys(*json, "pkgs", snapshot.installed);
    case Resource::kNat:
      return TakeNat(*json, snapshot.nat);
  }
  return Fail(ErrorKind::kInternal, "nobody knows how to read it");
}

Result<Snapshot> ReadSnapshot(const Target& target, std::chrono::milliseconds deadline) {
  Snapshot snapshot;
  for (const Resource resource : kResources) {
    const auto read = Read(target, resource, deadline, snapshot);
    if (read) continue;
    snapshot.unread[resource] = read.error().message;
    // Whom nobody answers at all need not be asked five times.
    const bool is_first = resource == kResources.front();
    if (is_first && read.error().message.starts_with("it was not answered"))
      return Fail(ErrorKind::kUnavailable,
                  target.url() + " can't be audited: GET " + target.Path(PathOf(resource)) + ": " + read.error().message);
  }
  if (!snapshot.Has(Resource::kDevices) && !snapshot.Has(Resource::kConfigs)) {
    return Fail(ErrorKind::kUnavailable, target.url() + " can't be audited: GET " + target.Path(PathOf(Resource::kDevices)) + ": " +
                                             snapshot.unread[Resource::kDevices]);
  }
  return snapshot;
}

}  // namespace provdlab::conformance::audit
