#pragma once
// Writes archives, .tar.bz2 above all: honest ones, the same bytes on every machine, and ones that no honest tool would write.
//
//   std::string tar = TarMember({.name = "acme/", .type = MemberType::kFolder}) + TarMember({.name = "acme/plugin-info", .content = text});
//   Result<std::string> archive = Bzip2(tar + TarEnd());
//
// The tar headers are made here and not by libarchive, which rightly declines names with a NUL or a member without a name. A bzip2 file may
// be several streams in a row, so a bomb is one compressed chunk repeated. Functions without state, to be called from any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::repository {

enum class MemberType { kFile, kFolder, kSymlink, kHardlink, kCharacterDevice, kBlockDevice, kFifo };

struct Member {
  std::string name;  // as it shall stand in the archive; folders end in '/'
  MemberType type = MemberType::kFile;
  std::string content = {};  // of a file
  std::string target = {};   // of a link
  unsigned mode = 0;         // permissions; 0: 0644, for folders 0755
};

// The member as blocks of 512 bytes: time 0, owner 0. What ustar can't hold (long or odd names) goes into a pax header before it.
std::string TarMember(const Member& member);
// What ends an archive.
std::string TarEnd();
// One bzip2 stream, one gzip member without a time. Fails with kInternal if libarchive does (no memory).
Result<std::string> Bzip2(std::string_view bytes);
Result<std::string> Gzip(std::string_view bytes);

// A zip archive of files and folders, which are not compressed and from 1980. Fails with kInvalid for what does not fit its 16 and 32 bits.
Result<std::string> Zip(const std::vector<Member>& members);

// Bytes that don't compress, always the same for the same `seed` and `name`.
std::string Noise(std::uint64_t seed, std::string_view name, std::uint64_t size);

}  // namespace provdlab::repository
