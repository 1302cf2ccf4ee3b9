#pragma once
// The parameters of raw configs that the field has, so that a slip in a plugin's manifest is found. docs/packages.md lists them for people.
//
//   FindRawConfigParameter("sip_transport")->values;   // "udp", "tcp", "tls"
//   FindRawConfigParameter("sip_transprt");            // null
//
// Names that begin with "X_" are everybody's own and not in the table. Pure functions; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace provdlab::server {

struct RawConfigParameter {
  enum class Kind {
    kText,       // or an integer, which is taken as its text
    kFlag,       // true or false
    kTexts,      // a text or a list of texts; views have a list
    kObject,     // taken as it is
    kWorkedOut,  // sip_lines, funckeys, timezone: views have something else of them
  };
  std::string_view name;
  Kind kind = Kind::kText;
  std::vector<std::string_view> values{};  // if there are no others
};

const RawConfigParameter* FindRawConfigParameter(std::string_view name);  // null if there is none
std::vector<std::string> RawConfigParameterNames();                       // sorted

}  // namespace provdlab::server
