#pragma once
// What a view can have under its names, known before there is any phone, so that a slip in a template or a manifest is found when the
// plugin is loaded and not on a phone's display.
//
//   Shape view = …;                                                          // phone_view.h makes it
//   auto found = view.Find({"device", "modle"});                             // "'device' has no 'modle'; is it 'model'?"
//   CheckTemplate(content, text, "templates/phone.cfg", view, mistakes);     // "templates/phone.cfg:3:9: there is no 'usernam' here; …"
//
// Values; pure functions; any thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"
#include "server/plugins/template.h"

namespace provdlab::server {

// Of one name. It may always be nothing; otherwise one of what it says here.
struct Shape {
  bool text = false;                              // can be written
  std::optional<std::set<std::string>> values{};  // if there are no other texts
  bool flag = false;                              // can be true
  bool anything = false;                          // whatever a client put there
  std::map<std::string, Shape> members{};         // of an object
  std::vector<Shape> items{};                     // of a list: one shape for all its members

  static Shape Text() { return {.text = true}; }
  static Shape OneOf(std::set<std::string> values) { return {.text = true, .values = std::move(values)}; }
  static Shape Flag() { return {.flag = true}; }
  static Shape Anything() { return {.text = true, .anything = true}; }
  static Shape ListOf(Shape item);  // whose members get index, first and last as well

  // That of what the text of a manifest becomes in a view.
  static Shape Of(const Json& value);
  // What may be either.
  void Merge(const Shape& other);

  // What a dotted name stands for here; an error says which part is unknown and what is near.
  Result<const Shape*> Find(const std::vector<std::string>& name) const;
  // As Find; the first of two parts may also be a list, of whose members the second then is.
  Result<const Shape*> FindInLists(const std::vector<std::string>& name) const;
};

// Adds a mistake for each tag that asks for what its place does not have, or writes what is no text. `file` names it in sentences.
void CheckTemplate(const Template& content, std::string_view text, const std::string& file, const Shape& view, Mistakes& mistakes);

}  // namespace provdlab::server
