#include "conformance/runner/documents.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/result.h"
#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::string_view kDevices = "/dev_mgr/devices";
constexpr std::string_view kConfigs = "/cfg_mgr/configs";
constexpr std::string_view kAutocreate = "/cfg_mgr/autocreate";
constexpr std::string_view kLeases = "/dev_mgr/dhcpinfo";

int StatusOf(const http::Exchange& exchange) { return exchange.response ? exchange.response->status : 0; }

bool Succeeded(const http::Exchange& exchange) { return StatusOf(exchange) / 100 == 2; }

std::optional<Json> BodyOf(const http::Exchange& exchange) {
  if (!Succeeded(exchange)) return std::nullopt;
  auto json = ParseJson(exchange.response->body);
  if (!json) return std::nullopt;
  return std::move(*json);
}

// The object that a request or an answer has under this name.
std::optional<Json> Wrapped(const std::string& body, const char* name) {
  auto json = ParseJson(body);
  if (!json || !json->is_object() || !json->contains(name) || !(*json)[name].is_object()) return std::nullopt;
  return std::move((*json)[name]);
}

std::optional<std::string> TextOf(const Json& document, const char* member) {
  if (!document.is_object()) return std::nullopt;
  const auto found = document.find(member);
  if (found == document.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::string PathOf(const Target& target, std::string_view collection, const std::string& id) {
  return target.Path(std::string(collection) + "/" + http::PercentEncode(id, ":@+"));
}

// The id of the document of this path.
std::string IdOf(std::string_view path) {
  const std::string_view last = path.substr(path.rfind('/') + 1);
  return http::PercentDecode(last).value_or(std::string(last));
}

// MAC addresses for documentation (RFC 7042), with the bit for local administration: nobody's phone has one.
constexpr std::string_view kDocumentationMacs = "02:00:5e:";

// Whether `listed` is what was posted: everything that a client said of it is there.
bool Shows(const Json& listed, const Json& posted) {
  return std::all_of(posted.items().begin(), posted.items().end(), [&](const auto& member) {
    const auto found = listed.find(member.key());
    return found != listed.end() && *found == member.value();
  });
}

std::string Plain(std::string mac) {
  std::replace(mac.begin(), mac.end(), '-', ':');
  return Lower(mac);
}

void AddWords(std::string& words, const std::string& more) {
  if (!more.empty()) words += (words.empty() ? "" : ", ") + more;
}

void NoteLease(const http::Exchange& exchange, DocumentTraces& traces) {
  traces.leased = true;
  const auto info = Wrapped(exchange.request.body, "dhcp_info");
  if (!info || TextOf(*info, "op") != "commit") return;
  if (const auto mac = TextOf(*info, "mac")) traces.leased_macs.insert(Plain(*mac));
  if (const auto ip = TextOf(*info, "ip")) traces.leased_ips.insert(*ip);
}

}  // namespace

void DocumentTraces::Uses(const std::string& device_path, const std::string& config_id) {
  const auto found = config_of.find(device_path);
  const std::string before = found == config_of.end() ? std::string() : found->second;
  if (before == config_id) return;
  if (config_id.empty()) {
    config_of.erase(device_path);
  } else {
    config_of[device_path] = config_id;
    abandoned.erase(config_id);
  }
  const bool used = std::any_of(config_of.begin(), config_of.end(), [&](const auto& use) { return use.second == before; });
  if (!used && transient.contains(before)) abandoned.insert(before);
}

void Documents::Note(const http::Exchange& exchange, std::string_view path, const Target& target, DocumentTraces& traces) {
  const int status = StatusOf(exchange);
  const std::string& method = exchange.request.method;
  const bool of_devices = path.starts_with(kDevices);
  const bool of_configs = path.starts_with(kConfigs) || path == kAutocreate;
  if (method == "POST" || method == "PUT") {
    traces.wrote_devices = traces.wrote_devices || of_devices;
    traces.wrote_configs = traces.wrote_configs || of_configs;
  }
  if (method == "POST" && path == kLeases && (status / 100 != 4)) NoteLease(exchange, traces);
  if (method == "POST" && (path == kDevices || path == kConfigs) && status == 0) {
    // Without an answer it was neither made nor refused: what the attempt chose the id of is removed if it is there.
    const auto document = Wrapped(exchange.request.body, path == kDevices ? "device" : "config");
    const std::string id = document ? TextOf(*document, "id").value_or("") : "";
    if (std::find(traces.ids.begin(), traces.ids.end(), id) != traces.ids.end()) traces.paths.push_back(PathOf(target, path, id));
  } else if (method == "POST" && (path == kDevices || path == kConfigs) && status / 100 != 2) {
    // With the id alone it could not be told from somebody else's.
    auto document = Wrapped(exchange.request.body, path == kDevices ? "device" : "config");
    if (document && TextOf(*document, "id") && document->size() > 1) traces.refused.emplace_back(path, std::move(*document));
  }
  if (status / 100 != 2) return;
  std::string made;
  if (method == "POST" && (path == kDevices || path == kConfigs || path == kAutocreate)) {
    const std::string_view collection = path == kDevices ? kDevices : kConfigs;
    const auto body = BodyOf(exchange);
    if (const auto id = body ? TextOf(*body, "id") : std::nullopt; id && !id->empty()) {
      made = PathOf(target, collection, *id);
    } else if (const auto location = exchange.response->headers.Get("Location")) {
      const auto named = target.Resolve(*location, exchange.request.target);
      if (named && named->starts_with(target.Path(std::string(collection) + "/"))) made = *named;
    }
  } else if (method == "PUT" && (of_devices || path.starts_with(kConfigs))) {
    made = std::string(exchange.request.raw_path());  // a target may make what it should not
  } else if (method == "DELETE" && of_devices) {
    traces.Uses(std::string(exchange.request.raw_path()), "");
  }
  if (made.empty()) return;
  if (std::find(traces.paths.begin(), traces.paths.end(), made) == traces.paths.end()) traces.paths.push_back(made);
  if (of_devices) {
    const auto device = Wrapped(exchange.request.body, "device");
    traces.Uses(made, device ? TextOf(*device, "config").value_or("") : "");
    traces.leased_macs.erase(device ? TextOf(*device, "mac").value_or("") : "");
    traces.leased_ips.erase(device ? TextOf(*device, "ip").value_or("") : "");
  } else {
    const auto config = Wrapped(exchange.request.body, "config");
    const bool transient = path == kAutocreate || (config && config->value("transient", Json()) == Json(true));
    if (transient) {
      traces.transient.insert(IdOf(made));
    } else {
      traces.transient.erase(IdOf(made));
    }
    traces.abandoned.erase(IdOf(made));  // it is there because the client says so
  }
}

std::optional<std::vector<Json>> Documents::ListAll(std::string_view collection, const Json& selector) const {
  const std::string query = selector.empty() ? "" : "q=" + http::PercentEncode(DumpJson(selector));
  const std::string path =
      collection == kDevices ? target_.AllDevices(query) : std::string(collection) + (query.empty() ? "" : "?" + query);
  const auto body = BodyOf(ask_("GET", target_.Path(path), nullptr));
  const char* member = collection == kDevices ? "devices" : "configs";
  if (!body || !body->is_object() || !body->contains(member) || !(*body)[member].is_array()) return std::nullopt;
  std::vector<Json> documents;
  for (const Json& document : (*body)[member]) {
    if (TextOf(document, "id")) documents.push_back(document);
  }
  return documents;
}

std::vector<Json> Documents::List(std::string_view collection, const Json& selector, const Chosen& chosen) const {
  std::vector<Json> documents = ListAll(collection, selector).value_or(std::vector<Json>());
  std::erase_if(documents, [&](const Json& document) { return !chosen(document); });
  return documents;
}

std::vector<Json> Documents::ListEqual(std::string_view collection, const std::string& member, const std::string& value) const {
  return List(collection, {{member, value}}, [&](const Json& document) { return TextOf(document, member.c_str()) == value; });
}

http::Exchange Documents::Delete(const std::string& path) const {
  http::Exchange removal = ask_("DELETE", path, nullptr);
  if (StatusOf(removal) == 403 && path.starts_with(target_.Path(kConfigs))) {
    const Json deletable = {{"config", {{"parent_ids", Json::array()}, {"raw_config", Json::object()}}}};
    (void)ask_("PUT", path, &deletable);
    removal = ask_("DELETE", path, nullptr);
  }
  return removal;
}

// No device that a phone's request made has a mac in common with another, nor an ip while every phone has its own.
std::string Documents::Shared(const DocumentTraces& traces, bool ips_are_unique) const {
  std::string shared;
  const auto look = [&](const char* member, const std::set<std::string>& values) {
    for (const std::string& value : values) {
      std::vector<Json> devices = ListEqual(kDevices, member, value);
      // A list is no moment: between two of its documents the value may have gone from one to the other. What shares it stays so.
      if (devices.size() > 1) {
        const std::vector<Json> again = ListEqual(kDevices, member, value);
        std::erase_if(devices, [&](const Json& device) {
          return std::none_of(again.begin(), again.end(), [&](const Json& other) { return TextOf(other, "id") == TextOf(device, "id"); });
        });
      }
      const bool made = std::any_of(devices.begin(), devices.end(), [](const Json& device) { return TextOf(device, "added") == "auto"; });
      if (devices.size() > 1 && made) {
        AddWords(shared, std::to_string(devices.size()) + " devices have the " + member + " " + value);
      }
    }
  };
  look("mac", traces.leased_macs);
  if (ips_are_unique) look("ip", traces.leased_ips);
  return shared;
}

// Adds what leases made: devices with a mac of the attempt, and the configs that were made for them.
void Documents::NoteLeased(DocumentTraces& traces) const {
  std::set<std::string> macs(traces.macs.begin(), traces.macs.end());
  std::copy_if(traces.leased_macs.begin(), traces.leased_macs.end(), std::inserter(macs, macs.end()),
               [](const std::string& mac) { return mac.starts_with(kDocumentationMacs); });
  std::vector<Json> devices;
  const auto add = [&devices](std::vector<Json> more) { std::move(more.begin(), more.end(), std::back_inserter(devices)); };
  for (const std::string& mac : macs) add(ListEqual(kDevices, "mac", mac));
  for (const std::string& ip : traces.ips) add(ListEqual(kDevices, "ip", ip));
  for (const Json& device : devices) {
    const std::string path = PathOf(target_, kDevices, *TextOf(device, "id"));
    if (std::find(traces.paths.begin(), traces.paths.end(), path) == traces.paths.end()) traces.paths.push_back(path);
    const std::string id = TextOf(device, "config").value_or("");
    const std::string config_path = PathOf(target_, kConfigs, id);
    if (!id.empty() && std::find(traces.paths.begin(), traces.paths.end(), config_path) == traces.paths.end()) {
      const http::Exchange get = ask_("GET", config_path, nullptr);
      const auto config = Succeeded(get) ? Wrapped(get.response->body, "config") : std::nullopt;
      if (config && config->value("transient", Json()) == Json(true)) {
        traces.transient.insert(id);
        traces.paths.push_back(config_path);
      }
    }
    traces.Uses(path, id);
  }
}

// What is listed of the attempt's ids after everything was deleted; it is deleted once more.
std::string Documents::RemoveRemaining(const DocumentTraces& traces) const {
  std::set<std::string> ids(traces.ids.begin(), traces.ids.end());
  for (const std::string& path : traces.paths) ids.insert(IdOf(path));
  std::string remaining;
  for (const auto& [collection, posted] : traces.refused) {
    const std::string id = *TextOf(posted, "id");
    if (ids.contains(id)) continue;
    for (const Json& document : List(collection, {{"id", id}}, [&](const Json& listed) { return Shows(listed, posted); })) {
      AddWords(remaining, PathOf(target_, collection, id));
      (void)Delete(PathOf(target_, collection, *TextOf(document, "id")));
    }
  }
  if (ids.empty()) return remaining;
  const Json selector = {{"id", {{"$in", ids}}}};
  const auto remove = [&](std::string_view collection) {
    for (const Json& document : List(collection, selector, [&](const Json& listed) { return ids.contains(*TextOf(listed, "id")); })) {
      const std::string path = PathOf(target_, collection, *TextOf(document, "id"));
      AddWords(remaining, path);
      (void)Delete(path);
    }
  };
  if (traces.wrote_devices || traces.leased) remove(kDevices);
  if (traces.wrote_configs || traces.leased) remove(kConfigs);
  return remaining;
}

DocumentFindings Documents::Remove(DocumentTraces& traces, bool ips_are_unique, std::vector<http::Exchange>* evidence) const {
  DocumentFindings found;
  const auto keep = [&](http::Exchange exchange) {
    if (evidence != nullptr) evidence->push_back(std::move(exchange));
  };
  if (traces.leased) {
    found.shared = Shared(traces, ips_are_unique);
    NoteLeased(traces);
  }
  const auto remove_below = [&](std::string_view collection) {
    for (auto path = traces.paths.rbegin(); path != traces.paths.rend(); ++path) {
      if (!path->starts_with(target_.Path(collection))) continue;
      http::Exchange removal = Delete(*path);
      const bool was_there = Succeeded(removal);
      if (was_there && collection == kDevices) traces.Uses(*path, "");
      if (was_there && collection == kConfigs && traces.abandoned.contains(IdOf(*path))) {
        AddWords(found.abandoned, *path);
        keep(std::move(removal));
      } else if (!was_there && StatusOf(removal) != 404) {
        AddWords(found.refused, *path);
        keep(std::move(removal));
      }
    }
  };
  remove_below(kDevices);
  remove_below(kConfigs);
  if (found.refused.empty()) found.remaining = RemoveRemaining(traces);
  DocumentTraces none;
  none.ids = std::move(traces.ids);
  none.macs = std::move(traces.macs);
  none.ips = std::move(traces.ips);
  none.bases = std::move(traces.bases);
  traces = std::move(none);
  return found;
}

std::string Documents::SetBasesAside(DocumentTraces& traces) const {
  std::string problem;
  for (const Json& base : ListEqual(kConfigs, "role", "autocreate")) {
    Json other = base;
    other.erase("role");
    const Json body = {{"config", other}};
    if (Succeeded(ask_("PUT", PathOf(target_, kConfigs, *TextOf(base, "id")), &body))) {
      traces.bases.push_back(base);
    } else {
      AddWords(problem, *TextOf(base, "id"));
    }
  }
  return problem;
}

std::string Documents::PutBasesBack(DocumentTraces& traces) const {
  std::string problem;
  for (const Json& base : std::exchange(traces.bases, {})) {
    const Json body = {{"config", base}};
    if (!Succeeded(ask_("PUT", PathOf(target_, kConfigs, *TextOf(base, "id")), &body))) AddWords(problem, *TextOf(base, "id"));
  }
  return problem;
}

std::optional<std::set<std::string>> Documents::Census() const {
  std::set<std::string> paths;
  for (const std::string_view collection : {kDevices, kConfigs}) {
    const auto documents = ListAll(collection, Json::object());
    if (!documents) return std::nullopt;
    for (const Json& document : *documents) paths.insert(PathOf(target_, collection, *TextOf(document, "id")));
  }
  return paths;
}

std::optional<std::string> Documents::RemoveLeftovers(std::set<std::string>* before, std::string_view mark) const {
  std::string left;
  for (const std::string_view collection : {kDevices, kConfigs}) {
    const auto documents = ListAll(collection, Json::object());
    if (!documents) return std::nullopt;
    for (const Json& document : *documents) {
      const std::string path = PathOf(target_, collection, *TextOf(document, "id"));
      if (before != nullptr ? before->contains(path) : DumpJson(document).find(mark) == std::string::npos) continue;
      AddWords(left, path);
      if (!Succeeded(Delete(path)) && before != nullptr) before->insert(path);
    }
  }
  return left;
}

std::string Documents::Sweep(std::string_view prefix) const {
  std::string left;
  for (const std::string_view collection : {kDevices, kConfigs}) {
    for (const Json& document :
         List(collection, Json::object(), [&](const Json& listed) { return TextOf(listed, "id")->starts_with(prefix); })) {
      const std::string id = *TextOf(document, "id");
      const http::Exchange removal = Delete(PathOf(target_, collection, id));
      if (!Succeeded(removal) && StatusOf(removal) != 404) AddWords(left, id);
    }
  }
  return left;
}

}  // namespace provdlab::conformance
