#pragma once
// The documented examples (fixtures/examples), as `$ is example "NAME"` compares with them.
//
//   Result<Examples> examples = EmbeddedExamples();
//   context.examples = &*examples;
//
// Pure functions; any thread.

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conformance/runner/judge.h"

namespace provdlab::conformance {

// From files, each a name such as configure.json and its text. Of an example the expected body and what is free of it are kept;
// examples of answers without a body are left out. kInvalid names the file.
Result<Examples> ReadExamples(const std::vector<std::pair<std::string, std::string>>& files);
Result<Examples> EmbeddedExamples();

}  // namespace provdlab::conformance
