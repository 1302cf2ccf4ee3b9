#include "conformance/runner/target.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

// "/provd" holds "/provd", "/provd/x" and "/provd?x", but not "/provdx".
bool IsBelow(std::string_view path, std::string_view prefix) {
  if (path.substr(0, prefix.size()) != prefix) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/' || path[prefix.size()] == '?';
}

std::string HostHeader(const http::Url& url) {
  const bool literal = url.host.find(':') != std::string::npos;
  const std::string host = literal ? "[" + url.host + "]" : url.host;
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(url.port);
}

http::ClientOptions ClientOptionsOf(const TargetOptions& options, const http::Url& url) {
  http::ClientOptions client;
  client.host = options.via == 0 ? url.host : "127.0.0.1";
  client.port = options.via == 0 ? url.port : options.via;
  client.tls = url.scheme == "https";
  client.ca_file = options.ca_file;
  client.host_header = HostHeader(url);
  return client;
}

}  // namespace

std::string_view DialectPrefix(std::string_view dialect) { return dialect == "wazo" ? "/0.2" : kDialectPrefix; }

Target::Target(const TargetOptions& options, const http::Url& url)
    : prefix_(url.path.substr(0, url.path.find_first_of("?#"))),
      host_header_(HostHeader(url)),
      origin_(Lower(url.Origin())),
      headers_(options.headers),
      dialect_(options.dialect),
      askers_(options.askers),
      read_only_(options.read_only),
      client_(ClientOptionsOf(options, url)) {
  while (!prefix_.empty() && prefix_.back() == '/') prefix_.pop_back();
  url_ = url.scheme + "://" + host_header_ + prefix_;
}

Result<Target> Target::Make(const TargetOptions& options) {
  const auto url = http::ParseUrl(options.url);
  if (!url || url->host.empty()) {
    return Fail(ErrorKind::kInvalid, "\"" + options.url + "\" is not a URL of a provd; write it like http://127.0.0.1:8666/provd");
  }
  if (!url->user_info.empty()) {
    return Fail(ErrorKind::kInvalid, "the target's URL carries a user; send it with --header \"Authorization: …\" instead");
  }
  if (url->path.find_first_of("?#") != std::string::npos) {
    return Fail(ErrorKind::kInvalid, "the target's URL has a query or a fragment; only the path before all resources is wanted");
  }
  if (options.via != 0 && url->scheme == "https")
    return Fail(ErrorKind::kInvalid, "a target behind https is not asked through a relay: its certificate is for another name");
  return Target(options, *url);
}

std::string Target::Path(std::string_view path) const {
  std::string full = prefix_ + std::string(path);
  return full.empty() ? "/" : full;
}

std::string Target::Below(std::string_view path) const {
  std::string plain = http::PercentDecode(path).value_or(std::string(path));
  if (plain.starts_with(prefix_)) plain.erase(0, prefix_.size());
  return plain;
}

std::string Target::AllDevices(const std::string& query) const {
  std::string whole = dialect_ == "wazo" ? "recurse=true" : "";
  if (!query.empty()) whole += (whole.empty() ? "" : "&") + query;
  return "/dev_mgr/devices" + (whole.empty() ? "" : "?" + whole);
}

Result<std::string> Target::Resolve(std::string_view reference, std::string_view base) const {
  const bool printable = std::all_of(reference.begin(), reference.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
  if (reference.empty() || !printable)
    return Fail(ErrorKind::kInvalid, "it is not a reference: empty, or with blanks or control characters");
  std::string path(reference.substr(0, reference.find('#')));
  if (path.rfind("//", 0) == 0) path = origin_.substr(0, origin_.find(':') + 1) + path;
  const std::size_t colon = path.find(':');
  const std::size_t slash = path.find('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon < slash)) {  // it has a scheme
    const auto url = http::ParseUrl(path);
    if (!url) return Fail(ErrorKind::kForbidden, "\"" + path + "\" is not on " + origin_);
    if (Lower(url->Origin()) != origin_) {
      return Fail(ErrorKind::kForbidden, "it points to another origin, " + url->Origin() + "; nothing is sent there");
    }
    path = url->path.empty() ? "/" : url->path;
  } else if (path.empty() || path.front() != '/') {
    const std::string_view folder = base.substr(0, base.find('?'));
    path = std::string(folder.substr(0, folder.rfind('/') + 1)) + path;
    if (path.front() != '/') path.insert(path.begin(), '/');
  }
  if (!prefix_.empty() && IsBelow(path, prefix_)) return path;
  const std::string_view usual = DialectPrefix(dialect_);
  if (IsBelow(path, usual)) return Path(std::string_view(path).substr(usual.size()));
  return path;
}

http::Exchange Target::Send(http::Request request, std::chrono::milliseconds deadline, http::Framing framing) const {
  if (!Takes(request.method)) {
    http::Exchange refused;
    refused.problem = request.method + " was not sent: the target is only to be read";
    refused.request = std::move(request);
    return refused;
  }
  for (const http::Header& header : headers_) {
    if (!request.headers.Has(header.name)) request.headers.Add(header.name, header.value);
  }
  return client_.Send(request, deadline, framing);
}

http::Exchange Target::SendRaw(const std::vector<http::RawStep>& steps, std::chrono::milliseconds deadline, int answers) const {
  if (read_only_) return {.problem = "raw bytes were not sent: the target is only to be read"};
  return client_.SendRaw(steps, deadline, answers);
}

}  // namespace provdlab::conformance
