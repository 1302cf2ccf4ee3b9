#pragma once
// Reads from a provd what the audit looks at: one GET for each resource, and never anything but GET.
//
//   auto snapshot = ReadSnapshot(target, std::chrono::seconds(60));
//   if (!snapshot) Complain(snapshot.error().message);           // nothing of it could be read
//   for (const auto& [resource, why] : snapshot->unread) …       // the rest could
//
// Lists are asked for with `fields`, so that neither passwords nor more bytes than needed come over the wire; a target that sends all of
// it all the same is understood. Blocks for as long as the target takes; any thread.

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "conformance/audit/snapshot.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance::audit {

// What an answer's body says, put into the snapshot. kInvalid with the rest of a sentence: "its answer has no list of devices".
Result<> Take(Resource resource, std::string_view body, Snapshot& snapshot);

// `deadline` is for each request. kUnavailable if neither devices nor configs can be read.
Result<Snapshot> ReadSnapshot(const Target& target, std::chrono::milliseconds deadline);

}  // namespace provdlab::conformance::audit
