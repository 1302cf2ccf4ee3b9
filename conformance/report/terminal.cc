#include "conformance/report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "conformance/report/finding_lines.h"
#include "conformance/report/screen.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kMostReasons = 4;

void PrintAreas(const Summary& summary, Screen& screen) {
  std::vector<Verdict> shown;  // passed always, the others if there are any
  for (auto verdict = kWorstFirst.rbegin(); verdict != kWorstFirst.rend(); ++verdict) {
    if (*verdict == Verdict::kPass || summary.all.Of(*verdict) > 0) shown.push_back(*verdict);
  }
  std::size_t widest = 5;
  for (const AreaTally& area : summary.areas) widest = std::max(widest, Columns(area.area));
  widest = std::min<std::size_t>(widest, 24);
  const auto padded = [](const std::string& text, std::size_t columns) {
    return std::string(columns - std::min(columns, Columns(text)), ' ') + text;
  };
  std::string head = std::string(widest, ' ');
  for (const Verdict verdict : shown) head += "  " + std::string(VerdictWord(verdict));
  screen.Line("  " + screen.Paint("2", head));
  const auto line = [&](const std::string& name, const Tally& tally) {
    const std::string cut = Cut(Plain(name), widest);
    std::string text = "  " + cut + std::string(widest - Columns(cut), ' ');
    for (const Verdict verdict : shown) {
      const std::string number = padded(tally.Of(verdict) == 0 ? "·" : std::to_string(tally.Of(verdict)), 2 + VerdictWord(verdict).size());
      text += screen.Paint(tally.Of(verdict) == 0 ? "2" : StyleOf(verdict), number);
    }
    screen.Line(text);
  };
  for (const AreaTally& area : summary.areas) line(area.area, area.tally);
  if (summary.areas.size() > 1) line("all", summary.all);
}

// Why so many do not apply, the reason of most first: it is for whoever wants them tested to change.
void PrintWhyNotApplicable(const RunRecord& record, Screen& screen) {
  std::map<std::string, std::size_t> reasons;
  for (const RequirementRecord& requirement : record.requirements)
    if (requirement.verdict == Verdict::kNotApplicable && !requirement.note.empty()) ++reasons[requirement.note];
  std::vector<std::pair<std::string, std::size_t>> most(reasons.begin(), reasons.end());
  std::stable_sort(most.begin(), most.end(), [](const auto& left, const auto& right) { return left.second > right.second; });
  if (most.empty()) return;
  screen.Line();
  std::size_t others = 0;
  for (std::size_t i = 0; i < most.size(); ++i) {
    if (i < kMostReasons)
      screen.Labelled("", i == 0 ? "left out" : "", std::to_string(most[i].second) + " because " + most[i].first);
    else
      others += most[i].second;
  }
  if (others > 0) screen.Labelled("", "", std::to_string(others) + " for other reasons, which the page has");
}

}  // namespace

std::string TerminalReport(const RunRecord& record, const TerminalOptions& options) {
  Screen screen(options.color, options.width);
  const Summary summary = Summarise(record);
  const bool green = summary.headline.green;
  screen.Headline(green ? "1;32" : "1;31", summary.headline.word, summary.headline.sentence);
  screen.Labelled("", "target", record.target + (record.dialect.empty() ? "" : ", dialect " + record.dialect));
  screen.Labelled("", "run",
                  "seed " + std::to_string(record.seed) + ", " + Duration(record.microseconds) + ", " +
                      std::to_string(record.scenarios.size()) + (record.scenarios.size() == 1 ? " scenario" : " scenarios") +
                      (record.suite_version.empty() ? "" : ", provdlab " + record.suite_version));
  if (!record.selection.empty()) screen.Labelled("", "selected", Join(record.selection, " "));
  const bool nothing_ran = summary.all.Of(Verdict::kNotRun) == summary.all.total();
  if (!summary.areas.empty() && !nothing_ran) {
    screen.Line();
    PrintAreas(summary, screen);
  }

  PrintWhyNotApplicable(record, screen);

  // A warning needs no room while something worse wants it.
  std::size_t shown = 0;
  std::size_t left_out = 0;
  std::vector<std::string> not_run, known, behind_known;
  std::vector<const RequirementRecord*> explained;  // named with what blocks them …
  std::set<const RequirementRecord*> named;         // … if that is shown
  for (const Finding& finding : summary.findings) {
    const RequirementRecord& requirement = *finding.requirement;
    // What was never tried has no evidence to show, and the notes say why.
    if (finding.requirement->verdict == Verdict::kNotRun) {
      not_run.push_back(finding.requirement->slug);
      continue;
    }
    // The file that lists them has the rest.
    if (finding.requirement->verdict == Verdict::kKnown) {
      (finding.requirement->behind_known ? behind_known : known).push_back(finding.requirement->slug);
      continue;
    }
    if (finding.explained) {
      explained.push_back(&requirement);
      continue;
    }
    if (shown >= options.most_findings) {
      ++left_out;
      continue;
    }
    named.insert(finding.blocks.begin(), finding.blocks.end());
    screen.Line();
    screen.Item(++shown, screen.Paint(StyleOf(requirement.verdict), std::string(VerdictWord(requirement.verdict))) + "  " +
                             screen.Paint("1", Plain(requirement.slug)) + "  " + std::string(LevelName(requirement.level)));
    PrintEvidence(finding, record, options.folder, screen);
  }
  left_out += static_cast<std::size_t>(
      std::count_if(explained.begin(), explained.end(), [&](const RequirementRecord* each) { return !named.contains(each); }));
  if (left_out > 0) {
    screen.Line();
    screen.Line("     … and " + std::to_string(left_out) + " more" +
                (options.folder.empty() ? "" : ", all in " + options.folder + "/report.html"));
  }
  if (!not_run.empty() && !nothing_ran) {
    screen.Line();
    screen.Labelled("", "not run", Join(not_run, ", "));
  }
  if (!known.empty()) {
    screen.Line();
    screen.Labelled("", "known", "diverging as " + record.known + " is known to: " + Join(known, ", "));
    if (!behind_known.empty()) screen.Labelled("", "untested", "they stand on these: " + Join(behind_known, ", "));
  }
  if (!record.notes.empty()) {
    screen.Line();
    for (std::size_t i = 0; i < record.notes.size() && i < 5; ++i) screen.Labelled("", "note", record.notes[i]);
    if (record.notes.size() > 5) screen.Line("          … and " + std::to_string(record.notes.size() - 5) + " more");
  }
  if (!record.target_log_tail.empty()) {
    screen.Line();
    screen.Line("The target's last words:");
    for (const std::string_view line : LastWords(record.target_log_tail)) screen.Line("  " + Cut(Plain(line), screen.width() - 2));
  }
  return screen.Take();
}

}  // namespace provdlab::conformance
