#include "server/documents/dhcp_info.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kCodeDigits = 3;
constexpr std::uint64_t kGreatestCode = 255;

tl::unexpected<Error> Invalid(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

// DHCP servers print bytes without leading zeros.
std::optional<char> ByteOf(std::string_view digits) {
  if (digits.empty() || digits.size() > 2) return std::nullopt;
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(value);
}

std::optional<std::pair<int, std::string>> OptionOf(const Json& option) {
  if (!option.is_string()) return std::nullopt;
  const std::string_view text = option.get_ref<const std::string&>();
  const auto code = text.size() < kCodeDigits ? std::nullopt : ParseDecimal(text.substr(0, kCodeDigits));
  if (!code || *code > kGreatestCode) return std::nullopt;
  std::string value;
  if (text.size() > kCodeDigits) {
    for (const std::string_view digits : Split(text.substr(kCodeDigits), '.')) {
      const auto byte = ByteOf(digits);
      if (!byte) return std::nullopt;
      value.push_back(*byte);
    }
  }
  return std::pair(static_cast<int>(*code), std::move(value));
}

}  // namespace

Result<DhcpInfo> ParseDhcpInfo(const Json& info) {
  DhcpInfo parsed;
  const std::string op = TextOf(info, "op");
  if (op == "commit") {
    parsed.event = DhcpInfo::Event::kCommit;
  } else if (op == "expiry") {
    parsed.event = DhcpInfo::Event::kExpiry;
  } else if (op == "release") {
    parsed.event = DhcpInfo::Event::kRelease;
  } else {
    return Invalid("The member 'op' must be commit, expiry or release");
  }
  parsed.ip = TextOf(info, "ip");
  if (!IsDottedQuad(parsed.ip)) return Invalid("The member 'ip' must be an IPv4 address in dotted decimals, such as 192.0.2.7");
  if (parsed.event != DhcpInfo::Event::kCommit) return parsed;

  auto mac = NormaliseMac(TextOf(info, "mac"));
  if (!mac) return Invalid("The member 'mac' of a commit must be a MAC address, such as 00:1a:2b:3c:4d:5e");
  parsed.mac = std::move(*mac);
  const auto options = info.find("options");
  if (options == info.end() || !options->is_array()) return Invalid("The member 'options' of a commit must be a list; it may be empty");
  for (std::size_t i = 0; i < options->size(); ++i) {
    auto option = OptionOf((*options)[i]);
    if (!option)
      return Invalid("Element " + std::to_string(i) +
                     " of 'options' must be three decimal digits up to 255 and hexadecimal bytes joined by dots, such as 06054.65.73.74");
    parsed.options[option->first] = std::move(option->second);
  }
  return parsed;
}

}  // namespace provdlab::server
