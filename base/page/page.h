#pragma once
// A page that can be mailed: no network, no files beside it needed, light and dark, and whatever bytes it shows, they are shown and never
// run. What all pages share is here: the frame with the style and the policy, and texts made harmless to look at.
//
//   data page;
//   page.set("title", Visible(record.target));
//   return Render(page, {.body = PageFile("report.mustache"), .parts = {{"evidence", …}}, .script = PageFile("report.js")});
//
// Templates escape what they show ({{name}}). Pure functions; any thread.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

// As in kainjow/mustache.hpp, which is heavy and needed only where pages are filled.
namespace kainjow::mustache {
template <typename Text>
class basic_data;
using data = basic_data<std::string>;
}  // namespace kainjow::mustache

namespace provdlab::page {

using kainjow::mustache::data;

// What a reader could not see, or would be misled by, as something visible. Line breaks and tabs stay.
std::string Visible(std::string_view text);

// A section that is there only with a text: {{#name}}{{text}}{{/name}}.
void SetText(data& object, const std::string& name, const std::string& text);

struct Templates {
  std::string_view body{};                          // a mustache template
  std::map<std::string, std::string_view> parts{};  // that it includes, by name: {{>evidence}}
  std::string_view script{};                        // the only one that the page may run; empty: none
};
// kInternal if a template is broken, which tests exclude.
Result<std::string> Render(data& page, const Templates& templates);

}  // namespace provdlab::page
