#pragma once
// The profiles that are in the binary.
//
//   const Profile* acme = BuiltInProfile("acme");
//   const Profile* polycom = BuiltInProfileFor("SPIP335");           // of several that have the model, the last by name: later firmware
//
// They live as long as the program. Any thread.

#include <string_view>
#include <vector>

#include "simulator/phone/profile.h"

namespace provdlab::phone {

// By name.
const std::vector<Profile>& BuiltInProfiles();

// Null if there is none.
const Profile* BuiltInProfile(std::string_view name);
const Profile* BuiltInProfileFor(std::string_view model);

// A profile of the user's, which may be based on one of these.
Result<Profile> ReadProfile(std::string_view json, std::string name);

}  // namespace provdlab::phone
