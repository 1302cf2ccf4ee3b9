#pragma once
// The templates of the files that phones fetch: mustache without partials, lambdas and other delimiters.
//
//   auto greeting = Template::Parse("{{#lines}}\nline {{number}}: {{name}}\n{{/lines}}\n");
//   Result<std::string> text = greeting->Render(view, *Escaping::BuiltIn("line"));
//
// Whether its names are there is for view_shape.h to see.
//
// A template is checked when it is parsed: every mistake is found there, with its position, and rendering can only fail by its
// limits. It needs no logic, because what it is given is computed before (phone_view.h). docs/packages.md has the rules; entry.py has
// them in Python, and both write the same bytes.
//
// Immutable once parsed; any thread may render.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/plugins/escaping.h"

namespace provdlab::server {

class Template {
 public:
  static constexpr std::size_t kLongestTemplate = 256 * 1024;    // bytes
  static constexpr std::size_t kDeepestSection = 16;             // sections in sections
  static constexpr std::size_t kLongestRendering = 1024 * 1024;  // bytes
  static constexpr std::size_t kMostSteps = 1'000'000;           // tags and texts that one rendering comes to

  // kInvalid with the position of the mistake.
  static Result<Template> Parse(std::string_view text);

  // kInvalid if the result would be beyond a limit. Strings are written, escaped unless the tag is a raw one; all else is
  // nothing where a text is asked for. false, null, "", [], {} and what is absent are nothing to a section.
  Result<std::string> Render(const Json& view, const Escaping& escaping) const;

  struct Part {
    enum class Kind { kText, kValue, kRawValue, kSection, kInverted } kind = Kind::kText;
    std::string text;               // kText
    std::vector<std::string> name;  // the others: split at dots; empty for '.'
    std::size_t offset = 0;         // of the tag in the text, in bytes
    std::size_t end = 0;            // kSection, kInverted: index of the first part behind it
  };
  // In their order; sections are followed by what is in them.
  const std::vector<Part>& parts() const { return parts_; }

 private:
  friend class TemplateParser;
  std::vector<Part> parts_;
};

}  // namespace provdlab::server
