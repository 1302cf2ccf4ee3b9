#include "simulator/phone/profile.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "simulator/phone/profile_data.h"

namespace provdlab::phone {

const std::string& Profile::name() const { return data_->name; }
const std::string& Profile::vendor() const { return data_->vendor; }

std::vector<std::string> Profile::models() const {
  std::vector<std::string> names;
  for (const auto& [name, model] : data_->models) names.push_back(name);
  std::sort(names.begin(), names.end(), NaturalLess);
  return names;
}

bool Profile::HasModel(std::string_view model) const { return data_->models.contains(model); }
const std::vector<std::string>& Profile::ouis() const { return data_->ouis; }
const std::vector<Assumption>& Profile::assumptions() const { return data_->assumptions; }

std::string NormalSetting(const SettingRules& rules, std::string_view name) {
  const auto* lines = std::get_if<LinesSyntax>(&rules.syntax);
  return lines == nullptr ? std::string(name) : NormalName(name, *lines);
}

std::string MintMac(const Profile& profile, std::uint64_t seed) {
  // An odd factor maps the 20 bits onto themselves, so that neighbours don't look like neighbours and none is met twice.
  constexpr std::uint64_t kSpace = 1u << 20;
  constexpr std::uint64_t kFactor = 662'821;
  const unsigned drawn = static_cast<unsigned>((seed * kFactor + 1) % kSpace);
  char text[16];
  std::snprintf(text, sizeof text, ":a%x:%02x:%02x", drawn >> 16, drawn >> 8 & 0xff, drawn & 0xff);
  return profile.ouis().front() + text;
}

}  // namespace provdlab::phone
