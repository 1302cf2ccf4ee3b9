#include "conformance/report/junit.h"

#include <cstdio>
#include <map>

#include "base/text.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {
namespace {

// What XML 1.0 cannot say, not even escaped, becomes U+FFFD: control characters, U+FFFE and U+FFFF, and what is not UTF-8.
std::string Escape(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t wrong = FirstNonUtf8(rest).value_or(rest.size());
    for (std::size_t i = 0; i < wrong; ++i) {
      const char c = rest[i];
      if (c == '&') {
        out += "&amp;";
      } else if (c == '<') {
        out += "&lt;";
      } else if (c == '>') {
        out += "&gt;";
      } else if (c == '"') {
        out += "&quot;";
      } else if (c == '\n' || c == '\t' || c == '\r') {
        out += "&#" + std::to_string(static_cast<int>(c)) + ";";
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out += kReplacement;
      } else if (rest.substr(i, 3) == "\xEF\xBF\xBE" || rest.substr(i, 3) == "\xEF\xBF\xBF") {
        out += kReplacement;
        i += 2;
      } else {
        out += c;
      }
    }
    if (wrong == rest.size()) break;
    out += kReplacement;
    rest.remove_prefix(wrong + 1);
  }
  return out;
}

std::string Seconds(std::int64_t microseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(microseconds) / 1e6);
  return text;
}

bool IsFailure(Verdict verdict) { return IsBad(verdict) && verdict != Verdict::kHarnessError; }

std::string Counts(std::size_t tests, std::size_t failures, std::size_t errors, std::size_t skipped) {
  return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
         "\" skipped=\"" + std::to_string(skipped) + "\"";
}

std::string CountsOf(const Tally& tally, std::size_t more_errors) {
  std::size_t failures = 0;
  for (const Verdict verdict : kWorstFirst) failures += IsFailure(verdict) ? tally.Of(verdict) : 0;
  return Counts(tally.total() + more_errors, failures, tally.Of(Verdict::kHarnessError) + more_errors, tally.Of(Verdict::kNotApplicable));
}

// One line for lists, and all that is known below it.
std::pair<std::string, std::string> Tell(const RequirementRecord& requirement, const Finding* finding, const RunRecord& record) {
  std::string line = std::string(VerdictWord(requirement.verdict)) + ": " + requirement.sentence;
  std::string text = requirement.sentence + "\n" + std::string(LevelName(requirement.level)) + ", " + requirement.source + "\n";
  if (!requirement.blocked_by.empty()) {
    text +=
        "blocked by " + Join(requirement.blocked_by, ", ") + (requirement.unexplained ? ", which hold elsewhere: unexplained" : "") + "\n";
  }
  if (!requirement.note.empty()) text += requirement.note + "\n";
  if (finding != nullptr && finding->check != nullptr) {
    const CheckRecord& check = *finding->check;
    if (!check.got.empty()) line += " Got: " + check.got;
    if (!check.expected.empty()) text += "expected: " + check.expected + "\n";
    if (!check.got.empty()) text += "got: " + check.got + "\n";
    if (!check.note.empty()) text += "note: " + check.note + "\n";
    text += "scenario: " + finding->scenario->title + (finding->scenario->row.empty() ? "" : ", for " + finding->scenario->row) +
            ", line " + std::to_string(check.line) + "\n";
    if (!finding->replay_file.empty()) text += "replay: " + ReplayCommand(finding->replay_file, record.reach) + "\n";
  }
  return {line, text};
}

std::string TestCase(const RequirementRecord& requirement, const Finding* finding, const RunRecord& record) {
  const std::string open = "    <testcase classname=\"" + Escape(requirement.area) + "\" name=\"" + Escape(requirement.slug) + "\"";
  if (requirement.verdict == Verdict::kPass) return open + "/>\n";
  if (requirement.verdict == Verdict::kNotApplicable) return open + "><skipped message=\"not applicable to this target\"/></testcase>\n";
  const auto [line, text] = Tell(requirement, finding, record);
  if (requirement.verdict == Verdict::kWarn || requirement.verdict == Verdict::kKnown) {
    const std::string word = requirement.verdict == Verdict::kWarn ? "warning: " : "known divergence: ";
    return open + "><system-out>" + Escape(word + text) + "</system-out></testcase>\n";
  }
  const std::string tag = IsFailure(requirement.verdict) ? "failure" : "error";
  return open + ">\n      <" + tag + " type=\"" + std::string(VerdictName(requirement.verdict)) + "\" message=\"" + Escape(line) + "\">" +
         Escape(text) + "</" + tag + ">\n    </testcase>\n";
}

std::string NoneAtAll(const Summary& summary, const RunRecord& record) {
  return "  <testsuite name=\"run\"" + Counts(1, 0, 1, 0) +
         ">\n    <testcase classname=\"run\" name=\"the run as a whole\">\n      <error type=\"" + Escape(summary.headline.word) +
         "\" message=\"" + Escape(summary.headline.sentence) + "\">" + Escape(Join(record.notes, "\n")) +
         "</error>\n    </testcase>\n  </testsuite>\n";
}

std::string Opening(const std::string& counts, const RunRecord& record) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"provdlab conform\"" + counts + " time=\"" +
         Seconds(record.microseconds) + "\">\n";
}

}  // namespace

std::string JunitReport(const RunRecord& record) {
  const Summary summary = Summarise(record);
  std::map<std::string_view, const Finding*> finding_of;
  for (const Finding& finding : summary.findings) finding_of[finding.requirement->slug] = &finding;

  // Nothing above says that the run as a whole went wrong if no requirement does.
  std::size_t bad = 0;
  for (const Verdict verdict : kWorstFirst) bad += IsBad(verdict) ? summary.all.Of(verdict) : 0;
  const bool as_a_whole = bad == 0 && (summary.all.total() == 0 || !summary.headline.green);

  std::string out = Opening(CountsOf(summary.all, as_a_whole ? 1 : 0), record);
  for (const AreaTally& area : summary.areas) {
    out += "  <testsuite name=\"" + Escape(area.area) + "\"" + CountsOf(area.tally, 0) + " timestamp=\"" + Escape(record.started) +
           "\" hostname=\"" + Escape(record.target) + "\">\n";
    for (const RequirementRecord& requirement : record.requirements) {
      if (requirement.area != area.area) continue;
      const auto finding = finding_of.find(requirement.slug);
      out += TestCase(requirement, finding == finding_of.end() ? nullptr : finding->second, record);
    }
    out += "  </testsuite>\n";
  }
  if (as_a_whole) out += NoneAtAll(summary, record);
  return out + "</testsuites>\n";
}

std::string JunitOfScenarios(const RunRecord& record) {
  const Summary summary = Summarise(record);
  std::map<std::string_view, const RequirementRecord*> requirements;
  for (const RequirementRecord& requirement : record.requirements) requirements[requirement.slug] = &requirement;

  struct Suite {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    std::string cases;
  };
  std::map<std::string, Suite> suites;  // by area
  Suite all;
  for (const ScenarioRecord& scenario : record.scenarios) {
    Suite& suite = suites[scenario.area.empty() ? "scenarios" : scenario.area];
    std::string line, text;
    bool error = false;
    for (const StepRecord& step : scenario.steps) {
      for (const CheckRecord& check : step.checks) {
        const auto requirement = requirements.find(check.slug);
        if (!IsBad(check.verdict) || requirement == requirements.end() || !IsBad(requirement->second->verdict)) continue;
        error = error || check.verdict == Verdict::kHarnessError;
        if (line.empty()) line = check.slug + " " + std::string(VerdictWord(check.verdict)) + ": " + requirement->second->sentence;
        text += check.slug + ", line " + std::to_string(check.line) + ": " + std::string(VerdictWord(check.verdict)) + "\n";
        if (!check.blocked_by.empty()) text += "  blocked by " + Join(check.blocked_by, ", ") + "\n";
        if (!check.expected.empty()) text += "  expected: " + check.expected + "\n";
        if (!check.got.empty()) text += "  got: " + check.got + "\n";
        if (!check.note.empty()) text += "  note: " + check.note + "\n";
        if (!requirement->second->note.empty()) text += "  " + requirement->second->note + "\n";
      }
    }
    const std::string name = scenario.title + (scenario.row.empty() ? "" : " [" + scenario.row + "]");
    suite.cases += "    <testcase classname=\"" + Escape(scenario.file) + "\" name=\"" + Escape(name) + "\" time=\"" +
                   Seconds(scenario.microseconds) + "\"";
    ++suite.tests;
    if (!line.empty()) {
      ++(error ? suite.errors : suite.failures);
      const std::string tag = error ? "error" : "failure";
      suite.cases += ">\n      <" + tag + " type=\"" + std::string(VerdictName(scenario.verdict)) + "\" message=\"" + Escape(line) + "\">" +
                     Escape(text) + "</" + tag + ">\n    </testcase>\n";
    } else if (scenario.verdict == Verdict::kNotApplicable) {
      ++suite.skipped;
      suite.cases += "><skipped message=\"not applicable to this target\"/></testcase>\n";
    } else {
      suite.cases += "/>\n";
    }
  }
  std::string body;
  for (const auto& [area, suite] : suites) {
    body += "  <testsuite name=\"" + Escape(area) + "\"" + Counts(suite.tests, suite.failures, suite.errors, suite.skipped) +
            " timestamp=\"" + Escape(record.started) + "\" hostname=\"" + Escape(record.target) + "\">\n" + suite.cases +
            "  </testsuite>\n";
    all.tests += suite.tests;
    all.failures += suite.failures;
    all.errors += suite.errors;
    all.skipped += suite.skipped;
  }
  // What no scenario shows, such as a requirement that holds by now and is still listed as known, must not read as green.
  const bool unseen = all.failures + all.errors == 0 && !summary.headline.green;
  if (unseen) {
    body += NoneAtAll(summary, record);
    ++all.tests;
    ++all.errors;
  }
  return Opening(Counts(all.tests, all.failures, all.errors, all.skipped), record) + body + "</testsuites>\n";
}

}  // namespace provdlab::conformance
