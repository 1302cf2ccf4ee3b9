#include "server/provisioning/forwarded_for.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "server/documents/device_rules.h"

namespace provdlab::server::provisioning {
namespace {

constexpr const char* kHeader = "X-Forwarded-For";
constexpr std::size_t kQuoted = 40;  // characters of an entry that the error repeats

// What stands for the phone: "192.0.2.1", "192.0.2.1:5060", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:5060".
std::optional<std::string> ReadEntry(std::string_view entry) {
  constexpr std::string_view kMapped = "::ffff:";
  const auto is_port = [](std::string_view text) {
    const auto port = ParseDecimal(text);
    return port && *port <= 65'535;
  };
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view behind = entry.substr(end + 1);
    if (!behind.empty() && (behind.front() != ':' || !is_port(behind.substr(1)))) return std::nullopt;
    entry = entry.substr(1, end - 1);
    if (!EqualIgnoringCase(entry.substr(0, kMapped.size()), kMapped)) return std::nullopt;
  }
  if (EqualIgnoringCase(entry.substr(0, kMapped.size()), kMapped)) {
    entry.remove_prefix(kMapped.size());
  } else if (const std::size_t colon = entry.find(':'); colon != std::string_view::npos) {
    if (!is_port(entry.substr(colon + 1))) return std::nullopt;
    entry = entry.substr(0, colon);
  }
  if (!IsDottedQuad(entry)) return std::nullopt;
  return std::string(entry);
}

std::string Shown(std::string_view entry) {
  std::string shown(entry.substr(0, kQuoted));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '.');
  return shown;
}

}  // namespace

Result<std::string> PhoneAddress(const http::Request& request, int trusted_proxies) {
  std::string_view from;
  std::string all;
  if (trusted_proxies > 0) {
    all = Join(request.headers.All(kHeader), ",");
    std::vector<std::string_view> entries = Split(all, ',');
    const auto wanted = static_cast<std::size_t>(trusted_proxies);
    if (entries.size() >= wanted) from = Trim(entries[entries.size() - wanted]);
  }
  if (from.empty()) {
    if (IsDottedQuad(request.peer)) return request.peer;
    return Fail(ErrorKind::kInvalid, "Phones have IPv4 addresses, but this request came from " + Shown(request.peer) + ".");
  }
  if (auto address = ReadEntry(from)) return *address;
  return Fail(ErrorKind::kInvalid,
              "The entry '" + Shown(from) + "' of X-Forwarded-For, which should say which phone asks, is no IPv4 address.");
}

}  // namespace provdlab::server::provisioning
