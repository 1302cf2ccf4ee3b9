#pragma once
// Faults that are visible only in an answer, as data: what a broken provd would have answered. server/api/faults/*.json have them all,
// and docs/server.md describes the format.
//
//   auto faults = ParseAnswerFaults(text);                       // the error names the entry and the member that is wrong
//   if (faults->front().MatchesRequest(request)) …
//   if (faults->front().MatchesAnswer(response)) faults->front().ChangeAnswer(request, response);
//
// Immutable values; any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

// Places in a JSON value: a JSON pointer (RFC 6901) in which a segment "*" stands for every member or element, and a last "-"
// for one more element.
using Places = std::vector<std::string>;

// What is done to a JSON text. Texts that are not JSON stay as they are.
struct JsonChange {
  std::vector<std::pair<Places, Json>> set;
  std::vector<std::pair<Places, std::string>> rename;  // members only
  std::vector<Places> drop;
  std::string wrap;                // the whole value becomes this member of an object
  bool unwrap = false;             // the value of an object's only member becomes the whole
  std::vector<Places> reverse;     // lists
  std::vector<Places> drop_nulls;  // objects of which every member that is null goes, and so on in its objects, not in lists
  // If there are any, '*' stands only for the members or elements that have all of these.
  std::vector<std::pair<Places, Json>> only;

  bool empty() const {
    return set.empty() && rename.empty() && drop.empty() && reverse.empty() && drop_nulls.empty() && wrap.empty() && !unwrap;
  }
};

// What a fault that is on has seen: the texts that it remembers, and how often.
struct FaultMemory {
  std::map<std::string, std::uint64_t, std::less<>> times;
  std::string newest;

  void Add(std::string text);
};

class AnswerFault {
 public:
  std::string name;      // the slug of the requirement that it breaks, with "/variant" if there are several
  std::string breaks;    // the slug
  std::string sentence;  // what a client sees
  // Whose requests it is about: those of REST's clients, or those of phones over HTTP. The same path may be both.
  enum class Side { kRest, kPhones };
  Side side = Side::kRest;

  // Which of the exchanges that match it changes: the first so many, or every so-manieth. Nothing: all.
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> every;

  // The conditions about the request: its route, headers, body.
  bool MatchesRequest(const http::Request& request) const;
  // The conditions about the answer.
  bool MatchesAnswer(const http::Response& response) const;

  // The condition about what went before. What is remembered of an exchange, as the application answered it; nothing if it is not about it.
  bool remembers() const { return before_ != nullptr; }
  std::optional<std::string> Recall(const http::Request& request, const http::Response& response) const;
  bool MatchesMemory(const FaultMemory& memory, const http::Request& request, const http::Response& response) const;

  // Is the request kept from the application? Then ChangeAnswer makes the answer from an empty 204.
  bool instead() const { return instead_; }
  bool changes_request() const {
    return method_ || target_ || !request_query_.empty() || request_body_ || !request_replace_.empty() || !request_change_.empty();
  }
  void ChangeRequest(http::Request& request) const;
  // Does the change of the request wait for the answer to what was sent? If that fits, the application is asked again, with the changed
  // one.
  bool again() const { return again_; }
  // `hits` counts from 1 how often the fault has been applied: "{n}" in texts becomes that number, "{host}" in header fields the
  // request's Host, "{remembered}" in the body and as a value of `only` what was remembered last.
  void ChangeAnswer(const http::Request& request, http::Response& response, std::uint64_t hits = 1, std::string_view remembered = "") const;

 private:
  friend class AnswerFaultReader;

  struct RoutePattern {
    std::vector<std::string> methods;   // "*": all
    std::vector<std::string> segments;  // "{}" stands for any one that is not empty, "{number}" for 1 to 999999
    bool and_below = false;             // ended in "/**"
    bool negated = false;               // began with '!'
  };
  struct Headers {
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;  // by name; absent, or a text that it contains
  };
  struct Before;
  struct ParameterChange {
    std::string name;
    std::optional<std::string> value;                           // instead of what it is
    std::vector<std::pair<std::string, std::string>> replaced;  // or these texts in what it is; with neither it is left out
  };

  std::vector<RoutePattern> routes_;
  // when
  std::vector<std::pair<int, int>> statuses_;  // ranges
  std::string says_;
  std::vector<std::pair<Places, Json>> answer_json_;
  std::vector<std::pair<Places, Json>> answer_json_not_;
  Headers answer_headers_;
  Headers request_headers_;
  std::string request_says_;
  std::string target_contains_;
  std::vector<std::pair<std::string, std::vector<std::string>>> query_;  // by parameter: globs; none: it is absent
  std::uint64_t request_bytes_ = 0;
  std::uint64_t request_depth_ = 0;
  std::vector<std::string> request_shapes_;
  std::optional<bool> request_ascii_;
  std::optional<bool> ascii_;
  std::vector<std::pair<Places, std::vector<std::string>>> answer_types_;
  std::vector<std::pair<Places, Json>> request_json_;
  std::vector<std::pair<Places, std::vector<std::string>>> request_types_;
  std::vector<std::pair<Places, std::vector<std::string>>> request_like_;  // globs, '*' and '?'
  std::vector<std::pair<Places, std::vector<std::string>>> request_unlike_;
  std::shared_ptr<const Before> before_;  // null: no condition
  // change
  bool instead_ = false;
  bool again_ = false;
  std::optional<std::string> method_;
  std::optional<std::string> target_;
  std::vector<ParameterChange> request_query_;
  std::optional<std::string> request_body_;
  std::vector<std::pair<std::string, std::string>> request_replace_;  // in the body
  JsonChange request_change_;
  std::optional<int> status_;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers_;
  std::optional<std::string> body_;
  std::vector<std::pair<std::string, std::string>> replace_;
  JsonChange change_;
  http::Response::Manner manner_ = http::Response::Manner::kAnswer;
  bool aborts_ = false;  // the process, instead of an answer
};

// What is right or wrong with a text as JSON: "json", "empty", "byte-order mark", "not utf-8", "deep", "truncated", "trailing"
// (a value and then something else) or "broken".
std::string_view JsonShape(std::string_view text);

// What a framework of the field shows for an exception that nobody caught.
inline constexpr std::string_view kErrorPage =
    "<html><head><title>Internal Server Error</title></head><body><h1>Internal Server Error</h1><pre>Traceback</pre></body></html>";

// A whole file of faults: a list of faults with names of their own. `page` is what "page": true answers.
Result<std::vector<AnswerFault>> ParseAnswerFaults(std::string_view text, std::string_view page = kErrorPage);

// The ones that are compiled in.
const std::vector<AnswerFault>& BuiltInAnswerFaults();

}  // namespace provdlab::server
