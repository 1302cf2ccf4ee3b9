#include "tools/command.h"

#include <iostream>

namespace provdlab::tools {

void Complain(const std::string& message, const std::string& hint) {
  std::cerr << "provdlab: " << message << "\n";
  if (!hint.empty()) std::cerr << "  hint: " << hint << "\n";
}

}  // namespace provdlab::tools
