#include "simulator/phone/reading.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "simulator/phone/addressing.h"
#include "simulator/phone/gates.h"
#include "simulator/phone/inspection.h"
#include "simulator/phone/syntax/attributes.h"
#include "simulator/phone/syntax/lines.h"
#include "simulator/phone/understanding.h"

namespace provdlab::phone {
namespace {

constexpr std::size_t kMostFiles = 64;  // whose digests are remembered

std::string* DigestOf(std::vector<std::pair<std::string, std::string>>& files, const std::string& name) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.first == name; });
  return found == files.end() ? nullptr : &found->second;
}

void Remember(std::vector<std::pair<std::string, std::string>>& files, const std::string& name, const std::string& digest) {
  if (std::string* known = DigestOf(files, name))
    *known = digest;
  else if (files.size() < kMostFiles)
    files.emplace_back(name, digest);
}

bool IsUsed(const ProfileData& profile, std::string_view name) {
  bool used = false;
  EachWriting(name, [&](std::string_view writing) {
    used = profile.used_settings.contains(writing);
    return !used;
  });
  return used;
}

bool MatchesOne(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return GlobMatch(pattern, name); });
}

// A further piece of a value belongs to the value: "zone.2" is over when a file has another "zone".
bool IsPieceOfNewValue(const SettingRules& rules, std::string_view name, const Settings& fresh) {
  const auto* lines = std::get_if<LinesSyntax>(&rules.syntax);
  if (lines == nullptr || lines->pieces.empty()) return false;
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && ParseDecimal(name.substr(dot + 1)) && fresh.Find(name.substr(0, dot)) != nullptr;
}

}  // namespace

void BeginReading(Body& body) {
  body.reading = std::make_unique<Reading>();
  body.reading->old = Settings::Unpacked(body.flash);
}

void NoteFile(Body& body, const std::string& name, const std::string& digest) {
  Remember(body.reading->files, name, digest);
  const std::string* known = DigestOf(body.files, name);
  if (known == nullptr || *known != digest) body.reading->changed = true;
}

Result<int> ReadFile(Body& body, const ReadableFile& file) {
  NoteFile(body, file.name, file.digest);
  const SettingRules& rules = body.profile.settings;
  const auto* lines = std::get_if<LinesSyntax>(&rules.syntax);
  Result<std::vector<Setting>> settings = file.size > file.text.size()
                                              ? Fail(ErrorKind::kInvalid, "it is larger than " + std::to_string(kLargestFile) + " bytes")
                                              : (lines == nullptr ? ReadAttributes(file.text) : ReadLines(file.text, *lines));
  if (!settings) {
    body.reading->failed = true;
    return Fail(settings.error());
  }
  for (const Oddity& oddity : Inspect(body.profile, *settings))
    body.Tell(oddity.kind == Oddity::Kind::kNone ? Tell::What::kNone : Tell::What::kNoHost, Shown(file.name + ": " + oddity.sentence));
  body.reading->unapplied = true;
  Settings& fresh = body.reading->fresh;
  for (const Setting& setting : *settings) {
    if (!IsUsed(body.profile, setting.name)) continue;
    if (!file.wins && rules.first_counts && fresh.Find(setting.name) != nullptr) continue;
    fresh.Set(setting.name, setting.value);
  }
  return static_cast<int>(settings->size());
}

void ApplyReading(Body& body) {
  Reading& reading = *body.reading;
  if (!std::exchange(reading.unapplied, false)) return;
  const SettingRules& rules = body.profile.settings;
  // Without any older settings, some are better than none.
  if (reading.failed && !rules.merge_on_failure && !body.factory) return;
  Settings settings;
  for (const auto& [name, value] : reading.fresh.values())
    if (!value.empty() && !IsBehindClosedGate(rules, name, reading.fresh)) settings.Set(name, value);
  for (const auto& [name, value] : reading.old.values()) {
    if (reading.fresh.Find(name) != nullptr || IsPieceOfNewValue(rules, name, reading.fresh)) continue;
    if (MatchesOne(rules.lasting, name) || (reading.failed && rules.merge_on_failure)) settings.Set(name, value);
  }
  for (const auto& [name, digest] : reading.files) Remember(body.files, name, digest);
  body.factory = false;
  Understood understood = Understand(body.profile, body.model, settings, body);
  body.knowledge = std::move(understood.knowledge);
  ForgetWhatIsOff(body.profile.understanding, body.model, body.knowledge, settings);
  body.flash = settings.Packed();
  body.expiries = std::move(understood.expiries);
  body.knowledge.provisioning_url = UrlOfSettings(body).value_or("");
  if (reading.own_fetched && body.stage < Stage::kFetched) body.Reach(Stage::kFetched);
  if (reading.own_understood && body.stage < Stage::kParsed) body.Reach(Stage::kParsed);
}

void EndReading(Body& body) { body.reading.reset(); }

void ForgetSettings(Body& body) {
  Settings lasting;
  const Settings before = Settings::Unpacked(body.flash);
  for (const auto& [name, value] : before.values())
    if (MatchesOne(body.profile.settings.lasting, name)) lasting.Set(name, value);
  body.flash = lasting.Packed();
  body.files.clear();
  body.reading.reset();
  body.knowledge = Knowledge();
  body.knowledge.provisioning_url = UrlOfSettings(body).value_or("");
  body.expiries.clear();
  body.factory = true;
}

}  // namespace provdlab::phone
