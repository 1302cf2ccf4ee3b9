#include "server/api/answer_fault.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/text.h"
#include "server/api/fault_data.h"
#include "server/api/router.h"
#include "server/documents/query.h"

namespace provdlab::server {
namespace {

std::optional<Places> ParsePlaces(std::string_view pointer) {
  Places places;
  if (!pointer.empty() && pointer.front() != '/') return std::nullopt;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    std::string segment;
    for (std::size_t i = 0; i < end; ++i) {
      if (pointer[i] != '~') {
        segment += pointer[i];
      } else if (i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
        segment += pointer[++i] == '0' ? '~' : '/';
      } else {
        return std::nullopt;
      }
    }
    places.push_back(std::move(segment));
    pointer.remove_prefix(end);
  }
  return places;
}

std::optional<std::size_t> Index(const std::string& segment) {
  if (segment.empty() || segment.size() > 9 || !std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(std::stoul(segment));
}

// The value at `places`, without "*"; null if there is none.
const Json* At(const Json& root, const Places& places) {
  const Json* value = &root;
  for (const std::string& segment : places) {
    if (value->is_object()) {
      const auto child = value->find(segment);
      if (child == value->end()) return nullptr;
      value = &*child;
    } else if (const auto index = Index(segment); value->is_array() && index && *index < value->size()) {
      value = &(*value)[*index];
    } else {
      return nullptr;
    }
  }
  return value;
}

using Wanted = std::vector<std::pair<Places, Json>>;

bool HasAll(const Json& value, const Wanted& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& want) {
    const Json* found = At(value, want.first);
    return found != nullptr && *found == want.second;
  });
}

// Calls `visit` with each container that holds what the last segment of `places` names, from the depth-th segment on.
void VisitParents(Json& value, const Places& places, std::size_t depth, const Wanted& only,
                  const std::function<void(Json& parent)>& visit) {
  if (depth + 1 >= places.size()) {
    visit(value);
    return;
  }
  const std::string& segment = places[depth];
  if (segment == "*") {
    if (!value.is_structured()) return;
    for (Json& child : value)
      if (HasAll(child, only)) VisitParents(child, places, depth + 1, only, visit);
  } else if (value.is_object()) {
    if (const auto child = value.find(segment); child != value.end()) VisitParents(*child, places, depth + 1, only, visit);
  } else if (value.is_array()) {
    if (const auto index = Index(segment); index && *index < value.size()) VisitParents(value[*index], places, depth + 1, only, visit);
  }
}

void Set(Json& root, const Places& places, const Wanted& only, const Json& to) {
  if (places.empty()) {
    root = to;
    return;
  }
  VisitParents(root, places, 0, only, [&](Json& parent) {
    const std::string& last = places.back();
    if (last == "*") {
      if (parent.is_structured()) {
        for (Json& child : parent)
          if (HasAll(child, only)) child = to;
      }
    } else if (parent.is_object()) {
      parent[last] = to;
    } else if (parent.is_array()) {
      if (last == "-") parent.push_back(to);
      if (const auto index = Index(last); index && *index < parent.size()) parent[*index] = to;
    }
  });
}

void Drop(Json& root, const Places& places, const Wanted& only) {
  VisitParents(root, places, 0, only, [&](Json& parent) {
    const std::string& last = places.back();
    if (last == "*") {
      if (!parent.is_structured()) return;
      for (auto child = parent.begin(); child != parent.end();) child = HasAll(*child, only) ? parent.erase(child) : std::next(child);
    } else if (parent.is_object()) {
      parent.erase(last);
    } else if (const auto index = Index(last); parent.is_array() && index && *index < parent.size()) {
      parent.erase(*index);
    }
  });
}

void Rename(Json& root, const Places& places, const Wanted& only, const std::string& to) {
  VisitParents(root, places, 0, only, [&](Json& parent) {
    if (!parent.is_object()) return;
    const auto member = parent.find(places.back());
    if (member == parent.end()) return;
    Json value = std::move(*member);
    parent.erase(member);
    parent[to] = std::move(value);
  });
}

void Reverse(Json& root, const Places& places, const Wanted& only) {
  VisitParents(root, places, 0, only, [&](Json& parent) {
    Json* list = &parent;
    if (!places.empty()) {
      if (!parent.is_object() || !parent.contains(places.back())) return;
      list = &parent[places.back()];
    }
    if (list->is_array()) std::reverse(list->begin(), list->end());
  });
}

void DropNulls(Json& value) {
  if (!value.is_object()) return;
  for (auto member = value.begin(); member != value.end();) {
    DropNulls(*member);
    member = member->is_null() ? value.erase(member) : std::next(member);
  }
}

void DropNulls(Json& root, const Places& places, const Wanted& only) {
  VisitParents(root, places, 0, only, [&](Json& parent) {
    if (parent.is_object() && parent.contains(places.back())) DropNulls(parent[places.back()]);
  });
}

void Apply(const JsonChange& change, std::string& text, std::string_view remembered = "") {
  if (change.empty()) return;
  auto value = ParseJson(text);
  if (!value) return;
  Wanted only = change.only;
  for (auto& [places, wanted] : only)
    if (wanted == "{remembered}") wanted = remembered;
  for (const Places& places : change.drop) Drop(*value, places, only);
  for (const auto& [places, to] : change.rename) Rename(*value, places, only, to);
  for (const Places& places : change.reverse) Reverse(*value, places, only);
  for (const Places& places : change.drop_nulls) DropNulls(*value, places, only);
  for (const auto& [places, to] : change.set) Set(*value, places, only, to);
  if (change.unwrap && value->is_object() && value->size() == 1) {
    Json inner = std::move(value->front());
    *value = std::move(inner);
  }
  if (!change.wrap.empty()) *value = Json{{change.wrap, std::move(*value)}};
  text = DumpJson(*value);
}

bool Holds(const Wanted& wanted, const std::string& text) {
  if (wanted.empty()) return true;
  const auto value = ParseJson(text);
  return value && HasAll(*value, wanted);
}

bool HasTypes(const Json& value, const std::vector<std::pair<Places, std::vector<std::string>>>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& want) {
    const Json* found = At(value, want.first);
    const std::string type = found == nullptr ? "absent" : found->type_name();
    return std::find(want.second.begin(), want.second.end(), type) != want.second.end();
  });
}

bool FitsOne(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return GlobMatch(glob, text); });
}

bool FitsOne(const std::vector<std::string>& globs, const Json* value) {
  if (value == nullptr || !value->is_string()) return false;
  return FitsOne(globs, std::string_view(value->get_ref<const std::string&>()));
}

// A parameter of a query string, decoded as forms are; nullopt if the part is of another name, or can't be decoded.
std::optional<std::string> ParameterOf(std::string_view part, std::string_view name) {
  const auto equals = std::min(part.find('='), part.size());
  if (http::PercentDecode(part.substr(0, equals)) != name) return std::nullopt;
  std::string value(part.substr(std::min(equals + 1, part.size())));
  std::replace(value.begin(), value.end(), '+', ' ');
  return http::PercentDecode(value);
}

std::optional<std::string> FirstParameter(std::string_view raw_query, std::string_view name) {
  for (const std::string_view part : Split(raw_query, '&'))
    if (auto value = ParameterOf(part, name)) return value;
  return std::nullopt;
}

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// How deep the brackets of a text go, outside of strings.
std::size_t Depth(std::string_view text) {
  std::size_t depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

// A segment of a path as people write small numbers.
bool IsSmallNumber(std::string_view segment) {
  return !segment.empty() && segment.size() <= 6 && segment.front() != '0' &&
         std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const std::string* TextAt(const std::optional<Json>& value, const Places& places) {
  const Json* found = value ? At(*value, places) : nullptr;
  return found != nullptr && found->is_string() ? found->get_ptr<const std::string*>() : nullptr;
}

std::optional<Json> JsonIn(const std::string& text) {
  auto value = ParseJson(text);
  if (!value) return std::nullopt;
  return std::move(*value);
}

constexpr std::size_t kRememberedTexts = 10'000;

}  // namespace

// An exchange that must have been there, and a text of it that the one at hand has too.
struct AnswerFault::Before {
  enum class Part { kTarget, kRequest, kAnswer, kAnything };
  AnswerFault exchange;  // its conditions
  // What is remembered: the last segment of the path, or what stands in the request or the answer.
  Part from = Part::kTarget;
  Places from_places;
  // Where the exchange at hand has it: as a segment of the path or a JSON string in the query, or there, or it need not have it.
  Part here = Part::kTarget;
  Places here_places;
  std::optional<std::uint64_t> times;  // exactly; nullopt: at least once
};

void FaultMemory::Add(std::string text) {
  if (times.size() >= kRememberedTexts) times.clear();
  ++times[text];
  newest = std::move(text);
}

std::string_view JsonShape(std::string_view text) {
  const auto value = ParseJson(text);
  if (value) return "json";
  if (Trim(text).empty()) return "empty";
  if (text.starts_with("\xEF\xBB\xBF")) return "byte-order mark";
  if (!IsUtf8(text)) return "not utf-8";
  if (Depth(text) > kDeepestJson) return "deep";
  const std::size_t at = value.error().position ? value.error().position->offset : 0;
  if (at >= Trim(text).size()) return "truncated";
  // The error is found at the end of the token that is one too many: somewhere before it the first value ended.
  for (std::size_t end = std::min(at, text.size()); end > 0; --end) {
    if (ParseJson(text.substr(0, end))) return "trailing";
  }
  return "broken";
}

bool AnswerFault::MatchesRequest(const http::Request& request) const {
  const auto path = PathSegments(request.raw_path());
  const auto on_route = [&](const RoutePattern& route) {
    const bool method =
        std::any_of(route.methods.begin(), route.methods.end(), [&](const std::string& m) { return m == "*" || m == request.method; });
    if (!path) return method && route.and_below && route.segments.empty();
    if (!method || path->size() < route.segments.size()) return false;
    if (path->size() > route.segments.size() && !route.and_below) return false;
    return std::equal(route.segments.begin(), route.segments.end(), path->begin(), [](const std::string& want, const std::string& segment) {
      return (want == "{}" && !segment.empty()) || want == segment || (want == "{number}" && IsSmallNumber(segment));
    });
  };
  bool routed = false;
  for (const RoutePattern& route : routes_) {
    if (!on_route(route)) continue;
    if (route.negated) return false;
    routed = true;
  }
  if (!routed) return false;
  const auto headers = [&](const Headers& wanted, const http::Headers& seen) {
    return std::all_of(wanted.fields.begin(), wanted.fields.end(), [&](const auto& want) {
      const auto value = seen.Get(want.first);
      return want.second ? value && value->find(*want.second) != std::string::npos : !value;
    });
  };
  if (!headers(request_headers_, request.headers)) return false;
  if (request.body.size() < request_bytes_) return false;
  if (request.target.find(target_contains_) == std::string::npos) return false;
  if (request.body.find(request_says_) == std::string::npos) return false;
  for (const auto& [parameter, globs] : query_) {
    auto value = FirstParameter(request.raw_query(), parameter);
    if (value && parameter == "q64") value = DecodeBase64(*value).value_or(*value);
    if (globs.empty() ? value.has_value() : !value || !FitsOne(globs, std::string_view(*value))) return false;
  }
  if (request_depth_ > 0 && Depth(request.body) < request_depth_) return false;
  if (!request_shapes_.empty()) {
    if (std::find(request_shapes_.begin(), request_shapes_.end(), JsonShape(request.body)) == request_shapes_.end()) return false;
  }
  if (!Holds(request_json_, request.body)) return false;
  if (request_ascii_) {
    // Escapes are what they stand for.
    const auto value = ParseJson(request.body);
    if (!value || IsAscii(DumpJson(*value)) != *request_ascii_) return false;
  }
  if (request_types_.empty() && request_like_.empty() && request_unlike_.empty()) return true;
  const auto body = ParseJson(request.body);
  if (!body) return false;
  return HasTypes(*body, request_types_) &&
         std::all_of(request_like_.begin(), request_like_.end(),
                     [&](const auto& want) { return FitsOne(want.second, At(*body, want.first)); }) &&
         std::none_of(request_unlike_.begin(), request_unlike_.end(),
                      [&](const auto& want) { return FitsOne(want.second, At(*body, want.first)); });
}

bool AnswerFault::MatchesAnswer(const http::Response& response) const {
  const auto in = [&](const std::pair<int, int>& range) { return range.first <= response.status && response.status <= range.second; };
  if (!statuses_.empty() && std::none_of(statuses_.begin(), statuses_.end(), in)) return false;
  for (const auto& [header, wanted] : answer_headers_.fields) {
    const auto value = response.headers.Get(header);
    if (wanted ? !value || value->find(*wanted) == std::string::npos : value.has_value()) return false;
  }
  if (ascii_ && IsAscii(response.body) != *ascii_) return false;
  if (!answer_json_not_.empty() && Holds(answer_json_not_, response.body)) return false;
  if (!answer_types_.empty()) {
    const auto value = ParseJson(response.body);
    if (!value || !HasTypes(*value, answer_types_)) return false;
  }
  return response.body.find(says_) != std::string::npos && Holds(answer_json_, response.body);
}

std::optional<std::string> AnswerFault::Recall(const http::Request& request, const http::Response& response) const {
  if (!before_ || !before_->exchange.MatchesRequest(request) || !before_->exchange.MatchesAnswer(response)) return std::nullopt;
  if (before_->from == Before::Part::kTarget) {
    const auto path = PathSegments(request.raw_path());
    return path && !path->empty() ? std::optional(path->back()) : std::nullopt;
  }
  const auto value = JsonIn(before_->from == Before::Part::kRequest ? request.body : response.body);
  const std::string* text = TextAt(value, before_->from_places);
  return text != nullptr && !text->empty() ? std::optional(*text) : std::nullopt;
}

bool AnswerFault::MatchesMemory(const FaultMemory& memory, const http::Request& request, const http::Response& response) const {
  if (!before_) return true;
  if (before_->here == Before::Part::kAnything) return !memory.times.empty();
  const auto fits = [&](std::uint64_t times) { return before_->times ? times == *before_->times : times > 0; };
  if (before_->here == Before::Part::kTarget) {
    const auto path = PathSegments(request.raw_path());
    const std::string query = http::PercentDecode(request.raw_query()).value_or("");
    bool found = false;
    for (const auto& [text, times] : memory.times) {
      const bool in_path = path && std::find(path->begin(), path->end(), text) != path->end();
      if (!in_path && query.find('"' + text + '"') == std::string::npos) continue;
      if (fits(times)) return true;
      found = true;
    }
    return !found && fits(0);
  }
  const auto value = JsonIn(before_->here == Before::Part::kRequest ? request.body : response.body);
  const std::string* text = TextAt(value, before_->here_places);
  if (text == nullptr) return false;
  const auto times = memory.times.find(*text);
  return fits(times == memory.times.end() ? 0 : times->second);
}

void AnswerFault::ChangeRequest(http::Request& request) const {
  if (method_) request.method = *method_;
  if (target_) request.target = *target_;
  for (const ParameterChange& change : request_query_) {
    const std::string path(request.raw_path());
    std::string query;
    bool seen = false;
    const auto add = [&](std::string_view part) { query.append(query.empty() ? "?" : "&").append(part); };
    for (const std::string_view part : Split(request.raw_query(), '&')) {
      auto value = ParameterOf(part, change.name);
      if (!value) {
        if (!part.empty()) add(part);
        continue;
      }
      if (seen) continue;  // only the first counts
      seen = true;
      if (change.value) value = change.value;
      for (const auto& [from, to] : change.replaced) ReplaceAll(*value, from, to);
      if (change.value || !change.replaced.empty()) add(change.name + "=" + http::PercentEncode(*value));
    }
    if (!seen && change.value) add(change.name + "=" + http::PercentEncode(*change.value));
    request.target = path + query;
  }
  if (request_body_) request.body = *request_body_;
  for (const auto& [from, to] : request_replace_) ReplaceAll(request.body, from, to);
  Apply(request_change_, request.body);
}

void AnswerFault::ChangeAnswer(const http::Request& request, http::Response& response, std::uint64_t hits,
                               std::string_view remembered) const {
  if (status_) response.status = *status_;
  for (const auto& [header, value] : headers_) {
    if (!value) {
      response.headers.Remove(header);
      continue;
    }
    std::string text = *value;
    ReplaceAll(text, "{old}", response.headers.Get(header).value_or(""));
    ReplaceAll(text, "{n}", std::to_string(hits));
    ReplaceAll(text, "{host}", request.headers.Get("Host").value_or("localhost"));
    response.headers.Set(header, std::move(text));
  }
  if (body_) {
    std::string body = *body_;
    ReplaceAll(body, "{old}", response.body);
    response.body = std::move(body);
    response.source.reset();
    response.declared_length.reset();
  }
  for (const auto& [from, to] : replace_) {
    ReplaceAll(response.body, from, to);
    if (auto location = response.headers.Get("Location")) {
      ReplaceAll(*location, from, to);
      response.headers.Set("Location", std::move(*location));
    }
  }
  Apply(change_, response.body, remembered);
  ReplaceAll(response.body, "{n}", std::to_string(hits));
  if (!remembered.empty()) ReplaceAll(response.body, "{remembered}", std::string(remembered));
  if (aborts_) {
    std::fprintf(stderr, "fault %s: the server ends here\n", name.c_str());
    std::abort();
  }
  // Where several faults apply, what one keeps from being answered stays so.
  if (manner_ != http::Response::Manner::kAnswer) response.manner = manner_;
}

// Reads one entry. Every member is looked at once; what is left over is a mistake.
class AnswerFaultReader {
 public:
  static Result<AnswerFault> Read(const Json& entry, std::string_view page) {
    AnswerFaultReader reader;
    reader.page_ = page;
    reader.ReadEntry(entry);
    if (!reader.problem_.empty()) return Fail(ErrorKind::kInvalid, reader.problem_);
    return std::move(reader.fault_);
  }

 private:
  using Members = std::map<std::string, std::function<void(const Json&)>>;

  void Problem(const std::string& what) {
    if (problem_.empty()) problem_ = what;
  }

  void ReadMembers(const Json& object, const std::string& where, const Members& members) {
    if (!object.is_object()) return Problem(where + " must be an object");
    for (const auto& [name, value] : object.items()) {
      const auto member = members.find(name);
      where_ = where + "." + name;
      if (member == members.end()) {
        Problem(where_ + " is not a known member");
      } else {
        member->second(value);
      }
    }
  }

  std::string Text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    Problem(where_ + " must be a string");
    return "";
  }

  bool Truth(const Json& value) {
    if (!value.is_boolean()) Problem(where_ + " must be true or false");
    return value == true;
  }

  std::uint64_t Number(const Json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > 0) return value.get<std::uint64_t>();
    Problem(where_ + " must be an integer above 0");
    return 1;
  }

  Places PlacesOf(const std::string& pointer) {
    if (auto places = ParsePlaces(pointer)) return *places;
    Problem(where_ + " has '" + pointer + "', which is not a JSON pointer");
    return {};
  }

  // What must exist as a member or an element: not the whole.
  Places PlacesInside(const std::string& pointer) {
    if (pointer.empty()) Problem(where_ + " has '', which names no member");
    return PlacesOf(pointer);
  }

  std::vector<std::pair<Places, Json>> PlacesAndValues(const Json& value) {
    std::vector<std::pair<Places, Json>> pairs;
    if (!value.is_object()) Problem(where_ + " must be an object of JSON pointers");
    if (value.is_object()) {
      for (const auto& [pointer, to] : value.items()) pairs.emplace_back(PlacesOf(pointer), to);
    }
    return pairs;
  }

  std::vector<std::pair<Places, std::vector<std::string>>> PlacesAndTexts(const Json& value) {
    std::vector<std::pair<Places, std::vector<std::string>>> pairs;
    for (const auto& [places, texts] : PlacesAndValues(value)) pairs.emplace_back(places, Texts(texts));
    return pairs;
  }

  std::vector<std::pair<std::string, std::optional<std::string>>> HeaderFields(const Json& value) {
    std::vector<std::pair<std::string, std::optional<std::string>>> fields;
    if (!value.is_object()) Problem(where_ + " must be an object of header fields");
    if (value.is_object()) {
      for (const auto& [name, text] : value.items()) {
        fields.emplace_back(name, text.is_null() ? std::nullopt : std::optional(Text(text)));
      }
    }
    return fields;
  }

  std::vector<std::string> Texts(const Json& value) {
    std::vector<std::string> texts;
    if (!value.is_array()) return {Text(value)};
    for (const Json& element : value) texts.push_back(Text(element));
    return texts;
  }

  std::vector<std::pair<std::string, std::string>> Replacements(const Json& value) {
    std::vector<std::pair<std::string, std::string>> pairs;
    if (!value.is_object()) Problem(where_ + " must be an object of texts");
    if (value.is_object()) {
      for (const auto& [from, to] : value.items()) {
        if (from.empty()) Problem(where_ + " has an empty text");
        pairs.emplace_back(from, Text(to));
      }
    }
    return pairs;
  }

  void ReadQuery(const Json& value) {
    if (!value.is_object()) return Problem(where_ + " must be an object of query parameters");
    for (const auto& [name, globs] : value.items())
      fault_.query_.emplace_back(name, globs.is_null() ? std::vector<std::string>() : Texts(globs));
  }

  void ReadQueryChange(const Json& value) {
    if (!value.is_object()) return Problem(where_ + " must be an object of query parameters");
    for (const auto& [name, to] : value.items()) {
      AnswerFault::ParameterChange change{.name = name, .value = {}, .replaced = {}};
      if (to.is_object()) {
        change.replaced = Replacements(to);
      } else if (!to.is_null()) {
        change.value = Text(to);
      }
      fault_.request_query_.push_back(std::move(change));
    }
  }

  void ReadRoute(const std::string& text) {
    const std::string problem =
        where_ + " has '" + text + "'; a route is METHOD[|METHOD…] /PATH, with {} for any segment and /** at its end";
    AnswerFault::RoutePattern route;
    std::string_view rest = text;
    if (rest.starts_with('!')) {
      route.negated = true;
      rest.remove_prefix(1);
    }
    const auto blank = rest.find(' ');
    if (blank == std::string_view::npos || blank == 0 || rest.substr(blank + 1, 1) != "/") return Problem(problem);
    std::string_view methods = rest.substr(0, blank);
    while (!methods.empty()) {
      const auto end = std::min(methods.find('|'), methods.size());
      route.methods.emplace_back(methods.substr(0, end));
      methods.remove_prefix(std::min(end + 1, methods.size()));
    }
    std::string_view path = rest.substr(blank + 1);
    if (path.ends_with("/**")) {
      route.and_below = true;
      path.remove_suffix(3);
    }
    if (!path.empty()) {
      auto segments = PathSegments(path);
      if (!segments) return Problem(problem);
      route.segments = std::move(*segments);
    }
    fault_.routes_.push_back(std::move(route));
  }

  void ReadStatuses(const Json& value) {
    for (const Json& status : value.is_array() ? value : Json::array({value})) {
      if (status.is_number_integer()) {
        fault_.statuses_.emplace_back(status.get<int>(), status.get<int>());
      } else if (status.is_string() && status.get<std::string>().size() == 3 && status.get<std::string>().ends_with("xx")) {
        const int hundred = (status.get<std::string>()[0] - '0') * 100;
        fault_.statuses_.emplace_back(hundred, hundred + 99);
      } else {
        Problem(where_ + " must be a status, \"4xx\", or a list of them");
      }
    }
  }

  void ReadJsonMember(JsonChange& change, Members& members) {
    members["set"] = [&](const Json& value) { change.set = PlacesAndValues(value); };
    members["drop"] = [&](const Json& value) {
      for (const std::string& pointer : Texts(value)) change.drop.push_back(PlacesInside(pointer));
    };
    members["rename"] = [&](const Json& value) {
      for (const auto& [places, to] : PlacesAndValues(value)) {
        if (places.empty()) Problem(where_ + " has '', which names no member");
        change.rename.emplace_back(places, Text(to));
      }
    };
    members["reverse"] = [&](const Json& value) {
      for (const std::string& pointer : Texts(value)) change.reverse.push_back(PlacesOf(pointer));
    };
    members["drop_nulls"] = [&](const Json& value) {
      for (const std::string& pointer : Texts(value)) change.drop_nulls.push_back(PlacesInside(pointer));
    };
    members["only"] = [&](const Json& value) { change.only = PlacesAndValues(value); };
    members["wrap"] = [&](const Json& value) { change.wrap = Text(value); };
    members["unwrap"] = [&](const Json& value) { change.unwrap = Truth(value); };
  }

  void ReadWhen(const Json& when) {
    ReadMembers(when, "when",
                {{"status", [&](const Json& v) { ReadStatuses(v); }},
                 {"says", [&](const Json& v) { fault_.says_ = Text(v); }},
                 {"json", [&](const Json& v) { fault_.answer_json_ = PlacesAndValues(v); }},
                 {"json_not", [&](const Json& v) { fault_.answer_json_not_ = PlacesAndValues(v); }},
                 {"headers", [&](const Json& v) { fault_.answer_headers_.fields = HeaderFields(v); }},
                 {"request_headers", [&](const Json& v) { fault_.request_headers_.fields = HeaderFields(v); }},
                 {"request_says", [&](const Json& v) { fault_.request_says_ = Text(v); }},
                 {"request_bytes", [&](const Json& v) { fault_.request_bytes_ = Number(v); }},
                 {"request_json", [&](const Json& v) { fault_.request_json_ = PlacesAndValues(v); }},
                 {"request_types", [&](const Json& v) { fault_.request_types_ = PlacesAndTexts(v); }},
                 {"request_like", [&](const Json& v) { fault_.request_like_ = PlacesAndTexts(v); }},
                 {"request_unlike", [&](const Json& v) { fault_.request_unlike_ = PlacesAndTexts(v); }},
                 {"request_depth", [&](const Json& v) { fault_.request_depth_ = Number(v); }},
                 {"request_shape", [&](const Json& v) { fault_.request_shapes_ = Texts(v); }},
                 {"request_ascii", [&](const Json& v) { fault_.request_ascii_ = Truth(v); }},
                 {"ascii", [&](const Json& v) { fault_.ascii_ = Truth(v); }},
                 {"types", [&](const Json& v) { fault_.answer_types_ = PlacesAndTexts(v); }},
                 {"query", [&](const Json& v) { ReadQuery(v); }},
                 {"target", [&](const Json& v) { fault_.target_contains_ = Text(v); }}});
  }

  void ReadRequest(const Json& request) {
    Members members = {{"method", [&](const Json& v) { fault_.method_ = Text(v); }},
                       {"target", [&](const Json& v) { fault_.target_ = Text(v); }},
                       {"query", [&](const Json& v) { ReadQueryChange(v); }},
                       {"body", [&](const Json& v) { fault_.request_body_ = Text(v); }},
                       {"replace", [&](const Json& v) { fault_.request_replace_ = Replacements(v); }}};
    ReadJsonMember(fault_.request_change_, members);
    ReadMembers(request, "request", members);
  }

  void ReadAnswer(const Json& answer) {
    Members members = {{"status",
                        [&](const Json& v) {
                          const auto status = Number(v);
                          if (status < 100 || status > 599) Problem(where_ + " must be a status");
                          fault_.status_ = static_cast<int>(status);
                        }},
                       {"headers", [&](const Json& v) { fault_.headers_ = HeaderFields(v); }},
                       {"body", [&](const Json& v) { fault_.body_ = Text(v); }},
                       {"replace", [&](const Json& v) { fault_.replace_ = Replacements(v); }},
                       {"page",
                        [&](const Json& v) {
                          if (v != true) Problem(where_ + " must be true");
                          fault_.status_ = 500;
                          fault_.headers_.emplace_back("Content-Type", "text/html");
                          fault_.headers_.emplace_back("Location", std::nullopt);
                          fault_.body_ = std::string(page_);
                        }},
                       {"manner", [&](const Json& v) {
                          const std::string manner = Text(v);
                          if (manner == "hang") {
                            fault_.manner_ = http::Response::Manner::kHang;
                          } else if (manner == "close") {
                            fault_.manner_ = http::Response::Manner::kClose;
                          } else if (manner == "raw") {
                            fault_.manner_ = http::Response::Manner::kRaw;
                          } else if (manner == "reset") {
                            fault_.manner_ = http::Response::Manner::kReset;
                          } else if (manner == "abort") {
                            fault_.aborts_ = true;
                          } else {
                            Problem(where_ + " must be \"hang\", \"close\", \"reset\", \"raw\" or \"abort\"");
                          }
                        }}};
    ReadJsonMember(fault_.change_, members);
    ReadMembers(answer, "answer", members);
  }

  void ReadPlace(const Json& value, AnswerFault::Before::Part part, AnswerFault::Before::Part& to, Places& places) {
    if (to != AnswerFault::Before::Part::kTarget) Problem(where_ + " is one place too many");
    to = part;
    places = PlacesInside(Text(value));
  }

  void ReadAfter(const Json& after) {
    using Part = AnswerFault::Before::Part;
    auto before = std::make_shared<AnswerFault::Before>();
    AnswerFaultReader exchange;
    ReadMembers(after, "after",
                {{"route",
                  [&](const Json& v) {
                    for (const std::string& route : exchange.Texts(v)) exchange.ReadRoute(route);
                  }},
                 {"when", [&](const Json& v) { exchange.ReadWhen(v); }},
                 {"request", [&](const Json& v) { ReadPlace(v, Part::kRequest, before->from, before->from_places); }},
                 {"answer", [&](const Json& v) { ReadPlace(v, Part::kAnswer, before->from, before->from_places); }},
                 {"here",
                  [&](const Json& v) {
                    if (v == "anything") {
                      before->here = Part::kAnything;
                      return;
                    }
                    ReadMembers(v, "after.here",
                                {{"request", [&](const Json& p) { ReadPlace(p, Part::kRequest, before->here, before->here_places); }},
                                 {"answer", [&](const Json& p) { ReadPlace(p, Part::kAnswer, before->here, before->here_places); }}});
                  }},
                 {"times", [&](const Json& v) {
                    if (!v.is_number_unsigned()) return Problem(where_ + " must be an integer of 0 or more");
                    before->times = v.get<std::uint64_t>();
                  }}});
    if (!exchange.problem_.empty()) Problem("after: " + exchange.problem_);
    if (exchange.fault_.routes_.empty()) Problem("after.route is missing");
    before->exchange = std::move(exchange.fault_);
    fault_.before_ = std::move(before);
  }

  void ReadEntry(const Json& entry) {
    ReadMembers(entry, "fault",
                {{"name", [&](const Json& v) { fault_.name = Text(v); }},
                 {"breaks", [&](const Json& v) { fault_.breaks = Text(v); }},
                 {"sentence", [&](const Json& v) { fault_.sentence = Text(v); }},
                 {"side",
                  [&](const Json& v) {
                    if (v != "rest" && v != "phones") Problem(where_ + " is neither rest nor phones");
                    fault_.side = v == "phones" ? AnswerFault::Side::kPhones : AnswerFault::Side::kRest;
                  }},
                 {"route",
                  [&](const Json& v) {
                    for (const std::string& route : Texts(v)) ReadRoute(route);
                  }},
                 {"when", [&](const Json& v) { ReadWhen(v); }},
                 {"after", [&](const Json& v) { ReadAfter(v); }},
                 {"instead", [&](const Json& v) { fault_.instead_ = Truth(v); }},
                 {"again", [&](const Json& v) { fault_.again_ = Truth(v); }},
                 {"request", [&](const Json& v) { ReadRequest(v); }},
                 {"answer", [&](const Json& v) { ReadAnswer(v); }},
                 {"first", [&](const Json& v) { fault_.first = Number(v); }},
                 {"every", [&](const Json& v) { fault_.every = Number(v); }}});
    if (fault_.name.empty()) Problem("fault.name is missing");
    if (fault_.breaks.empty()) fault_.breaks = fault_.name.substr(0, fault_.name.find('/'));
    if (fault_.name != fault_.breaks && !fault_.name.starts_with(fault_.breaks + "/")) {
      Problem("fault.name must be fault.breaks, or that with a '/variant'");
    }
    if (fault_.sentence.empty()) Problem("fault.sentence is missing");
    if (fault_.routes_.empty()) Problem("fault.route is missing");
    if (!entry.contains("answer") && !entry.contains("request")) Problem("fault changes nothing: 'answer' or 'request' is missing");
    const bool about_answer = !fault_.statuses_.empty() || !fault_.says_.empty() || !fault_.answer_json_.empty() ||
                              !fault_.answer_json_not_.empty() || !fault_.answer_types_.empty() || fault_.ascii_ ||
                              !fault_.answer_headers_.fields.empty();
    if (fault_.before_ && (fault_.instead_ || entry.contains("request")))
      Problem("fault.after is looked at when there is an answer; not with fault.instead or fault.request");
    if (fault_.instead_ && about_answer) Problem("fault.when looks at an answer that fault.instead prevents");
    if (fault_.again_ && (fault_.instead_ || !entry.contains("request") || !about_answer))
      Problem("fault.again needs an answer that fault.when looks at, and then a changed fault.request");
    if (entry.contains("request") && about_answer && !entry.contains("answer") && !fault_.again_)
      Problem("fault.when looks at an answer and fault.answer is missing; it says nothing about the request");
  }

  AnswerFault fault_;
  std::string_view page_;
  std::string where_;
  std::string problem_;
};

Result<std::vector<AnswerFault>> ParseAnswerFaults(std::string_view text, std::string_view page) {
  auto list = ParseJson(text);
  if (!list) return Fail(list.error());
  if (!list->is_array()) return Fail(ErrorKind::kInvalid, "Faults are a list");
  std::vector<AnswerFault> faults;
  std::set<std::string> names;
  for (const Json& entry : *list) {
    auto fault = AnswerFaultReader::Read(entry, page);
    if (!fault) {
      const std::string name =
          entry.is_object() && entry.contains("name") && entry["name"].is_string() ? entry["name"].get<std::string>() : "";
      return Fail(fault.error().kind, "Fault " + std::to_string(faults.size() + 1) + " (" + name + "): " + fault.error().message);
    }
    if (!names.insert(fault->name).second) return Fail(ErrorKind::kInvalid, "Two faults are named " + fault->name);
    faults.push_back(std::move(*fault));
  }
  return faults;
}

const std::vector<AnswerFault>& BuiltInAnswerFaults() {
  // A test parses the same text, so that a released binary never comes here with a bad one.
  static const std::vector<AnswerFault> faults = [] {
    std::vector<AnswerFault> all;
    for (const EmbeddedFile& file : FaultData()) {
      if (auto parsed = ParseAnswerFaults(file.bytes)) all.insert(all.end(), parsed->begin(), parsed->end());
    }
    return all;
  }();
  return faults;
}

}  // namespace provdlab::server
