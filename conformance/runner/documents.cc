#include "conformance/runner/documents.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/result.h"

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

std::optional<std::string> TextOf(const Json& document, const char* member) {
  if (!document.is_object()) return std::nullopt;
  const auto found = document.find(member);
  if (found == document.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::string PathOf(const Target& target, std::string_view collection, const std::string& id) {
  return target.Path(std::string(collection) + "/" + http::PercentEncode(id, ":@+"));
}

void AddWords(std::string& words, const std::string& more) {
  if (!more.empty()) words += (words.empty() ? "" : ", ") + more;
}

}  // namespace

void Documents::Note(const http::Exchange& exchange, std::string_view path, const Target& target, DocumentTraces& traces) {
  const int status = StatusOf(exchange);
  const std::string& method = exchange.request.method;
  if (method == "POST" && path == kLeases && (status / 100 != 4)) traces.leased = true;
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
  } else if (method == "PUT" && (path.starts_with(kDevices) || path.starts_with(kConfigs))) {
    made = std::string(exchange.request.raw_path());  // a target may make what it should not
  }
  if (!made.empty() && std::find(traces.paths.begin(), traces.paths.end(), made) == traces.paths.end()) traces.paths.push_back(made);
}

std::vector<Json> Documents::List(std::string_view collection, const Json& selector) const {
  std::string path = target_.Path(collection);
  if (!selector.empty()) path += "?q=" + http::PercentEncode(DumpJson(selector));
  const auto body = BodyOf(ask_("GET", path, nullptr));
  const char* member = collection == kDevices ? "devices" : "configs";
  if (!body || !body->is_object() || !body->contains(member) || !(*body)[member].is_array()) return {};
  std::vector<Json> documents;
  for (const Json& document : (*body)[member]) {
    // A target that does not understand selectors lists documents that are none of ours.
    const bool chosen = TextOf(document, "id") && std::all_of(selector.items().begin(), selector.items().end(), [&](const auto& wanted) {
                          const auto found = document.find(wanted.key());
                          return found != document.end() && *found == wanted.value();
                        });
    if (chosen) documents.push_back(document);
  }
  return documents;
}

bool Documents::Delete(const std::string& path, std::vector<http::Exchange>* evidence) const {
  http::Exchange removal = ask_("DELETE", path, nullptr);
  if (StatusOf(removal) == 403 && path.starts_with(target_.Path(kConfigs))) {
    const Json deletable = {{"config", {{"parent_ids", Json::array()}, {"raw_config", Json::object()}}}};
    (void)ask_("PUT", path, &deletable);
    removal = ask_("DELETE", path, nullptr);
  }
  if (Succeeded(removal) || StatusOf(removal) == 404) return true;
  if (evidence != nullptr) evidence->push_back(std::move(removal));
  return false;
}

std::string Documents::Remove(DocumentTraces& traces, std::vector<http::Exchange>* evidence) const {
  std::string left;
  const auto remove_below = [&](std::string_view collection) {
    for (auto path = traces.paths.rbegin(); path != traces.paths.rend(); ++path) {
      if (path->starts_with(target_.Path(collection)) && !Delete(*path, evidence)) AddWords(left, *path);
    }
  };
  remove_below(kDevices);
  if (traces.leased) {
    for (const std::string& mac : traces.macs) {
      for (const Json& device : List(kDevices, {{"mac", mac}})) {
        const std::string path = PathOf(target_, kDevices, *TextOf(device, "id"));
        if (!Delete(path, evidence)) AddWords(left, path);
      }
    }
  }
  remove_below(kConfigs);
  traces.paths.clear();
  traces.leased = false;
  return left;
}

std::string Documents::SetBasesAside(DocumentTraces& traces) const {
  std::string problem;
  for (const Json& base : List(kConfigs, {{"role", "autocreate"}})) {
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

std::string Documents::Sweep(std::string_view prefix) const {
  std::string left;
  for (const std::string_view collection : {kDevices, kConfigs}) {
    for (const Json& document : List(collection, Json::object())) {
      const std::string id = *TextOf(document, "id");
      if (id.starts_with(prefix) && !Delete(PathOf(target_, collection, id), nullptr)) AddWords(left, id);
    }
  }
  return left;
}

}  // namespace provdlab::conformance
