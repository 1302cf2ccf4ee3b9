#include "conformance/report/summary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <set>

#include "conformance/report/shell.h"

namespace provdlab::conformance {
namespace {

std::string Count(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun + (n == 1 ? "" : "s"); }

Headline MakeHeadline(const RunRecord& record, const Tally& all) {
  Headline headline;
  headline.green = record.exit_code == 0;
  const std::size_t total = all.total();
  std::string list;
  const auto say = [&list](std::size_t n, const std::string& one, const std::string& many) {
    if (n > 0) list += (list.empty() ? "" : ", ") + std::to_string(n) + " " + (n == 1 ? one : many);
  };
  say(all.Of(Verdict::kHarnessError), "could not be judged", "could not be judged");
  say(all.Of(Verdict::kFail), "fails", "fail");
  say(all.Of(Verdict::kNotAsKnown), "is not as known", "are not as known");
  say(all.Of(Verdict::kUnanswered), "was never answered", "were never answered");
  say(all.Of(Verdict::kBlocked), "is blocked", "are blocked");
  say(all.Of(Verdict::kNotRun), "was not run", "were not run");
  if (list.empty()) {
    const std::size_t held = all.Of(Verdict::kPass);
    const std::size_t warned = all.Of(Verdict::kWarn), known = all.Of(Verdict::kKnown);
    const auto behind = static_cast<std::size_t>(std::count_if(record.requirements.begin(), record.requirements.end(),
                                                               [](const RequirementRecord& each) { return each.behind_known; }));
    list = total == 0                  ? "no requirement was tested"
           : warned == 0 && known == 0 ? "all " + std::to_string(held) + " that apply hold"
                                       : std::to_string(held) + " hold";
    if (warned > 0) list += ", " + Count(warned, "recommendation") + (warned == 1 ? " does not" : " do not");
    say(known - behind, "diverges as is known", "diverge as is known");
    say(behind, "is untested behind that", "are untested behind that");
  }
  if (total == 0)
    headline.sentence = "No requirement was tested.";
  else if (all.Of(Verdict::kNotApplicable) == total)
    headline.sentence = "None of " + Count(total, "requirement") + " applies to this target.";
  else if (all.Of(Verdict::kNotRun) == total)
    headline.sentence = "None of " + Count(total, "requirement") + " was tested.";
  else
    headline.sentence = "Of " + Count(total, "requirement") + ", " + list + ".";
  if (!record.ended.empty()) headline.sentence += " The run ended early: " + record.ended + ".";
  if (headline.green) {
    headline.word = "PASSED";
  } else if (all.Of(Verdict::kHarnessError) > 0) {
    headline.word = "HARNESS ERROR";
  } else if (record.exit_code == 3) {
    headline.word = "UNTESTABLE";
  } else if (all.Of(Verdict::kFail) > 0 || all.Of(Verdict::kNotAsKnown) > 0) {
    headline.word = "FAILED";
  } else if (all.Of(Verdict::kNotRun) + all.Of(Verdict::kNotApplicable) == total) {
    headline.word = "NOTHING TESTED";
  } else {
    headline.word = "NOT PROVEN";
  }
  return headline;
}

// A relative path of harmless characters, whatever the scenario's file was called.
std::string SafePath(const std::string& file) {
  std::string out;
  std::string part;
  const auto finish = [&] {
    if (!part.empty() && part.find_first_not_of('.') != std::string::npos) out += (out.empty() ? "" : "/") + part.substr(0, 120);
    part.clear();
  };
  for (const char c : file) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (c == '/') {
      finish();
    } else {
      part += plain ? c : '-';
    }
  }
  finish();
  constexpr std::string_view kEnding = ".scenario";
  if (out.size() >= kEnding.size() && out.ends_with(kEnding)) out.resize(out.size() - kEnding.size());
  return out.empty() ? "scenario" : out;
}

bool NeedsReplay(const ScenarioRecord& scenario) {
  return scenario.verdict != Verdict::kPass && scenario.verdict != Verdict::kNotApplicable && scenario.verdict != Verdict::kNotRun;
}

// Rows of one scenario share its file; another scenario of the same name gets a number.
std::vector<std::string> ReplayFiles(const RunRecord& record) {
  std::map<std::string, std::string> text_of;  // by path
  std::vector<std::string> files;
  for (const ScenarioRecord& scenario : record.scenarios) {
    if (!NeedsReplay(scenario) || scenario.text.empty()) {
      files.emplace_back();
      continue;
    }
    const std::string base = "scenarios/" + SafePath(scenario.file.empty() ? scenario.title : scenario.file);
    std::string path = base + ".scenario";
    for (int n = 2; text_of.try_emplace(path, scenario.text).first->second != scenario.text; ++n)
      path = base + "-" + std::to_string(n) + ".scenario";
    files.push_back(path);
  }
  return files;
}

// Puts what is blocked with the findings that it stands on in the end.
void Explain(std::vector<Finding>& findings) {
  std::map<std::string_view, std::size_t> place_of;
  for (std::size_t i = 0; i < findings.size(); ++i) place_of.emplace(findings[i].requirement->slug, i);
  for (Finding& finding : findings) {
    if (finding.requirement->verdict != Verdict::kBlocked || finding.requirement->unexplained) continue;
    std::set<std::string_view> seen = {finding.requirement->slug};
    std::vector<std::string_view> open(finding.requirement->blocked_by.begin(), finding.requirement->blocked_by.end());
    while (!open.empty()) {
      const std::string_view slug = open.back();
      open.pop_back();
      const auto place = place_of.find(slug);
      if (!seen.insert(slug).second || place == place_of.end()) continue;
      Finding& blocker = findings[place->second];
      const RequirementRecord& requirement = *blocker.requirement;
      if (requirement.verdict == Verdict::kBlocked) {
        open.insert(open.end(), requirement.blocked_by.begin(), requirement.blocked_by.end());
      } else if (requirement.verdict != Verdict::kNotRun && requirement.verdict != Verdict::kKnown) {
        blocker.blocks.push_back(finding.requirement);
        finding.explained = true;
      }
    }
  }
}

struct Seen {
  const ScenarioRecord* scenario = nullptr;
  const StepRecord* step = nullptr;
  const CheckRecord* check = nullptr;
  std::size_t index = 0;
};

}  // namespace

std::size_t Tally::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}); }

bool IsBad(Verdict verdict) {
  return verdict != Verdict::kPass && verdict != Verdict::kWarn && verdict != Verdict::kKnown && verdict != Verdict::kNotApplicable;
}

std::string_view VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "passed";
    case Verdict::kNotApplicable:
      return "not applicable";
    case Verdict::kKnown:
      return "known";
    case Verdict::kNotAsKnown:
      return "not as known";
    case Verdict::kWarn:
      return "warned";
    case Verdict::kNotRun:
      return "not run";
    case Verdict::kBlocked:
      return "blocked";
    case Verdict::kUnanswered:
      return "unanswered";
    case Verdict::kFail:
      return "failed";
    case Verdict::kHarnessError:
      return "harness error";
  }
  return "harness error";
}

Summary Summarise(const RunRecord& record) {
  Summary summary;
  summary.replay = ReplayFiles(record);

  // The first check of a slug for each verdict it had.
  std::map<std::pair<std::string_view, Verdict>, Seen> seen;
  for (std::size_t i = 0; i < record.scenarios.size(); ++i) {
    for (const StepRecord& step : record.scenarios[i].steps) {
      for (const CheckRecord& check : step.checks)
        seen.try_emplace({check.slug, check.verdict}, Seen{&record.scenarios[i], &step, &check, i});
    }
  }

  std::map<std::string_view, std::size_t> area_at;
  for (const RequirementRecord& requirement : record.requirements) {
    const auto [place, is_new] = area_at.try_emplace(requirement.area, summary.areas.size());
    if (is_new) summary.areas.push_back({requirement.area, {}});
    summary.areas[place->second].tally.Add(requirement.verdict);
    summary.all.Add(requirement.verdict);
  }
  for (const Verdict verdict : kWorstFirst) {
    if (verdict == Verdict::kPass || verdict == Verdict::kNotApplicable) continue;
    for (const RequirementRecord& requirement : record.requirements) {
      if (requirement.verdict != verdict) continue;
      Finding finding{.requirement = &requirement, .scenario = nullptr, .step = nullptr, .check = nullptr, .replay_file = ""};
      auto found = seen.find({requirement.slug, verdict});
      // What a file of known divergences says of a requirement is shown with the worst that was seen of it.
      for (auto worse = kWorstFirst.begin(); verdict == Verdict::kNotAsKnown && found == seen.end() && worse != kWorstFirst.end(); ++worse)
        found = seen.find({requirement.slug, *worse});
      if (found != seen.end()) {
        finding.scenario = found->second.scenario;
        finding.step = found->second.step;
        finding.check = found->second.check;
        finding.replay_file = summary.replay[found->second.index];
      }
      summary.findings.push_back(std::move(finding));
    }
  }
  Explain(summary.findings);
  const auto rank = [](const Finding& finding) {
    return std::find(kWorstFirst.begin(), kWorstFirst.end(), finding.requirement->verdict) - kWorstFirst.begin();
  };
  std::stable_sort(summary.findings.begin(), summary.findings.end(), [&](const Finding& a, const Finding& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.blocks.size() > b.blocks.size();
  });
  summary.headline = MakeHeadline(record, summary.all);
  return summary;
}

std::string ReplayCommand(const std::string& file, const std::vector<std::string>& reach) {
  const auto quoted = [](const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("/.:-_@%+=,").find(c) != std::string_view::npos;
    });
    return plain ? text : InSingleQuotes(text);
  };
  std::string line = "provdlab replay " + quoted(file);
  for (const std::string& word : reach) line += " " + quoted(word);
  return line;
}

std::string Duration(std::int64_t microseconds) {
  const double seconds = static_cast<double>(microseconds) / 1e6;
  char text[48];
  if (seconds < 1) {
    std::snprintf(text, sizeof text, seconds < 0.1 ? "%.1f ms" : "%.0f ms", seconds * 1000);
  } else if (seconds < 60) {
    std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  } else {
    const auto whole = static_cast<long long>(seconds + 0.5);
    std::snprintf(text, sizeof text, "%lld min %lld s", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace provdlab::conformance
