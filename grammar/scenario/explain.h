#pragma once
// A scenario told in sentences, numbered, for people who don't read the language every day.
//
//   std::cout << Explain(*scenario);
//
// A pure function; any thread.

#include <string>

#include "grammar/scenario/model.h"

namespace provdlab::scenario {

// One numbered paragraph a statement, each line ended by a line break.
std::string Explain(const Scenario& scenario);

}  // namespace provdlab::scenario
