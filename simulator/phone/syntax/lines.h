#pragma once
// Files of lines: a name, a separator, a value. How exactly is the profile's to say.
//
//   auto settings = ReadLines("sip line1 vmail: *98\r\n# a remark\n", {.separator = ":", .comment = "#"});
//
// Lines that are no settings are passed over, as phones do it, unless the syntax is strict; but a file of which nothing can be understood
// (a page that says "not found", a firmware image) is broken. Pure; any thread; any bytes.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "simulator/phone/syntax/setting.h"

namespace provdlab::phone {

struct LinesSyntax {
  std::string separator = "=";         // the first one of a line ends the name
  std::string comment{};               // begins a remark at the beginning of a line; "": there are none
  bool comment_behind_values = false;  // and also behind a value, unless the value stands in quotes
  std::string quote{};                 // a value that begins with it goes on to the next one; "": values are never quoted
  std::string prefixes{};              // bytes that may stand in front of a name and are no part of it
  std::string pieces{};                // ends a value: what follows it is NAME.2, NAME.3, …
  bool trim_values = true;             // false: of the blanks around a value only the first one is left out
  bool ignore_case = false;            // names are read in lower case, and with single blanks
  bool percent = false;                // %3b is a byte, in values
  bool strict = false;                 // a line that is no setting breaks the file
};

// kInvalid: why the file is broken, with the place.
Result<std::vector<Setting>> ReadLines(std::string_view text, const LinesSyntax& syntax);

// A name as it is read: profiles write theirs in any way.
std::string NormalName(std::string_view name, const LinesSyntax& syntax);

}  // namespace provdlab::phone
