#include "conformance/report/page_parts.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <kainjow/mustache.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "base/version.h"
#include "conformance/report/page.h"

namespace provdlab::conformance {
namespace {

using kainjow::mustache::mustache;

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

}  // namespace

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

void SetText(data& object, const std::string& name, const std::string& text) {
  if (text.empty()) {
    object.set(name, false);
    return;
  }
  data section;
  section.set("text", Visible(text));
  object.set(name, section);
}

data EvidenceOf(const Finding& found, const RunRecord& record, const std::optional<std::string>& folder) {
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
    replay.set("command", Visible(ReplayCommand(folder ? *folder + "/" + found.replay_file : found.replay_file, record.reach)));
    replay.set("link", !folder);
    replay.set("file", found.replay_file);
    finding.set("replay", replay);
  }
  SetExchanges(finding, found.step);
  SetStepsBefore(finding, found.scenario, found.step);
  SetScenarioText(finding, found.scenario, check.line);
  return finding;
}

Result<std::string> RenderPage(data& page, std::string_view body, std::string_view script) {
  const std::string text(PageFile(script));
  page.set("written_by", std::string(kVersion));
  page.set("style", std::string(PageFile("report.css")));
  page.set("body", std::string(PageFile(body)));
  for (const std::string part : {"evidence", "change", "list"}) page.set(part, std::string(PageFile(part + ".mustache")));
  if (text.empty()) {
    page.set("script", false);
  } else {
    data shown;
    shown.set("text", text);
    shown.set("hash", Sha256Base64(text));
    page.set("script", shown);
  }
  mustache renderer{std::string(PageFile("frame.mustache"))};
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the page's template is broken: " + renderer.error_message());
  std::string out = renderer.render(page);
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the page could not be rendered: " + renderer.error_message());
  return out;
}

}  // namespace provdlab::conformance
