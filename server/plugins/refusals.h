#pragma once
// Values that a plugin would rather not write: a phone that is told something else than was meant is worse than one that is told why not.
//
//   Refusals refusals = Refusals::Read(phones, shape);
//   auto fine = refusals.Check(view, [](std::string_view value) { return escaping.Holds(value); });
//   // "admin_password: the phone's keypad has only digits", "sip_lines.2, password: …"
//
// Data of the manifest: "refuse", a list of patterns, and "exact", names of values that have to arrive as they are. Immutable; any thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"
#include "server/plugins/pattern.h"
#include "server/plugins/view_shape.h"

namespace provdlab::server {

class Refusals {
 public:
  // `view`: what there can be in a device's view. Of use only if there were no mistakes.
  static Refusals Read(const ObjectReader& phones, const Shape& view);

  // kInvalid: which value of the device's view is refused, and why. `holds` says whether the phone's files can hold a value.
  Result<> Check(const Json& view, const std::function<bool(std::string_view)>& holds) const;

  // The names that stand in them, split at dots.
  std::vector<std::vector<std::string>> Names() const;

 private:
  struct Rule {
    std::vector<std::string> of;
    bool refuses_matches = false;  // or what does not match
    Pattern pattern;
    std::string because;
  };
  std::vector<Rule> rules_;
  std::vector<std::vector<std::string>> exact_;
};

}  // namespace provdlab::server
