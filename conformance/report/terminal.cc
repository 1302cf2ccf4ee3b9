#include "conformance/report/terminal.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

// How many columns a text takes, counting every character as one.
std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// One line without control characters, which could move the cursor or colour the rest of the screen; C1 controls too.
std::string Plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += '.';
      ++i;
    } else {
      out += c == '\n' || c == '\t' || c == '\r' ? ' ' : c < 0x20 || c == 0x7F ? '.' : text[i];
    }
  }
  return out;
}

std::string Cut(const std::string& text, std::size_t columns) {
  if (Columns(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++used >= columns) break;
  }
  return text.substr(0, end) + "…";
}

class Screen {
 public:
  explicit Screen(const TerminalOptions& options) : color_(options.color), width_(std::clamp<std::size_t>(options.width, 60, 160)) {}

  std::string Paint(const char* style, const std::string& text) const {
    return color_ ? "\033[" + std::string(style) + "m" + text + "\033[0m" : text;
  }
  void Line(const std::string& text = "") { out_ += text + "\n"; }

  // `label` in its column, the text beside it, folded at blanks and cut after `most` lines.
  void Labelled(const std::string& indent, const std::string& label, const std::string& text, std::size_t most = 3) {
    constexpr std::size_t kLabelWidth = 10;
    const std::size_t room = width_ - indent.size() - kLabelWidth;
    std::string rest = Plain(text);
    for (std::size_t line = 0; line == 0 || (!rest.empty() && line < most); ++line) {
      std::string piece = rest;
      if (Columns(rest) > room) {
        piece = line + 1 == most ? Cut(rest, room) : Fold(rest, room);
      }
      rest = piece.size() <= rest.size() && line + 1 < most
                 ? std::string(Trim(std::string_view(rest).substr(std::min(piece.size(), rest.size()))))
                 : "";
      const std::string shown = line == 0 ? label : "";
      Line(indent + Paint("2", shown + std::string(kLabelWidth - shown.size(), ' ')) + piece);
    }
  }
  // What is to be copied stays in one line, however long.
  void Verbatim(const std::string& indent, const std::string& label, const std::string& text) {
    Line(indent + Paint("2", label + std::string(10 - label.size(), ' ')) + Plain(text));
  }

  std::size_t width() const { return width_; }
  std::string Take() { return std::move(out_); }

 private:
  // As much of the text as fits, up to a blank if there is one in the second half.
  static std::string Fold(const std::string& text, std::size_t columns) {
    std::size_t end = 0;
    for (std::size_t used = 0; end < text.size(); ++end) {
      if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++used > columns) break;
    }
    const std::size_t blank = text.rfind(' ', end);
    return text.substr(0, blank != std::string::npos && blank > end / 2 ? blank : end);
  }

  bool color_;
  std::size_t width_;
  std::string out_;
};

const char* StyleOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "32";
    case Verdict::kNotApplicable:
      return "2";
    case Verdict::kWarn:
    case Verdict::kNotRun:
    case Verdict::kBlocked:
      return "33";
    case Verdict::kUnanswered:
    case Verdict::kFail:
      return "31";
    case Verdict::kHarnessError:
      return "35";
  }
  return "0";
}

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

void PrintFinding(std::size_t number, const Finding& finding, const RunRecord& record, const TerminalOptions& options, Screen& screen) {
  const RequirementRecord& requirement = *finding.requirement;
  const std::string count = std::to_string(number) + ".";
  screen.Line();
  screen.Line(std::string(4 - std::min<std::size_t>(4, count.size()), ' ') + count + " " +
              screen.Paint(StyleOf(requirement.verdict), std::string(VerdictWord(requirement.verdict))) + "  " +
              screen.Paint("1", Plain(requirement.slug)) + "  " + std::string(LevelName(requirement.level)));
  const std::string indent(5, ' ');
  screen.Labelled(indent, "rule", requirement.sentence + (requirement.source.empty() ? "" : "  [" + requirement.source + "]"));
  if (!requirement.blocked_by.empty()) {
    screen.Labelled(indent, "blocked",
                    "by " + Join(requirement.blocked_by, ", ") + (requirement.unexplained ? ", which hold elsewhere: unexplained" : ""));
  }
  if (finding.check != nullptr) {
    if (!finding.check->expected.empty()) screen.Labelled(indent, "expected", finding.check->expected);
    if (!finding.check->got.empty()) screen.Labelled(indent, "got", finding.check->got);
    if (!finding.check->note.empty()) screen.Labelled(indent, "note", finding.check->note);
  }
  if (finding.scenario != nullptr) {
    const int line = finding.check->line > 0 ? finding.check->line : finding.step->line;
    screen.Labelled(indent, "in",
                    finding.scenario->title + (finding.scenario->row.empty() ? "" : ", for " + finding.scenario->row) + " (" +
                        (finding.scenario->file.empty() ? "" : finding.scenario->file + ":") + std::to_string(line) + ")");
  }
  if (!finding.replay_file.empty() && !options.folder.empty()) {
    screen.Verbatim(indent, "replay", ReplayCommand(options.folder + "/" + finding.replay_file, record.reach));
  }
}

}  // namespace

std::string TerminalReport(const RunRecord& record, const TerminalOptions& options) {
  Screen screen(options);
  const Summary summary = Summarise(record);
  const bool green = summary.headline.green;
  const std::string word = screen.Paint(green ? "1;32" : "1;31", summary.headline.word);
  const std::string sentence = Plain(summary.headline.sentence);
  if (summary.headline.word.size() + 2 + Columns(sentence) <= screen.width()) {
    screen.Line(word + "  " + sentence);
  } else {
    screen.Line(word);
    screen.Labelled("", "", sentence);
  }
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

  // A warning needs no room while something worse wants it.
  std::size_t shown = 0;
  std::size_t left_out = 0;
  std::vector<std::string> not_run;
  for (const Finding& finding : summary.findings) {
    // What was never tried has no evidence to show, and the notes say why.
    if (finding.requirement->verdict == Verdict::kNotRun) {
      not_run.push_back(finding.requirement->slug);
      continue;
    }
    if (shown >= options.most_findings) {
      ++left_out;
      continue;
    }
    PrintFinding(++shown, finding, record, options, screen);
  }
  if (left_out > 0) {
    screen.Line();
    screen.Line("     … and " + std::to_string(left_out) + " more" +
                (options.folder.empty() ? "" : ", all in " + options.folder + "/report.html"));
  }
  if (!not_run.empty() && !nothing_ran) {
    screen.Line();
    screen.Labelled("", "not run", Join(not_run, ", "));
  }
  if (!record.notes.empty()) {
    screen.Line();
    for (std::size_t i = 0; i < record.notes.size() && i < 5; ++i) screen.Labelled("", "note", record.notes[i]);
    if (record.notes.size() > 5) screen.Line("          … and " + std::to_string(record.notes.size() - 5) + " more");
  }
  if (!record.target_log_tail.empty()) {
    screen.Line();
    screen.Line("The target's last words:");
    std::vector<std::string_view> lines = Split(record.target_log_tail, '\n');
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    for (std::size_t i = lines.size() > 8 ? lines.size() - 8 : 0; i < lines.size(); ++i)
      screen.Line("  " + Cut(Plain(lines[i]), screen.width() - 2));
  }
  return screen.Take();
}

}  // namespace provdlab::conformance
