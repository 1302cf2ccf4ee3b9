#pragma once
// A time as people write it, on a command line and in descriptions.
//
//   auto budget = ParseDuration("60s");
//
// Pure; any thread.

#include <chrono>
#include <string>

#include "base/result.h"

namespace provdlab {

// "60s", "2m", "24h", "1500ms", or a number of seconds; from a millisecond to a year. kInvalid for anything else.
Result<std::chrono::milliseconds> ParseDuration(const std::string& text);

// "3 s", or "1500 ms" where it is no whole number of seconds.
std::string SpellDuration(std::chrono::milliseconds time);

}  // namespace provdlab
