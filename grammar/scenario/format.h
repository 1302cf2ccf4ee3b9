#pragma once
// The canonical formatter behind FormatScenario and FormatText (parse.h), with the comments that the parser noted.
// Private to grammar/scenario. A pure function; any thread.

#include <string>

#include "grammar/scenario/comments.h"
#include "grammar/scenario/model.h"

namespace provdlab::scenario {

std::string Format(const Scenario& scenario, const Comments& comments);

}  // namespace provdlab::scenario
