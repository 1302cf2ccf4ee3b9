#include "tools/phones_report.h"

#include <algorithm>

#include "conformance/report/screen.h"
#include "simulator/fleet/html.h"

namespace provdlab::tools {
namespace {

using conformance::Plain;
using conformance::Screen;
using fleet::BytesInWords;
using fleet::Grouped;
using fleet::InWords;
using network::TraceLine;

constexpr std::size_t kTraceLinesShown = 12;

const char* StyleOf(TraceLine::Tone tone) {
  switch (tone) {
    case TraceLine::Tone::kGood:
      return "32";
    case TraceLine::Tone::kBad:
      return "31";
    case TraceLine::Tone::kQuiet:
      return "2";
    case TraceLine::Tone::kUsual:
      return "";
  }
  return "";
}

std::string Painted(const std::string& text, const char* style, bool color) {
  return color && *style != '\0' ? "\033[" + std::string(style) + "m" + text + "\033[0m" : text;
}

std::string RightAligned(const std::string& text, std::size_t columns) {
  const std::size_t used = conformance::Columns(text);
  return std::string(used < columns ? columns - used : 0, ' ') + text;
}

void Steps(Screen& screen, const fleet::FleetRecord& record) {
  std::size_t name_width = 4;
  for (const fleet::StepRecord& step : record.steps) name_width = std::max(name_width, conformance::Columns(step.name));
  name_width = std::min<std::size_t>(name_width, 44);
  const auto row = [&](const std::string& name, const std::string& count, const std::string& missing, const std::string& failed,
                       const std::string& median, const std::string& most) {
    std::string cut = conformance::Cut(Plain(name), name_width);
    cut += std::string(name_width - conformance::Columns(cut), ' ');
    return cut + RightAligned(count, 9) + RightAligned(missing, 10) + RightAligned(failed, 8) + RightAligned(median, 9) +
           RightAligned(most, 9);
  };
  screen.Line(screen.Paint("2", row("step", "times", "not there", "failed", "median", "99 %")));
  for (const fleet::StepRecord& step : record.steps) {
    const std::string text = row(step.name, Grouped(step.took.count), Grouped(step.missing), Grouped(step.failed), InWords(step.took.p50),
                                 InWords(step.took.p99));
    screen.Line(step.failed > 0 ? screen.Paint("31", text) : text);
  }
}

void Failures(Screen& screen, const fleet::FleetRecord& record) {
  std::size_t number = 0;
  for (const fleet::FailureRecord& failure : record.failures) {
    screen.Line();
    std::string text = Grouped(failure.phones) + (failure.phones == 1 ? " phone" : " phones") + " came as far as " + failure.stage;
    if (!failure.display.empty()) text += ", and showed \"" + failure.display + "\"";
    screen.Item(++number, Plain(text));
    screen.Labelled("      ", "why", failure.why);
    screen.Labelled("      ", "first", failure.model + " " + failure.mac);
    const std::size_t from = failure.trace.size() - std::min(failure.trace.size(), kTraceLinesShown);
    for (std::size_t i = from; i < failure.trace.size(); ++i)
      screen.Line("      " + conformance::Cut(Plain(failure.trace[i]), screen.width() - 6));
    if (!failure.replay.empty()) screen.Verbatim("      ", "replay", failure.replay);
  }
}

}  // namespace

std::string TraceText(const TraceLine& line, bool color) {
  return Painted(network::SecondsText(line.at), "2", color) + "  " + network::Arrow(line.way) + "  " +
         Painted(Plain(line.text), StyleOf(line.tone), color);
}

std::string SummaryText(const fleet::FleetRecord& record, const SummaryOptions& options) {
  Screen screen(options.color, options.width);
  const fleet::Verdict verdict = fleet::VerdictOf(record);
  screen.Headline(verdict.good ? "1;32" : "1;31", verdict.word, verdict.sentence);
  screen.Labelled("", "target", record.target);
  screen.Labelled("", "files", record.files);
  screen.Labelled("", "boot",
                  "half within " + InWords(record.boot.p50) + ", 90 % within " + InWords(record.boot.p90) + ", 99 % within " +
                      InWords(record.boot.p99) + ", the slowest " + InWords(record.boot.most));
  const std::uint64_t a_second = record.took == 0 ? 0 : record.requests * 1'000'000 / record.took;
  screen.Labelled("", "requests",
                  Grouped(record.requests) + " in " + InWords(record.took) + ", " + Grouped(a_second) + " a second; " +
                      BytesInWords(record.bytes) + " of files; " + Grouped(record.retries) + " asked again, " +
                      Grouped(record.not_answered) + " not answered, " + Grouped(record.server_errors) + " answered with 5xx");
  screen.Labelled(
      "", "pushes",
      Grouped(record.pushes) + ", " + Grouped(record.pushes_refused) + " refused, " + Grouped(record.pushes_failed) + " not answered");
  if (record.restarts > 0) screen.Labelled("", "restarts", Grouped(record.restarts));
  screen.Labelled("", "seed", std::to_string(record.seed));
  if (!record.ended.empty()) screen.Labelled("", "ended", record.ended);
  for (const std::string& remark : record.remarks) screen.Labelled("", "remark", remark);
  screen.Line();
  Steps(screen, record);
  Failures(screen, record);
  if (!options.page.empty()) screen.Verbatim("", "page", options.page);
  return screen.Take();
}

}  // namespace provdlab::tools
