#pragma once
// The devices and configs that scenarios make on a target, and how they go again.
//
//   const Documents documents(target, [&](std::string method, std::string path, const Json* body) { return …; });
//   documents.Note(exchange, traces);                       // after every request of a scenario
//   std::string left = documents.Remove(traces, nullptr);   // after the scenario; empty: nothing
//
// Only what a scenario made is removed: documents whose creation was answered, and devices with a MAC address of the run. At the
// end of a run Sweep looks for ids of the run, so that what was not answered, or was made by mistake, goes as well.
// Holds no state of its own; any thread may call, as far as the function that asks allows it. The target outlives it.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http/client.h"
#include "base/json.h"
#include "conformance/runner/target.h"

namespace provdlab::conformance {

// What one attempt made.
struct DocumentTraces {
  std::vector<std::string> paths;  // with the target's prefix, in the order in which they were made
  std::vector<std::string> macs;   // the attempt's own
  bool leased = false;             // a lease was reported: devices may have been made
  std::vector<Json> bases;         // configs whose role autocreate was taken away, as they were
};

class Documents {
 public:
  using Ask = std::function<http::Exchange(std::string method, std::string path, const Json* body)>;

  Documents(const Target& target, Ask ask) : target_(target), ask_(std::move(ask)) {}

  // `path` is the request's, below the prefix.
  static void Note(const http::Exchange& exchange, std::string_view path, const Target& target, DocumentTraces& traces);

  // Deletes what was noted: devices before configs, newest first; a config that may not be deleted is made deletable first.
  // Returns what is left, in words; what refused to go is added to `evidence`, if that is not null.
  std::string Remove(DocumentTraces& traces, std::vector<http::Exchange>* evidence) const;

  // Takes the role autocreate from the configs that have it, so that a scenario's own is the only one, and gives it back. Returns
  // what could not be done, in words.
  std::string SetBasesAside(DocumentTraces& traces) const;
  std::string PutBasesBack(DocumentTraces& traces) const;

  // Deletes the documents whose ids begin so. Returns what is left, in words.
  std::string Sweep(std::string_view prefix) const;

 private:
  std::vector<Json> List(std::string_view collection, const Json& selector) const;
  bool Delete(const std::string& path, std::vector<http::Exchange>* evidence) const;

  const Target& target_;
  Ask ask_;
};

}  // namespace provdlab::conformance
