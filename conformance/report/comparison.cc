#include "conformance/report/comparison.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr int kFormat = 1;

// How much a verdict counts against a target.
int Weight(const RequirementRecord& requirement) {
  switch (requirement.verdict) {
    case Verdict::kPass:
    case Verdict::kNotApplicable:
      return 0;
    case Verdict::kWarn:
    case Verdict::kKnown:
      return 1;
    case Verdict::kNotRun:
    case Verdict::kHarnessError:
      return 2;
    case Verdict::kBlocked:
      return requirement.unexplained ? 3 : 2;
    case Verdict::kNotAsKnown:
    case Verdict::kUnanswered:
    case Verdict::kFail:
      return 4;
  }
  return 4;
}

std::string Count(std::size_t n, const std::string& noun) { return std::to_string(n) + " " + noun + (n == 1 ? "" : "s"); }

std::vector<std::string> Remarks(const RequirementRecord& a, const RequirementRecord& b) {
  std::vector<std::string> remarks;
  if (a.level != b.level)
    remarks.push_back("the level is " + std::string(LevelName(a.level)) + " in A and " + std::string(LevelName(b.level)) + " in B");
  if (a.sentence != b.sentence) remarks.push_back("the sentence is another: in A \"" + a.sentence + "\"");
  if (a.verdict == Verdict::kBlocked && b.verdict == Verdict::kBlocked) {
    if (a.blocked_by != b.blocked_by)
      remarks.push_back("blocked by " + Join(b.blocked_by, ", ") + " in B, by " + Join(a.blocked_by, ", ") + " in A");
    if (a.unexplained != b.unexplained)
      remarks.push_back(std::string("the block is explained in ") + (a.unexplained ? "B" : "A") + " only");
  }
  return remarks;
}

std::vector<RunDifference> DifferencesOfRuns(const RunRecord& a, const RunRecord& b) {
  std::vector<RunDifference> differences;
  const auto compare = [&](const std::string& what, const std::string& of_a, const std::string& of_b, const std::string& meaning = "") {
    if (of_a != of_b) differences.push_back({what, of_a, of_b, meaning});
  };
  compare("target", a.target, b.target);
  compare("dialect", a.dialect, b.dialect, "requirements of one dialect are not asked of the other");
  compare("suite", a.suite_version, b.suite_version, "what is tested, and how, may have changed");
  compare("ledger", a.ledger_hash, b.ledger_hash, "requirements may have come, gone, or changed their level");
  compare("seed", std::to_string(a.seed), std::to_string(b.seed));
  compare("selection", Join(a.selection, " "), Join(b.selection, " "), "what only one of the runs selected is not compared");
  compare("ended", a.ended, b.ended, "what a run did not reach is not run");
  return differences;
}

std::vector<std::string> Cautions(const RunRecord& a, const RunRecord& b) {
  std::vector<std::string> cautions;
  if (!a.run_id.empty() && a.run_id == b.run_id && a.started == b.started) {
    cautions.emplace_back("A and B are the same run");
  } else if (a.target == b.target && b.started < a.started) {
    cautions.emplace_back("B was started before A; to see what a change did, give the older run first");
  }
  return cautions;
}

std::size_t Musts(const std::vector<RequirementChange>& changes) {
  return static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [](const RequirementChange& change) { return change.b->level == Level::kMust; }));
}

std::string WithMusts(const std::vector<RequirementChange>& changes, std::size_t common) {
  std::string text = std::to_string(changes.size()) + " of " + Count(common, "requirement");
  if (const std::size_t musts = Musts(changes); musts > 0) text += " (" + Count(musts, "MUST") + ")";
  return text;
}

Headline MakeHeadline(const Comparison& comparison) {
  const std::size_t only = comparison.only_a.size() + comparison.only_b.size();
  std::string rest;
  const auto also = [&rest](std::size_t n, const std::string& one, const std::string& many) {
    if (n > 0) rest += (rest.empty() ? " " : ", ") + std::to_string(n) + " " + (n == 1 ? one : many);
  };
  also(comparison.different.size(), "differs otherwise", "differ otherwise");
  also(only, "is in one of them only", "are in one of them only");
  if (!rest.empty()) rest += ".";
  if (comparison.common == 0) return {false, "NOT COMPARABLE", "A and B have no requirement in common."};
  if (!comparison.worse.empty()) {
    const std::string better = comparison.better.empty() ? "" : ", and better in " + std::to_string(comparison.better.size());
    return {false, "WORSE", "B is worse than A in " + WithMusts(comparison.worse, comparison.common) + better + "." + rest};
  }
  if (!comparison.better.empty())
    return {true, "BETTER", "B is better than A in " + WithMusts(comparison.better, comparison.common) + " and nowhere worse." + rest};
  if (!rest.empty()) return {true, "DIFFERENT", "B is nowhere worse than A and nowhere better." + rest};
  return {true, "THE SAME", "B came out as A in all " + Count(comparison.common, "requirement") + "."};
}

OrderedJson RunJson(const RunRecord& run, const ReportPlace& place) {
  OrderedJson json;
  json["file"] = place.file;
  json["target"] = run.target;
  json["dialect"] = run.dialect;
  json["suite_version"] = run.suite_version;
  json["ledger_hash"] = run.ledger_hash;
  json["run_id"] = run.run_id;
  json["seed"] = run.seed;
  json["started"] = run.started;
  json["ended"] = run.ended;
  json["exit_code"] = run.exit_code;
  return json;
}

OrderedJson OnlyJson(const std::vector<const RequirementRecord*>& requirements) {
  OrderedJson list = OrderedJson::array();
  for (const RequirementRecord* requirement : requirements) {
    OrderedJson json;
    json["slug"] = requirement->slug;
    json["level"] = LevelName(requirement->level);
    json["verdict"] = VerdictName(requirement->verdict);
    list.push_back(std::move(json));
  }
  return list;
}

OrderedJson ChangesJson(const std::vector<RequirementChange>& changes, const RunRecord& b, const std::string& folder) {
  OrderedJson list = OrderedJson::array();
  for (const RequirementChange& change : changes) {
    OrderedJson json;
    json["slug"] = change.b->slug;
    json["level"] = LevelName(change.b->level);
    json["sentence"] = change.b->sentence;
    json["a"] = VerdictName(change.a->verdict);
    json["b"] = VerdictName(change.b->verdict);
    json["remarks"] = change.remarks;
    if (change.evidence.requirement != nullptr) {
      json["blocked_by"] = change.b->blocked_by;
      json["unexplained"] = change.b->unexplained;
    }
    if (const CheckRecord* check = change.evidence.check; check != nullptr) {
      json["expected"] = check->expected.empty() ? check->predicate : check->expected;
      json["got"] = check->got;
      json["note"] = check->note;
      json["scenario"] = change.evidence.scenario->title;
      json["row"] = change.evidence.scenario->row;
      json["file"] = change.evidence.scenario->file;
      json["line"] = check->line;
      if (!folder.empty() && !change.evidence.replay_file.empty())
        json["replay"] = ReplayCommand(folder + "/" + change.evidence.replay_file, b.reach);
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string_view ChangeName(Change change) {
  switch (change) {
    case Change::kSame:
      return "same";
    case Change::kWorse:
      return "worse";
    case Change::kBetter:
      return "better";
    case Change::kDifferent:
      return "different";
  }
  return "different";
}

Change ChangeOf(const RequirementRecord& a, const RequirementRecord& b) {
  if (Weight(b) > Weight(a)) return Change::kWorse;
  if (a.verdict == b.verdict) return a.unexplained == b.unexplained ? Change::kSame : Change::kDifferent;
  if (b.verdict == Verdict::kPass && a.verdict != Verdict::kNotApplicable) return Change::kBetter;
  return Change::kDifferent;
}

Comparison Compare(const RunRecord& a, const RunRecord& b) {
  Comparison comparison;
  comparison.a = &a;
  comparison.b = &b;
  comparison.runs = DifferencesOfRuns(a, b);
  comparison.cautions = Cautions(a, b);

  std::map<std::string_view, const RequirementRecord*> in_a;
  for (const RequirementRecord& requirement : a.requirements) in_a.try_emplace(requirement.slug, &requirement);
  std::map<std::string_view, Finding> evidence;
  for (Finding& finding : Summarise(b).findings) evidence.try_emplace(finding.requirement->slug, std::move(finding));

  std::map<std::string_view, const RequirementRecord*> in_b;
  for (const RequirementRecord& of_b : b.requirements) {
    if (!in_b.try_emplace(of_b.slug, &of_b).second) continue;
    const auto found = in_a.find(of_b.slug);
    if (found == in_a.end()) {
      comparison.only_b.push_back(&of_b);
      continue;
    }
    ++comparison.common;
    const RequirementRecord& of_a = *found->second;
    RequirementChange change{.change = ChangeOf(of_a, of_b), .a = &of_a, .b = &of_b, .evidence = {}, .remarks = Remarks(of_a, of_b)};
    if (change.change == Change::kSame && !change.remarks.empty()) change.change = Change::kDifferent;
    if (const auto shown = evidence.find(of_b.slug); shown != evidence.end()) change.evidence = shown->second;
    if (of_a.verdict == of_b.verdict && IsBad(of_b.verdict)) comparison.still_bad.push_back(&of_b);
    switch (change.change) {
      case Change::kSame:
        break;
      case Change::kWorse:
        comparison.worse.push_back(std::move(change));
        break;
      case Change::kBetter:
        comparison.better.push_back(std::move(change));
        break;
      case Change::kDifferent:
        comparison.different.push_back(std::move(change));
        break;
    }
  }
  for (const RequirementRecord& of_a : a.requirements) {
    if (!in_b.contains(of_a.slug) && in_a.at(of_a.slug) == &of_a) comparison.only_a.push_back(&of_a);
  }
  for (auto* changes : {&comparison.worse, &comparison.better, &comparison.different}) {
    std::stable_sort(changes->begin(), changes->end(), [](const RequirementChange& x, const RequirementChange& y) {
      return x.b->level != y.b->level ? x.b->level < y.b->level : Weight(*x.b) > Weight(*y.b);
    });
  }
  comparison.change = !comparison.worse.empty()                                                               ? Change::kWorse
                      : !comparison.better.empty()                                                            ? Change::kBetter
                      : comparison.different.size() + comparison.only_a.size() + comparison.only_b.size() > 0 ? Change::kDifferent
                                                                                                              : Change::kSame;
  comparison.headline = MakeHeadline(comparison);
  return comparison;
}

OrderedJson ToJson(const Comparison& comparison, const ReportPlace& a, const ReportPlace& b) {
  OrderedJson json;
  json["format"] = kFormat;
  json["change"] = ChangeName(comparison.change);
  json["sentence"] = comparison.headline.sentence;
  json["a"] = RunJson(*comparison.a, a);
  json["b"] = RunJson(*comparison.b, b);
  json["cautions"] = comparison.cautions;
  json["runs"] = OrderedJson::array();
  for (const RunDifference& difference : comparison.runs) {
    OrderedJson entry;
    entry["what"] = difference.what;
    entry["a"] = difference.a;
    entry["b"] = difference.b;
    entry["meaning"] = difference.meaning;
    json["runs"].push_back(std::move(entry));
  }
  json["common"] = comparison.common;
  json["worse"] = ChangesJson(comparison.worse, *comparison.b, b.folder);
  json["better"] = ChangesJson(comparison.better, *comparison.b, b.folder);
  json["different"] = ChangesJson(comparison.different, *comparison.b, b.folder);
  json["only_a"] = OnlyJson(comparison.only_a);
  json["only_b"] = OnlyJson(comparison.only_b);
  json["still_bad"] = OnlyJson(comparison.still_bad);
  return json;
}

}  // namespace provdlab::conformance
