#pragma once
// Somebody's own packages: the archives of a folder, with what plugins.db says of each.
//
//   Result<Directory> directory = ReadDirectory("/home/me/plugins");
//   for (const std::string& problem : directory->problems) Complain(problem);
//
// An archive that can't be read becomes a problem and spoils nothing else. Functions without state; any thread.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "simulator/repository/package.h"

namespace provdlab::repository {

struct Directory {
  std::vector<Package> packages;      // sorted by id, then by version in natural order, the highest last
  std::vector<std::string> problems;  // one sentence for each archive that is left out
};

// kNotFound if there is no such folder.
Result<Directory> ReadDirectory(const std::filesystem::path& folder);

// Reads id and plugin-info out of an archive, which is never unpacked. `file` names it in errors.
Result<Package> ReadArchive(const std::string& file, std::string bytes);

}  // namespace provdlab::repository
