#pragma once
// How values are written into one kind of file, so that no name can break out of its line, its quotes or its tag.
//
//   auto escaping = Escaping::BuiltIn("xml");
//   escaping->Apply("Lobby & \"Desk\"");        // Lobby &amp; &quot;Desk&quot;
//   escaping->Holds("a\nb");                    // false: a phone would read "a b"
//
// `none` changes nothing, `line` makes blanks of control characters, `xml` does so too, writes & < > " ' as entities and leaves out what
// XML 1.0 can't hold. A plugin may declare more, on top of `line`.
//
// An immutable value; any thread may use it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::server {

class Escaping {
 public:
  // What a plugin declares, in the order in which it is done.
  struct Rules {
    std::map<char, std::string> replace{};    // how the phone's syntax writes these bytes
    std::string quote_when{};                 // a value that has one of these bytes …
    std::string quote_at_start{};             // … or begins with one of these …
    std::string quote_at_end{};               // … or ends with one of these …
    std::string quote{};                      // … stands between two of these,
    std::map<char, std::string> in_quotes{};  // where these bytes can't stand: what is written instead, which is not what was meant
  };

  // none, line or xml; nothing for another name.
  static std::optional<Escaping> BuiltIn(std::string_view name);
  static const std::vector<std::string>& BuiltInNames();  // sorted
  static Escaping Custom(Rules rules);

  std::string Apply(std::string_view value) const;
  // Whether the phone will read exactly this value.
  bool Holds(std::string_view value) const;

 private:
  Escaping() = default;
  std::string Replaced(std::string_view value) const;
  bool NeedsQuotes(std::string_view replaced) const;

  bool controls_become_blanks_ = false, is_xml_ = false;
  Rules rules_;
};

}  // namespace provdlab::server
