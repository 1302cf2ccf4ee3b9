#pragma once
// Is a series of statuses, as a monitor showed them over time, legal? (rest-api.md §3, rulings.md)
//
//   SequenceChecker checker;
//   for (const Status& seen : statuses)
//     if (auto step = checker.Next(seen); !step) Report(step.error().message);
//
// Legal: every operation and sub-operation goes waiting, progress, then success or fail, and never back (states may be missed by
// sampling); it ends only after all its parts have ended; parts are added at the end, never removed or reordered; labels stay;
// `current` never goes down; `end`, once shown, stays. What has ended gets no further parts. One checker per monitor; not
// thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "grammar/status/status.h"

namespace provdlab::status {

class SequenceChecker {
 public:
  // kInvalid names the first illegal step, the part it is about ("install > download") and the rule. After an error the
  // checker goes on from the new status, so that each illegal step is reported once.
  Result<> Next(const Status& seen);

 private:
  std::optional<Status> last_;
};

// What is legal but worth a remark: `current` beyond `end`, an `end` of 0.
std::vector<std::string> Lint(const Status& status);

}  // namespace provdlab::status
