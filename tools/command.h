#pragma once
// One subcommand of provdlab. Each lives in a file of its own, which defines one Add…Command; main.cc lists them.
//
// A command adds itself to `app` and, when it was chosen, runs from its callback and leaves the exit code in `exit_code`:
// 0 as asked, 1 the answer is "no" (a requirement failed, a status is illegal), 2 usage, 3 could not be done.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace provdlab::tools {

void AddStatusCommand(CLI::App& app, int& exit_code);
void AddRepoCommand(CLI::App& app, int& exit_code);
void AddRegistrarCommand(CLI::App& app, int& exit_code);
void AddWeatherCommand(CLI::App& app, int& exit_code);
void AddServeCommand(CLI::App& app, int& exit_code);
void AddPhonesCommand(CLI::App& app, int& exit_code);
void AddConformCommand(CLI::App& app, int& exit_code);
void AddReplayCommand(CLI::App& app, int& exit_code);
void AddScenarioCommand(CLI::App& app, int& exit_code);
void AddCleanCommand(CLI::App& app, int& exit_code);
void AddCompareCommand(CLI::App& app, int& exit_code);
void AddAuditCommand(CLI::App& app, int& exit_code);
void AddProbeCommand(CLI::App& app, int& exit_code);
void AddPluginCommand(CLI::App& app, int& exit_code);
void AddExplainCommand(CLI::App& app, int& exit_code);

// For options: an empty value is a mistake (an unset variable of a script), not the option left out.
std::string RefuseEmpty(const std::string& value);

// Whether standard output gets colours: it is a terminal, and neither --no-color nor NO_COLOR in the environment says no.
bool WantsColor(bool no_color);

// Who logs in somewhere: "USER:SECRET", cut at the first colon. Nullopt if there is none.
struct Login {
  std::string user, secret;
};
std::optional<Login> ReadLogin(const std::string& text);

// "provdlab: MESSAGE" on standard error, with a hint in a second line if there is one.
void Complain(const std::string& message, const std::string& hint = "");

// Does what the words after the program's name ask for, and returns the exit code, which is `exit_code` if a command ran. Of what is
// misspelt it says what may have been meant.
int Perform(CLI::App& app, std::vector<std::string> words, const int& exit_code);

}  // namespace provdlab::tools
