#pragma once
// Settings that count only if others allow it: device.prov.serverName needs device.set and device.prov.serverName.set to be 1.
//
//   if (IsBehindClosedGate(profile.settings, name, settings)) continue;
//
// Pure; any thread.

#include <string>

#include "simulator/phone/profile_data.h"
#include "simulator/phone/settings.h"

namespace provdlab::phone {

bool IsBehindClosedGate(const SettingRules& rules, const std::string& name, const Settings& settings);

}  // namespace provdlab::phone
