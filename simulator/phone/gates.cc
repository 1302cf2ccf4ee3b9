#include "simulator/phone/gates.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr std::string_view kOpen = "1";
constexpr std::string_view kName = "{name}";

// Whether `name` is one of those that open gates, which never stand behind one themselves.
bool Opens(const SettingRules::Gate& gate, std::string_view name) {
  return std::any_of(gate.opened_by.begin(), gate.opened_by.end(), [&](std::string_view opener) {
    const std::size_t at = opener.find(kName);
    if (at == std::string_view::npos) return name == opener;
    return name.starts_with(opener.substr(0, at)) && name.ends_with(opener.substr(at + kName.size()));
  });
}

bool IsOpen(const SettingRules::Gate& gate, const std::string& name, const Settings& settings) {
  return std::all_of(gate.opened_by.begin(), gate.opened_by.end(), [&](std::string opener) {
    if (const std::size_t at = opener.find(kName); at != std::string::npos) opener.replace(at, kName.size(), name);
    const std::string* value = settings.Find(opener);
    return value != nullptr && *value == kOpen;
  });
}

}  // namespace

bool IsBehindClosedGate(const SettingRules& rules, const std::string& name, const Settings& settings) {
  return std::any_of(rules.gates.begin(), rules.gates.end(), [&](const SettingRules::Gate& gate) {
    return GlobMatch(gate.settings, name) && !Opens(gate, name) && !IsOpen(gate, name, settings);
  });
}

}  // namespace provdlab::phone
