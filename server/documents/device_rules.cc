#include "server/documents/device_rules.h"

#include <algorithm>
#include <array>

#include "base/json_order.h"
#include "base/text.h"

namespace provdlab::server {
namespace {

constexpr std::array<const char*, 8> kPhoneMembers = {"plugin", "config", "mac", "uuid", "vendor", "model", "version", "options"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsLowerHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

const Json* MemberOf(const Json& document, std::string_view name) {
  const auto member = document.find(std::string(name));
  return member == document.end() ? nullptr : &*member;
}

}  // namespace

bool IsDocumentId(std::string_view id) {
  if (id.empty() || id.size() > kLongestDocumentId || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return IsDigit(c) || IsLetter(c) || std::string_view("-._~:@+").find(c) != std::string_view::npos; });
}

Result<std::optional<std::string>> IdOf(const Json& document) {
  const Json* id = MemberOf(document, "id");
  if (id == nullptr) return std::nullopt;
  if (!id->is_string() || !IsDocumentId(id->get_ref<const std::string&>()))
    return Fail(
        ErrorKind::kInvalid,
        "An id must be a string of 1 to 255 letters, digits and -._~:@+ of ASCII, other than '.' and '..'; leave it out to get one");
  return id->get<std::string>();
}

bool HasNonAsciiId(const Json& document) {
  const Json* id = MemberOf(document, "id");
  if (id == nullptr || !id->is_string()) return false;
  const std::string& text = id->get_ref<const std::string&>();
  return std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

bool HasRefusedAsciiId(const Json& document) {
  const Json* id = MemberOf(document, "id");
  if (id == nullptr || !id->is_string()) return false;
  const std::string& text = id->get_ref<const std::string&>();
  return !text.empty() && !IsDocumentId(text) && !HasNonAsciiId(document);
}

bool IsNormalMac(std::string_view mac) {
  if (mac.size() != 17) return false;
  for (std::size_t i = 0; i < mac.size(); ++i)
    if (i % 3 == 2 ? mac[i] != ':' : !IsLowerHex(mac[i])) return false;
  return true;
}

std::optional<std::string> NormaliseMac(std::string_view mac) {
  constexpr std::size_t kBytes = 6, kDigits = 2;
  const std::string lower = Lower(mac);
  std::vector<std::string_view> bytes;
  if (lower.size() == kBytes * kDigits && std::all_of(lower.begin(), lower.end(), IsLowerHex)) {
    for (std::size_t at = 0; at < lower.size(); at += kDigits) bytes.push_back(std::string_view(lower).substr(at, kDigits));
  } else {
    bytes = Split(lower, lower.find('-') == std::string::npos ? ':' : '-');
  }
  std::string normal;
  for (const std::string_view byte : bytes) {
    if (byte.empty() || byte.size() > kDigits) return std::nullopt;
    normal += (normal.empty() ? "" : ":") + std::string(kDigits - byte.size(), '0') + std::string(byte);
  }
  if (!IsNormalMac(normal)) return std::nullopt;
  return normal;
}

bool IsDottedQuad(std::string_view ip) {
  const auto numbers = Split(ip, '.');
  return numbers.size() == 4 && std::all_of(numbers.begin(), numbers.end(), [](std::string_view number) {
           if (number.empty() || number.size() > 3 || (number.size() > 1 && number.front() == '0')) return false;
           const auto value = ParseDecimal(number);
           return value && *value <= 255;
         });
}

Result<> CheckDevice(const Json& device) {
  if (const Json* mac = MemberOf(device, "mac"); mac != nullptr && (!mac->is_string() || !IsNormalMac(mac->get_ref<const std::string&>())))
    return Fail(ErrorKind::kInvalid, "The member 'mac' must be a MAC address in lower case with colons, such as 00:1a:2b:3c:4d:5e");
  if (const Json* ip = MemberOf(device, "ip"); ip != nullptr && (!ip->is_string() || !IsDottedQuad(ip->get_ref<const std::string&>())))
    return Fail(ErrorKind::kInvalid, "The member 'ip' must be an IPv4 address in dotted decimals, such as 192.0.2.7");
  return {};
}

bool ConcernsPhone(const Json& before, const Json& after) {
  return std::any_of(kPhoneMembers.begin(), kPhoneMembers.end(), [&](const char* name) {
    const Json* old_value = MemberOf(before, name);
    const Json* new_value = MemberOf(after, name);
    if (old_value == nullptr || new_value == nullptr) return old_value != new_value;
    return !AreEqual(*old_value, *new_value);
  });
}

std::string TextOf(const Json& document, std::string_view name) {
  const Json* value = MemberOf(document, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace provdlab::server
