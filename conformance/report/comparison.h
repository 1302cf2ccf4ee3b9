#pragma once
// Two runs of the suite held against each other: what got worse, what got better, what is only different, and what makes the runs
// themselves hard to compare. A and B are one target before and after a change, or two targets.
//
//   Comparison comparison = Compare(a, b);
//   comparison.headline.sentence;                            // "B is worse than A in 2 of 271 requirements (1 MUST)."
//   for (const RequirementChange& change : comparison.worse) Show(change.b->slug, change.evidence.check->got);
//
// Pure functions; any thread. A Comparison points into both records, which must outlive it and stay as they are.

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "conformance/report/record.h"
#include "conformance/report/summary.h"

namespace provdlab::conformance {

enum class Change {
  kSame,
  kWorse,      // B counts more against its target than A did
  kBetter,     // it is shown to hold in B, and was not in A
  kDifferent,  // neither: nobody can say which is better
};
std::string_view ChangeName(Change change);  // "same", "worse", "better", "different"

// What counts, from nothing to most: pass and not applicable; warn; not run, blocked and harness error, which leave open whether it
// holds; blocked and unexplained; unanswered and fail. More is worse, so a B that is not green against a green A is always worse in
// something. Only a pass is better; whatever becomes not applicable, and what passes now that it applies, is merely different.
Change ChangeOf(const RequirementRecord& a, const RequirementRecord& b);

struct RequirementChange {
  Change change = Change::kSame;
  const RequirementRecord* a = nullptr;
  const RequirementRecord* b = nullptr;
  Finding evidence{};                  // of B; without a requirement if B has nothing to show
  std::vector<std::string> remarks{};  // what else is different: "the level was must and is should"
};

// Something about the runs that is not the same.
struct RunDifference {
  std::string what;     // "ledger"
  std::string a, b;     // as shown; empty for none
  std::string meaning;  // what follows from it for the comparison; may be empty
};

struct Comparison {
  const RunRecord* a = nullptr;
  const RunRecord* b = nullptr;
  Change change = Change::kSame;
  Headline headline;  // green if nothing is worse and there was something to compare
  std::vector<RunDifference> runs;
  std::vector<std::string> cautions;                        // sentences: "B was started before A; …"
  std::vector<RequirementChange> worse, better, different;  // MUSTs first, the worst of B first, otherwise in B's order
  std::vector<const RequirementRecord*> only_a, only_b;
  std::vector<const RequirementRecord*> still_bad;  // of B: as in A, and not green
  std::size_t common = 0;                           // requirements in both
};

Comparison Compare(const RunRecord& a, const RunRecord& b);

// Where a report was read from: its file, and the folder that has its scenarios for replay, if they are there.
struct ReportPlace {
  std::string file;
  std::string folder;
};

// For programs, with the members in a fixed order.
OrderedJson ToJson(const Comparison& comparison, const ReportPlace& a, const ReportPlace& b);

}  // namespace provdlab::conformance
