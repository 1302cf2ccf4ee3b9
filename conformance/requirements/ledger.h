#pragma once
// The requirements of provd's API, as conformance/requirements/*.json states them (docs/requirements.md).
//
//   auto ledger = Ledger::Embedded();                       // the files that were compiled in
//   const Requirement* rule = ledger->Find("oip.delete-answers-204");
//
// Immutable once made; any thread may read.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conformance/report/record.h"

namespace provdlab::conformance {

struct Requirement {
  std::string slug;  // area.rule-in-words, never changes its meaning
  Level level = Level::kMust;
  std::string sentence, source;
  std::vector<std::string> dialects;  // none: all of them
  bool IsOf(std::string_view dialect) const {
    return dialects.empty() || std::find(dialects.begin(), dialects.end(), dialect) != dialects.end();
  }
  std::vector<std::string> implies;  // what necessarily fails with it
  std::vector<std::string> faults;   // of the reference server
  std::string sibling;               // for a refusal: the slug of what is accepted instead
  std::string area() const { return slug.substr(0, slug.find('.')); }
};

class Ledger {
 public:
  // A file: its name, for messages, and its text.
  using File = std::pair<std::string, std::string>;

  // kInvalid with file and slug for text that is not a ledger: unknown or missing members, slugs that are malformed or there
  // twice, `implies` and `sibling` that name nothing.
  static Result<Ledger> Parse(const std::vector<File>& files);
  static Result<Ledger> Embedded();

  const Requirement* Find(std::string_view slug) const;                           // null if there is none
  const std::vector<Requirement>& requirements() const { return requirements_; }  // in the files' order
  const std::string& hash() const { return hash_; }                               // of all files, 16 hex digits

 private:
  std::vector<Requirement> requirements_;
  std::map<std::string, std::size_t, std::less<>> by_slug_;
  std::string hash_;
};

}  // namespace provdlab::conformance
