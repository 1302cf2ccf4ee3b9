#include "conformance/known/judgement.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kMostProblems = 3;  // of one requirement that are told in full

// Whether a check shows something else than what is required.
bool Diverges(const CheckRecord& check) {
  return check.verdict == Verdict::kFail || check.verdict == Verdict::kWarn || check.verdict == Verdict::kUnanswered ||
         check.verdict == Verdict::kKnown;
}

std::string GotOf(const CheckRecord& check) { return check.got.empty() ? "no answer" : Canonical(check.got); }

bool Ran(const ScenarioRecord& scenario) { return scenario.verdict != Verdict::kNotRun && scenario.verdict != Verdict::kNotApplicable; }

Place PlaceOf(const ScenarioRecord& scenario) {
  Place place{scenario.file, scenario.row};
  std::replace_if(
      place.row.begin(), place.row.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return place;
}

bool IsInvariant(std::string_view slug) { return slug.starts_with("invariant."); }

// Where a check of this requirement counts as made.
Place PlaceOf(std::string_view slug, const ScenarioRecord& scenario) { return IsInvariant(slug) ? Place::Any() : PlaceOf(scenario); }

// Of an invariant the first break that is seen is told, so that another one may be missing.
bool MayBeMissing(const Divergence& divergence) { return divergence.sometimes || IsInvariant(divergence.slug); }

// Whether each of what was got is listed, and each of what is listed was got.
bool IsAsListed(const Divergence& divergence, const std::set<std::string>& gots, const std::set<std::string>& listed) {
  const auto fits = [](const std::string& got, const std::string& pattern) { return got == pattern || GlobMatch(pattern, got); };
  const bool all_listed = std::all_of(gots.begin(), gots.end(), [&](const std::string& got) {
    return std::any_of(listed.begin(), listed.end(), [&](const std::string& pattern) { return fits(got, pattern); });
  });
  const bool all_got = MayBeMissing(divergence) || std::all_of(listed.begin(), listed.end(), [&](const std::string& pattern) {
                         return std::any_of(gots.begin(), gots.end(), [&](const std::string& got) { return fits(got, pattern); });
                       });
  return all_listed && all_got;
}

// What one requirement got at one place.
struct Seen {
  std::set<std::string> gots;
  bool blocked = false;
};
using SeenAt = std::map<std::string, Seen, std::less<>>;  // by slug

SeenAt SeenIn(const ScenarioRecord& scenario) {
  SeenAt seen;
  for (const StepRecord& step : scenario.steps) {
    for (const CheckRecord& check : step.checks) {
      Seen& at = seen[check.slug];
      if (Diverges(check)) at.gots.insert(GotOf(check));
      at.blocked = at.blocked || check.verdict == Verdict::kBlocked;
    }
  }
  return seen;
}

// Requirements of which a check held.
std::set<std::string> HeldSomewhere(const std::vector<ScenarioRecord>& scenarios) {
  std::set<std::string> held;
  for (const ScenarioRecord& scenario : scenarios) {
    for (const StepRecord& step : scenario.steps) {
      for (const CheckRecord& check : step.checks)
        if (check.verdict == Verdict::kPass) held.insert(check.slug);
    }
  }
  return held;
}

std::string Listed(const std::set<std::string>& gots) { return Join({gots.begin(), gots.end()}, "; "); }

}  // namespace

void MarkKnown(const KnownDivergences& known, std::string_view today, std::vector<ScenarioRecord>& scenarios) {
  for (ScenarioRecord& scenario : scenarios) {
    if (!Ran(scenario)) continue;
    const SeenAt seen = SeenIn(scenario);
    bool marked = false;
    Verdict worst = Verdict::kPass;
    for (StepRecord& step : scenario.steps) {
      for (CheckRecord& check : step.checks) {
        const Divergence* const divergence = Diverges(check) ? known.Find(check.slug) : nullptr;
        if (divergence != nullptr && !divergence->ExpiredOn(today) &&
            IsAsListed(*divergence, seen.find(check.slug)->second.gots, divergence->GotsAt(PlaceOf(check.slug, scenario)))) {
          check.verdict = Verdict::kKnown;
          check.note += (check.note.empty() ? "" : "; ") + ("known: " + divergence->reason);
          marked = true;
        }
        worst = std::max(worst, check.verdict);
      }
    }
    if (marked) scenario.verdict = worst;
  }
}

void JudgeKnown(const KnownDivergences& known, std::string_view today, const std::vector<ScenarioRecord>& scenarios, bool whole,
                std::vector<RequirementRecord>& requirements) {
  std::map<Place, SeenAt> ran;
  std::set<Place> there;
  for (const ScenarioRecord& scenario : scenarios) {
    there.insert(PlaceOf(scenario));
    if (!Ran(scenario)) continue;
    for (auto& [slug, seen] : SeenIn(scenario)) {
      Seen& at = ran[PlaceOf(slug, scenario)][slug];
      at.gots.merge(seen.gots);
      at.blocked = at.blocked || seen.blocked;
    }
    ran[PlaceOf(scenario)];  // it has run, whatever was checked
  }
  std::map<std::string_view, RequirementRecord*> by_slug;
  for (RequirementRecord& requirement : requirements) by_slug[requirement.slug] = &requirement;

  for (const Divergence& divergence : known.divergences()) {
    const auto requirement = by_slug.find(divergence.slug);
    if (requirement == by_slug.end()) continue;  // it was not selected
    std::vector<std::string> problems;
    if (divergence.ExpiredOn(today)) problems.push_back("it was known until " + divergence.until + " (" + divergence.reason + ")");
    std::set<Place> listed;
    for (const Instead& instead : divergence.instead) listed.insert(instead.places.begin(), instead.places.end());
    for (const Place& place : listed) {
      const std::set<std::string> gots = divergence.GotsAt(place);
      const auto at = ran.find(place);
      const Seen* const seen =
          at == ran.end() || !at->second.contains(divergence.slug) ? nullptr : &at->second.find(divergence.slug)->second;
      const std::string listed_with = ", which is listed with: " + Listed(gots);
      if (seen == nullptr && place == Place::Any()) {
        if (whole && !divergence.sometimes) problems.push_back("it holds, where it is listed with: " + Listed(gots));
      } else if (at == ran.end()) {
        if (whole && !there.contains(place)) problems.push_back("there is no " + place.Text() + listed_with);
      } else if (seen == nullptr) {
        problems.push_back("it is not checked in " + place.Text() + listed_with);
      } else if (seen->gots.empty()) {
        if (!seen->blocked && !divergence.sometimes)
          problems.push_back("it holds in " + place.Text() + ", where it is listed with: " + Listed(gots));
      } else if (!IsAsListed(divergence, seen->gots, gots)) {
        problems.push_back("in " + place.Text() + " it gets: " + Listed(seen->gots) + ", and listed is: " + Listed(gots));
      }
    }
    for (const auto& [place, seen] : ran) {
      const auto got = seen.find(divergence.slug);
      if (got != seen.end() && !got->second.gots.empty() && !listed.contains(place))
        problems.push_back("in " + place.Text() + ", which is not listed, it gets: " + Listed(got->second.gots));
    }
    if (problems.empty()) continue;
    const std::size_t more = problems.size() > kMostProblems ? problems.size() - kMostProblems : 0;
    problems.resize(problems.size() - more);
    requirement->second->note =
        "not as line " + std::to_string(divergence.line) + " of the known divergences has it: " + Join(problems, "; ") +
        (more > 0 ? "; and " + std::to_string(more) + " more" : "") + " (mend the line, or let --write-known write the file anew)";
    requirement->second->verdict = std::max(requirement->second->verdict, Verdict::kNotAsKnown);
  }

  // What stands on nothing but what is known goes the same way, and so on.
  for (bool changed = true; changed;) {
    changed = false;
    for (RequirementRecord& requirement : requirements) {
      if (requirement.verdict != Verdict::kBlocked || requirement.unexplained) continue;
      bool on_known = false, on_others = false;
      for (const std::string& slug : requirement.blocked_by) {
        const auto blocker = by_slug.find(slug);
        if (blocker == by_slug.end()) continue;
        const Verdict verdict = blocker->second->verdict;
        on_known = on_known || verdict == Verdict::kKnown;
        on_others = on_others || (verdict != Verdict::kKnown && verdict != Verdict::kPass && verdict != Verdict::kNotApplicable);
      }
      if (!on_known || on_others) continue;
      requirement.verdict = Verdict::kKnown;
      requirement.behind_known = true;
      requirement.note = "untested: it stands on what is known";
      changed = true;
    }
  }
  // Only now, for what stands on these is no less untested.
  const std::set<std::string> held = HeldSomewhere(scenarios);
  for (RequirementRecord& requirement : requirements) {
    if (!requirement.behind_known || !held.contains(requirement.slug)) continue;
    requirement.behind_known = false;
    requirement.verdict = Verdict::kPass;
    requirement.note = "it holds wherever it could be tested; elsewhere it stands on what is known";
  }
}

std::vector<Divergence> DivergencesIn(const RunRecord& record, const KnownDivergences& before, const std::string& reason,
                                      const std::string& until) {
  std::set<Place> ran;
  // By slug, what is got, and in the order in which it was seen, where.
  std::map<std::string, std::vector<Instead>, std::less<>> seen;
  const auto add = [&seen](const std::string& slug, const std::string& got, const Place& place) {
    std::vector<Instead>& insteads = seen[slug];
    auto instead = std::find_if(insteads.begin(), insteads.end(), [&](const Instead& each) { return each.got == got; });
    if (instead == insteads.end()) instead = insteads.insert(insteads.end(), {.got = got, .places = {}});
    if (std::find(instead->places.begin(), instead->places.end(), place) == instead->places.end()) instead->places.push_back(place);
  };
  for (const ScenarioRecord& scenario : record.scenarios) {
    if (!Ran(scenario)) continue;
    ran.insert(PlaceOf(scenario));
    for (const auto& [slug, at] : SeenIn(scenario)) {
      for (const std::string& got : at.gots) add(slug, got, PlaceOf(slug, scenario));
    }
  }
  for (const Divergence& divergence : before.divergences()) {
    for (const Instead& instead : divergence.instead) {
      for (const Place& place : instead.places) {
        if (!ran.contains(place) || divergence.sometimes) add(divergence.slug, instead.got, place);
      }
    }
  }
  std::vector<Divergence> divergences;
  std::set<std::string_view> told;
  const auto tell = [&](const std::string& slug) {
    const auto found = seen.find(slug);
    if (found == seen.end() || !told.insert(found->first).second) return;
    for (Instead& instead : found->second) std::sort(instead.places.begin(), instead.places.end());
    std::sort(found->second.begin(), found->second.end(), [](const Instead& a, const Instead& b) { return a.got < b.got; });
    divergences.push_back({.slug = slug, .reason = reason, .until = until, .instead = found->second, .line = 0});
  };
  for (const RequirementRecord& requirement : record.requirements) tell(requirement.slug);
  for (const Divergence& divergence : before.divergences()) tell(divergence.slug);
  return divergences;
}

}  // namespace provdlab::conformance
