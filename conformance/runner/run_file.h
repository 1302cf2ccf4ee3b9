#pragma once
// What a run owes its target, on disk before it owes it: so that `provdlab clean` can put the target back after the run was killed.
//
//   auto file = RunFile::Begin(DefaultRunsFolder().value(), "k3x0a1b", target.url());
//   (*file)->Add({{"sets", "NAT"}, {"to", 1}});   // then PUT it
//   (*file)->Remove();                            // everything was put back
//   for (const LeftRun& run : *ReadRuns(folder)) Tell(run.run, run.going_on);
//
// One file a run, RUN.run, a line of JSON each, that only this user may read: values of parameters may have passwords in them. A line is
// with the kernel when Add returns, so it outlives the process, not a power cut. The file is locked as long as the run goes on.
// Any thread may call Add. The file stays when the value goes, unless Remove was called.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::conformance {

class RunFile {
 public:
  // Makes the folder. kForbidden, kInternal: it can't be written.
  static Result<std::unique_ptr<RunFile>> Begin(const std::filesystem::path& folder, const std::string& run, const std::string& target);
  ~RunFile();
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

  // False: it could not be written; what it is about should better not be done.
  bool Add(const Json& line);
  void Remove();

 private:
  RunFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  std::mutex mutex_;
  int descriptor_;
};

struct LeftRun {
  std::string run, target;
  std::filesystem::path path;
  bool going_on = false;    // it has the file locked
  std::vector<Json> lines;  // without the first; a last one that was cut is left out
};

// The runs that have a file there; none if there is no folder. What is no file of a run is passed over.
Result<std::vector<LeftRun>> ReadRuns(const std::filesystem::path& folder);

// $XDG_STATE_HOME/provdlab/runs, or ~/.local/state/provdlab/runs. kNotFound if neither is known.
Result<std::filesystem::path> DefaultRunsFolder();

}  // namespace provdlab::conformance
