#pragma once
// A file of known divergences: where a target is known to part from the requirements, what it answers instead, why that is let be, and
// until when. A person writes the reasons; the suite holds the rest to what it sees.
//
//   known     xivo-provd 16.15
//   format    1
//
//   # Comments are kept.
//   device.put-of-malformed-mac-refused
//     reason  an invalid document raises (rest-api.md 12)
//     until   2027-12-31
//     got     500
//       in    device/malformed-macs.scenario for "zz"
//       in    device/malformed-macs.scenario for "00:11"
//
// One entry for each requirement, by its slug; in it each thing that is got instead ('*' and '?' stand for whatever is there), with the
// scenarios, and rows of their tables, in which that is so. With `seen sometimes` it need not be so in each run. An invariant is broken
// wherever it is seen first: its place is `any scenario`. `until` is a day, or `ever` where nothing will change any more.
// docs/known-divergences.md describes it for users.
//
//   auto known = KnownDivergences::Parse(text);            // kInvalid with the place
//   for (const Divergence& divergence : known->divergences()) …
//
// Values; any thread.

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::conformance {

// Where a requirement was looked at.
struct Place {
  std::string file;  // oip/deletes.scenario
  std::string row;   // of its table, as written; empty without one
  friend auto operator<=>(const Place&, const Place&) = default;
  static Place Any() { return {"any scenario", ""}; }
  std::string Text() const { return row.empty() ? file : file + " for " + row; }
};

// Something else than what is required, and where.
struct Instead {
  std::string got;  // Canonical
  std::vector<Place> places;
};

struct Divergence {
  std::string slug, reason;
  std::string until;  // YYYY-MM-DD, or "ever"
  std::vector<Instead> instead;
  int line = 0;            // of the slug
  bool sometimes = false;  // it need not be seen in each run
  bool ExpiredOn(std::string_view day) const { return until != "ever" && until < day; }
  std::set<std::string> GotsAt(const Place& place) const;  // empty: it says nothing of this place
};

class KnownDivergences {
 public:
  static constexpr std::size_t kMostBytes = 4u << 20;

  // kInvalid with a position: a line that is none, a member that is missing or there twice, a slug that is there twice, a place that is
  // twice under one `got`.
  static Result<KnownDivergences> Parse(std::string text);
  // A file with nothing in it yet.
  static KnownDivergences Empty(const std::string& target);

  const std::string& target() const { return target_; }
  const std::vector<Divergence>& divergences() const { return divergences_; }  // in the file's order
  const Divergence* Find(std::string_view slug) const;
  const std::string& text() const { return text_; }

  // The file with these divergences instead. What stays keeps its reason, its `until`, its place and its comments; what is not there any
  // more goes, with the comments right above it; what is new comes at the end, in the given order. Unchanged entries stay as they are
  // written.
  std::string Rewritten(const std::vector<Divergence>& divergences) const;

 private:
  struct Lines {
    std::size_t first = 0, last = 0;  // of an entry with the comments above it: [first, last)
  };
  std::string text_, target_;
  std::vector<Divergence> divergences_;
  std::vector<Lines> lines_;  // of divergences_
};

// What a check got, so that it reads the same in each run: of an answer whose status was asked for only the status, without what the run
// made up (ids, macs, addresses, ports, counted bytes), on one line of at most 120 bytes.
std::string Canonical(std::string_view got);

}  // namespace provdlab::conformance
