// provdlab scenario: checks, formats and explains scenario files.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tools/command.h"
#include "tools/scenario_report.h"

namespace provdlab::tools {
namespace {

constexpr char kFooter[] =
    R"(A scenario says what is done to a provd and what must be seen; docs/scenario-language.md describes the language.
FILE may be - for standard input.
Examples:
  provdlab scenario check mine.scenario others/*.scenario
  provdlab scenario format --write mine.scenario
  provdlab scenario format --check conformance/scenarios/*/*.scenario
  provdlab scenario explain - < from-a-mail.scenario
Exit codes: 0 as asked, 1 a scenario has a mistake or is not in canonical form, 2 usage, 3 a file can't be read or written.)";

}  // namespace

void AddScenarioCommand(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::vector<std::string> files;
    std::string file;
    ScenarioFormatOptions format;
  };
  auto arguments = std::make_shared<Arguments>();
  const auto streams = [] { return ScenarioStreams{std::cin, std::cout, std::cerr}; };

  CLI::App* command = app.add_subcommand("scenario", "check, format or explain scenario files");
  command->require_subcommand(1);
  command->footer(kFooter);

  CLI::App* check = command->add_subcommand("check", "say of each file whether it is a scenario, or what is wrong where");
  check->add_option("FILE", arguments->files, "scenario files, or -")->required();
  check->callback([arguments, streams, &exit_code] { exit_code = CheckScenarios(arguments->files, streams()); });

  CLI::App* format = command->add_subcommand("format", "print files in their canonical form");
  format->add_option("FILE", arguments->files, "scenario files, or -")->required();
  CLI::Option* write = format->add_flag("--write", arguments->format.write, "write it into the files instead");
  format->add_flag("--check", arguments->format.check, "only say which files are not in that form")->excludes(write);
  format->callback([arguments, streams, &exit_code] { exit_code = FormatScenarios(arguments->files, arguments->format, streams()); });

  CLI::App* explain = command->add_subcommand("explain", "tell in sentences what a scenario does");
  explain->add_option("FILE", arguments->file, "a scenario file, or -")->required();
  explain->callback([arguments, streams, &exit_code] { exit_code = ExplainScenario(arguments->file, streams()); });
}

}  // namespace provdlab::tools
