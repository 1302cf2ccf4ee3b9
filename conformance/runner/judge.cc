#include "conformance/runner/judge.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/json_order.h"
#include "base/text.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/status/status.h"

namespace provdlab::conformance {
namespace {

using scenario::Predicate;
using scenario::Relation;
using scenario::Subject;

constexpr std::size_t kLongestSentence = 500;
constexpr std::size_t kLongestGot = 400;

// "got" texts are for reading: cut, and always a line that says something.
std::string Shown(std::string text) {
  if (text.empty()) return "nothing";
  if (text.size() > kLongestGot) {
    std::size_t cut = kLongestGot;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    text = text.substr(0, cut) + "… (" + std::to_string(text.size()) + " bytes)";
  }
  return text;
}

// "text/plain; charset=x" → "text/plain"
std::string_view TypeOf(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return type;
}

bool HasMarkup(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (text[i] == '<' && (std::isalpha(next) != 0 || next == '/' || next == '!')) return true;
  }
  return false;
}

// Empty if the body is one sentence of plain text; else what is wrong.
std::string WhyNoSentence(const http::Response& response) {
  const std::string type = response.headers.Get("Content-Type").value_or("");
  if (!EqualIgnoringCase(TypeOf(type), "text/plain")) return type.empty() ? "an answer without Content-Type" : "Content-Type " + type;
  std::string_view text = response.body;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (text.empty()) return "an empty body";
  if (text.size() > kLongestSentence) return "a text of " + std::to_string(text.size()) + " bytes";
  if (text.find('\n') != std::string_view::npos) return "a text of several lines: " + Shown(std::string(text));
  if (HasMarkup(text)) return "markup: " + Shown(std::string(text));
  if (!IsUtf8(text)) return "a text that is not UTF-8";
  return "";
}

class Bench {
 public:
  Bench(const Sight& sight, const JudgeContext& context) : sight_(sight), context_(context) {}

  Judgement Decide(const Predicate& predicate) {
    Judgement judgement;
    judgement.expected = scenario::Spell(predicate);
    std::string got;
    const std::optional<bool> holds = Holds(predicate, got);
    if (!holds) judgement.harness = got;
    judgement.holds = holds.value_or(false);
    judgement.got = judgement.holds ? "" : Shown(got);
    return judgement;
  }

 private:
  // nullopt: it can't be judged, and `got` says why.
  std::optional<bool> Holds(const Predicate& predicate, std::string& got) {
    switch (predicate.subject) {
      case Subject::kStatus:
      case Subject::kHeader:
      case Subject::kBody:
      case Subject::kJson:
        if (!sight_.response) {
          got = "no answer: " + sight_.problem;
          return false;
        }
        break;
      default:
        break;
    }
    switch (predicate.subject) {
      case Subject::kStatus:
        return HoldsForStatus(predicate, got);
      case Subject::kHeader:
        return HoldsForHeader(predicate, got);
      case Subject::kBody:
        return HoldsForBody(predicate, got);
      case Subject::kJson:
        return HoldsForJson(predicate, got);
      case Subject::kLast:
      case Subject::kLastState:
      case Subject::kSome:
      case Subject::kStatusesCount:
      case Subject::kProgress:
        return HoldsForStatuses(predicate, got);
      case Subject::kCount:
        got = std::to_string(sight_.requests.value_or(0)) + " requests";
        return HoldsForNumber(predicate, sight_.requests.value_or(0));
      case Subject::kPhone: {
        std::string problem;
        const std::vector<Json> values = Values(predicate, problem);
        if (!problem.empty() || !context_.reaches) {
          got = problem.empty() ? "there are no phones" : problem;
          return std::nullopt;
        }
        return context_.reaches(predicate, values, got);
      }
    }
    return std::nullopt;
  }

  std::vector<Json> Values(const Predicate& predicate, std::string& problem) const {
    std::vector<Json> values;
    for (const scenario::Value& value : predicate.values) {
      auto json = scenario::Substitute(value, *context_.variables);
      if (json)
        values.push_back(std::move(*json));
      else
        problem = json.error().message;
    }
    return values;
  }

  static std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); }

  std::optional<bool> HoldsForStatus(const Predicate& predicate, std::string& got) const {
    const int status = sight_.response->status;
    got = std::to_string(status);
    if (!sight_.response->body.empty() && TypeOf(sight_.response->headers.Get("Content-Type").value_or("")) == "text/plain") {
      got += ": " + sight_.response->body;
    }
    const bool among = std::any_of(predicate.status_codes.begin(), predicate.status_codes.end(),
                                   [status](int code) { return code < 10 ? status / 100 == code : status == code; });
    return predicate.relation == Relation::kIsNot ? !among : among;
  }

  bool HoldsForNumber(const Predicate& predicate, std::uint64_t number) const {
    if (predicate.relation == Relation::kAtLeast) return number >= predicate.number;
    std::string problem;
    const std::vector<Json> values = Values(predicate, problem);
    const bool among = values.empty()
                           ? number == predicate.number
                           : std::any_of(values.begin(), values.end(), [number](const Json& value) { return value == Json(number); });
    return predicate.relation == Relation::kIsNot ? !among : among;
  }

  std::optional<bool> HoldsForHeader(const Predicate& predicate, std::string& got) const {
    const auto value = sight_.response->headers.Get(predicate.header);
    got = value ? predicate.header + ": " + *value : "no header " + predicate.header;
    if (predicate.relation == Relation::kAbsent) return !value;
    if (!value) return false;
    switch (predicate.relation) {
      case Relation::kPresent:
        return true;
      case Relation::kProvd:
        return EqualIgnoringCase(TypeOf(*value), kMediaType);
      case Relation::kFresh:
        if (!context_.is_fresh) return std::nullopt;
        got += ", which was there before";
        return context_.is_fresh(predicate.header, *value);
      case Relation::kBelow: {
        auto folder = scenario::Expand(predicate.target, *context_.variables);
        if (!folder) {
          got = folder.error().message;
          return std::nullopt;
        }
        if (value->empty() || value->front() != '/') return false;  // a path, not a URL
        const auto path = context_.target->Resolve(*value, sight_.base);
        const std::string above = context_.target->Path(*folder) + "/";
        return path && path->size() > above.size() && path->rfind(above, 0) == 0;
      }
      default:
        break;
    }
    std::string problem;
    const std::vector<Json> values = Values(predicate, problem);
    if (!problem.empty() || values.empty()) {
      got = problem.empty() ? "the predicate has no value" : problem;
      return std::nullopt;
    }
    const auto same = [&](const Json& wanted) { return Text(wanted) == *value; };
    switch (predicate.relation) {
      case Relation::kIs:
        return std::any_of(values.begin(), values.end(), same);
      case Relation::kIsNot:
        return std::none_of(values.begin(), values.end(), same);
      case Relation::kContains:
        return std::any_of(values.begin(), values.end(), [&](const Json& part) { return value->find(Text(part)) != std::string::npos; });
      case Relation::kMatches:
        return MatchesPattern(Text(values[0]), *value);
      default:
        got = "a header can't be judged so";
        return std::nullopt;
    }
  }

  std::optional<bool> HoldsForBody(const Predicate& predicate, std::string& got) const {
    const http::Response& response = *sight_.response;
    got = "the body " + (response.body.empty() ? std::string("is empty") : response.body);
    switch (predicate.relation) {
      case Relation::kEmpty:
        if (response.body.empty() && !sight_.excess.empty()) got = "bytes behind the answer: " + sight_.excess;
        return response.body.empty() && sight_.excess.empty();
      case Relation::kSentence:
        got = WhyNoSentence(response);
        return got.empty();
      case Relation::kJsonText: {
        const auto json = ParseJson(response.body);
        if (!json) got = "the body is not JSON: " + json.error().message;
        return json.has_value();
      }
      default:
        break;
    }
    std::string problem;
    const std::vector<Json> values = Values(predicate, problem);
    if (!problem.empty() || values.empty()) {
      got = problem.empty() ? "the predicate has no value" : problem;
      return std::nullopt;
    }
    switch (predicate.relation) {
      case Relation::kIs:
        return response.body == Text(values[0]);
      case Relation::kIsNot:
        return response.body != Text(values[0]);
      case Relation::kContains:
        return std::all_of(values.begin(), values.end(),
                           [&](const Json& part) { return response.body.find(Text(part)) != std::string::npos; });
      default:
        got = "a body can't be judged so";
        return std::nullopt;
    }
  }

  std::optional<bool> HoldsForJson(const Predicate& predicate, std::string& got) {
    if (!parsed_) parsed_ = ParseJson(sight_.response->body);
    if (!*parsed_) {
      got = "the body is not JSON (" + parsed_->error().message + "): " + sight_.response->body;
      return false;
    }
    const Json& document = **parsed_;
    const auto found = scenario::Lookup(document, predicate.path, *context_.variables);
    if (!found) {
      got = found.error().message;
      if (found.error().kind == ErrorKind::kInvalid) return std::nullopt;
      return predicate.relation == Relation::kAbsent;
    }
    const Json& value = *found;
    got = DumpJson(value);
    if (predicate.relation == Relation::kExample) return HoldsForExample(predicate, value, got);
    switch (predicate.relation) {
      case Relation::kPresent:
        return true;
      case Relation::kAbsent:
        return false;
      case Relation::kIsA:
        return IsA(predicate.word, value);
      case Relation::kMembers:
        if (value.is_array() || value.is_object()) got = std::to_string(value.size()) + " members: " + got;
        return (value.is_array() || value.is_object()) && value.size() == predicate.number;
      case Relation::kAtLeast:
        return value.is_number() && value >= Json(predicate.number);
      default:
        break;
    }
    std::string problem;
    const std::vector<Json> values = Values(predicate, problem);
    if (!problem.empty() || values.empty()) {
      got = problem.empty() ? "the predicate has no value" : problem;
      return std::nullopt;
    }
    const auto same = [&](const Json& wanted) { return AreEqual(value, wanted); };
    switch (predicate.relation) {
      case Relation::kIs:
        return std::any_of(values.begin(), values.end(), same);
      case Relation::kIsNot:
        return std::none_of(values.begin(), values.end(), same);
      case Relation::kHas:
        return std::all_of(values.begin(), values.end(), [&](const Json& wanted) { return Has(value, wanted); });
      case Relation::kLacks:
        return (value.is_array() || value.is_object()) &&
               std::none_of(values.begin(), values.end(), [&](const Json& wanted) { return Has(value, wanted); });
      case Relation::kContains:
        return value.is_string() && std::all_of(values.begin(), values.end(), [&](const Json& part) {
                 return value.get<std::string>().find(Text(part)) != std::string::npos;
               });
      case Relation::kMatches:
        return value.is_string() && MatchesPattern(Text(values[0]), value.get<std::string>());
      default:
        got = "a value can't be judged so";
        return std::nullopt;
    }
  }

  std::optional<bool> HoldsForExample(const Predicate& predicate, Json seen, std::string& got) const {
    const auto example = context_.examples->find(predicate.word);
    if (example == context_.examples->end()) {
      got = "there is no example \"" + predicate.word + "\"";
      return std::nullopt;
    }
    Json expected = example->second.expected;
    for (const Json::json_pointer& free : example->second.free) {
      if (expected.contains(free) && seen.contains(free)) seen[free] = expected[free];
    }
    if (seen == expected) return true;
    // The manual's links are written for its own prefix; a target below another one may name that instead.
    Json moved = expected;
    MoveLinks(moved);
    if (seen == moved) return true;
    got = "it differs: " + DumpJson(Json::diff(expected, seen));
    return false;
  }

  void MoveLinks(Json& value) const {
    if (value.is_object() && value.contains("href") && value["href"].is_string()) {
      const std::string href = value["href"].get<std::string>();
      if (href.rfind(kDialectPrefix, 0) == 0)  // as the manual has them
        value["href"] = context_.target->prefix() + href.substr(kDialectPrefix.size());
    }
    if (!value.is_structured()) return;
    for (Json& member : value) MoveLinks(member);
  }

  std::optional<bool> HoldsForStatuses(const Predicate& predicate, std::string& got) const {
    const auto& seen = sight_.statuses;
    if (seen.empty()) {
      got = "no status was seen";
      return false;
    }
    for (const std::string& status : seen) got += (got.empty() ? "" : " → ") + status;
    std::string problem;
    const std::vector<Json> values = Values(predicate, problem);
    switch (predicate.subject) {
      case Subject::kStatusesCount:
        got = std::to_string(seen.size()) + " statuses: " + got;
        return HoldsForNumber(predicate, seen.size());
      case Subject::kProgress:
        return std::any_of(seen.begin(), seen.end(), [](const std::string& text) {
          const auto status = status::Parse(text, status::Strictness::kLenient);
          return status && Grows(*status);
        });
      case Subject::kLastState: {
        got = seen.back();
        const auto status = status::Parse(seen.back(), status::Strictness::kLenient);
        const std::string state = status ? std::string(status::StateName(status->state)) : "";
        const bool same =
            !state.empty() && (values.empty() ? state == predicate.word
                                              : std::any_of(values.begin(), values.end(), [&](const Json& v) { return v == Json(state); }));
        return predicate.relation == Relation::kIsNot ? !same : same;
      }
      case Subject::kLast:
        got = seen.back();
        if (predicate.relation == Relation::kIsNot) {
          return std::none_of(values.begin(), values.end(), [&](const Json& v) { return MatchesPattern(Text(v), seen.back()); });
        }
        return std::any_of(values.begin(), values.end(), [&](const Json& v) { return MatchesPattern(Text(v), seen.back()); });
      default:
        return std::any_of(seen.begin(), seen.end(), [&](const std::string& text) {
          return std::any_of(values.begin(), values.end(), [&](const Json& v) { return MatchesPattern(Text(v), text); });
        });
    }
  }

  static bool Grows(const status::Status& status) {
    if (status.current && status.end && *status.current > 0 && *status.current < *status.end) return true;
    return std::any_of(status.parts.begin(), status.parts.end(), Grows);
  }

  static bool Has(const Json& value, const Json& wanted) {
    if (value.is_array()) return std::find(value.begin(), value.end(), wanted) != value.end();
    return value.is_object() && wanted.is_string() && value.contains(wanted.get<std::string>());
  }

  static bool IsA(std::string_view word, const Json& value) {
    if (word == "list") return value.is_array();
    if (word == "object") return value.is_object();
    if (word == "string") return value.is_string();
    if (word == "number") return value.is_number();
    if (word == "boolean") return value.is_boolean();
    if (word == "status") return value.is_string() && status::Parse(value.get<std::string>()).has_value();
    return false;
  }

  const Sight& sight_;
  const JudgeContext& context_;
  std::optional<Result<Json>> parsed_;
};

}  // namespace

Judgement Judge(const scenario::Condition& condition, const Sight& sight, const JudgeContext& context) {
  Bench bench(sight, context);
  for (const Predicate& predicate : condition) {
    Judgement judgement = bench.Decide(predicate);
    if (!judgement.holds) return judgement;
  }
  return {};
}

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  // With one point to come back to, the last star: brackets must stand in the pattern itself, and between two of them the
  // earliest place for what stands before a star leaves the most to what stands behind it.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && text[from] != '(' && text[from] != ')') {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool IsOfAbsence(const scenario::Condition& condition) {
  return std::any_of(condition.begin(), condition.end(), [](const Predicate& predicate) {
    return predicate.relation == Relation::kLacks || predicate.relation == Relation::kAbsent ||
           (predicate.subject == Subject::kCount && predicate.relation == Relation::kIs);
  });
}

bool IsAboutStatus(const scenario::Condition& condition) {
  return std::any_of(condition.begin(), condition.end(), [](const Predicate& predicate) { return predicate.subject == Subject::kStatus; });
}

}  // namespace provdlab::conformance
