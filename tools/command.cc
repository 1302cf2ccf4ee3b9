#include "tools/command.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace provdlab::tools {

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
