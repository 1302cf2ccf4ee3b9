#include "simulator/phone/understanding.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace provdlab::phone {
namespace {

constexpr std::string_view kKey = "{key}";
constexpr std::int64_t kLongestExpiry = 7 * 86'400;
constexpr std::int64_t kMinutesOfADay = 24 * 60;

std::optional<std::int64_t> Integer(std::string_view text) {
  text = Trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = ParseDecimal(text);
  constexpr std::uint64_t kLargest = 1'000'000'000;
  if (!number || *number > kLargest) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*number) : static_cast<std::int64_t>(*number);
}

// What facts are about: one line, one key, or the phone as a whole.
class Subject : public Circumstances {
 public:
  Subject(const ProfileData& profile, const Settings& settings, const Circumstances& phone)
      : profile_(profile), settings_(settings), phone_(phone) {}
  Subject(const Subject& whole, int number) : Subject(whole) { number_ = number; }
  Subject(const Subject& whole, std::string key) : Subject(whole) { key_ = std::move(key); }

  std::optional<std::string> Word(std::string_view word, std::string_view argument) const override {
    if (word == "key") return key_;
    if (word != "setting") return phone_.Word(word, argument);
    const std::string* value = Find(NormalSetting(profile_.settings, argument));
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  std::string ApplicationVersion() const override { return phone_.ApplicationVersion(); }
  std::string BootVersion() const override { return phone_.BootVersion(); }
  bool Factory() const override { return phone_.Factory(); }

  // The text of a fact, "" if it has none.
  std::string Text(const Fact& fact) const {
    const std::vector<std::string>& nothing = profile_.understanding.nothing;
    for (const Fact::Alternative& alternative : fact.alternatives) {
      std::optional<std::string> text = TextOf(alternative);
      if (text && !text->empty() && std::find(nothing.begin(), nothing.end(), *text) == nothing.end()) return *text;
    }
    return "";
  }
  std::int64_t Number(const Fact& fact, std::int64_t least, std::int64_t most, std::int64_t otherwise) const {
    const std::optional<std::int64_t> number = Integer(Text(fact));
    return number && *number >= least && *number <= most ? *number : otherwise;
  }

 private:
  const std::string* Find(std::string name) const {
    if (number_ >= 0) name = WithNumber(name, number_);
    if (const std::size_t at = name.find(kKey); at != std::string::npos) name.replace(at, kKey.size(), key_);
    return settings_.Find(name);
  }

  std::optional<std::string> TextOf(const Fact::Alternative& alternative) const {
    if (!Holds(alternative.when, *this)) return std::nullopt;
    std::string text = alternative.always;
    if (!alternative.setting.empty()) {
      const std::string* value = Find(alternative.setting);
      if (value == nullptr) return std::nullopt;
      text = *value;
    }
    if (alternative.values) {
      const auto meaning = alternative.values->find(text);
      if (meaning == alternative.values->end()) return alternative.otherwise;
      text = meaning->second;
    }
    if (!alternative.number) return text;
    const std::optional<std::int64_t> number = Integer(text);
    if (!number) return std::nullopt;
    return std::to_string(*number * alternative.times / alternative.divided_by);
  }

  const ProfileData& profile_;
  const Settings& settings_;
  const Circumstances& phone_;
  int number_ = -1;
  std::string key_{};
};

// The settings with those that come of taking others apart: "line1.user" of "line1".
Settings TakenApart(const Understanding& understanding, const Settings& settings) {
  Settings whole = settings;
  for (const auto& [name, value] : settings.values()) {
    for (const Understanding::Split& split : understanding.splits) {
      if (name != split.setting && NumberIn(name, split.setting) < 0) continue;
      for (const Pattern& pattern : split.patterns) {
        const std::optional<Pattern::Parts> parts = pattern.Match(value);
        if (!parts) continue;
        for (const auto& [part, text] : *parts) whole.Set(name + "." + part, text);
        break;
      }
    }
  }
  return whole;
}

std::string Clock(std::int64_t minutes) {
  std::string text = std::to_string(minutes / 60);
  if (minutes % 60 == 0) return text;
  const std::string rest = std::to_string(minutes % 60);
  return text + ":" + (rest.size() == 1 ? "0" : "") + rest;
}

// "<+01>-1", the name and offset of a zone as POSIX has it, where what is east of Greenwich is negative.
std::string ZoneAndOffset(std::int64_t minutes) {
  const std::int64_t size = std::abs(minutes);
  std::string name = minutes < 0 ? "-" : "+";
  for (const std::int64_t part : {size / 60, size % 60}) {
    if (part == 0 && part == size % 60 && name.size() > 1) break;
    name += part < 10 ? "0" + std::to_string(part) : std::to_string(part);
  }
  return "<" + name + ">" + (minutes > 0 ? "-" : "") + Clock(size);
}

// "M3.5.0/2"; nothing if it is no moment of a year.
std::optional<std::string> MomentOf(const Subject& phone, const SummerFact::Moment& moment) {
  const std::int64_t month = phone.Number(moment.month, 1, 12, 0);
  const std::int64_t week = phone.Number(moment.week, 1, 5, 0);
  const std::int64_t weekday = phone.Number(moment.weekday, 0, 6, -1);
  if (month == 0 || week == 0 || weekday < 0) return std::nullopt;
  constexpr std::int64_t kUsualHour = 2;  // POSIX
  const std::int64_t hour = phone.Number(moment.hour, 0, 24, kUsualHour);
  return "M" + std::to_string(month) + "." + std::to_string(week) + "." + std::to_string(weekday) + "/" + std::to_string(hour);
}

std::string TimeZone(const Understanding& understanding, const Subject& phone) {
  constexpr std::int64_t kNone = kMinutesOfADay + 1;
  const std::int64_t minutes = phone.Number(understanding.zone_minutes, -kMinutesOfADay, kMinutesOfADay, kNone);
  if (minutes == kNone) return "";
  const std::string standard = ZoneAndOffset(minutes);
  if (!understanding.summer || !Holds(understanding.summer->when, phone)) return standard;
  const std::optional<std::string> start = MomentOf(phone, understanding.summer->start);
  const std::optional<std::string> end = MomentOf(phone, understanding.summer->end);
  constexpr std::int64_t kUsualSaving = 60;
  const std::int64_t save = phone.Number(understanding.summer->save_minutes, -kMinutesOfADay, kMinutesOfADay, kUsualSaving);
  if (!start || !end || save == 0) return standard;
  return standard + ZoneAndOffset(minutes + save) + "," + *start + "," + *end;
}

}  // namespace

Understood Understand(const ProfileData& profile, const Model& model, const Settings& settings, const Circumstances& circumstances) {
  const Understanding& understanding = profile.understanding;
  const Settings whole = TakenApart(understanding, settings);
  const Subject phone(profile, whole, circumstances);
  Understood understood;
  Knowledge& knowledge = understood.knowledge;

  const auto server = [&](const Subject& line, const ServerFact& fact) {
    Server found{.host = line.Text(fact.host)};
    if (!found.host.empty()) found.port = static_cast<std::uint16_t>(line.Number(fact.port, 1, 65'535, 0));
    return found;
  };
  for (int number = 1; number <= model.lines; ++number) {
    const Subject line(phone, number);
    Line account{.number = number};
    account.username = line.Text(understanding.username);
    account.registrar = server(line, understanding.registrar);
    if (account.username.empty() || account.registrar.host.empty()) continue;
    if (understanding.line_off && Holds(*understanding.line_off, line)) continue;
    account.auth_username = line.Text(understanding.auth_username);
    account.password = line.Text(understanding.password);
    account.display_name = line.Text(understanding.display_name);
    account.label = line.Text(understanding.label);
    account.voicemail = line.Text(understanding.voicemail);
    account.proxy = server(line, understanding.proxy);
    account.backup_registrar = server(line, understanding.backup_registrar);
    account.backup_proxy = server(line, understanding.backup_proxy);
    account.transport = line.Text(understanding.transport);
    knowledge.lines.push_back(std::move(account));
    understood.expiries.push_back(static_cast<std::uint32_t>(line.Number(understanding.expires, 1, kLongestExpiry, 0)));
  }
  for (const KeyBlock& block : model.keys) {
    for (int number = block.first; number < block.first + block.count; ++number) {
      const std::string name = WithNumber(block.name, number);
      const Subject key(phone, name);
      const std::string type = key.Text(understanding.key_type);
      if (type.empty() || std::find(understanding.keys_off.begin(), understanding.keys_off.end(), type) != understanding.keys_off.end())
        continue;
      knowledge.keys.push_back({.name = name,
                                .type = type,
                                .value = key.Text(understanding.key_value),
                                .label = key.Text(understanding.key_label),
                                .line = static_cast<int>(key.Number(understanding.key_line, 1, 100, 0))});
    }
  }
  knowledge.language = phone.Text(understanding.language);
  knowledge.ntp_server = phone.Text(understanding.ntp_server);
  knowledge.admin_password = phone.Text(understanding.admin_password);
  knowledge.time_zone = TimeZone(understanding, phone);
  for (const auto& [name, fact] : understanding.other)
    if (std::string text = phone.Text(fact); !text.empty()) knowledge.other.emplace(name, std::move(text));
  return understood;
}

void ForgetWhatIsOff(const Understanding& understanding, const Model& model, const Knowledge& knowledge, Settings& settings) {
  for (int number = 1; number <= model.lines; ++number) {
    const bool is_on = std::any_of(knowledge.lines.begin(), knowledge.lines.end(), [&](const Line& line) { return line.number == number; });
    if (is_on) continue;
    for (const std::string& setting : understanding.line_settings) settings.Erase(WithNumber(setting, number));
  }
  for (const KeyBlock& block : model.keys) {
    for (int number = block.first; number < block.first + block.count; ++number) {
      const std::string name = WithNumber(block.name, number);
      const bool is_on = std::any_of(knowledge.keys.begin(), knowledge.keys.end(), [&](const Key& key) { return key.name == name; });
      if (is_on) continue;
      for (std::string setting : understanding.key_settings) settings.Erase(setting.replace(setting.find(kKey), kKey.size(), name));
    }
  }
}

}  // namespace provdlab::phone
