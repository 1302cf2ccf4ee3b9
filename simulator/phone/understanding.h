#pragma once
// From settings to what they mean.
//
//   Understood understood = Understand(profile.understanding, model, settings);
//   understood.knowledge.lines[0].registrar.host;
//
// Pure; any thread.

#include <cstdint>
#include <vector>

#include "simulator/phone/condition.h"
#include "simulator/phone/knowledge.h"
#include "simulator/phone/profile_data.h"
#include "simulator/phone/settings.h"

namespace provdlab::phone {

struct Understood {
  Knowledge knowledge{};                  // without provisioning_url, which is more than a setting
  std::vector<std::uint32_t> expiries{};  // for each line, seconds; 0: nothing was said
};

// `circumstances` are asked for versions and words; settings are those given.
Understood Understand(const ProfileData& profile, const Model& model, const Settings& settings, const Circumstances& circumstances);

// Takes away what is said of lines and keys that are off: a phone needn't remember it.
void ForgetWhatIsOff(const Understanding& understanding, const Model& model, const Knowledge& knowledge, Settings& settings);

}  // namespace provdlab::phone
