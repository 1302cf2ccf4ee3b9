#include "tools/command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "base/nearest.h"

namespace provdlab::tools {

namespace {

// "did you mean conform? provdlab --help lists them"
std::string Hint(std::string_view written, const std::vector<std::string_view>& names, const std::string& otherwise,
                 std::string_view prefix = "") {
  const std::string_view nearest = Nearest(written, names);
  return nearest.empty() ? otherwise : "did you mean " + std::string(prefix) + std::string(nearest) + "? " + otherwise;
}

// Of the first option that the chosen command does not have.
std::string HintOfExtras(const CLI::App& app) {
  const CLI::App* command = &app;
  std::string called = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    called += " " + command->get_name();
  }
  constexpr std::string_view kDashes = "--";
  std::vector<std::string_view> names;
  for (const CLI::Option* const option : command->get_options())
    names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
  for (const std::string& extra : app.remaining(true)) {
    if (!extra.starts_with(kDashes)) continue;
    const std::string written = extra.substr(kDashes.size(), extra.find('=') - kDashes.size());
    return Hint(written, names, called + " --help lists them", kDashes);
  }
  return called + " --help";
}

}  // namespace

int Perform(CLI::App& app, std::vector<std::string> words, const int& exit_code) {
  std::vector<std::string_view> names;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  if (!words.empty() && !words.front().starts_with('-') && std::find(names.begin(), names.end(), words.front()) == names.end()) {
    Complain("there is no command '" + words.front() + "'", Hint(words.front(), names, app.get_name() + " --help lists them"));
    return 2;
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& asked) {  // for help or the version
    return app.exit(asked);
  } catch (const CLI::ExtrasError& problem) {
    Complain(problem.what(), HintOfExtras(app));
    return 2;
  } catch (const CLI::ParseError& problem) {
    Complain(problem.what(), app.get_name() + " --help, or " + app.get_name() + " COMMAND --help");
    return 2;
  }
  return exit_code;
}

std::string RefuseEmpty(const std::string& value) { return value.empty() ? "is given, but empty" : ""; }

bool WantsColor(bool no_color) { return !no_color && ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

void Complain(const std::string& message, const std::string& hint) {
  std::cerr << "provdlab: " << message << "\n";
  if (!hint.empty()) std::cerr << "  hint: " << hint << "\n";
}

std::optional<Login> ReadLogin(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Login{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace provdlab::tools
