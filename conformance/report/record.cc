#include "conformance/report/record.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 10> kVerdicts = {{{Verdict::kPass, "pass"},
                                                                             {Verdict::kNotApplicable, "not-applicable"},
                                                                             {Verdict::kKnown, "known"},
                                                                             {Verdict::kWarn, "warn"},
                                                                             {Verdict::kNotRun, "not-run"},
                                                                             {Verdict::kBlocked, "blocked"},
                                                                             {Verdict::kNotAsKnown, "not-as-known"},
                                                                             {Verdict::kUnanswered, "unanswered"},
                                                                             {Verdict::kFail, "fail"},
                                                                             {Verdict::kHarnessError, "harness-error"}}};
constexpr std::array<std::pair<Level, std::string_view>, 3> kLevels = {
    {{Level::kMust, "must"}, {Level::kShould, "should"}, {Level::kMay, "may"}}};

template <typename Table, typename Value>
std::string_view NameIn(const Table& table, Value value) {
  for (const auto& [known, name] : table) {
    if (known == value) return name;
  }
  return table[0].second;
}
template <typename Value, typename Table>
std::optional<Value> ValueIn(const Table& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

template <typename Type>
inline constexpr bool kIsRecord =
    std::is_same_v<Type, ExchangeRecord> || std::is_same_v<Type, CheckRecord> || std::is_same_v<Type, StepRecord> ||
    std::is_same_v<Type, ScenarioRecord> || std::is_same_v<Type, RequirementRecord> || std::is_same_v<Type, RunRecord>;

// Members that reports did not have from the beginning: without them a report is read as well.
constexpr std::array<std::string_view, 6> kLater = {"trace", "note", "known", "behind_known", "attempts", "target_log"};

// The members of each record, listed once: what is written is what is read. A member that is added to the header and not
// here fails the test that counts them.

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, ExchangeRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("method", record.method);
  visit("target", record.target);
  visit("request_headers", record.request_headers);
  visit("request_body", record.request_body);
  visit("outcome", record.outcome);
  visit("problem", record.problem);
  visit("status", record.status);
  visit("response_headers", record.response_headers);
  visit("response_body", record.response_body);
  visit("microseconds", record.microseconds);
  visit("curl", record.curl);
}

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, CheckRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("slug", record.slug);
  visit("verdict", record.verdict);
  visit("line", record.line);
  visit("predicate", record.predicate);
  visit("expected", record.expected);
  visit("got", record.got);
  visit("blocked_by", record.blocked_by);
  visit("note", record.note);
}

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, StepRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("line", record.line);
  visit("source", record.source);
  visit("exchanges", record.exchanges);
  visit("statuses", record.statuses);
  visit("trace", record.trace);
  visit("checks", record.checks);
}

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, ScenarioRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("title", record.title);
  visit("file", record.file);
  visit("area", record.area);
  visit("text", record.text);
  visit("row", record.row);
  visit("verdict", record.verdict);
  visit("steps", record.steps);
  visit("attempts", record.attempts);
  visit("microseconds", record.microseconds);
}

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, RequirementRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("slug", record.slug);
  visit("area", record.area);
  visit("sentence", record.sentence);
  visit("source", record.source);
  visit("level", record.level);
  visit("verdict", record.verdict);
  visit("scenarios", record.scenarios);
  visit("blocked_by", record.blocked_by);
  visit("unexplained", record.unexplained);
  visit("behind_known", record.behind_known);
  visit("note", record.note);
}

template <typename Record, typename Visitor>
requires std::is_same_v<std::remove_const_t<Record>, RunRecord>
void VisitMembers(Record& record, Visitor&& visit) {
  visit("suite_version", record.suite_version);
  visit("ledger_hash", record.ledger_hash);
  visit("run_id", record.run_id);
  visit("target", record.target);
  visit("dialect", record.dialect);
  visit("started", record.started);
  visit("seed", record.seed);
  visit("microseconds", record.microseconds);
  visit("ended", record.ended);
  visit("selection", record.selection);
  visit("known", record.known);
  visit("reach", record.reach);
  visit("requirements", record.requirements);
  visit("scenarios", record.scenarios);
  visit("notes", record.notes);
  visit("target_log_tail", record.target_log_tail);
  visit("target_log", record.target_log);
  visit("exit_code", record.exit_code);
}

// Writing

template <typename Plain>
Json Write(const Plain& value) {
  return value;
}
Json Write(const Verdict& verdict) { return VerdictName(verdict); }
Json Write(const Level& level) { return LevelName(level); }
Json Write(const std::pair<std::string, std::string>& header) { return Json::array({header.first, header.second}); }

template <typename Record>
requires kIsRecord<Record> Json Write(const Record& record);

template <typename Element>
Json Write(const std::vector<Element>& list) {
  Json json = Json::array();
  for (const Element& element : list) json.push_back(Write(element));
  return json;
}

template <typename Record>
requires kIsRecord<Record> Json Write(const Record& record) {
  Json json = Json::object();
  VisitMembers(record, [&json](const char* name, const auto& member) { json[name] = Write(member); });
  return json;
}

// Reading. Each returns what is wrong, with the path to it, or an empty text.

std::string Wrong(const std::string& path, const std::string& what) { return (path.empty() ? "the report" : path) + " " + what; }

std::string Read(const Json& json, const std::string& path, std::string& value) {
  if (!json.is_string()) return Wrong(path, "must be a string");
  value = json.get<std::string>();
  return "";
}
std::string Read(const Json& json, const std::string& path, bool& value) {
  if (!json.is_boolean()) return Wrong(path, "must be true or false");
  value = json.get<bool>();
  return "";
}
template <typename Integer>
requires std::is_integral_v<Integer> std::string Read(const Json& json, const std::string& path, Integer& value) {
  const bool fits = json.is_number_unsigned()  ? std::in_range<Integer>(json.get<std::uint64_t>())
                    : json.is_number_integer() ? std::in_range<Integer>(json.get<std::int64_t>())
                                               : false;
  if (!fits) return Wrong(path, "must be a whole number that fits");
  value = json.get<Integer>();
  return "";
}
std::string Read(const Json& json, const std::string& path, Verdict& value) {
  const auto verdict = json.is_string() ? VerdictFromName(json.get_ref<const std::string&>()) : std::nullopt;
  if (!verdict) return Wrong(path, "is not a verdict");
  value = *verdict;
  return "";
}
std::string Read(const Json& json, const std::string& path, Level& value) {
  const auto level = json.is_string() ? LevelFromName(json.get_ref<const std::string&>()) : std::nullopt;
  if (!level) return Wrong(path, "must be must, should or may");
  value = *level;
  return "";
}
std::string Read(const Json& json, const std::string& path, std::pair<std::string, std::string>& value) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_string() || !json[1].is_string())
    return Wrong(path, "must be a name and a value");
  value = {json[0].get<std::string>(), json[1].get<std::string>()};
  return "";
}

template <typename Record>
requires kIsRecord<Record> std::string Read(const Json& json, const std::string& path, Record& record);

template <typename Element>
std::string Read(const Json& json, const std::string& path, std::vector<Element>& list) {
  if (!json.is_array()) return Wrong(path, "must be a list");
  list.clear();
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (std::string wrong = Read(json[i], path + "[" + std::to_string(i) + "]", list.emplace_back()); !wrong.empty()) return wrong;
  }
  return "";
}

template <typename Record>
requires kIsRecord<Record> std::string Read(const Json& json, const std::string& path, Record& record) {
  if (!json.is_object()) return Wrong(path, "must be an object");
  std::string wrong;
  VisitMembers(record, [&](const char* name, auto& member) {
    if (!wrong.empty()) return;
    const std::string place = path.empty() ? name : path + "." + name;
    const auto found = json.find(name);
    if (found == json.end() && std::find(kLater.begin(), kLater.end(), name) != kLater.end()) return;
    wrong = found == json.end() ? Wrong(place, "is missing") : Read(*found, place, member);
  });
  return wrong;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) { return NameIn(kVerdicts, verdict); }
std::optional<Verdict> VerdictFromName(std::string_view name) { return ValueIn<Verdict>(kVerdicts, name); }
std::string_view LevelName(Level level) { return NameIn(kLevels, level); }
std::optional<Level> LevelFromName(std::string_view name) { return ValueIn<Level>(kLevels, name); }

Json ToJson(const RunRecord& record) {
  Json json = Write(record);
  json["format"] = RunRecord::kFormat;
  return json;
}

Result<RunRecord> FromJson(const Json& json) {
  if (!json.is_object()) return Fail(ErrorKind::kInvalid, "a report is a JSON object");
  const auto format = json.find("format");
  if (format == json.end() || *format != RunRecord::kFormat) {
    return Fail(ErrorKind::kInvalid, "a report of format " + (format == json.end() ? std::string("(none)") : DumpJson(*format)) +
                                         " cannot be read; this provdlab reads format " + std::to_string(RunRecord::kFormat));
  }
  RunRecord record;
  if (std::string wrong = Read(json, "", record); !wrong.empty()) return Fail(ErrorKind::kInvalid, wrong);
  return record;
}

std::vector<std::string_view> LastWords(std::string_view log, std::size_t most) {
  std::vector<std::string_view> lines = Split(log, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

}  // namespace provdlab::conformance
