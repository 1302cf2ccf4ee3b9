#include "conformance/report/comparison_html.h"

#include <kainjow/mustache.hpp>

#include "base/text.h"
#include "base/version.h"
#include "conformance/report/page_parts.h"

namespace provdlab::conformance {
namespace {

Tally TallyOf(const RunRecord& run) {
  Tally tally;
  for (const RequirementRecord& requirement : run.requirements) tally.Add(requirement.verdict);
  return tally;
}

data Side(const std::string& name, const RunRecord& run) {
  data side;
  const Tally tally = TallyOf(run);
  side.set("name", name);
  side.set("target", Visible(run.target));
  side.set("bar", BarOf(tally));
  side.set("bar_label", InWords(tally));
  return side;
}

// The runs side by side; what is not the same is marked, and what follows from it said.
data Facts(const Comparison& comparison, const ReportPlace& a, const ReportPlace& b) {
  data facts(data::type::list);
  const auto add = [&](const std::string& name, const std::string& of_a, const std::string& of_b, const std::string& what = "") {
    if (of_a.empty() && of_b.empty()) return;
    data fact;
    fact.set("name", name);
    fact.set("a", Visible(of_a.empty() ? "none" : of_a));
    fact.set("b", Visible(of_b.empty() ? "none" : of_b));
    fact.set("differs", false);
    SetText(fact, "meaning", "");
    for (const RunDifference& difference : comparison.runs) {
      if (difference.what != what) continue;
      fact.set("differs", true);
      SetText(fact, "meaning", difference.meaning);
    }
    facts.push_back(fact);
  };
  const RunRecord& of_a = *comparison.a;
  const RunRecord& of_b = *comparison.b;
  add("Report", a.file, b.file);
  add("Target", of_a.target, of_b.target, "target");
  add("Dialect", of_a.dialect, of_b.dialect, "dialect");
  add("Started", of_a.started, of_b.started);
  add("Ended early", of_a.ended, of_b.ended, "ended");
  add("Selection", Join(of_a.selection, " "), Join(of_b.selection, " "), "selection");
  add("Suite", of_a.suite_version, of_b.suite_version, "suite");
  add("Ledger", of_a.ledger_hash.substr(0, 12), of_b.ledger_hash.substr(0, 12), "ledger");
  add("Seed", std::to_string(of_a.seed), std::to_string(of_b.seed), "seed");
  add("Scenarios", std::to_string(of_a.scenarios.size()), std::to_string(of_b.scenarios.size()));
  return facts;
}

data VerdictOf(const RequirementRecord& requirement) {
  data verdict;
  SetVerdict(verdict, requirement.verdict);
  return verdict;
}

void SetRequirement(data& shown, const RequirementRecord& requirement) {
  SetVerdict(shown, requirement.verdict);
  shown.set("slug", Visible(requirement.slug));
  shown.set("level", std::string(LevelName(requirement.level)));
  shown.set("sentence", Visible(requirement.sentence));
  shown.set("source", Visible(requirement.source));
}

data Changes(const std::vector<RequirementChange>& changes, bool with_evidence, const RunRecord& b, const ReportPlace& place) {
  data list(data::type::list);
  for (const RequirementChange& change : changes) {
    data shown;
    SetRequirement(shown, *change.b);
    shown.set("was", VerdictOf(*change.a));
    shown.set("moved", change.a->verdict != change.b->verdict);
    data remarks(data::type::list);
    for (const std::string& remark : change.remarks) remarks.push_back(Visible(remark));
    shown.set("remarks", remarks);
    const bool has_evidence = with_evidence && change.evidence.requirement != nullptr;
    Finding finding = change.evidence;
    if (place.folder.empty()) finding.replay_file.clear();
    shown.set("bad", true);
    shown.set("finding", has_evidence ? EvidenceOf(finding, b, place.folder) : data(false));
    list.push_back(shown);
  }
  return list;
}

data Requirements(const std::vector<const RequirementRecord*>& requirements) {
  data list(data::type::list);
  for (const RequirementRecord* requirement : requirements) {
    data shown;
    SetRequirement(shown, *requirement);
    list.push_back(shown);
  }
  return list;
}

// A section that is there only with something in it: {{#id}}{{title}} {{count}} {{#changes}}…
void SetSection(data& page, const std::string& id, std::size_t count, const data& content) {
  if (count == 0) {
    page.set(id, false);
    return;
  }
  data section;
  section.set("count", std::to_string(count));
  section.set("requirements", content);
  page.set(id, section);
}

}  // namespace

Result<std::string> HtmlComparison(const Comparison& comparison, const ReportPlace& a, const ReportPlace& b) {
  data page;
  page.set("title", comparison.headline.word + " · comparison of two runs · provd conformance");
  page.set("word", comparison.headline.word);
  page.set("sentence", comparison.headline.sentence);
  page.set("tone", !comparison.headline.green ? "bad" : comparison.change == Change::kDifferent ? "open" : "good");
  data sides(data::type::list);
  sides.push_back(Side("A", *comparison.a));
  sides.push_back(Side("B", *comparison.b));
  page.set("sides", sides);
  page.set("facts", Facts(comparison, a, b));
  data cautions(data::type::list);
  for (const std::string& caution : comparison.cautions) cautions.push_back(Visible(caution));
  page.set("has_cautions", !comparison.cautions.empty());
  page.set("cautions", cautions);
  SetSection(page, "worse", comparison.worse.size(), Changes(comparison.worse, true, *comparison.b, b));
  SetSection(page, "better", comparison.better.size(), Changes(comparison.better, false, *comparison.b, b));
  SetSection(page, "different", comparison.different.size(), Changes(comparison.different, false, *comparison.b, b));
  SetSection(page, "only_a", comparison.only_a.size(), Requirements(comparison.only_a));
  SetSection(page, "only_b", comparison.only_b.size(), Requirements(comparison.only_b));
  SetSection(page, "still_bad", comparison.still_bad.size(), Requirements(comparison.still_bad));
  page.set("provdlab_version", std::string(kVersion));
  return RenderPage(page, "comparison.mustache");
}

}  // namespace provdlab::conformance
