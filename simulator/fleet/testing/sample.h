#pragma once
// For tests: records as they may come, a good one and one in which everything went wrong and the target is hostile.

#include "simulator/fleet/record.h"

namespace provdlab::fleet {

FleetRecord GoodSample();
FleetRecord HostileSample();

}  // namespace provdlab::fleet
