#include "conformance/requirements/ledger.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/json.h"
#include "conformance/requirements/files.h"

namespace provdlab::conformance {
namespace {

constexpr std::array kMembers = {"slug", "level", "sentence", "source", "dialects", "implies", "faults", "sibling"};

bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// area.rule-in-words
bool IsSlug(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsWord(c) || c == '.'; });
}

// 64-bit FNV-1a: tells ledgers apart in reports; nothing depends on its being hard to forge.
class Hash {
 public:
  void Add(std::string_view bytes) {
    for (const unsigned char byte : bytes) value_ = (value_ ^ byte) * 0x100000001b3u;
    value_ = (value_ ^ 0xffu) * 0x100000001b3u;
  }
  std::string Hex() const {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back("0123456789abcdef"[(value_ >> shift) & 15]);
    return text;
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

Result<std::string> Text(const Json& entry, const char* member, bool needed) {
  const auto found = entry.find(member);
  if (found == entry.end()) {
    if (!needed) return std::string();
    return Fail(ErrorKind::kInvalid, std::string("\"") + member + "\" is missing");
  }
  if (found->is_null() && !needed) return std::string();
  if (!found->is_string()) return Fail(ErrorKind::kInvalid, std::string("\"") + member + "\" is not a string");
  return found->get<std::string>();
}

Result<std::vector<std::string>> Texts(const Json& entry, const char* member) {
  std::vector<std::string> texts;
  const auto found = entry.find(member);
  if (found == entry.end()) return texts;
  if (!found->is_array()) return Fail(ErrorKind::kInvalid, std::string("\"") + member + "\" is not a list");
  for (const Json& text : *found) {
    if (!text.is_string()) return Fail(ErrorKind::kInvalid, std::string("\"") + member + "\" holds something that is not a string");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

Result<Requirement> Read(const Json& entry) {
  if (!entry.is_object()) return Fail(ErrorKind::kInvalid, "an entry is not an object");
  for (const auto& [member, ignored] : entry.items()) {
    if (std::find(kMembers.begin(), kMembers.end(), member) == kMembers.end()) {
      return Fail(ErrorKind::kInvalid, "\"" + member + "\" is not a member of a requirement");
    }
  }
  Requirement requirement;
  const auto slug = Text(entry, "slug", true);
  if (!slug) return Fail(slug.error());
  if (!IsSlug(*slug)) return Fail(ErrorKind::kInvalid, "\"" + *slug + "\" is not a slug like oip.delete-answers-204");
  requirement.slug = *slug;

  const auto level_name = Text(entry, "level", true);
  if (!level_name) return Fail(level_name.error());
  const auto level = LevelFromName(*level_name);
  if (!level) return Fail(ErrorKind::kInvalid, "level \"" + *level_name + "\" is none of must, should, may");
  requirement.level = *level;

  for (const auto& [member, place, needed] :
       {std::tuple{"sentence", &requirement.sentence, true}, std::tuple{"source", &requirement.source, true},
        std::tuple{"sibling", &requirement.sibling, false}}) {
    auto text = Text(entry, member, needed);
    if (!text) return Fail(text.error());
    *place = std::move(*text);
  }
  for (const auto& [member, place] : {std::pair{"dialects", &requirement.dialects}, std::pair{"implies", &requirement.implies},
                                      std::pair{"faults", &requirement.faults}}) {
    auto texts = Texts(entry, member);
    if (!texts) return Fail(texts.error());
    *place = std::move(*texts);
  }
  return requirement;
}

}  // namespace

Result<Ledger> Ledger::Parse(const std::vector<File>& files) {
  Ledger ledger;
  Hash hash;
  for (const auto& [name, text] : files) {
    hash.Add(name);
    hash.Add(text);
    const auto entries = ParseJson(text);
    if (!entries) return Fail(ErrorKind::kInvalid, RenderError(entries.error(), text, name));
    if (!entries->is_array()) return Fail(ErrorKind::kInvalid, name + ": a ledger file is a list of requirements");
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const Json& entry = (*entries)[i];
      auto requirement = Read(entry);
      if (!requirement) {
        const bool named = entry.is_object() && entry.contains("slug") && entry["slug"].is_string();
        const std::string which = named ? entry["slug"].get<std::string>() : "entry " + std::to_string(i + 1);
        return Fail(ErrorKind::kInvalid, name + ": " + which + ": " + requirement.error().message);
      }
      if (!ledger.by_slug_.emplace(requirement->slug, ledger.requirements_.size()).second) {
        return Fail(ErrorKind::kInvalid, name + ": " + requirement->slug + " is there twice");
      }
      ledger.requirements_.push_back(std::move(*requirement));
    }
  }
  for (const Requirement& requirement : ledger.requirements_) {
    std::vector<std::string> named = requirement.implies;
    if (!requirement.sibling.empty()) named.push_back(requirement.sibling);
    for (const std::string& slug : named) {
      if (ledger.Find(slug) == nullptr) return Fail(ErrorKind::kInvalid, requirement.slug + " names " + slug + ", which is no requirement");
    }
  }
  ledger.hash_ = hash.Hex();
  return ledger;
}

Result<Ledger> Ledger::Embedded() {
  std::vector<File> files;
  for (const EmbeddedFile& file : RequirementFiles()) files.emplace_back(file.path, file.bytes);
  return Parse(files);
}

const Requirement* Ledger::Find(std::string_view slug) const {
  const auto found = by_slug_.find(slug);
  return found == by_slug_.end() ? nullptr : &requirements_[found->second];
}

}  // namespace provdlab::conformance
