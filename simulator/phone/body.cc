#include "simulator/phone/body.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "simulator/phone/gates.h"

namespace provdlab::phone {
namespace {

const Model& ModelOf(const ProfileData& data, const std::string& name) {
  const auto found = data.models.find(name);
  if (found == data.models.end()) std::abort();  // Phone's contract
  return found->second;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string WithSeparator(const std::string& mac, std::string_view separator) {
  std::string text;
  for (const char c : mac) {
    if (c == ':')
      text += separator;
    else
      text += c;
  }
  return text;
}

}  // namespace

Body::Body(const ProfileData& data, Unit of) : profile(data), model(ModelOf(data, of.model)), unit(std::move(of)), random_(unit.seed) {
  unit.mac = Lower(unit.mac);
  if (unit.firmware.empty()) unit.firmware = model.version;
  if (unit.boot_firmware.empty()) unit.boot_firmware = model.boot_version;
}

std::optional<std::string> Body::Word(std::string_view word, std::string_view argument) const {
  if (word == "setting") return Setting(argument);
  if (word == "model") return model.name;
  if (word == "mac") return WithSeparator(unit.mac, "");
  if (word == "MAC") return Upper(WithSeparator(unit.mac, ""));
  if (word == "mac-dashed") return WithSeparator(unit.mac, "-");
  if (word == "MAC-DASHED") return Upper(WithSeparator(unit.mac, "-"));
  if (word == "mac-colons") return unit.mac;
  if (word == "MAC-COLONS") return Upper(unit.mac);
  if (word == "version") return in_boot_program ? unit.boot_firmware : unit.firmware;
  if (word == "application_version") return unit.firmware;
  if (word == "boot_version") return unit.boot_firmware;
  if (word == "program") return in_boot_program ? "boot_program" : "application";
  if (word == "ip") return ip.empty() ? std::nullopt : std::optional(ip);
  if (word == "server_file") return server_file.empty() ? std::nullopt : std::optional(server_file);
  const auto cases = model.names.find(word);
  if (cases == model.names.end()) return std::nullopt;
  for (const Case& each : cases->second)
    if (Holds(each.when, *this)) return Say(each.text);
  return std::nullopt;
}

std::optional<std::string> Body::Setting(std::string_view name) const {
  const std::string normal = NormalSetting(profile.settings, name);
  const auto given = [](const std::string* value) { return value == nullptr || value->empty() ? std::nullopt : std::optional(*value); };
  if (!reading) return given(Settings::Unpacked(flash).Find(normal));
  const std::string* fresh = reading->fresh.Find(normal);
  const bool counts = fresh != nullptr && !IsBehindClosedGate(profile.settings, normal, reading->fresh);
  return given(counts ? fresh : reading->old.Find(normal));
}

std::string Body::WithVariables(std::string text) const {
  for (const auto& [variable, phrase] : profile.settings.variables) {
    std::optional<std::string> meaning;
    for (std::size_t at = text.find(variable); at != std::string::npos; at = text.find(variable, at)) {
      if (!meaning) meaning = Say(phrase).value_or("");
      text.replace(at, variable.size(), *meaning);
      at += meaning->size();
    }
  }
  return text;
}

std::int64_t Body::Number(const Quantity& quantity) const {
  if (!quantity.of) return quantity.otherwise;
  const std::optional<std::string> text = Say(*quantity.of);
  const auto number = text ? ParseDecimal(Trim(*text)) : std::nullopt;
  constexpr std::uint64_t kSane = 1'000'000'000;
  if (!number || *number > kSane) return quantity.otherwise;
  const std::int64_t value = static_cast<std::int64_t>(*number) * quantity.unit;
  return value < quantity.least || value > quantity.most ? quantity.otherwise : value;
}

void Body::Show(std::string text) {
  if (display == text) return;
  display = text;
  Tell(phone::Tell::What::kDisplay, text.empty() ? "its usual screen" : std::move(text));
}

void Body::Reach(Stage reached, const std::string& detail) {
  if (stage == reached) return;
  stage = reached;
  Tell(phone::Tell::What::kStage, std::string(StageName(reached)) + (detail.empty() ? "" : ": " + detail));
}

int Body::StartTimer(Milliseconds after) {
  const int timer = ++last_number_;
  Do(SetTimer{timer, after});
  return timer;
}

void Body::StopTimer(int& timer) {
  if (timer != 0) Do(phone::StopTimer{std::exchange(timer, 0)});
}

std::uint64_t Body::Random() {
  // SplitMix64 (Steele, Lea, Flood 2014).
  random_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::string Body::RandomToken() { return Hex(Random()); }

std::string Hex(std::uint64_t number) {
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::string Shown(std::string_view text) {
  constexpr std::size_t kLongest = 160;
  std::string shown(text.substr(0, kLongest));
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '.';
  return shown;
}

}  // namespace provdlab::phone
