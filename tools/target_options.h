#pragma once
// The options that say which provd is meant and how it is asked, for every command that asks one.
//
//   TargetOptions options;
//   AddTargetOptions(*command, options);                  // --target, --header, --ca, --dialect, --tokens
//   …
//   auto target = OpenTarget(options);                    // kInvalid: usage
//
// On the main thread.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "conformance/runner/target.h"
#include "grammar/tokens/token_table.h"

namespace provdlab::tools {

struct TargetOptions {
  std::string url;                   // as written; empty without --target
  std::vector<std::string> headers;  // NAME:VALUE
  std::string ca_file;
  std::string dialect;  // empty: it is found out
  std::string tokens;   // a file; empty: none
};

void AddTargetOptions(CLI::App& command, TargetOptions& options);

// Lets the run ask as the tenants of the table, and for its master unless something else is said.
void UseTokens(const tokens::TokenTable& table, conformance::TargetOptions& options);

// kInvalid with a sentence for a header that is none and for a file that is not there. The URL is left to Target::Make.
Result<conformance::TargetOptions> ReadTargetOptions(const TargetOptions& options);

// The target that was read, of the dialect that it speaks: one GET finds that out unless `written` says it. `read` gets it, too.
Result<conformance::Target> MakeTarget(const TargetOptions& written, conformance::TargetOptions& read);
// Both. `read_only`: nothing but GET and HEAD is ever sent.
Result<conformance::Target> OpenTarget(const TargetOptions& options, bool read_only = false);

}  // namespace provdlab::tools
