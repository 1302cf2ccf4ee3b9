#pragma once
// Paths that a user gives are relative to where they stand. Under `bazel run` the process stands elsewhere; Bazel tells where
// its caller was.
//
//   auto folder = FromHere(options.report);
//
// Absolute paths stay as they are. Pure but for the environment; any thread.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace provdlab::tools {

inline std::filesystem::path FromHere(const std::string& path) {
  const char* here = std::getenv("BUILD_WORKING_DIRECTORY");
  return here != nullptr ? std::filesystem::path(here) / path : std::filesystem::path(path);
}

}  // namespace provdlab::tools
