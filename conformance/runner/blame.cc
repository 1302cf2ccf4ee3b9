#include "conformance/runner/blame.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace provdlab::conformance {
namespace {

// What the clean-up uses to see that an invariant holds.
struct Explanation {
  std::string_view invariant;
  std::string_view by;
};
constexpr std::array kExplanations = {
    Explanation{"invariant.monitors-can-be-deleted", "oip.delete-answers-204"},
    Explanation{"invariant.monitors-can-be-deleted", "oip.gone-after-delete"},
    Explanation{"invariant.nothing-left-behind", "install.uninstall-answers-204"},
    Explanation{"invariant.nothing-left-behind", "install.gone-after-uninstall"},
    Explanation{"invariant.nothing-left-behind", "install.installed-answers-200"},
    Explanation{"invariant.nothing-left-behind", "install.installed-is-an-object"},
    Explanation{"invariant.nothing-left-behind", "install.unloadable-plugin-can-go"},
    Explanation{"invariant.no-document-stays", "device.delete-answers-204"},
    Explanation{"invariant.no-document-stays", "device.gone-after-delete"},
    Explanation{"invariant.no-document-stays", "device.unlisted-after-delete"},
    Explanation{"invariant.no-document-stays", "device.refused-create-leaves-nothing"},
    Explanation{"invariant.no-document-stays", "device.put-makes-no-second-device"},
    Explanation{"invariant.no-document-stays", "device.put-unknown-makes-nothing"},
    Explanation{"invariant.no-document-stays", "config.delete-answers-204"},
    Explanation{"invariant.no-document-stays", "config.gone-after-delete"},
    Explanation{"invariant.no-document-stays", "config.unlisted-after-delete"},
    Explanation{"invariant.no-document-stays", "config.refused-create-leaves-nothing"},
    Explanation{"invariant.no-document-stays", "config.put-unknown-makes-nothing"},
    Explanation{"invariant.no-document-stays", "config.parent-may-be-deleted"},
    Explanation{"invariant.no-document-stays", "config.autocreate-without-base-makes-nothing"},
    Explanation{"invariant.no-document-stays", "identification.refused-commit-changes-nothing"},
    Explanation{"invariant.no-document-stays", "identification.commit-answers-204"},
    Explanation{"invariant.no-document-stays", "identification.commit-makes-device"},
    Explanation{"invariant.no-document-stays", "config.transient-goes-with-its-last-device"},
    Explanation{"invariant.no-document-stays", "config.transient-goes-when-its-last-device-leaves"},
    Explanation{"invariant.no-transient-config-stays", "config.transient-goes-with-its-last-device"},
    Explanation{"invariant.no-transient-config-stays", "config.transient-goes-when-its-last-device-leaves"},
    Explanation{"invariant.no-transient-config-stays", "config.delete-unknown-answers-404"},
    Explanation{"invariant.no-transient-config-stays", "device.gone-after-delete"},
    Explanation{"invariant.no-transient-config-stays", "identification.made-config-goes-with-device"},
    Explanation{"invariant.phones-share-nothing", "identification.mac-finds-device"},
    Explanation{"invariant.phones-share-nothing", "identification.repeated-commit-makes-nothing"},
    Explanation{"invariant.phones-share-nothing", "identification.outdated-ip-removed"},
    Explanation{"invariant.phones-share-nothing", "identification.ip-finds-device-without-mac"},
    Explanation{"invariant.phones-share-nothing", "identification.mac-retrieves"},
    Explanation{"invariant.phones-share-nothing", "identification.ip-retrieves-nameless"},
    Explanation{"invariant.phones-share-nothing", "identification.one-device-of-requests-at-once"},
    Explanation{"invariant.phones-share-nothing", "identification.request-moves-ip"},
    Explanation{"invariant.configured-means-served", "provisioning.own-file-served"},
    Explanation{"invariant.configured-means-served", "provisioning.unconfigured-file-is-missing"},
    Explanation{"invariant.configured-means-served", "provisioning.uninstalled-plugin-answers-404"},
};

bool IsInvariant(std::string_view slug) { return slug.rfind("invariant.", 0) == 0; }

// Does something else than what is required, known or not.
bool IsBad(Verdict verdict) { return verdict == Verdict::kFail || verdict == Verdict::kUnanswered || verdict == Verdict::kKnown; }

struct Tally {
  Verdict verdict = Verdict::kNotRun;
  bool checked = false;  // some check was settled as other than not applicable
  bool inapplicable = false;
  std::string why_inapplicable;  // the first reason, of which there is mostly one
  bool warned = false, known = false;
  bool broken_in_passing = false;  // seen by what looks at every scenario, whatever was selected
  std::vector<std::string> scenarios;
  std::vector<std::string> blocked_by;

  void Add(const CheckRecord& check, const std::string& title) {
    if (std::find(scenarios.begin(), scenarios.end(), title) == scenarios.end()) scenarios.push_back(title);
    // What is blocked by itself is blocked by nothing that explains it.
    for (const std::string& slug : check.blocked_by) {
      if (slug != check.slug && std::find(blocked_by.begin(), blocked_by.end(), slug) == blocked_by.end()) blocked_by.push_back(slug);
    }
    broken_in_passing = broken_in_passing || (check.predicate == kInPassing && IsBad(check.verdict));
    // A MAY that does not hold has been seen; a capability that is not offered has not.
    if (check.verdict == Verdict::kNotApplicable && check.got.empty()) {
      inapplicable = true;
      if (why_inapplicable.empty()) why_inapplicable = check.note;
      return;
    }
    warned = warned || check.verdict == Verdict::kWarn;
    known = known || check.verdict == Verdict::kKnown;
    verdict = checked ? std::max(verdict, check.verdict) : check.verdict;
    checked = true;
  }
  Verdict Final() const {
    if (!checked) return inapplicable ? Verdict::kNotApplicable : Verdict::kNotRun;
    // What was seen outweighs what could not be looked at.
    const bool unseen = verdict == Verdict::kBlocked || verdict == Verdict::kNotRun;
    return warned && unseen ? Verdict::kWarn : known && unseen ? Verdict::kKnown : verdict;
  }
};

}  // namespace

std::vector<RequirementRecord> Blame(const Ledger& ledger, const std::set<std::string>& selected,
                                     const std::vector<ScenarioRecord>& scenarios, bool clean_up_skipped) {
  std::map<std::string, Tally, std::less<>> tallies;
  for (const ScenarioRecord& scenario : scenarios) {
    for (const StepRecord& step : scenario.steps) {
      for (const CheckRecord& check : step.checks) tallies[check.slug].Add(check, scenario.title);
    }
  }
  for (const Explanation& explanation : kExplanations) {
    const auto invariant = tallies.find(explanation.invariant);
    const auto by = tallies.find(explanation.by);
    if (invariant == tallies.end() || by == tallies.end() || !IsBad(by->second.Final())) continue;
    if (invariant->second.verdict != Verdict::kFail && invariant->second.verdict != Verdict::kBlocked) continue;
    invariant->second.verdict = Verdict::kBlocked;
    invariant->second.blocked_by.emplace_back(explanation.by);
  }

  const bool something_ran =
      std::any_of(scenarios.begin(), scenarios.end(), [](const ScenarioRecord& scenario) { return scenario.verdict != Verdict::kNotRun; });
  std::vector<RequirementRecord> records;
  const auto describe = [&](const Requirement& requirement) {
    RequirementRecord record;
    record.slug = requirement.slug;
    record.area = requirement.area();
    record.sentence = requirement.sentence;
    record.source = requirement.source;
    record.level = requirement.level;
    if (const auto found = tallies.find(requirement.slug); found != tallies.end()) {
      record.verdict = found->second.Final();
      record.scenarios = found->second.scenarios;
      if (record.verdict == Verdict::kBlocked) record.blocked_by = found->second.blocked_by;
      if (record.verdict == Verdict::kNotApplicable) record.note = found->second.why_inapplicable;
    } else if (IsInvariant(requirement.slug) && (clean_up_skipped || something_ran)) {
      record.verdict = Verdict::kNotApplicable;  // there was nothing that it could be seen on
    }
    record.unexplained = record.verdict == Verdict::kBlocked &&
                         std::all_of(record.blocked_by.begin(), record.blocked_by.end(), [&](const std::string& slug) {
                           const auto blocker = tallies.find(slug);
                           return blocker != tallies.end() && blocker->second.Final() == Verdict::kPass;
                         });
    return record;
  };
  for (const Requirement& requirement : ledger.requirements()) {
    const auto tally = tallies.find(requirement.slug);
    const bool broken = tally != tallies.end() && tally->second.broken_in_passing && IsBad(tally->second.Final());
    if (selected.contains(requirement.slug) || broken) records.push_back(describe(requirement));
  }
  for (const auto& [slug, tally] : tallies) {
    if (ledger.Find(slug) != nullptr) continue;
    RequirementRecord record;
    record.slug = slug;
    record.area = slug.substr(0, slug.find('.'));
    record.sentence = "A scenario checks this slug, which the ledger does not know.";
    record.verdict = Verdict::kHarnessError;
    record.scenarios = tally.scenarios;
    records.push_back(std::move(record));
  }
  return records;
}

int ExitCode(const std::vector<RequirementRecord>& requirements) {
  int code = requirements.empty() ? 1 : 0;
  for (const RequirementRecord& requirement : requirements) {
    if (requirement.verdict == Verdict::kHarnessError) return 3;
    if (requirement.verdict == Verdict::kNotAsKnown) code = 1;
    const bool sound =
        requirement.verdict == Verdict::kPass || requirement.verdict == Verdict::kNotApplicable || requirement.verdict == Verdict::kKnown;
    if (requirement.level == Level::kMust && !sound) code = 1;
    // A SHOULD may fail, and what stands on it be blocked; it may not go unseen.
    const bool unseen = requirement.unexplained || requirement.verdict == Verdict::kUnanswered || requirement.verdict == Verdict::kNotRun;
    if (requirement.level == Level::kShould && unseen) code = 1;
  }
  return code;
}

}  // namespace provdlab::conformance
