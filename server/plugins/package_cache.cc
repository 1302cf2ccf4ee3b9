#include "server/plugins/package_cache.h"

#include <unistd.h>

#include "base/files.h"

namespace provdlab::server {

Result<> PackageCache::Take(const std::string& name, const Measured& expected, const std::filesystem::path& to, bool verify) const {
  const std::filesystem::path entry = folder_ / name;
  if (link(entry.c_str(), to.c_str()) != 0) return Fail(ErrorKind::kNotFound, "'" + name + "' is not in the cache");
  auto measured = MeasureFile(to);
  if (measured && (!verify || (measured->bytes == expected.bytes && measured->sha1sum == expected.sha1sum))) return {};
  static_cast<void>(RemoveTree(to));  // the name is free again, or the next step fails on it and says so
  return Fail(ErrorKind::kNotFound, "'" + name + "' is in the cache with other contents");
}

Result<> PackageCache::Keep(const std::filesystem::path& from, const std::string& name) const {
  return LinkFile(from, folder_ / name, from.parent_path() / ".cached");
}

}  // namespace provdlab::server
