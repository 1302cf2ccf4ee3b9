#include "simulator/dhcp/server.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace provdlab::dhcp {
namespace {

constexpr std::uint64_t kLeastPrefix = 8, kMostPrefix = 30;

std::optional<std::uint32_t> ParseAddress(std::string_view text) {
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::uint32_t address = 0;
  for (const std::string_view part : parts) {
    const auto number = ParseDecimal(part);
    if (!number || *number > 255 || part.size() > 3) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(*number);
  }
  return address;
}

std::string Hexadecimal(unsigned char byte) {
  std::array<char, 4> text;
  return std::string(text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%x", byte)));
}

}  // namespace

Result<Pool> PoolFrom(std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto address = ParseAddress(network.substr(0, slash));
  const std::uint64_t prefix = slash == std::string_view::npos ? 0 : ParseDecimal(network.substr(slash + 1)).value_or(0);
  if (!address || prefix < kLeastPrefix || prefix > kMostPrefix) {
    return Fail(ErrorKind::kInvalid, "\"" + std::string(network) + "\" is no network of IPv4 addresses; write it like 127.1.0.0/16, with " +
                                         std::to_string(kLeastPrefix) + " to " + std::to_string(kMostPrefix) + " behind the slash");
  }
  const std::uint32_t size = 1u << (32 - prefix);
  const std::uint32_t begin = *address & ~(size - 1);
  return Pool{begin + 1, size - 2};
}

bool IsLoopback(const Pool& pool) { return pool.first >> 24 == 127 && (pool.first + pool.count - 1) >> 24 == 127; }

std::string AddressText(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += std::to_string(address >> shift & 0xFF) + (shift == 0 ? "" : ".");
  return text;
}

Server::Server(Rules rules, ServerOptions options) : rules_(std::move(rules)), options_(std::move(options)) {}

Server::Binding* Server::Bind(const std::string& mac, Milliseconds now) {
  if (const auto known = bindings_.find(mac); known != bindings_.end()) return &known->second;
  if (given_ < options_.pool.count) return &bindings_.emplace(mac, Binding{options_.pool.first + given_++}).first->second;
  const auto unused =
      std::min_element(bindings_.begin(), bindings_.end(), [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
  if (unused == bindings_.end() || unused->second.until > now) return nullptr;
  const std::uint32_t address = unused->second.address;
  bindings_.erase(unused);
  return &bindings_.emplace(mac, Binding{address}).first->second;
}

bool Server::Reserve(const std::string& mac) {
  // An address that somebody had before is not kept for somebody who may never come.
  return bindings_.contains(mac) || (given_ < options_.pool.count && Bind(mac, Milliseconds(0)) != nullptr);
}

void Server::Assign(const std::string& mac, std::uint32_t address) { bindings_[mac].address = address; }

std::optional<Lease> Server::Ask(const std::string& mac, const Options& sent, Milliseconds now) {
  Binding* const binding = Bind(mac, now);
  if (binding == nullptr) return std::nullopt;
  binding->until = now + rules_.lease_time();
  Client client{.mac = mac};
  if (const auto vendor_class = sent.find(kVendorClassOption); vendor_class != sent.end()) client.vendor_class = vendor_class->second;
  return Lease{AddressText(binding->address), rules_.OptionsFor(client, options_.site), rules_.lease_time()};
}

void Server::Release(const std::string& mac, Milliseconds now) {
  if (const auto known = bindings_.find(mac); known != bindings_.end()) known->second.until = std::min(known->second.until, now);
}

std::string UnpaddedMac(std::string_view mac) {
  std::string unpadded;
  for (const std::string_view group : Split(mac, ':')) {
    const std::size_t digit = std::min(group.find_first_not_of('0'), group.size() - 1);
    unpadded += (unpadded.empty() ? "" : ":") + std::string(group.substr(group.empty() ? 0 : digit));
  }
  return unpadded;
}

std::string PushedOption(int code, std::string_view bytes) {
  std::array<char, 16> number;
  std::string text(number.data(), static_cast<std::size_t>(std::snprintf(number.data(), number.size(), "%03d", code)));
  for (std::size_t i = 0; i < bytes.size(); ++i) text += (i == 0 ? "" : ".") + Hexadecimal(static_cast<unsigned char>(bytes[i]));
  return text;
}

std::string CommitBody(std::string_view ip, std::string_view mac, const Options& sent, const std::vector<int>& pushed) {
  Json options = Json::array();
  for (const int code : pushed) {
    if (const auto option = sent.find(code); option != sent.end()) options.push_back(PushedOption(code, option->second));
  }
  return DumpJson(Json{{"dhcp_info", {{"op", "commit"}, {"ip", ip}, {"mac", UnpaddedMac(mac)}, {"options", options}}}});
}

}  // namespace provdlab::dhcp
