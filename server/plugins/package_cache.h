#pragma once
// Packages and files as they were downloaded, by file name. What is taken out is checked against today's size and sum, so an
// entry that is stale or damaged is as good as none and is replaced by the next download.
//
//   PackageCache cache("/var/lib/provdlab/cache");
//   if (!cache.Take(name, {.bytes = entry.dsize, .sha1sum = entry.sha1sum}, package)) Download(…);
//   cache.Keep(package, name);
//
// Any thread: entries are only ever replaced as a whole, and what was taken stays as it is.

#include <filesystem>
#include <string>

#include "base/result.h"
#include "server/plugins/placing.h"

namespace provdlab::server {

class PackageCache {
 public:
  explicit PackageCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Gives the entry a second name `to`, on the same file system, if it is what is expected. kNotFound if there is none or another.
  // `verify` false takes whatever is there (a fault that can be switched on).
  Result<> Take(const std::string& name, const Measured& expected, const std::filesystem::path& to, bool verify = true) const;
  // Keeps the file under the name; `from` stays where it is, in a folder that nobody else works in.
  Result<> Keep(const std::filesystem::path& from, const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace provdlab::server
