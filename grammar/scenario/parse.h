#pragma once
// Text to scenario and back. docs/scenario-language.md describes the language.
//
//   Result<Scenario> scenario = ParseScenario(text);
//   if (!scenario) std::cerr << RenderError(scenario.error(), text, path);
//
// Pure functions; any thread. The time they take grows with the length of the text, of which 1 MiB is the most (limits.h).

#include <string>
#include <string_view>

#include "base/result.h"
#include "grammar/scenario/model.h"

namespace provdlab::scenario {

// The first mistake has its line and column and says what is expected there. Beyond the grammar it checks that every
// variable is declared or captured before it is used, that details stand below statements that can have them, that `control`
// stands under an `eventually` or a check of absence and that there is an `act` before it, and that a scenario has at least one check.
Result<Scenario> ParseScenario(std::string_view text);

// The canonical spelling: ParseScenario(FormatScenario(s)) gives s again, FormatScenario(ParseScenario(t)) is a fixed point.
std::string FormatScenario(const Scenario& scenario);

// The same text in its canonical spelling, with its comments and with single empty lines between statements where it had any.
// A text is canonical if this returns it unchanged.
Result<std::string> FormatText(std::string_view text);

}  // namespace provdlab::scenario
