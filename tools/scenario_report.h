#pragma once
// What `provdlab scenario` does with files, apart from the command line, so that tests can call it.
//
//   ScenarioStreams streams{std::cin, std::cout, std::cerr};
//   return CheckScenarios({"conformance/scenarios/install/twice.scenario", "-"}, streams);
//
// Each returns the exit code: 0 as asked, 1 a scenario is not right, 3 a file could not be read or written. The file `-` is
// standard input. Every file is looked at, whatever became of those before it. Not for several threads with one stream.

#include <iosfwd>
#include <string>
#include <vector>

namespace provdlab::tools {

struct ScenarioStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// Says of each file that it is right, or where it is not.
int CheckScenarios(const std::vector<std::string>& files, ScenarioStreams streams);

struct ScenarioFormatOptions {
  bool write = false;  // into the files instead of to `out`
  bool check = false;  // only say which files are not canonical, as exit code 1
};
int FormatScenarios(const std::vector<std::string>& files, ScenarioFormatOptions options, ScenarioStreams streams);

// Tells what the scenario does, in sentences.
int ExplainScenario(const std::string& file, ScenarioStreams streams);

}  // namespace provdlab::tools
