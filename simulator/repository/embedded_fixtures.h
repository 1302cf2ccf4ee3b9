#pragma once
// The fixtures that are compiled into the binary: fixtures/plugins and fixtures/attacks.
//
//   Result<Package> package = Build(EmbeddedFixtures(), {.id = "run7-a", .fixture = "acme"});
//
// Read once, at the first call, and never changed; any thread.

#include "simulator/repository/package.h"

namespace provdlab::repository {

const Fixtures& EmbeddedFixtures();

}  // namespace provdlab::repository
