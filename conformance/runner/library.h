#pragma once
// The scenarios that a run can choose from: texts, parsed, with their `for` tables spread out.
//
//   auto library = Library::Embedded();              // or Library::Folder("my/scenarios")
//   for (const ScenarioRun& run : library->runs()) Use(run.file->scenario.title, run.row);
//
// Immutable once made; any thread may read.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/model.h"

namespace provdlab::conformance {

struct ScenarioFile {
  std::string path;  // as `replay` would be told: oip/deletes.scenario
  std::string area;  // its folder
  std::string text;
  scenario::Scenario scenario;
};

// One run of a scenario: with a row of its table, if it has one.
struct ScenarioRun {
  std::shared_ptr<const ScenarioFile> file;
  std::string row;             // the row as written, for people; empty without a table
  scenario::Variables values;  // what the row gives to the table's names
  std::string Title() const { return row.empty() ? file->scenario.title : file->scenario.title + " [" + row + "]"; }
};

class Library {
 public:
  // kInvalid with the rendered error of the first file that is no scenario.
  static Result<Library> Parse(const std::vector<std::pair<std::string, std::string>>& files);
  static Result<Library> Embedded();
  static Result<Library> Folder(const std::string& directory);  // every *.scenario below it
  static Result<Library> File(const std::string& path);         // one file

  const std::vector<ScenarioRun>& runs() const { return runs_; }

 private:
  std::vector<ScenarioRun> runs_;
};

// The slugs that a scenario checks.
std::set<std::string> CheckedSlugs(const scenario::Scenario& scenario);

// Whether it has to run alone: it says so, it lays hands on plugins.db, which all share, or the target may have to be started anew for it.
bool RunsAlone(const scenario::Scenario& scenario);
// Whether it ends with another version of the target than it began with.
bool Upgrades(const scenario::Scenario& scenario);

// Whether it needs the target to know the run's repository.
bool NeedsRepository(const scenario::Scenario& scenario);

// Whether it has phones, or accounts for them.
bool NeedsPhones(const scenario::Scenario& scenario);

// How many times it may be run again as a control.
std::size_t CountControls(const scenario::Scenario& scenario);

}  // namespace provdlab::conformance
