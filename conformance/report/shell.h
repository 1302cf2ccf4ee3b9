#pragma once
// Words for lines that a person pastes into a POSIX shell.
//
//   line += " --target " + InSingleQuotes(url);      // 'http://h/it'\''s'
//
// Pure; any thread.

#include <string>
#include <string_view>

namespace provdlab::conformance {

std::string InSingleQuotes(std::string_view text);

}  // namespace provdlab::conformance
