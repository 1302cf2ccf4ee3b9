#pragma once
// Reads the steps of a profile's programs.
//
//   std::vector<Step> steps = ReadSteps(program, "steps", values);
//   CheckSteps(steps, groups, "application, steps", mistakes);       // once all groups are known
//
// Lives as long as the reading of one profile.

#include <map>
#include <string>
#include <vector>

#include "base/object_reader.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/value_reader.h"

namespace provdlab::phone {

using Groups = std::map<std::string, std::vector<Step>, std::less<>>;

std::vector<Step> ReadSteps(const ObjectReader& object, const char* name, ValueReader& values);

// That each group which is done or left is there, that none comes to do itself, and that there are not too many steps.
void CheckSteps(const std::vector<Step>& steps, const Groups& groups, const std::string& where, Mistakes& mistakes);

}  // namespace provdlab::phone
