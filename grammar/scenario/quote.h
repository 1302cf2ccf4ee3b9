#pragma once
// Strings of the language in double quotes, with JSON's escapes. Private to grammar/scenario. Pure functions; any thread.

#include <string>
#include <string_view>

#include "grammar/scenario/model.h"

namespace provdlab::scenario {

// Bytes that are not UTF-8 become U+FFFD.
std::string Quote(std::string_view text);
std::string Quote(const Template& text);

}  // namespace provdlab::scenario
