#pragma once
// Putting files and folders in place so that a crash at any moment leaves the old or the new, never a half.
//
//   const Durability durability = Durability::kLasting;
//   SyncToDisk(staging, durability);                      // what was made there
//   PlaceFolder(staging + "/7/acme", plugins + "/acme", staging, durability);
//
// Source and target are on one file system. Blocks for the disk; any thread, but one caller at a time for one target.

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace provdlab::server {

// Whether what is written has to be there after a power cut. What is thrown away at the end has not, and waits for no disk.
enum class Durability { kLasting, kTemporary };

struct Measured {
  std::uint64_t bytes = 0;
  std::string sha1sum;
};

// Size and digest of a file. kNotFound.
Result<Measured> MeasureFile(const std::filesystem::path& file);

// If lasting: everything written on the file system of `folder` is on the disk afterwards.
Result<> SyncToDisk(const std::filesystem::path& folder, Durability durability);
// If lasting: the names in `folder` are on the disk afterwards.
Result<> SyncFolder(const std::filesystem::path& folder, Durability durability);

// `from`, which lies in the folder `discarded`, takes the place of `to`, which need not be there; what was there is then at `from`,
// or gone. One step where the file system can exchange two folders; where it can't, a crash may leave the old one as
// `discarded`/previous-NAME, and RestorePrevious puts it back.
Result<> PlaceFolder(const std::filesystem::path& from, const std::filesystem::path& to, const std::filesystem::path& discarded,
                     Durability durability);
// For the start: moves every previous-NAME in `discarded` back to `folder`/NAME where that is missing.
Result<> RestorePrevious(const std::filesystem::path& discarded, const std::filesystem::path& folder);

// `from` becomes a second name of the file `to`, replacing what was there at once. Makes the folders above `to`.
Result<> LinkFile(const std::filesystem::path& from, const std::filesystem::path& to, const std::filesystem::path& temporary);

}  // namespace provdlab::server
