#pragma once
// What an audit found, for people and for programs.
//
//   const Judgement judgement = Audit(snapshot);
//   std::cout << TerminalAudit(target.url(), snapshot, judgement, {.color = true});
//   std::cout << AuditJson(target.url(), snapshot, judgement).dump(2);
//
// Pure functions; any thread. Bytes of the target never reach the terminal as control characters.

#include <cstddef>
#include <string>

#include "base/json.h"
#include "conformance/audit/rules.h"
#include "conformance/audit/snapshot.h"

namespace provdlab::conformance::audit {

struct TerminalAuditOptions {
  bool color = false;
  std::size_t width = 100;         // 60 to 160
  std::size_t most_of_a_rule = 5;  // findings; the rest is counted
};

std::string TerminalAudit(const std::string& target, const Snapshot& snapshot, const Judgement& judgement,
                          const TerminalAuditOptions& options);

// With the members in a fixed order. Every finding is there, however many.
OrderedJson AuditJson(const std::string& target, const Snapshot& snapshot, const Judgement& judgement);

}  // namespace provdlab::conformance::audit
