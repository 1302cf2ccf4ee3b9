#pragma once
// How values are written into one kind of file, so that no name can break out of its line, its quotes or its tag.
//
//   auto escaping = Escaping::BuiltIn("xml");
//   escaping->Apply("Lobby & \"Desk\"");        // Lobby &amp; &quot;Desk&quot;
//
// `none` changes nothing, `line` makes blanks of control characters, `xml` does so too and writes & < > " ' as entities.
// A plugin may declare more, on top of `line`: characters to replace, and characters that make a value need quotes.
//
// An immutable value; any thread may use it.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace provdlab::server {

class Escaping {
 public:
  // none, line or xml; nothing for another name.
  static std::optional<Escaping> BuiltIn(std::string_view name);
  // What `line` does, then `replace` (of single bytes), then `quote` around a value that has one of the bytes `quote_when`.
  static Escaping Custom(std::map<char, std::string> replace, std::string quote_when, std::string quote);

  std::string Apply(std::string_view value) const;

 private:
  Escaping() = default;

  bool controls_become_blanks_ = false;
  std::map<char, std::string> replace_;
  std::string quote_when_, quote_;
};

}  // namespace provdlab::server
