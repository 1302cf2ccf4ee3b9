#include "conformance/report/html.h"

#include <algorithm>
#include <cstdint>
#include <kainjow/mustache.hpp>
#include <map>

#include "base/digest.h"
#include "base/text.h"
#include "conformance/report/page.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

// What a reader could not see, or would be misled by, as something visible. Line breaks and tabs stay.
std::string Visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto add_code = [&out](char32_t code) {
    char name[24];
    std::snprintf(name, sizeof name, "\u27E8U+%04X\u27E9", static_cast<unsigned>(code));
    out += name;
  };
  while (!text.empty()) {
    const std::size_t wrong = FirstNonUtf8(text).value_or(text.size());
    for (std::size_t i = 0; i < wrong; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x20 && c != '\n' && c != '\t') {
        if (c == '\r') {
          out += "\u27E8CR\u27E9";
        } else {
          add_code(c);
        }
      } else if (c == 0x7F) {
        add_code(c);
      } else if (c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
        add_code(static_cast<unsigned char>(text[++i]));
      } else if (c == 0xE2 && text[i + 1] == '\x80' &&
                 ((text[i + 2] >= '\x8B' && text[i + 2] <= '\x8F') || (text[i + 2] >= '\xA8' && text[i + 2] <= '\xAE'))) {
        add_code(0x2000 + (static_cast<unsigned char>(text[i + 2]) & 0x3F));  // zero width, line separators, directions
        i += 2;
      } else if (c == 0xE2 && text[i + 1] == '\x81' && text[i + 2] >= '\xA6' && text[i + 2] <= '\xA9') {
        add_code(0x2040 + (static_cast<unsigned char>(text[i + 2]) & 0x3F));  // isolates
        i += 2;
      } else {
        out += text[i];
      }
    }
    if (wrong == text.size()) break;
    out += "\uFFFD";
    text.remove_prefix(wrong + 1);
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string Sha256Base64(std::string_view text) {
  const std::string hex = Sha256Hex(text);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return Base64(bytes);
}

std::string_view PageFile(std::string_view name) {
  for (const EmbeddedFile& file : ReportPage()) {
    if (file.path == name) return file.bytes;
  }
  return {};
}

// A mark beside the colour, for those who do not see it.
std::string Mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✓";
    case Verdict::kNotApplicable:
      return "–";
    case Verdict::kWarn:
      return "!";
    case Verdict::kNotRun:
      return "○";
    case Verdict::kBlocked:
      return "⊘";
    case Verdict::kUnanswered:
      return "?";
    case Verdict::kFail:
      return "✗";
    case Verdict::kHarnessError:
      return "⚠";
  }
  return "⚠";
}

void SetVerdict(data& object, Verdict verdict) {
  object.set("verdict", std::string(VerdictName(verdict)));
  object.set("word", std::string(VerdictWord(verdict)));
  object.set("mark", Mark(verdict));
}

data Bar(const Tally& tally) {
  data bar(data::type::list);
  for (auto verdict = kWorstFirst.rbegin(); verdict != kWorstFirst.rend(); ++verdict) {
    if (tally.Of(*verdict) == 0) continue;
    data part;
    SetVerdict(part, *verdict);
    part.set("count", std::to_string(tally.Of(*verdict)));
    bar.push_back(part);
  }
  return bar;
}

// A section that is there only with a text: {{#name}}{{text}}{{/name}}.
void SetText(data& object, const std::string& name, const std::string& text) {
  if (text.empty()) {
    object.set(name, false);
    return;
  }
  data section;
  section.set("text", Visible(text));
  object.set(name, section);
}

data Facts(const RunRecord& record) {
  data facts(data::type::list);
  const auto add = [&facts](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    data fact;
    fact.set("name", name);
    fact.set("value", Visible(value));
    facts.push_back(fact);
  };
  add("Target", record.target);
  add("Dialect", record.dialect);
  add("Started", record.started);
  add("Took", Duration(record.microseconds));
  add("Scenarios", std::to_string(record.scenarios.size()));
  add("Selection", Join(record.selection, " "));
  add("Ended early", record.ended);
  add("Reached by", Join(record.reach, " "));
  add("Seed", std::to_string(record.seed));
  add("Run", record.run_id);
  add("Suite", record.suite_version.empty() ? "" : "provdlab " + record.suite_version);
  add("Ledger", record.ledger_hash.substr(0, 12));
  return facts;
}

void SetAreas(data& page, const Summary& summary) {
  std::vector<Verdict> columns;
  for (auto verdict = kWorstFirst.rbegin(); verdict != kWorstFirst.rend(); ++verdict) {
    if (*verdict == Verdict::kPass || summary.all.Of(*verdict) > 0) columns.push_back(*verdict);
  }
  data heads(data::type::list);
  for (const Verdict verdict : columns) {
    data head;
    SetVerdict(head, verdict);
    heads.push_back(head);
  }
  data areas(data::type::list);
  for (const AreaTally& area : summary.areas) {
    data row;
    row.set("area", Visible(area.area));
    data cells(data::type::list);
    for (const Verdict verdict : columns) {
      data cell;
      cell.set("count", std::to_string(area.tally.Of(verdict)));
      cell.set("tone", area.tally.Of(verdict) == 0 ? "zero" : "some");
      cells.push_back(cell);
    }
    row.set("cells", cells);
    row.set("bar", Bar(area.tally));
    areas.push_back(row);
  }
  page.set("has_areas", !summary.areas.empty());
  page.set("area_columns", heads);
  page.set("areas", areas);
}

// Matrix

// The path of the target's address: "/provd" of "http://host:8666/provd/".
std::string PrefixOf(const std::string& target) {
  const std::size_t host = target.find("://");
  const std::size_t path = target.find('/', host == std::string::npos ? 0 : host + 3);
  std::string prefix = path == std::string::npos ? "" : target.substr(path);
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  return prefix;
}

struct Cell {
  std::size_t requests = 0;
  std::size_t checks = 0;
  std::size_t good = 0;  // passed, warned or not applicable
  Verdict worst = Verdict::kPass;
};

constexpr std::string_view kElsewhere = "(other paths)";

void SetMatrix(data& page, const RunRecord& record) {
  const std::string prefix = PrefixOf(record.target);
  std::map<std::string, std::map<std::string, Cell>> matrix;  // resource, method
  std::vector<std::string> methods = {"GET", "HEAD", "POST", "PUT", "DELETE"};
  for (const ScenarioRecord& scenario : record.scenarios) {
    for (const StepRecord& step : scenario.steps) {
      if (step.exchanges.empty() || step.exchanges.back().method.empty()) continue;
      const auto cell_of = [&](const ExchangeRecord& exchange) -> Cell& {
        std::string resource = ResourceOf(exchange.target, prefix);
        if (resource.empty()) resource = kElsewhere;
        const bool ordinary = exchange.method.size() <= 16 &&
                              std::all_of(exchange.method.begin(), exchange.method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        return matrix[resource][ordinary ? exchange.method : "(odd)"];
      };
      for (const ExchangeRecord& exchange : step.exchanges) ++cell_of(exchange).requests;
      Cell& cell = cell_of(step.exchanges.back());
      for (const CheckRecord& check : step.checks) {
        ++cell.checks;
        if (!IsBad(check.verdict)) ++cell.good;
        cell.worst = std::max(cell.worst, check.verdict);
      }
    }
  }
  for (const auto& [resource, by_method] : matrix) {
    for (const auto& [method, cell] : by_method) {
      if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
    }
  }
  std::sort(methods.begin() + 5, methods.end());

  data heads(data::type::list);
  for (const std::string& method : methods) heads.push_back(method);
  data resources(data::type::list);
  std::vector<std::string> order;
  for (const auto& [resource, by_method] : matrix) {
    if (resource != kElsewhere) order.push_back(resource);
  }
  if (matrix.contains(std::string(kElsewhere))) order.emplace_back(kElsewhere);
  for (const std::string& resource : order) {
    const auto& by_method = matrix[resource];
    data cells(data::type::list);
    for (const std::string& method : methods) {
      const auto found = by_method.find(method);
      const Cell cell = found == by_method.end() ? Cell{} : found->second;
      data shown;
      SetVerdict(shown, cell.worst);
      shown.set("used", cell.requests > 0);
      shown.set("checked", cell.checks > 0);
      shown.set("unchecked", cell.checks == 0 && cell.requests > 0);
      shown.set("text", cell.checks == 0           ? std::to_string(cell.requests)
                        : cell.good == cell.checks ? std::to_string(cell.checks)
                                                   : std::to_string(cell.good) + "/" + std::to_string(cell.checks));
      shown.set("title", std::to_string(cell.requests) + (cell.requests == 1 ? " request, " : " requests, ") + std::to_string(cell.good) +
                             " of " + std::to_string(cell.checks) + " checks held");
      cells.push_back(shown);
    }
    data row;
    row.set("path", Visible(resource));
    row.set("cells", cells);
    resources.push_back(row);
  }
  page.set("has_matrix", !matrix.empty());
  page.set("methods", heads);
  page.set("resources", resources);
}

// Findings

std::string Headers(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += name + ": " + value + "\n";
  return out;
}

std::string Shorten(const std::string& body) {
  if (body.size() <= kLongestBodyShown) return body;
  std::size_t end = kLongestBodyShown;
  while (end > 0 && (static_cast<unsigned char>(body[end]) & 0xC0) == 0x80) --end;
  return body.substr(0, end) + "\n… cut here; the body has " + std::to_string(body.size()) + " bytes, report.json has more of it";
}

std::string Came(const ExchangeRecord& exchange) {
  if (exchange.status != 0) return "answered " + std::to_string(exchange.status);
  return exchange.outcome.empty() ? "not answered" : exchange.outcome;
}

data Exchange(const ExchangeRecord& exchange) {
  data shown;
  const bool raw = exchange.method.empty();
  shown.set("title", raw ? "Raw bytes" : Visible(exchange.method + " " + exchange.target));
  shown.set("outcome", Visible(Came(exchange) + " after " + Duration(exchange.microseconds)));
  shown.set("has_curl", !exchange.curl.empty());
  shown.set("curl", Visible(exchange.curl));
  const std::string first = raw ? "" : exchange.method + " " + exchange.target + "\n" + Headers(exchange.request_headers);
  shown.set("request", Visible(first + (exchange.request_body.empty() || raw ? "" : "\n") + Shorten(exchange.request_body)));
  std::string response = exchange.status == 0 ? "" : std::to_string(exchange.status) + "\n" + Headers(exchange.response_headers);
  if (!exchange.response_body.empty()) response += "\n" + Shorten(exchange.response_body);
  if (!exchange.problem.empty()) response += (response.empty() ? "" : "\n") + exchange.problem;
  shown.set("response", Visible(response.empty() ? "(nothing)" : response));
  return shown;
}

void SetExchanges(data& finding, const StepRecord* step) {
  data exchanges(data::type::list);
  const std::size_t count = step == nullptr ? 0 : step->exchanges.size();
  const std::size_t from_end = count > kMostExchangesShown ? kMostExchangesShown / 2 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (from_end == 0 || i < kMostExchangesShown - from_end || i >= count - from_end) exchanges.push_back(Exchange(step->exchanges[i]));
  }
  finding.set("has_exchanges", count > 0);
  finding.set("step", step == nullptr ? data(false) : data(Visible(step->source)));
  finding.set("exchanges", exchanges);
  finding.set("left_out",
              count > kMostExchangesShown
                  ? data("Of " + std::to_string(count) + " exchanges of this step the first and the last are shown; report.json has all.")
                  : data(false));
}

void SetStepsBefore(data& finding, const ScenarioRecord* scenario, const StepRecord* step) {
  data steps(data::type::list);
  bool any = false;
  if (scenario != nullptr) {
    for (const StepRecord& before : scenario->steps) {
      if (&before == step) break;
      data shown;
      shown.set("line", std::to_string(before.line));
      shown.set("source", Visible(before.source));
      std::string came = before.exchanges.empty() ? "" : Came(before.exchanges.back());
      if (!before.statuses.empty()) came += (came.empty() ? "" : "; ") + Join(before.statuses, " → ");
      shown.set("came", Visible(came));
      steps.push_back(shown);
      any = true;
    }
  }
  finding.set("has_steps", any);
  finding.set("steps", steps);
}

void SetScenarioText(data& finding, const ScenarioRecord* scenario, int line_of_check) {
  data lines(data::type::list);
  if (scenario != nullptr) {
    const std::string text = Visible(scenario->text);
    int number = 0;
    std::vector<std::string_view> split = Split(text, '\n');
    if (!split.empty() && split.back().empty()) split.pop_back();
    for (const std::string_view line : split) {
      data shown;
      shown.set("text", std::string(line));
      shown.set("here", ++number == line_of_check);
      lines.push_back(shown);
    }
  }
  finding.set("has_text", scenario != nullptr && !scenario->text.empty());
  finding.set("lines", lines);
}

data Evidence(const Finding& found, const RunRecord& record) {
  data finding;
  const RequirementRecord& requirement = *found.requirement;
  data blockers(data::type::list);
  for (const std::string& slug : requirement.blocked_by) blockers.push_back(Visible(slug));
  finding.set("blocked", !requirement.blocked_by.empty());
  finding.set("blockers", blockers);
  finding.set("unexplained", requirement.unexplained);
  const CheckRecord none;
  const CheckRecord& check = found.check == nullptr ? none : *found.check;
  SetText(finding, "expected", check.expected.empty() ? check.predicate : check.expected);
  SetText(finding, "got", check.got);
  SetText(finding, "note", check.note);
  if (found.scenario == nullptr) {
    finding.set("scenario", false);
  } else {
    data scenario;
    scenario.set("title", Visible(found.scenario->title));
    SetText(scenario, "row", found.scenario->row);
    scenario.set("place", Visible((found.scenario->file.empty() ? "line " : found.scenario->file + ":") + std::to_string(check.line)));
    finding.set("scenario", scenario);
  }
  if (found.replay_file.empty()) {
    finding.set("replay", false);
  } else {
    data replay;
    replay.set("command", Visible(ReplayCommand(found.replay_file, record.reach)));
    replay.set("file", found.replay_file);
    finding.set("replay", replay);
  }
  SetExchanges(finding, found.step);
  SetStepsBefore(finding, found.scenario, found.step);
  SetScenarioText(finding, found.scenario, check.line);
  return finding;
}

data Requirement(const RequirementRecord& requirement, const Finding* finding, const RunRecord& record) {
  data shown;
  SetVerdict(shown, requirement.verdict);
  shown.set("bad", IsBad(requirement.verdict));
  shown.set("slug", Visible(requirement.slug));
  shown.set("level", std::string(LevelName(requirement.level)));
  shown.set("sentence", Visible(requirement.sentence));
  shown.set("source", Visible(requirement.source));
  shown.set("finding", finding == nullptr ? data(false) : Evidence(*finding, record));
  return shown;
}

}  // namespace

std::string ResourceOf(std::string_view request_target, std::string_view prefix) {
  std::string_view path = request_target.substr(0, request_target.find_first_of("?#"));
  if (!path.starts_with(prefix)) return "";
  path.remove_prefix(prefix.size());
  if (path.empty()) return "/";
  if (path[0] != '/') return "";
  // What each known resource has below it; "{…}" stands for any one name.
  static const std::map<std::string, std::vector<std::string_view>, std::less<>> below = [] {
    std::map<std::string, std::vector<std::string_view>, std::less<>> tree = {
        {"", {"dev_mgr", "cfg_mgr", "pg_mgr", "configure", "status"}},
        {"/configure", {"{key}"}},
        {"/dev_mgr", {"devices", "synchronize", "reconfigure", "dhcpinfo"}},
        {"/dev_mgr/devices", {"{id}"}},
        {"/dev_mgr/synchronize", {"{monitor}"}},
        {"/cfg_mgr", {"configs", "autocreate"}},
        {"/cfg_mgr/configs", {"{id}"}},
        {"/cfg_mgr/configs/{id}", {"raw"}},
        {"/pg_mgr", {"install", "plugins", "reload"}},
        {"/pg_mgr/plugins", {"{id}"}},
        {"/pg_mgr/plugins/{id}", {"info", "install", "configure"}},
        {"/pg_mgr/plugins/{id}/configure", {"{key}"}},
    };
    for (const std::string service : {"/pg_mgr/install", "/pg_mgr/plugins/{id}/install"}) {
      tree[service] = {"install", "uninstall", "installed", "installable", "upgrade", "update"};
      for (const std::string operation : {"/install", "/upgrade", "/update"}) tree[service + operation] = {"{monitor}"};
    }
    return tree;
  }();
  std::string resource;
  for (const std::string_view segment : Split(path.substr(1), '/')) {
    const auto children = below.find(resource);
    if (segment.empty() || children == below.end()) return "";
    const auto child = std::find_if(children->second.begin(), children->second.end(),
                                    [segment](std::string_view name) { return name == segment || name.front() == '{'; });
    if (child == children->second.end()) return "";
    resource.append("/").append(*child);
  }
  return resource;
}

Result<std::string> HtmlReport(const RunRecord& record) {
  const Summary summary = Summarise(record);
  data page;
  page.set("suite_version", Visible(record.suite_version));
  page.set("word", summary.headline.word);
  page.set("sentence", Visible(summary.headline.sentence));
  page.set("tone", summary.headline.green                                                      ? "good"
                   : summary.all.Of(Verdict::kFail) + summary.all.Of(Verdict::kUnanswered) > 0 ? "bad"
                                                                                               : "open");
  page.set("target", Visible(record.target));
  page.set("style", std::string(PageFile("report.css")));
  page.set("script", std::string(PageFile("report.js")));
  page.set("script_hash", Sha256Base64(PageFile("report.js")));
  page.set("bar", Bar(summary.all));
  std::string label;
  for (const Verdict verdict : kWorstFirst) {
    if (const std::size_t n = summary.all.Of(verdict); n > 0)
      label += (label.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(VerdictWord(verdict));
  }
  page.set("bar_label", label);
  page.set("facts", Facts(record));
  data notes(data::type::list);
  for (const std::string& note : record.notes) notes.push_back(Visible(note));
  page.set("has_notes", !record.notes.empty());
  page.set("notes", notes);
  page.set("has_log", !record.target_log_tail.empty());
  page.set("log", Visible(record.target_log_tail));
  SetAreas(page, summary);
  SetMatrix(page, record);

  data requirements(data::type::list);
  for (const Finding& finding : summary.findings) requirements.push_back(Requirement(*finding.requirement, &finding, record));
  for (const Verdict verdict : {Verdict::kPass, Verdict::kNotApplicable}) {
    for (const RequirementRecord& requirement : record.requirements) {
      if (requirement.verdict == verdict) requirements.push_back(Requirement(requirement, nullptr, record));
    }
  }
  page.set("has_requirements", !record.requirements.empty());
  page.set("requirements", requirements);

  mustache renderer{std::string(PageFile("report.mustache"))};
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the report's template is broken: " + renderer.error_message());
  std::string out = renderer.render(page);
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the report could not be rendered: " + renderer.error_message());
  return out;
}

}  // namespace provdlab::conformance
