#include "server/api/client_watch.h"

#include <string>
#include <utility>

namespace provdlab::server {
namespace {

// The path with every segment decoded; one that is no path stays as it is.
std::string Decoded(std::string_view raw_path) {
  const auto segments = PathSegments(raw_path);
  if (!segments) return std::string(raw_path);
  std::string path;
  for (const std::string& segment : *segments) path += "/" + segment;
  return path;
}

std::optional<Json> JsonIn(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return std::nullopt;
  return std::move(*json);
}

// Every "href" in an answer, however deep; ParseJson has bounded that.
void CollectLinks(const Json& json, std::vector<std::string>& hrefs) {
  if (json.is_object()) {
    if (const auto href = json.find("href"); href != json.end() && href->is_string()) hrefs.push_back(Decoded(href->get<std::string>()));
  }
  if (!json.is_structured()) return;
  for (const Json& inner : json) CollectLinks(inner, hrefs);
}

}  // namespace

ClientWatch::ClientWatch(Context context, const Router& router, const Clock& clock)
    : context_(std::move(context)), router_(router), clock_(clock) {}

std::optional<Json> ClientWatch::Before(const http::Request& request) const {
  if (request.method != "PUT") return std::nullopt;
  const auto match = router_.Find(request.raw_path());
  if (!match || match->parameters.empty()) return std::nullopt;
  const auto& [name, id] = match->parameters.back();
  DocumentPointer document;
  if (match->resource->pattern == "/provd/dev_mgr/devices/{device}") document = context_.devices->Find(id);
  if (match->resource->pattern == "/provd/cfg_mgr/configs/{config}") document = context_.configs->Find(id);
  if (!document) return std::nullopt;
  return document->json;
}

void ClientWatch::See(const http::Request& request, const http::Response& response, std::optional<Json> before, std::uint64_t number,
                      bool misled) {
  lint::Exchange exchange;
  exchange.number = number;
  exchange.at = clock_.Steady();
  exchange.agent = request.headers.Get("User-Agent").value_or("");
  exchange.peer = request.peer;
  exchange.connection = request.connection;
  exchange.method = request.method;
  exchange.target = request.target;
  exchange.path = Decoded(request.raw_path());
  exchange.query = request.raw_query();
  if (const auto match = router_.Find(request.raw_path())) exchange.pattern = match->resource->pattern;
  exchange.content_types = request.headers.All("Content-Type");
  exchange.accepts = request.headers.All("Accept");
  exchange.body = request.body;
  if (exchange.Sends()) exchange.json = JsonIn(request.body);

  exchange.status = response.status;
  if (const auto location = response.headers.Get("Location")) exchange.location = Decoded(*location);
  exchange.allow = response.headers.Get("Allow").value_or("");
  exchange.answer = response.body;
  exchange.answer_is_whole = response.source == nullptr;
  const bool told = request.method == "GET" && response.status == 200 && exchange.answer_is_whole;
  if (told && (exchange.OfMonitor() || exchange.OfDocument() || exchange.OfDocuments())) exchange.answer_json = JsonIn(response.body);

  exchange.before = std::move(before);
  exchange.misled = misled;
  if (misled) {
    if (const auto json = JsonIn(response.body)) CollectLinks(*json, exchange.hrefs);
  }
  lint_.See(exchange);
}

}  // namespace provdlab::server
