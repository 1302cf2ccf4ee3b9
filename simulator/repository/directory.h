#pragma once
// Somebody's own packages: the archives of a folder, with what plugins.db says of each.
//
//   Result<Directory> directory = ReadDirectory("/home/me/plugins");
//   for (const std::string& problem : directory->problems) Complain(problem);
//   if (StampsOf("/home/me/plugins") != directory->stamps) directory = ReadDirectory("/home/me/plugins", *directory);
//
// An archive that can't be read becomes a problem and spoils nothing else. Functions without state; any thread.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "simulator/repository/package.h"

namespace provdlab::repository {

// What changes when somebody replaces an archive.
struct Stamp {
  std::uint64_t size = 0;
  std::filesystem::file_time_type changed = {};
  std::uint64_t inode = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};
using Stamps = std::map<std::string, Stamp>;  // by file name

struct Directory {
  std::vector<Package> packages;      // sorted by id, then by version in natural order, the highest last
  std::vector<std::string> problems;  // one sentence for each archive that is left out
  Stamps stamps;                      // of all archives
};

// kNotFound if there is no such folder. Archives with the stamps that they had in `before` are not read again.
Result<Directory> ReadDirectory(const std::filesystem::path& folder, const Directory& before = {});
// Of the archives that are in the folder now; empty if it has gone.
Stamps StampsOf(const std::filesystem::path& folder);

// Reads id and plugin-info out of an archive, which is never unpacked. `file` names it in errors.
Result<Package> ReadArchive(const std::string& file, std::string bytes);

}  // namespace provdlab::repository
