#pragma once
// What the parts of a scenario mean once its variables have values, and how they are spelled in reports.
//
//   Variables variables = {{"PKG", "plab-7f-1"}, {"oip", "/provd/pg_mgr/install/install/3"}};
//   Result<Json> body = Substitute(request.body.json, variables);              // {"id": "plab-7f-1"}
//   Result<std::string> path = Expand(request.path, variables);                // /provd/pg_mgr/install/install/3
//   Result<Json> version = Lookup(answer, predicate.path, variables);          // or kNotFound: "`$.pkgs` has no member …"
//   std::string line = Spell(check.condition);                                 // $.pkgs has PKG and status is 200
//
// Pure functions of their arguments; any thread.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "grammar/scenario/model.h"

namespace provdlab::scenario {

// The values of variables by name, of any JSON type: a header is a string, `v = $.param.value` whatever the answer held.
using Variables = std::map<std::string, Json, std::less<>>;

// The value with its variables filled in. A variable without a value is kNotFound, with a sentence that names it.
Result<Json> Substitute(const Value& value, const Variables& variables);

// The text with its variables filled in: strings as they are, numbers and true, false as JSON writes them. Lists, objects and
// null have no place in a text and are kInvalid; a variable without a value is kNotFound.
Result<std::string> Expand(const Template& text, const Variables& variables);

// The query as it is sent, "q=%7B%22id%22%3A%22plab-1%22%7D&limit=5": a string as it is, any other value as JSON writes it,
// both percent-encoded; `base64` puts the bytes into base64 first. Empty without parameters. kNotFound: a variable has no value.
Result<std::string> QueryText(const std::vector<QueryParameter>& query, const Variables& variables);

// What the path leads to in `document`. kNotFound says in one sentence where the path ended and what stands there instead;
// anything else (kInvalid) means that the path itself can't be followed, because of its variables.
Result<Json> Lookup(const Json& document, const JsonPath& path, const Variables& variables);

// The canonical spelling, which is the author's but for blanks, escapes and synonyms.
std::string Spell(const Value& value);
std::string Spell(const Template& text);
std::string Spell(const JsonPath& path);
std::string Spell(const Predicate& predicate);
std::string Spell(const Condition& condition);
std::string Spell(const Capture& capture);
std::string Spell(const OnlyIf& only_if);

}  // namespace provdlab::scenario
