#include "simulator/phone/inspection.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"
#include "simulator/phone/settings.h"
#include "simulator/phone/syntax/attributes.h"
#include "simulator/phone/syntax/lines.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kMostOddities = 5;
// How languages write that there is nothing. In small letters `none` is a value of many a phone.
constexpr std::array<std::string_view, 3> kNothing = {"None", "null", "undefined"};

bool AreDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "None", "None:5060", "ada@None", "http://None/": a part of an address, or all of the value.
bool SaysNone(std::string_view value) {
  constexpr std::string_view kBetweenParts = "@:/;,";
  while (!value.empty()) {
    const std::size_t end = value.find_first_of(kBetweenParts);
    const std::string_view part = Trim(value.substr(0, end));
    if (std::find(kNothing.begin(), kNothing.end(), part) != kNothing.end()) return true;
    value = end == std::string_view::npos ? std::string_view() : value.substr(end + 1);
  }
  return false;
}

// "http:///Aastra", "http://:8667", ":8667", "ada@:5060".
bool LacksHost(std::string_view value) {
  constexpr std::string_view kScheme = "://";
  if (const std::size_t at = value.find(kScheme); at != std::string_view::npos && value.find(' ') == std::string_view::npos) {
    const std::string_view rest = value.substr(at + kScheme.size());
    return rest.empty() || std::string_view("/:?#").find(rest.front()) != std::string_view::npos;
  }
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos || !AreDigits(value.substr(colon + 1))) return false;
  return colon == 0 || value[colon - 1] == '@';
}

// The settings of one file, as conditions see them: with the number of a line in place of '#'.
class OfOneFile : public Circumstances {
 public:
  OfOneFile(const ProfileData& profile, const std::vector<Setting>& settings) : profile_(profile) {
    for (const Setting& setting : settings) values_.insert_or_assign(setting.name, setting.value);
  }
  void UseNumber(int number) { number_ = number; }

  std::optional<std::string> Word(std::string_view word, std::string_view argument) const override {
    if (word != "setting") return std::nullopt;
    std::string name = NormalSetting(profile_.settings, argument);
    if (number_ >= 0) name = WithNumber(name, number_);
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string ApplicationVersion() const override { return ""; }
  std::string BootVersion() const override { return ""; }
  bool Factory() const override { return false; }

 private:
  const ProfileData& profile_;
  std::map<std::string, std::string, std::less<>> values_;
  int number_ = -1;
};

}  // namespace

std::vector<Oddity> Inspect(const ProfileData& profile, const std::vector<Setting>& settings) {
  std::vector<Oddity> odd;
  const SettingRules& rules = profile.settings;
  OfOneFile file(profile, settings);
  for (const Setting& setting : settings) {
    if (odd.size() == kMostOddities) break;
    const std::string_view value = Trim(setting.value);
    const bool may_say_none = std::any_of(rules.may_say_none.begin(), rules.may_say_none.end(),
                                          [&](const std::string& pattern) { return GlobMatch(pattern, setting.name); });
    if (!may_say_none && SaysNone(value)) odd.push_back({Oddity::Kind::kNone, setting.name + " is " + setting.value});
    if (LacksHost(value)) odd.push_back({Oddity::Kind::kNoHost, setting.name + " has no host in " + setting.value});
    if (!value.empty()) continue;
    for (const SettingRules::Host& host : rules.hosts) {
      const int number = NumberIn(setting.name, host.setting);
      if (setting.name != host.setting && number < 0) continue;
      file.UseNumber(number);
      if (Holds(host.when, file)) odd.push_back({Oddity::Kind::kNoHost, setting.name + " names no host"});
    }
  }
  return odd;
}

std::vector<Oddity> Inspect(const ProfileData& profile, std::string_view text) {
  const auto* lines = std::get_if<LinesSyntax>(&profile.settings.syntax);
  const Result<std::vector<Setting>> settings = lines == nullptr ? ReadAttributes(text) : ReadLines(text, *lines);
  if (!settings) return {{Oddity::Kind::kUnreadable, settings.error().message}};
  return Inspect(profile, *settings);
}

}  // namespace provdlab::phone
