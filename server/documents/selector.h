#pragma once
// The selector language: which documents are meant.
//
//   auto selector = Selector::Parse(json, {"id", "mac"});          // {"mac": "00:11:22:33:44:55", "options.speed": {"$ge": 7}}
//   if (!selector) return Fail(selector.error());                  // a sentence that names the member
//   selector->Matches(device);
//   selector->TextsOf("mac");                                      // {"00:11:22:33:44:55"}: the store need not look elsewhere
//
// Every member must match. A key may be dotted: each step goes into an object, the last one also into the objects of a list. A value
// that is an object with names that begin with '$' is a set of operators, which must all hold; any other value must be equal, by JSON's
// types (7 is not "7", null is not a missing member). Numbers are compared by their exact values (base/json_order.h).
//
//   $in, $nin       a list: the value is, is not, one of its elements
//   $contains       a text in a text, an element in a list, a member's name in an object
//   $gt $ge $lt $le numbers by value, texts by their bytes; values of other types, or of two types, never match
//   $ne             the value is another one
//   $exists         whether the member is there; any JSON value, of which null, false, 0, "", [] and {} say no
//
// Where the member is missing only $ne, $nin and a false $exists hold. Where a key names several values (in a list's objects) one that fits
// is enough, but none may be the one of $ne or $nin.
//
// An immutable value; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

// How another server might read selectors; the faults about finding are made of it. As it is made, all is as it should be.
struct Slips {
  // For $in, $contains and those that compare, a missing member is null, and null is less than everything.
  bool missing_is_null = false;
  // Values of two types have the order that they are sorted in.
  bool types_compare = false;
  // Becomes true where $gt and its like met values of two types that have no order; null: nobody wants to know.
  bool* met_types = nullptr;
};

class Selector {
 public:
  // Matches everything.
  Selector() = default;
  // `text_keys` are members that never hold a list, so that asking for one is a mistake. kInvalid.
  static Result<Selector> Parse(const Json& selector, const std::vector<std::string_view>& text_keys);

  bool Matches(const Json& document, const Slips& slips = {}) const;

  // What a matching document must have as the text under `key`: one of these. nullopt if the selector leaves that open.
  std::optional<std::vector<std::string>> TextsOf(std::string_view key) const;
  // A text that a matching document must have in the list under `key`, or nullopt.
  std::optional<std::string> ElementOf(std::string_view key) const;

 private:
  enum class Operator { kEqual, kIn, kNotIn, kContains, kGreater, kGreaterOrEqual, kLess, kLessOrEqual, kNotEqual, kExists };
  struct Condition {
    Operator is;
    Json operand;
  };
  struct Member {
    std::string key;
    std::vector<std::string> path;
    std::vector<Condition> conditions;
  };
  static std::optional<Operator> OperatorOf(std::string_view name);
  static bool Holds(const Condition& condition, const std::vector<const Json*>& values, const Slips& slips);
  static bool HoldsFor(const Condition& condition, const Json& value, const Slips& slips);

  std::vector<Member> members_;
};

// The steps of a dotted key.
std::vector<std::string> PathOf(std::string_view dotted_key);
// What the path leads to in the document: nothing, one value, or the values in a list's objects.
std::vector<const Json*> ValuesAt(const Json& document, const std::vector<std::string>& path);

}  // namespace provdlab::server
