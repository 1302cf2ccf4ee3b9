#include "simulator/phone/location.h"

#include <cstddef>
#include <utility>

#include "base/http/message.h"
#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kLongestPath = 2000;
constexpr std::size_t kLongestFileName = 400;  // of TFTP, whose requests hold 512 bytes with everything else

std::uint16_t OwnPort(Fetch::Protocol protocol) {
  switch (protocol) {
    case Fetch::Protocol::kHttp:
      return 80;
    case Fetch::Protocol::kHttps:
      return 443;
    case Fetch::Protocol::kTftp:
      return 69;
  }
  return 0;
}

std::string_view Scheme(Fetch::Protocol protocol) {
  switch (protocol) {
    case Fetch::Protocol::kHttp:
      return "http";
    case Fetch::Protocol::kHttps:
      return "https";
    case Fetch::Protocol::kTftp:
      return "tftp";
  }
  return "";
}

}  // namespace

std::optional<Location> ReadLocation(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string scheme = Lower(url.substr(0, colon));
  Location location;
  if (scheme == "http")
    location.protocol = Fetch::Protocol::kHttp;
  else if (scheme == "https")
    location.protocol = Fetch::Protocol::kHttps;
  else if (scheme == "tftp")
    location.protocol = Fetch::Protocol::kTftp;
  else
    return std::nullopt;
  // A TFTP URL (RFC 3617) is made like one of HTTP, only its port is another one, which is 0 here if none is written.
  const bool tftp = location.protocol == Fetch::Protocol::kTftp;
  const std::string rest(url.substr(colon));
  std::optional<http::Url> parsed = http::ParseUrl((tftp ? "http" : scheme) + rest);
  if (!parsed || parsed->host.empty()) return std::nullopt;
  for (const char c : parsed->host)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
  location.host = std::move(parsed->host);
  location.folder = std::move(parsed->path);
  location.port = parsed->port;
  if (tftp && parsed->port == OwnPort(Fetch::Protocol::kHttp)) {
    const std::string_view authority = std::string_view(rest).substr(3, std::string_view(rest).find('/', 3) - 3);
    if (!authority.ends_with(":80")) location.port = OwnPort(Fetch::Protocol::kTftp);
  }
  return location;
}

std::optional<std::string> Location::PathOf(std::string_view name, bool keep_double_slashes) const {
  std::string_view before = folder;
  if (!keep_double_slashes) {
    while (before.ends_with('/')) before.remove_suffix(1);
    while (name.starts_with('/')) name.remove_prefix(1);
  }
  Location file = *this;
  file.folder = std::string(before) + "/" + std::string(name);
  return file.PathAsWritten();
}

std::optional<std::string> Location::PathAsWritten() const {
  std::string_view path = folder;
  if (protocol == Fetch::Protocol::kTftp) {
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty() || path.size() > kLongestFileName || path.find('\0') != std::string_view::npos) return std::nullopt;
    return std::string(path);
  }
  std::string encoded = http::PercentEncode(path.empty() ? "/" : path, "/%?&=+,;:@!$'()*");
  if (encoded.size() > kLongestPath) return std::nullopt;
  return encoded;
}

std::string Location::Text() const {
  std::string text = std::string(Scheme(protocol)) + "://";
  text += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != OwnPort(protocol)) text += ":" + std::to_string(port);
  return text + folder;
}

}  // namespace provdlab::phone
