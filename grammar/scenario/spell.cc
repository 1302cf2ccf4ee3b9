#include <algorithm>
#include <string>

#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/quote.h"

namespace provdlab::scenario {
namespace {

bool IsPlainKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Whether `text` holds {name} or {name.member} at `at`, which would be read as a variable.
bool LooksLikeHole(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  const auto in = [&](char low, char high) { return i < text.size() && text[i] >= low && text[i] <= high; };
  const bool small = in('a', 'z');
  if (!small && !in('A', 'Z')) return false;
  while (in('0', '9') || in('_', '_') || (small ? in('a', 'z') : in('A', 'Z'))) ++i;
  if (small && in('.', '.')) {
    const std::size_t dot = i++;
    while (in('0', '9') || in('_', '_') || in('a', 'z') || in('A', 'Z')) ++i;
    if (i == dot + 1) return false;
  }
  return i < text.size() && text[i] == '}';
}

std::string ListOfValues(const std::vector<Value>& values) {
  std::string list;
  for (const Value& value : values) list += (list.empty() ? "" : ", ") + Spell(value);
  return list;
}

// `is 1`, `is one of 1, 2`, `is not 1`.
std::string Comparison(Relation relation, const std::vector<Value>& with) {
  const std::string values = ListOfValues(with);
  return (relation == Relation::kIsNot ? "is not " : "is ") + (with.size() == 1 ? values : "one of " + values);
}

std::string SubjectWords(const Predicate& predicate) {
  switch (predicate.subject) {
    case Subject::kStatus:
      return "status";
    case Subject::kHeader:
      return "header " + predicate.header;
    case Subject::kBody:
      return "body";
    case Subject::kJson:
      return Spell(predicate.path);
    case Subject::kLast:
      return "last";
    case Subject::kLastState:
      return "last state";
    case Subject::kSome:
      return "some";
    case Subject::kStatusesCount:
      return "statuses count";
    case Subject::kProgress:
      return "progress";
    case Subject::kCount:
      return "count";
    case Subject::kPhone:
      return predicate.phone;
  }
  return "";
}

std::string IsWords(const Predicate& predicate) {
  switch (predicate.subject) {
    case Subject::kStatus: {
      std::string words = predicate.relation == Relation::kIsNot ? "is not" : "is";
      const char* separator = " ";
      for (const int code : predicate.status_codes) {
        words += separator + (code < 10 ? std::to_string(code) + "xx" : std::to_string(code));
        separator = " or ";
      }
      return words;
    }
    case Subject::kLastState:
      return (predicate.relation == Relation::kIsNot ? "is not " : "is ") + predicate.word;
    case Subject::kStatusesCount:
    case Subject::kCount:
      return "is " + std::to_string(predicate.number);
    default:
      return Comparison(predicate.relation, predicate.values);
  }
}

std::string RelationWords(const Predicate& predicate) {
  const bool pattern = predicate.subject == Subject::kLast || predicate.subject == Subject::kSome;
  switch (predicate.relation) {
    case Relation::kIs:
    case Relation::kIsNot:
      return IsWords(predicate);
    case Relation::kHas:
      return "has " + ListOfValues(predicate.values);
    case Relation::kLacks:
      return "lacks " + ListOfValues(predicate.values);
    case Relation::kPresent:
      return "is present";
    case Relation::kAbsent:
      return "is absent";
    case Relation::kIsA:
      return (predicate.word == "object" ? "is an " : "is a ") + predicate.word;
    case Relation::kMatches:
      return (pattern ? "is " : "matches ") + ListOfValues(predicate.values);
    case Relation::kContains:
      return "contains " + ListOfValues(predicate.values);
    case Relation::kMembers:
      return "has " + std::to_string(predicate.number) + (predicate.number == 1 ? " member" : " members");
    case Relation::kAtLeast:
      return "is at least " + std::to_string(predicate.number);
    case Relation::kExample:
      return "is example " + Quote(predicate.word);
    case Relation::kBelow:
      return "is below " + Spell(predicate.target);
    case Relation::kFresh:
      return "is fresh";
    case Relation::kProvd:
      return "is provd";
    case Relation::kEmpty:
      return "is empty";
    case Relation::kSentence:
      return "is sentence";
    case Relation::kJsonText:
      return "is json";
    case Relation::kGrows:
      return "grows";
    case Relation::kReaches:
      return "is " + predicate.word + (predicate.values.empty() ? "" : " as " + ListOfValues(predicate.values));
  }
  return "";
}

void Append(std::string& out, const Value& value) {
  if (const auto* variable = std::get_if<Value::Variable>(&value.is)) {
    out += variable->name;
  } else if (const auto* list = std::get_if<Value::List>(&value.is)) {
    out += '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += ", ";
      Append(out, (*list)[i]);
    }
    out += ']';
  } else if (const auto* object = std::get_if<Value::Object>(&value.is)) {
    out += '{';
    for (std::size_t i = 0; i < object->size(); ++i) {
      if (i > 0) out += ", ";
      out += Quote((*object)[i].key) + ": ";
      Append(out, (*object)[i].value);
    }
    out += '}';
  } else if (const Json& scalar = std::get<Json>(value.is); scalar.is_string()) {
    out += Quote(scalar.get_ref<const std::string&>());
  } else {
    out += scalar.dump();
  }
}

}  // namespace

std::string Quote(std::string_view text) {
  std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  // JSON lets this control character stand, a scenario does not.
  for (std::size_t at = quoted.find('\x7f'); at != std::string::npos; at = quoted.find('\x7f', at)) quoted.replace(at, 1, "\\u007f");
  return quoted;
}

std::string Quote(const Template& text) {
  std::string quoted = "\"";
  for (const Template::Part& part : text.parts) {
    if (part.variable) {
      quoted += "{" + part.text + "}";
      continue;
    }
    // What would be read as a variable and is none has its brace escaped.
    std::size_t begin = 0;
    for (std::size_t i = 0; i < part.text.size(); ++i) {
      if (part.text[i] != '{' || !LooksLikeHole(part.text, i)) continue;
      const std::string before = Quote(std::string_view(part.text).substr(begin, i - begin));
      quoted += before.substr(1, before.size() - 2) + "\\u007b";
      begin = i + 1;
    }
    const std::string rest = Quote(std::string_view(part.text).substr(begin));
    quoted += rest.substr(1, rest.size() - 2);
  }
  return quoted + "\"";
}

std::string Spell(const Value& value) {
  std::string text;
  Append(text, value);
  return text;
}

std::string Spell(const Template& text) {
  std::string spelled;
  for (const Template::Part& part : text.parts) spelled += part.variable ? "{" + part.text + "}" : part.text;
  return spelled;
}

std::string Spell(const JsonPath& path) {
  std::string text = "$";
  for (const PathStep& step : path.steps) {
    switch (step.kind) {
      case PathStep::Kind::kKey:
        text += IsPlainKey(step.key) ? "." + step.key : "[" + Quote(step.key) + "]";
        break;
      case PathStep::Kind::kVariable:
        text += "[" + step.key + "]";
        break;
      case PathStep::Kind::kIndex:
        text += "[" + std::to_string(step.index) + "]";
        break;
      case PathStep::Kind::kWhere:
        text += "[" + (IsPlainKey(step.key) ? step.key : Quote(step.key)) + " = " + (step.equals ? Spell(*step.equals) : "null") + "]";
        break;
    }
  }
  return text;
}

std::string Spell(const Predicate& predicate) { return SubjectWords(predicate) + " " + RelationWords(predicate); }

std::string Spell(const Condition& condition) {
  std::string text;
  for (const Predicate& predicate : condition) text += (text.empty() ? "" : " and ") + Spell(predicate);
  return text;
}

std::string Spell(const Capture& capture) {
  const std::string otherwise = capture.otherwise ? " or " + Spell(*capture.otherwise) : "";
  switch (capture.from) {
    case Capture::From::kHeader:
      return capture.name + " = header " + capture.header + otherwise;
    case Capture::From::kJson:
      return capture.name + " = " + Spell(capture.path) + otherwise;
    case Capture::From::kBody:
      return capture.name + " = body" + otherwise;
    case Capture::From::kStatus:
      return capture.name + " = status" + otherwise;
    case Capture::From::kLast:
      return capture.name + " = last" + otherwise;
  }
  return capture.name;
}

std::string Spell(const OnlyIf& only_if) {
  return "only if " + only_if.variable + " " + Comparison(only_if.negated ? Relation::kIsNot : Relation::kIs, only_if.values);
}

}  // namespace provdlab::scenario
