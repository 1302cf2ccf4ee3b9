#pragma once
// What no file of settings should say, whatever its phones make of it: a word that stands for nothing, and an address without a host.
//
//   for (const Oddity& oddity : Inspect(profile.data(), fetched.body)) log(oddity.sentence);   // "http server names no host"
//
// Which settings have to name a host, and where None is a word of the vendor's own, the profile says (docs/phone-profiles.md).
// Pure; any thread; any bytes.

#include <string>
#include <string_view>
#include <vector>

#include "simulator/phone/profile_data.h"
#include "simulator/phone/syntax/setting.h"

namespace provdlab::phone {

struct Oddity {
  enum class Kind {
    kUnreadable,  // the file is not well-formed for its phones
    kNone,        // a value is None, null or undefined
    kNoHost,      // a URL or an address has no host, or a setting is empty that needs one
  };
  Kind kind = Kind::kUnreadable;
  std::string sentence{};
};

// Of a file that could be read; the first few.
std::vector<Oddity> Inspect(const ProfileData& profile, const std::vector<Setting>& settings);
// Reads it first.
std::vector<Oddity> Inspect(const ProfileData& profile, std::string_view text);

}  // namespace provdlab::phone
