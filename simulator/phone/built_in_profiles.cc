#include "simulator/phone/built_in_profiles.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "simulator/phone/embedded_profiles.h"

namespace provdlab::phone {
namespace {

constexpr std::string_view kEnding = ".json";

std::string_view NameOf(const EmbeddedFile& file) {
  std::string_view name = file.path;
  if (name.ends_with(kEnding)) name.remove_suffix(kEnding.size());
  return name;
}

std::optional<std::string_view> TextOf(std::string_view name) {
  for (const EmbeddedFile& file : EmbeddedProfiles())
    if (NameOf(file) == name) return file.bytes;
  return std::nullopt;
}

}  // namespace

Result<Profile> ReadProfile(std::string_view json, std::string name) { return Profile::Read(json, std::move(name), TextOf); }

const std::vector<Profile>& BuiltInProfiles() {
  static const std::vector<Profile> profiles = [] {
    std::vector<Profile> read;
    for (const EmbeddedFile& file : EmbeddedProfiles()) {
      Result<Profile> profile = ReadProfile(file.bytes, std::string(NameOf(file)));
      if (!profile) {
        // A test reads them all, so this is a broken build.
        std::fprintf(stderr, "%s\n", profile.error().message.c_str());
        std::abort();
      }
      read.push_back(std::move(*profile));
    }
    return read;
  }();
  return profiles;
}

const Profile* BuiltInProfile(std::string_view name) {
  for (const Profile& profile : BuiltInProfiles())
    if (profile.name() == name) return &profile;
  return nullptr;
}

const Profile* BuiltInProfileFor(std::string_view model) {
  const Profile* found = nullptr;
  for (const Profile& profile : BuiltInProfiles())
    if (profile.HasModel(model)) found = &profile;
  return found;
}

}  // namespace provdlab::phone
