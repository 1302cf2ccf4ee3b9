#include "tools/command.h"

#include <iostream>

namespace provdlab::tools {

std::string RefuseEmpty(const std::string& value) { return value.empty() ? "is given, but empty" : ""; }

void Complain(const std::string& message, const std::string& hint) {
  std::cerr << "provdlab: " << message << "\n";
  if (!hint.empty()) std::cerr << "  hint: " << hint << "\n";
}

}  // namespace provdlab::tools
