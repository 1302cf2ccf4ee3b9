#include "grammar/scenario/evaluate.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/http/message.h"

namespace provdlab::scenario {
namespace {

Result<const Json*> ValueOf(std::string_view name, const Variables& variables) {
  const auto found = variables.find(name);
  if (found == variables.end()) return Fail(ErrorKind::kNotFound, "the variable `" + std::string(name) + "` has no value");
  return &found->second;
}

// What a document has in one place, for a sentence: "a list of 3 elements".
std::string Describe(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object: {
      if (value.empty()) return "an empty object";
      constexpr std::size_t kShown = 8;
      std::string names;
      std::size_t shown = 0;
      for (const auto& [name, member] : value.items()) {
        if (++shown > kShown) break;
        names += (names.empty() ? "" : ", ") + DumpJson(Json(name));
      }
      return "an object with " + names + (value.size() > kShown ? ", …" : "");
    }
    case Json::value_t::array:
      return "a list of " + std::to_string(value.size()) + (value.size() == 1 ? " element" : " elements");
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "a boolean";
    default:
      return "a number";
  }
}

// RFC 4648, with padding.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= group.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

Result<Json> Substitute(const Value& value, const Variables& variables) {
  if (const auto* scalar = std::get_if<Json>(&value.is)) return *scalar;
  if (const auto* variable = std::get_if<Value::Variable>(&value.is)) {
    const Result<const Json*> found = ValueOf(variable->name, variables);
    if (!found) return Fail(found.error());
    return **found;
  }
  if (const auto* list = std::get_if<Value::List>(&value.is)) {
    Json result = Json::array();
    for (const Value& element : *list) {
      Result<Json> filled = Substitute(element, variables);
      if (!filled) return filled;
      result.push_back(std::move(*filled));
    }
    return result;
  }
  Json result = Json::object();
  for (const Value::Member& member : std::get<Value::Object>(value.is)) {
    Result<Json> filled = Substitute(member.value, variables);
    if (!filled) return filled;
    result[member.key] = std::move(*filled);
  }
  return result;
}

Result<std::string> Expand(const Template& text, const Variables& variables) {
  std::string expanded;
  for (const Template::Part& part : text.parts) {
    if (!part.variable) {
      expanded += part.text;
      continue;
    }
    const Result<const Json*> found = ValueOf(part.text, variables);
    if (!found) return Fail(found.error());
    const Json& value = **found;
    if (value.is_string()) {
      expanded += value.get_ref<const std::string&>();
    } else if (value.is_number() || value.is_boolean()) {
      expanded += DumpJson(value);
    } else {
      return Fail(ErrorKind::kInvalid, "the variable `" + part.text + "` is " + Describe(value) + ", which has no place in a text");
    }
  }
  return expanded;
}

Result<std::string> QueryText(const std::vector<QueryParameter>& query, const Variables& variables) {
  std::string text;
  for (const QueryParameter& parameter : query) {
    const Result<Json> value = Substitute(parameter.value, variables);
    if (!value) return Fail(value.error());
    std::string bytes = value->is_string() ? value->get<std::string>() : DumpJson(*value);
    if (parameter.base64) bytes = Base64(bytes);
    if (!text.empty()) text += '&';
    text += http::PercentEncode(parameter.name) + "=" + http::PercentEncode(bytes);
  }
  return text;
}

Result<Json> Lookup(const Json& document, const JsonPath& path, const Variables& variables) {
  const Json* here = &document;
  JsonPath walked;
  // Only a failure pays for its sentence.
  const auto absent = [&](const std::string& what) {
    return Fail(ErrorKind::kNotFound, "`" + Spell(walked) + "` is " + Describe(*here) + ": it has no " + what);
  };
  for (const PathStep& step : path.steps) {
    const Json* next = nullptr;
    std::string what;
    Json key = step.key;
    switch (step.kind) {
      case PathStep::Kind::kVariable: {
        const Result<const Json*> found = ValueOf(step.key, variables);
        if (!found) return Fail(ErrorKind::kInvalid, found.error().message);
        key = **found;
        if (!key.is_string() && !key.is_number_integer()) {
          return Fail(ErrorKind::kInvalid, "the variable `" + step.key + "` is " + Describe(key) + ", which is neither a key nor an index");
        }
        [[fallthrough]];
      }
      case PathStep::Kind::kKey:
        if (key.is_string()) {
          what = "member " + DumpJson(key);
          if (const auto found = here->find(key.get_ref<const std::string&>()); here->is_object() && found != here->end()) next = &*found;
        } else {
          const bool fits = key.is_number_unsigned() || key.get<std::int64_t>() >= 0;
          what = "element " + DumpJson(key);
          if (fits && here->is_array() && key.get<std::uint64_t>() < here->size()) next = &(*here)[key.get<std::size_t>()];
        }
        break;
      case PathStep::Kind::kIndex:
        what = "element " + std::to_string(step.index);
        if (here->is_array() && step.index < here->size()) next = &(*here)[step.index];
        break;
      case PathStep::Kind::kWhere: {
        const Result<Json> wanted = step.equals ? Substitute(*step.equals, variables) : Result<Json>(Json());
        if (!wanted) return Fail(ErrorKind::kInvalid, wanted.error().message);
        what = "element whose " + DumpJson(Json(step.key)) + " is " + DumpJson(*wanted);
        if (!here->is_array()) break;
        for (const Json& element : *here) {
          if (!element.is_object()) continue;
          const auto found = element.find(step.key);
          if (found != element.end() && *found == *wanted) {
            next = &element;
            break;
          }
        }
        break;
      }
    }
    if (next == nullptr) return absent(what);
    here = next;
    walked.steps.push_back(step);
  }
  return *here;
}

}  // namespace provdlab::scenario
