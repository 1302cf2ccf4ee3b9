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

}  // namespace provdlab::tools
