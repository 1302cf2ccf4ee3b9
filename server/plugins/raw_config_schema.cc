#include "server/plugins/raw_config_schema.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "server/plugins/raw_config_parameters.h"

namespace provdlab::server {
namespace {

struct Range {
  std::string_view names_end_with;
  std::uint64_t least, most;
};
// IEEE 802.1Q has 12 bits of id, of which two values mean something else, and 3 bits of priority.
constexpr std::array kRanges = {Range{"vlan_id", 1, 4094}, Range{"vlan_pc_port_id", 1, 4094}, Range{"vlan_priority", 0, 7},
                                Range{"_port", 1, 65535}};

tl::unexpected<Error> Wrong(const std::string& name, const std::string& what) {
  return Fail(ErrorKind::kInvalid, "The member '" + name + "' of 'raw_config' " + what);
}

std::optional<std::uint64_t> NumberOf(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  return value.is_string() ? ParseDecimal(value.get_ref<const std::string&>()) : std::nullopt;
}

Result<> CheckMember(const std::string& name, const Json& value, const RawConfigParameter& parameter) {
  using Kind = RawConfigParameter::Kind;
  if (parameter.kind == Kind::kFlag && !value.is_boolean()) return Wrong(name, "must be true or false");
  if (parameter.kind == Kind::kText && !value.is_string() && !value.is_number_integer()) return Wrong(name, "must be a string");
  if (parameter.kind == Kind::kObject && !value.is_object()) return Wrong(name, "must be an object");
  if (!parameter.values.empty()) {
    const bool listed = value.is_string() && std::count(parameter.values.begin(), parameter.values.end(), value.get<std::string>()) > 0;
    if (!listed) return Wrong(name, "must be one of " + Join({parameter.values.begin(), parameter.values.end()}, ", "));
  }
  for (const Range& range : kRanges) {
    if (!name.ends_with(range.names_end_with)) continue;
    const auto number = NumberOf(value);
    if (!number || *number < range.least || *number > range.most)
      return Wrong(name, "must be a number from " + std::to_string(range.least) + " to " + std::to_string(range.most));
    break;
  }
  return {};
}

}  // namespace

Result<> CheckRawConfigBySchema(const Json& raw_config) {
  for (const auto& [name, value] : raw_config.items()) {
    if (name.starts_with("X_")) continue;
    const RawConfigParameter* const parameter = FindRawConfigParameter(name);
    if (parameter == nullptr) return Wrong(name.substr(0, 80), "is unknown; names of your own begin with X_");
    if (value.is_null()) continue;
    if (auto right = CheckMember(name, value, *parameter); !right) return right;
  }
  return {};
}

}  // namespace provdlab::server
