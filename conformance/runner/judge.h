#pragma once
// Holds what was seen against a condition of a scenario.
//
//   Judgement verdict = Judge(check.condition, sight, context);
//   if (!verdict.holds) Report(verdict.expected, verdict.got);
//
// Pure but for Context::is_fresh, which may remember what it was asked. Any thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "conformance/runner/target.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/model.h"

namespace provdlab::conformance {

// What one step showed.
struct Sight {
  std::optional<http::Response> response;
  std::string excess;                     // bytes that came behind the response, where none belong
  std::string problem;                    // why there is no response
  std::string base;                       // path of the request, for relative references
  std::vector<std::string> statuses;      // follow: the different ones, in order
  std::optional<std::uint64_t> requests;  // `repository is asked for`: how many
};

// A documented example, and which of its members may have any value.
struct Example {
  Json expected;
  std::vector<Json::json_pointer> free;
};
using Examples = std::map<std::string, Example, std::less<>>;

struct JudgeContext {
  const Target* target = nullptr;
  const scenario::Variables* variables = nullptr;
  const Examples* examples = nullptr;
  // Whether the run sees this value of this header for the first time.
  std::function<bool(const std::string& header, const std::string& value)> is_fresh;
  // Whether a phone has reached a stage; `got` says what is there instead. nullopt: it can't be judged, and `got` says why.
  std::function<std::optional<bool>(const scenario::Predicate& predicate, const std::vector<Json>& values, std::string& got)> reaches;
};

struct Judgement {
  bool holds = true;
  std::string expected;  // the predicate that does not hold, as written
  std::string got;       // what was there instead
  std::string harness;   // our fault: the condition can't be judged (an unknown example)
};

Judgement Judge(const scenario::Condition& condition, const Sight& sight, const JudgeContext& context);

// Whether a pattern matches a whole text; '*' stands for any characters but brackets.
bool MatchesPattern(std::string_view pattern, std::string_view text);

// Whether the condition says that something is not there, which is true of a target that does nothing at all as well.
bool IsOfAbsence(const scenario::Condition& condition);

// Whether the condition speaks of the status of the answer.
bool IsAboutStatus(const scenario::Condition& condition);

}  // namespace provdlab::conformance
