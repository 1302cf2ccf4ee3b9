#pragma once
// Looking through the values of SIP headers without being misled by what is quoted. For base/sip itself.
//
//   FindOutside(R"("Doe, J." <sip:j@h>, <sip:k@h>)", ',', 0)     // 19: the comma between the two
//
// Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::sip {

// Where `wanted` is from `from` on, outside of quoted strings and of <…>; npos if nowhere. What is opened and not closed goes on to the
// end.
std::size_t FindOutside(std::string_view value, char wanted, std::size_t from);

// The parts between separators that are outside of quotes and <…>, without the blanks around them; empty parts are left out.
std::vector<std::string_view> SplitOutside(std::string_view value, char separator);

// `text` in double quotes, as RFC 3261 has quoted strings, and back: what is not quoted stays as it is.
std::string Quote(std::string_view text);
std::string Unquote(std::string_view text);

// "name = value", the value unquoted; a name alone has an empty value.
struct NameAndValue {
  std::string_view name;
  std::string value;
};
NameAndValue ReadNameAndValue(std::string_view text);

}  // namespace provdlab::sip
