#pragma once
// Files below a folder, opened so that nothing outside can be reached: no links, no "..", no devices, whatever a name says.
//
//   TreeEntry entry = OpenInTree("/var/lib/provdlab/plugins/acme-1.0", {"var", "tftpboot", "Acme", "lang.bin"});
//   if (entry.kind == TreeEntry::Kind::kFile) Read(*entry.file);
//
// Each part of a path is opened in the folder before it, without following links, so that a folder which is exchanged meanwhile is the
// old one or the new one and never something else. Names mean their bytes: letter case counts. Any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace provdlab::server {

struct TreeEntry {
  enum class Kind {
    kFile,
    kFolder,
    kNothing,  // there is none, or it is no regular file, or it can't be reached so
    kFailed,   // the machine could not open it: no descriptors, no permission, a broken disk
  };
  Kind kind = Kind::kNothing;
  std::shared_ptr<const Descriptor> file{};  // of a file, open for reading; stays readable when its name goes
  std::uint64_t bytes = 0;
  std::chrono::sys_seconds placed{};  // when the file came to have its name or its content, whichever was later; never in the future
  std::string problem{};              // if it failed
};

// `root` is trusted, and links in it are followed; `path` is not.
TreeEntry OpenInTree(const std::string& root, const std::vector<std::string>& path);

// The paths of all files below the folder `path`, with '/' in between and without `path` itself; at most `most`, in no particular order.
std::vector<std::string> FilesInTree(const std::string& root, const std::vector<std::string>& path, std::size_t most);

}  // namespace provdlab::server
