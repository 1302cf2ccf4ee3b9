#pragma once
// Everything that a scenario says, as JSON: for tests that compare scenarios member by member, independent of the formatter.
// Positions and sources are left out: they are about the text. A pure function.

#include "base/json.h"
#include "grammar/scenario/model.h"

namespace provdlab::scenario {

Json Dump(const Scenario& scenario);

}  // namespace provdlab::scenario
