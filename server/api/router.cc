#include "server/api/router.h"

#include <algorithm>

namespace provdlab::server {
namespace {

bool IsParameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{' && segment.back() == '}'; }

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// RFC 9112 §3.2.2: a server takes the absolute form too.
std::string_view WithoutOrigin(std::string_view target) {
  if (!target.starts_with("http://") && !target.starts_with("https://")) return target;
  const auto path = target.find('/', target.find("//") + 2);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

bool Fits(const std::vector<std::string_view>& pattern, const std::vector<std::string>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(), [](std::string_view want, const std::string& segment) {
    return IsParameter(want) ? !segment.empty() : want == segment;
  });
}

}  // namespace

std::optional<std::vector<std::string>> PathSegments(std::string_view raw_path) {
  const std::string_view path = WithoutOrigin(raw_path);
  if (path.empty() || path.front() != '/') return std::nullopt;
  std::vector<std::string> segments;
  for (const std::string_view raw : Split(path)) {
    if (raw.find('%') == std::string_view::npos) {
      segments.emplace_back(raw);
    } else if (auto decoded = http::PercentDecode(raw)) {
      segments.push_back(std::move(*decoded));
    } else {
      return std::nullopt;
    }
  }
  return segments;
}

Handler Router::Resource::Find(std::string_view method) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const auto& [name, handler] : handlers) {
    if (name == wanted) return handler;
  }
  return nullptr;
}

Router::Router(const std::vector<Route>& routes) {
  for (const Route& route : routes) {
    auto resource = std::find_if(resources_.begin(), resources_.end(), [&](const Resource& r) { return r.pattern == route.pattern; });
    if (resource == resources_.end()) resource = resources_.insert(resources_.end(), {route.pattern, Split(route.pattern), {}, ""});
    resource->handlers.emplace_back(route.method, route.handler);
    if (!resource->allow.empty()) resource->allow += ", ";
    resource->allow += route.method;
    if (route.method == "GET") resource->allow += ", HEAD";
  }
}

std::optional<Router::Match> Router::Find(std::string_view raw_path) const {
  auto path = PathSegments(raw_path);
  if (!path) return std::nullopt;
  for (const Resource& resource : resources_) {
    if (!Fits(resource.segments, *path)) continue;
    Match match{&resource, {}};
    for (std::size_t i = 0; i < path->size(); ++i) {
      const std::string_view name = resource.segments[i];
      if (IsParameter(name)) match.parameters.emplace_back(name.substr(1, name.size() - 2), std::move((*path)[i]));
    }
    return match;
  }
  return std::nullopt;
}

}  // namespace provdlab::server
