#pragma once
// The rules that are compiled into the binary: fixtures/dhcp.
//
//   const Rules& xivo = XivoRules();
//
// Read once, at the first call, and never changed; any thread.

#include "simulator/dhcp/rules.h"

namespace provdlab::dhcp {

const Rules& XivoRules();

}  // namespace provdlab::dhcp
