#pragma once
// Packages for tests, good and bad, made in memory.
//
//   std::string bytes = PackageBuilder().Folder("acme").File("acme/plugin-info", PluginInfo("1.0")).Bytes();
//
// Belongs to one thread. Failures of the library abort the test program: the archives of a test are no input.

#include <archive.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace provdlab::server::testing {

class PackageBuilder {
 public:
  PackageBuilder& Folder(const std::string& name);
  PackageBuilder& File(const std::string& name, std::string content, unsigned mode = 0644);
  PackageBuilder& Symlink(const std::string& name, const std::string& target);
  PackageBuilder& Hardlink(const std::string& name, const std::string& target);
  PackageBuilder& Special(const std::string& name, unsigned file_type);  // AE_IFCHR, AE_IFIFO, …

  std::string Bytes() const;       // .tar.bz2
  std::string PlainBytes() const;  // .tar
  std::string GzipBytes() const;   // .tar.gz
  std::string ZipBytes() const;    // .zip, which can't have hard links and special files

 private:
  struct Member {
    std::string name, content, symlink, hardlink;
    unsigned type = 0, mode = 0;
  };
  using Setting = int (*)(archive*);
  std::string Write(Setting format, Setting filter) const;
  std::vector<Member> members_;
};

// A plugin-info with one capability.
Json PluginInfo(std::string_view version);
// A package with one plugin: plugin-info and, unless it is null, manifest.json.
std::string Package(const std::string& id, const Json& info, const Json& manifest);
// The entry of plugins.db that suits the bytes.
Json EntryFor(const std::string& filename, const std::string& bytes, const std::string& version, const std::string& sha1sum);

}  // namespace provdlab::server::testing
