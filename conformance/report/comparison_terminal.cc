#include "conformance/report/comparison_terminal.h"

#include <algorithm>

#include "base/text.h"
#include "conformance/report/finding_lines.h"
#include "conformance/report/screen.h"

namespace provdlab::conformance {
namespace {

constexpr char kIndent[] = "     ";

std::string Word(Verdict verdict, const Screen& screen) { return screen.Paint(StyleOf(verdict), std::string(VerdictWord(verdict))); }

std::string Verdicts(const RequirementChange& change, const Screen& screen) {
  if (change.a->verdict == change.b->verdict) return Word(change.b->verdict, screen);
  return Word(change.a->verdict, screen) + " → " + Word(change.b->verdict, screen);
}

std::string Named(const RequirementRecord& requirement, const Screen& screen) {
  return screen.Paint("1", Plain(requirement.slug)) + "  " + std::string(LevelName(requirement.level));
}

void PrintRun(const std::string& label, const RunRecord& run, const ReportPlace& place, Screen& screen) {
  std::string text = run.target + (run.dialect.empty() ? "" : ", dialect " + run.dialect);
  if (!run.started.empty()) text += ", started " + run.started;
  if (!place.file.empty()) text += " (" + place.file + ")";
  screen.Labelled("", label, text);
}

void PrintDifference(const RunDifference& difference, Screen& screen) {
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : Cut(text, 24); };
  screen.Labelled("", "differs",
                  difference.what + " " + shown(difference.a) + " in A, " + shown(difference.b) + " in B" +
                      (difference.meaning.empty() ? "" : ": " + difference.meaning));
}

void PrintWorse(const Comparison& comparison, const TerminalComparisonOptions& options, Screen& screen) {
  std::size_t shown = 0;
  std::size_t left_out = 0;
  std::vector<std::string> not_run;
  for (const RequirementChange& change : comparison.worse) {
    // What was not tried has no evidence to show, and how the run ended says why.
    if (change.b->verdict == Verdict::kNotRun) {
      not_run.push_back(change.b->slug);
      continue;
    }
    if (shown >= options.most_worse) {
      ++left_out;
      continue;
    }
    screen.Line();
    screen.Item(++shown, Verdicts(change, screen) + "  " + Named(*change.b, screen));
    PrintEvidence(change.evidence, *comparison.b, options.b.folder, screen);
    for (const std::string& remark : change.remarks) screen.Labelled(kIndent, "besides", remark);
  }
  if (left_out > 0) {
    screen.Line();
    screen.Line(kIndent + std::string("… and ") + std::to_string(left_out) + " more; --html FILE or --json has all");
  }
  const bool lacks_scenarios =
      options.b.folder.empty() && std::any_of(comparison.worse.begin(), comparison.worse.end(),
                                              [](const auto& change) { return !change.evidence.replay_file.empty(); });
  if (lacks_scenarios) {
    screen.Line();
    screen.Labelled("", "replay",
                    "the folder scenarios/ that B's run wrote is not beside its report; with it, each of these gets a line to replay it");
  }
  if (!not_run.empty()) {
    screen.Line();
    screen.Labelled("", "not run", "in B, but in A: " + Join(not_run, ", "), 6);
  }
}

void PrintChanges(const std::string& title, const std::vector<RequirementChange>& changes, std::size_t most, Screen& screen) {
  if (changes.empty()) return;
  screen.Line();
  screen.Line(title);
  for (std::size_t i = 0; i < changes.size() && i < most; ++i) {
    screen.Line("  " + Verdicts(changes[i], screen) + "  " + Named(*changes[i].b, screen));
    for (const std::string& remark : changes[i].remarks) screen.Labelled(kIndent, "", remark, 2);
  }
  if (changes.size() > most) screen.Line("  … and " + std::to_string(changes.size() - most) + " more");
}

void PrintOnly(const std::string& label, const std::vector<const RequirementRecord*>& requirements, Screen& screen) {
  if (requirements.empty()) return;
  std::vector<std::string> names;
  for (const RequirementRecord* requirement : requirements)
    names.push_back(requirement->slug +
                    (requirement->verdict == Verdict::kPass ? "" : " (" + std::string(VerdictWord(requirement->verdict)) + ")"));
  screen.Line();
  screen.Labelled("", label, std::to_string(names.size()) + ": " + Join(names, ", "), 6);
}

const char* StyleOf(const Comparison& comparison) {
  if (!comparison.headline.green) return "1;31";
  return comparison.change == Change::kDifferent ? "1;33" : "1;32";
}

}  // namespace

std::string TerminalComparison(const Comparison& comparison, const TerminalComparisonOptions& options) {
  Screen screen(options.color, options.width);
  screen.Headline(StyleOf(comparison), comparison.headline.word, comparison.headline.sentence);
  PrintRun("A", *comparison.a, options.a, screen);
  PrintRun("B", *comparison.b, options.b, screen);
  for (const RunDifference& difference : comparison.runs) {
    if (difference.what != "target") PrintDifference(difference, screen);  // both are named above
  }
  for (const std::string& caution : comparison.cautions) screen.Labelled("", "mind", caution);
  PrintWorse(comparison, options, screen);
  PrintChanges("better", comparison.better, options.most_lines, screen);
  PrintChanges("different", comparison.different, options.most_lines, screen);
  PrintOnly("only in A", comparison.only_a, screen);
  PrintOnly("only in B", comparison.only_b, screen);
  PrintOnly("as bad", comparison.still_bad, screen);
  return screen.Take();
}

}  // namespace provdlab::conformance
