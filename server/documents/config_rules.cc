#include "server/documents/config_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"
#include "server/documents/selector.h"

namespace provdlab::server {

Result<> CheckConfig(const Json& config) {
  const auto parents = config.find("parent_ids");
  const bool are_texts = parents != config.end() && parents->is_array() &&
                         std::all_of(parents->begin(), parents->end(), [](const Json& parent) { return parent.is_string(); });
  if (!are_texts) return Fail(ErrorKind::kInvalid, "The member 'parent_ids' must be a list of strings; it may be empty");
  const auto raw_config = config.find("raw_config");
  if (raw_config == config.end() || !raw_config->is_object())
    return Fail(ErrorKind::kInvalid, "The member 'raw_config' must be an object; it may be empty");
  return {};
}

bool IsTransient(const Json& config) { return config.value("transient", Json()) == true; }

bool IsDeletable(const Json& config) { return config.value("deletable", Json()) != false; }

Result<Json> ConfigBelow(const Json& base, const Json& raw_config, std::uint64_t number) {
  const auto found = ValuesAt(raw_config, {"sip_lines", "1", "username"});
  if (found.empty() || !found.front()->is_string() || found.front()->get_ref<const std::string&>().empty())
    return Fail(ErrorKind::kInvalid, "The config with the role autocreate has no username for line 1, so no other can be made from it");
  std::string username = found.front()->get<std::string>();
  // "a1" with 1 behind it must not be what "a" with 11 is: the last digits of a username are its number, which never comes twice.
  if (username.back() >= '0' && username.back() <= '9') username += '-';
  username += std::to_string(number);
  return Json{{"parent_ids", Json::array({base.at("id")})},
              {"raw_config", {{"sip_lines", {{"1", {{"username", username}}}}}}},
              {"transient", true}};
}

std::uint64_t NumberOf(const Json& config) {
  const auto username = ValuesAt(config, {"raw_config", "sip_lines", "1", "username"});
  if (!IsTransient(config) || username.empty() || !username.front()->is_string()) return 0;
  const auto& text = username.front()->get_ref<const std::string&>();
  const std::size_t last_other = text.find_last_not_of("0123456789");
  const std::string_view digits = std::string_view(text).substr(last_other == std::string::npos ? 0 : last_other + 1);
  // Nobody has made so many that a longer one could be a number.
  constexpr std::size_t kMostDigits = 15;
  return digits.size() > kMostDigits ? 0 : ParseDecimal(digits).value_or(0);
}

}  // namespace provdlab::server
