#include "simulator/phone/settings.h"

#include <cstddef>

#include "base/text.h"

namespace provdlab::phone {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void Settings::Set(std::string_view name, std::string_view value) { values_.insert_or_assign(std::string(name), std::string(value)); }

const std::string* Settings::Find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

void Settings::Erase(std::string_view name) {
  const auto found = values_.find(name);
  if (found != values_.end()) values_.erase(found);
}

std::string Settings::Packed() const {
  std::size_t size = 0;
  for (const auto& [name, value] : values_) size += name.size() + value.size() + 2;
  std::string packed;
  packed.reserve(size);
  for (const auto& [name, value] : values_) packed.append(name).append(1, '\0').append(value).append(1, '\0');
  return packed;
}

Settings Settings::Unpacked(std::string_view packed) {
  Settings settings;
  while (!packed.empty()) {
    const std::size_t name_end = packed.find('\0');
    const std::size_t value_end = name_end == std::string_view::npos ? name_end : packed.find('\0', name_end + 1);
    if (value_end == std::string_view::npos) break;
    settings.values_.emplace_hint(settings.values_.end(), packed.substr(0, name_end),
                                  packed.substr(name_end + 1, value_end - name_end - 1));
    packed.remove_prefix(value_end + 1);
  }
  return settings;
}

bool EachWriting(std::string_view name, const std::function<bool(std::string_view)>& use) {
  if (!use(name)) return false;
  for (std::size_t at = 0; at < name.size();) {
    if (!IsDigit(name[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < name.size() && IsDigit(name[end])) ++end;
    if (!use(std::string(name.substr(0, at)) + "#" + std::string(name.substr(end)))) return false;
    at = end;
  }
  return true;
}

int NumberIn(std::string_view name, std::string_view pattern) {
  const std::size_t at = pattern.find('#');
  if (at == std::string_view::npos) return -1;
  const std::string_view before = pattern.substr(0, at);
  const std::string_view behind = pattern.substr(at + 1);
  if (name.size() <= before.size() + behind.size() || !name.starts_with(before) || !name.ends_with(behind)) return -1;
  const std::string_view digits = name.substr(at, name.size() - before.size() - behind.size());
  constexpr std::size_t kMostDigits = 6;
  if (digits.size() > kMostDigits) return -1;
  const auto number = ParseDecimal(digits);
  return number ? static_cast<int>(*number) : -1;
}

std::string WithNumber(std::string_view text, int number) {
  std::string result;
  for (const char c : text) {
    if (c == '#')
      result += std::to_string(number);
    else
      result += c;
  }
  return result;
}

}  // namespace provdlab::phone
