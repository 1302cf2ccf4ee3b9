#include "conformance/report/page_parts.h"

#include <kainjow/mustache.hpp>

#include "base/text.h"
#include "conformance/report/page.h"

namespace provdlab::conformance {
namespace {

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
    case Verdict::kKnown:
      return "≈";
    case Verdict::kNotAsKnown:
      return "≠";
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

std::string Headers(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += name + ": " + value + "\n";
  return out;
}

std::string Shorten(const std::string& body) {
  if (body.size() <= kLongestBodyShown) return body;
  std::size_t end = kLongestBodyShown;
  while (end > 0 && (static_cast<unsigned char>(body[end]) & 0xC0) == 0x80) --end;
  return body.substr(0, end) + "\n… cut here; the body has " + std::to_string(body.size()) + " bytes, the JSON report has more of it";
}

std::string Came(const ExchangeRecord& exchange) {
  if (exchange.status != 0) return "answered " + std::to_string(exchange.status);
  return exchange.outcome.empty() ? "not answered" : exchange.outcome;
}

data ShownExchange(const ExchangeRecord& exchange) {
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
    if (from_end == 0 || i < kMostExchangesShown - from_end || i >= count - from_end)
      exchanges.push_back(ShownExchange(step->exchanges[i]));
  }
  finding.set("has_exchanges", count > 0);
  finding.set("step", step == nullptr ? data(false) : data(Visible(step->source)));
  finding.set("exchanges", exchanges);
  finding.set("left_out", count > kMostExchangesShown
                              ? data("Of " + std::to_string(count) +
                                     " exchanges of this step the first and the last are shown; the JSON report has all.")
                              : data(false));
}

// What phones did, as a terminal would show it.
void SetTrace(data& finding, const StepRecord* step) {
  const bool any = step != nullptr && !step->trace.empty();
  finding.set("has_trace", any);
  finding.set("trace", any ? Visible(Join(step->trace, "\n")) : "");
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
      if (!before.trace.empty()) came += (came.empty() ? "" : "; ") + before.trace.back();
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

}  // namespace

void SetVerdict(data& object, Verdict verdict) {
  object.set("verdict", std::string(VerdictName(verdict)));
  object.set("word", std::string(VerdictWord(verdict)));
  object.set("mark", Mark(verdict));
}

data BarOf(const Tally& tally) {
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

std::string InWords(const Tally& tally) {
  std::string words;
  for (const Verdict verdict : kWorstFirst) {
    if (const std::size_t n = tally.Of(verdict); n > 0)
      words += (words.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(VerdictWord(verdict));
  }
  return words;
}

data EvidenceOf(const Finding& found, const RunRecord& record, const std::optional<std::string>& folder) {
  data finding;
  const RequirementRecord& requirement = *found.requirement;
  data blockers(data::type::list);
  for (const std::string& slug : requirement.blocked_by) blockers.push_back(Visible(slug));
  finding.set("blocked", !requirement.blocked_by.empty());
  finding.set("blockers", blockers);
  finding.set("unexplained", requirement.unexplained);
  data blocks(data::type::list);
  for (const RequirementRecord* const blocked : found.blocks) blocks.push_back(Visible(blocked->slug));
  finding.set("has_blocks", !found.blocks.empty());
  finding.set("blocks", blocks);
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
    replay.set("command", Visible(ReplayCommand(folder ? *folder + "/" + found.replay_file : found.replay_file, record.reach)));
    replay.set("link", !folder);
    replay.set("file", found.replay_file);
    finding.set("replay", replay);
  }
  SetExchanges(finding, found.step);
  SetTrace(finding, found.step);
  SetStepsBefore(finding, found.scenario, found.step);
  SetScenarioText(finding, found.scenario, check.line);
  return finding;
}

Result<std::string> RenderPage(data& page, std::string_view body, std::string_view script) {
  page::Templates templates{.body = PageFile(body), .script = PageFile(script)};
  for (const std::string part : {"evidence", "change", "list"}) templates.parts[part] = PageFile(part + ".mustache");
  return page::Render(page, templates);
}

}  // namespace provdlab::conformance
