// provdlab, the one command. Each subcommand is a file of its own beside this one; here they are only listed.

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "base/version.h"
#include "tools/command.h"

namespace {

constexpr char kFooter[] = R"(Examples:
  provdlab conform                                            drive the reference server through every requirement
  provdlab conform --target http://127.0.0.1:8666/provd       the same for a provd of yours
  provdlab compare before after                               what a change broke, from the reports of two runs
  provdlab audit --target http://127.0.0.1:8666/provd         what is wrong in a provd's data; changes nothing
  provdlab clean --target http://127.0.0.1:8666/provd         what runs that were killed left there
  provdlab probe http://127.0.0.1:8666/provd                  which dialect it speaks and what it offers; changes nothing
  provdlab phones --model 6731i                               watch a simulated phone boot
  provdlab serve --rest-port 8666 --fault oip.get-answers-200   a provd that misbehaves on command
  provdlab explain --admin http://127.0.0.1:40000 --ip 127.1.0.1   why a phone got what it got from it
  provdlab repo --port 8080                                   a plugin repository
  provdlab plugin check my-plugin                             what is wrong with a plugin that you write
  provdlab registrar --port 5060 --account je5qtq:s3cret      which phone has which password?
  provdlab weather --upstream 127.0.0.1:8666 --kind resets    a bad network in front of a server
  provdlab status 'download|progress;10/100'                  read an operation's status
Each command has its own --help. Exit codes: 0 as asked, 1 the answer is no, 2 usage, 3 could not be done.)";

}  // namespace

int main(int argc, char** argv) {
  // A peer or a pager that goes away is an error value where it happens, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // Standard output is for what scripts read.
  spdlog::set_default_logger(spdlog::stderr_color_mt("provdlab"));

  CLI::App app{"provdlab: a test harness and conformance simulator for provd, the provisioning daemon of XiVO and Wazo.", "provdlab"};
  app.set_version_flag("--version", std::string("provdlab ") + provdlab::kVersion);
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(34);

  int exit_code = 0;
  provdlab::tools::AddConformCommand(app, exit_code);
  provdlab::tools::AddReplayCommand(app, exit_code);
  provdlab::tools::AddCleanCommand(app, exit_code);
  provdlab::tools::AddCompareCommand(app, exit_code);
  provdlab::tools::AddAuditCommand(app, exit_code);
  provdlab::tools::AddProbeCommand(app, exit_code);
  provdlab::tools::AddServeCommand(app, exit_code);
  provdlab::tools::AddExplainCommand(app, exit_code);
  provdlab::tools::AddPhonesCommand(app, exit_code);
  provdlab::tools::AddRepoCommand(app, exit_code);
  provdlab::tools::AddPluginCommand(app, exit_code);
  provdlab::tools::AddRegistrarCommand(app, exit_code);
  provdlab::tools::AddWeatherCommand(app, exit_code);
  provdlab::tools::AddScenarioCommand(app, exit_code);
  provdlab::tools::AddStatusCommand(app, exit_code);

  return provdlab::tools::Perform(app, {argv + std::min(argc, 1), argv + argc}, exit_code);
}
