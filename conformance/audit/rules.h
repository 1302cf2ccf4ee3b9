#pragma once
// What can be wrong in a provd's data, as a table of rules, and their judgement of a snapshot.
//
//   Judgement judgement = Audit(snapshot);
//   for (const Finding& finding : judgement.findings) Show(finding.rule->name, finding.sentence, finding.rule->advice);
//
// Pure functions; any thread. Takes time and memory by the number of documents, whatever they are like: 100,000 devices and as many
// configs take less than a second. Names of rules are stable for ever.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/audit/snapshot.h"

namespace provdlab::conformance::audit {

enum class Severity { kError, kWarning, kNote };
std::string_view SeverityName(Severity severity);  // "error", "warning", "note"

struct Rule;

struct Finding {
  const Rule* rule = nullptr;
  std::string sentence;                                      // names what it is about; of many, the first few
  std::vector<std::string> devices{}, configs{}, plugins{};  // all ids concerned
};

class Index;

struct Rule {
  std::string_view name;      // "device.dangling-config"
  Severity severity;          // an error keeps phones from working; a warning will, or wastes; a note is worth knowing
  std::string_view sentence;  // what is wrong, in general
  std::string_view advice;    // what to do
  std::vector<Resource> needs;
  void (*find)(const Index& index, std::vector<Finding>& findings);
};
std::span<const Rule> Rules();  // in the order in which they are reported

struct Unchecked {
  const Rule* rule = nullptr;
  std::vector<Resource> unread;  // what it needs of it
};

struct Judgement {
  std::vector<Finding> findings;     // by rule, and there in the order of the documents
  std::vector<Unchecked> unchecked;  // rules that could not be asked
  std::size_t errors = 0, warnings = 0, notes = 0;

  bool Clean() const { return errors + warnings == 0; }
};

Judgement Audit(const Snapshot& snapshot);

}  // namespace provdlab::conformance::audit
