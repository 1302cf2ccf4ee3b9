#pragma once
// From the files of a package to the files that its phones will ask for: the steps of a manifest's "install".
//
//   auto placed = PrepareInstall(package, staging, stop);       // unpacks below staging what has to be unpacked
//   for (const PlacedFile& file : *placed) Link(staging / file.from, tftpboot / file.to);
//
// Nothing outside `staging` is touched: whoever asks puts the files in their places, once all packages are known to be sound.
// Blocks for the disk; no state; any thread, but one at a time for one folder.

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/plugins/extraction.h"

namespace provdlab::server {

struct PackageDefinition;

struct PlacedFile {
  std::string from;  // below the staging folder
  std::string to;    // below var/tftpboot
  friend bool operator==(const PlacedFile&, const PlacedFile&) = default;
};

// By the ending of a file's name: .zip, .tar, .tar.gz or .tgz, .tar.bz2. Nothing for another one.
std::optional<ArchiveKind> ArchiveKindOf(std::string_view name);

// `staging` has the package's files under their names. kInvalid: an archive can't be unpacked or has nothing of what is wanted; the
// sentence names it. kCancelled.
Result<std::vector<PlacedFile>> PrepareInstall(const PackageDefinition& package, const std::filesystem::path& staging,
                                               std::stop_token stop);

}  // namespace provdlab::server
