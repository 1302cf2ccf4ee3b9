#pragma once
// Reads the member `knowledge` of a profile: what its settings mean.
//
//   data.understanding = ReadUnderstanding(object, values, normal);
//
// Lives as long as the reading of one profile.

#include <functional>
#include <string>
#include <vector>

#include "base/object_reader.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/value_reader.h"

namespace provdlab::phone {

// `normal` makes a setting's name what the files' reader makes of it.
Understanding ReadUnderstanding(const ObjectReader& object, ValueReader& values,
                                const std::function<std::string(const std::string&)>& normal);

// The names of all settings that are looked at, with '#' and {key}.
std::vector<std::string> SettingsOf(const Understanding& understanding);

}  // namespace provdlab::phone
