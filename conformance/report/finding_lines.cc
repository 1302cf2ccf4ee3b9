#include "conformance/report/finding_lines.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::conformance {

const char* StyleOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "32";
    case Verdict::kNotApplicable:
    case Verdict::kKnown:
      return "2";
    case Verdict::kWarn:
    case Verdict::kNotRun:
    case Verdict::kBlocked:
      return "33";
    case Verdict::kUnanswered:
    case Verdict::kNotAsKnown:
    case Verdict::kFail:
      return "31";
    case Verdict::kHarnessError:
      return "35";
  }
  return "0";
}

void PrintEvidence(const Finding& finding, const RunRecord& record, const std::string& folder, Screen& screen) {
  const RequirementRecord& requirement = *finding.requirement;
  const std::string indent(5, ' ');
  screen.Labelled(indent, "rule", requirement.sentence + (requirement.source.empty() ? "" : "  [" + requirement.source + "]"));
  if (!requirement.blocked_by.empty()) {
    screen.Labelled(indent, "blocked",
                    "by " + Join(requirement.blocked_by, ", ") + (requirement.unexplained ? ", which hold elsewhere: unexplained" : ""));
  }
  if (!requirement.note.empty()) screen.Labelled(indent, "known", requirement.note);
  if (finding.check != nullptr) {
    if (!finding.check->expected.empty()) screen.Labelled(indent, "expected", finding.check->expected);
    if (!finding.check->got.empty()) screen.Labelled(indent, "got", finding.check->got);
    if (!finding.check->note.empty()) screen.Labelled(indent, "note", finding.check->note);
  }
  if (!finding.blocks.empty()) {
    constexpr std::size_t kNamed = 8;
    std::string blocks = std::to_string(finding.blocks.size()) + (finding.blocks.size() == 1 ? " other: " : " others: ");
    for (std::size_t i = 0; i < std::min(kNamed, finding.blocks.size()); ++i) blocks += (i == 0 ? "" : ", ") + finding.blocks[i]->slug;
    if (finding.blocks.size() > kNamed) blocks += " and " + std::to_string(finding.blocks.size() - kNamed) + " more";
    screen.Labelled(indent, "blocks", blocks);
  }
  if (finding.scenario != nullptr) {
    const int line = finding.check->line > 0 ? finding.check->line : finding.step->line;
    screen.Labelled(indent, "in",
                    finding.scenario->title + (finding.scenario->row.empty() ? "" : ", for " + finding.scenario->row) + " (" +
                        (finding.scenario->file.empty() ? "" : finding.scenario->file + ":") + std::to_string(line) + ")");
  }
  if (!finding.replay_file.empty() && !folder.empty()) {
    screen.Verbatim(indent, "replay", ReplayCommand(folder + "/" + finding.replay_file, record.reach));
  }
}

}  // namespace provdlab::conformance
