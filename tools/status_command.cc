// provdlab status: reads statuses, shows them as trees or JSON, and checks a sequence of them.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tools/command.h"
#include "tools/status_report.h"

namespace provdlab::tools {
namespace {

constexpr char kFooter[] =
    R"(A status is [label|]state[;current[/end]] and its parts, each in parentheses; docs/status-language.md has it all.
Examples:
  provdlab status 'download|progress;20/150(file_1|progress)(file_2|waiting)'
  provdlab status --json 'install|success(download|success;202009/202009)'
  provdlab status --follow 'update|progress;0' 'update|success;3792'
  provdlab status --follow --lenient < seen-by-my-client.txt
Exit codes: 0 all are statuses (and every step is legal), 1 not, 2 usage.)";

}  // namespace

void AddStatusCommand(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::vector<std::string> texts;
    StatusReportOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("status", "read an operation's status, or check a series of them");
  command->add_option("TEXT", arguments->texts, "statuses; without any, lines of standard input");
  command->add_flag("--json", arguments->options.json, "print one JSON object a line instead of trees");
  command->add_flag("--lenient", arguments->options.lenient, "accept what the published clients accept, too");
  command->add_flag("--follow", arguments->options.follow, "they are one operation over time: check every step");
  command->footer(kFooter);
  command->callback([arguments, &exit_code] {
    std::cin.tie(nullptr);
    exit_code = arguments->texts.empty() ? ReportStatuses(std::cin, arguments->options, std::cout, std::cerr)
                                         : ReportStatuses(arguments->texts, arguments->options, std::cout, std::cerr);
  });
}

}  // namespace provdlab::tools
