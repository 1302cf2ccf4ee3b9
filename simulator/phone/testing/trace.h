#pragma once
// Events and actions as lines that people read: golden files are made of them.
//
//   out << Described(event) << "\n"; for (const Action& action : actions) out << Described(action) << "\n";
//
// What Tell says of asking and getting is left out: the Fetch and the Fetched beside it say it already. A Fetch is without its User-Agent.

#include <string>

#include "simulator/phone/phone.h"

namespace provdlab::phone {

std::string Described(const Event& event);
std::string Described(const Action& action);  // "" for what is left out

// Every byte of an action, for comparing runs.
std::string Whole(const Action& action);

// Compares with simulator/phone/testdata/FILE and fails the test with a diff. With PROVDLAB_WRITE_TRACES set to a folder, the file is
// written there instead:
//   PROVDLAB_WRITE_TRACES=$PWD/simulator/phone/testdata bazel-bin/simulator/phone/boot_test
void ExpectFile(const std::string& file, const std::string& text);
// The same for NAME.trace.
void ExpectTrace(const std::string& name, const std::string& trace);

// Lines of both, with "- " and "+ " before those that are only in one, and a few unchanged lines around.
std::string Difference(const std::string& expected, const std::string& actual);

}  // namespace provdlab::phone
