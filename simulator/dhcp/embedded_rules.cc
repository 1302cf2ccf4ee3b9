#include "simulator/dhcp/embedded_rules.h"

#include "base/embedded.h"
#include "fixtures/dhcp/rules.h"

namespace provdlab::dhcp {

const Rules& XivoRules() {
  static const Rules rules = [] {
    for (const EmbeddedFile& file : DhcpRules()) {
      // A test reads it, so that what is compiled in is known to be well formed.
      if (file.path == "xivo.json") return Rules::Read(file.bytes).value_or(Rules());
    }
    return Rules();
  }();
  return rules;
}

}  // namespace provdlab::dhcp
