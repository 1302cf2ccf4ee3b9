#pragma once
// What the verbs of the API stand on: the requirements by which a step is explained that was to succeed and did not.
//
//   RequirementsOf("POST", "/pg_mgr/install/install")   // install.install-answers-201
//
// Pure functions; any thread. A test holds every slug here against the ledger.

#include <string>
#include <string_view>
#include <vector>

namespace provdlab::conformance {

// The slugs of a request that was to be answered with success. `path` has no prefix. Empty for requests of no known verb.
std::vector<std::string> RequirementsOf(std::string_view method, std::string_view path);

// The slugs of "the Location of this POST names its monitor".
std::vector<std::string> RequirementsOfLocation(std::string_view path);

// The slugs of "the operation behind this monitor ends in success".
std::vector<std::string> RequirementsOfSuccess(std::string_view monitor_path);

// Whether a POST of this path starts an operation, so that its Location is a monitor.
bool StartsOperation(std::string_view path);

// Every slug that these functions know, for the test.
std::vector<std::string> AllRequirementsOfVerbs();

}  // namespace provdlab::conformance
