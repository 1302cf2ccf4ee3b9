#include "conformance/report/html.h"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <map>

#include "base/text.h"
#include "conformance/report/page_parts.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

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
  add("Known divergences", record.known);
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
    row.set("bar", BarOf(area.tally));
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

data Requirement(const RequirementRecord& requirement, const Finding* finding, const RunRecord& record) {
  data shown;
  SetVerdict(shown, requirement.verdict);
  shown.set("bad", IsBad(requirement.verdict));
  shown.set("slug", Visible(requirement.slug));
  shown.set("level", std::string(LevelName(requirement.level)));
  shown.set("sentence", Visible(requirement.sentence));
  shown.set("source", Visible(requirement.source));
  shown.set("known_note", requirement.note.empty() ? data(false) : data(Visible(requirement.note)));
  shown.set("finding", finding == nullptr ? data(false) : EvidenceOf(*finding, record));
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
  page.set("title", Visible(summary.headline.word + " · " + record.target + " · provd conformance"));
  page.set("word", summary.headline.word);
  page.set("sentence", Visible(summary.headline.sentence));
  page.set("tone", summary.headline.green ? "good"
                   : summary.all.Of(Verdict::kFail) + summary.all.Of(Verdict::kUnanswered) + summary.all.Of(Verdict::kNotAsKnown) > 0
                       ? "bad"
                       : "open");
  page.set("target", Visible(record.target));
  page.set("bar", BarOf(summary.all));
  page.set("bar_label", InWords(summary.all));
  page.set("facts", Facts(record));
  data notes(data::type::list);
  for (const std::string& note : record.notes) notes.push_back(Visible(note));
  page.set("has_notes", !record.notes.empty());
  page.set("notes", notes);
  page.set("has_log_file", !record.target_log.empty());
  page.set("log_file", Visible(record.target_log));
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

  return RenderPage(page, "report.mustache", "report.js");
}

}  // namespace provdlab::conformance
