#pragma once
// Which dialect a provd speaks, found out by asking it. Only GETs are sent.
//
//   ProbeDialect(target);   // "wazo" or "xivo"
//
// Any thread.

#include <string>

#include "conformance/runner/target.h"

namespace provdlab::conformance {

// A provd that wants a token, or has a status, is one of `wazo`; everything else, also one that does not answer, is of `xivo`.
std::string ProbeDialect(const Target& target);

}  // namespace provdlab::conformance
