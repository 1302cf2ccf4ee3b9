#include "server/plugins/placing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/digest.h"
#include "base/files.h"

namespace provdlab::server {
namespace {

constexpr char kPrevious[] = "previous-";

tl::unexpected<Error> Problem(const char* act, const std::filesystem::path& path, int number) {
  const ErrorKind kind = number == ENOENT ? ErrorKind::kNotFound : ErrorKind::kInternal;
  return Fail(kind, std::string("cannot ") + act + " " + path.string() + ": " + std::strerror(number));
}

template <typename Act>
Result<> WithOpen(const std::filesystem::path& path, int flags, const char* name, Act act) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return Problem("open", path, errno);
  const int number = act(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  if (number != 0) return Problem(name, path, number);
  return {};
}

Result<> Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return Problem("rename", from, errno);
  return {};
}

bool Exists(const std::filesystem::path& path) {
  struct stat there;
  return lstat(path.c_str(), &there) == 0;
}

}  // namespace

Result<Measured> MeasureFile(const std::filesystem::path& file) {
  Digest digest(Digest::Algorithm::kSha1);
  Measured measured;
  auto read_all = WithOpen(file, O_RDONLY | O_NOFOLLOW, "read", [&](int descriptor) {
    std::array<char, 64 * 1024> block;
    for (;;) {
      const ssize_t got = read(descriptor, block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return static_cast<int>(got);
      digest.Update({block.data(), static_cast<std::size_t>(got)});
      measured.bytes += static_cast<std::uint64_t>(got);
    }
  });
  if (!read_all) return Fail(read_all.error());
  measured.sha1sum = digest.Hex();
  return measured;
}

Result<> SyncToDisk(const std::filesystem::path& folder, Durability durability) {
  return durability == Durability::kTemporary ? Result<>() : WithOpen(folder, O_RDONLY | O_DIRECTORY, "write out", syncfs);
}

Result<> SyncFolder(const std::filesystem::path& folder, Durability durability) {
  return durability == Durability::kTemporary ? Result<>() : WithOpen(folder, O_RDONLY | O_DIRECTORY, "write out", fsync);
}

Result<> PlaceFolder(const std::filesystem::path& from, const std::filesystem::path& to, const std::filesystem::path& discarded,
                     Durability durability) {
  const std::filesystem::path previous = discarded / (kPrevious + to.filename().string());
  Result<> placed;
  if (!Exists(to)) {
    placed = Rename(from, to);
  } else if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    placed = {};
  } else {
    placed = Rename(to, previous).and_then([&] { return Rename(from, to); });
    if (!placed && !Exists(to)) static_cast<void>(Rename(previous, to));  // the first error is the one to tell
    if (placed) placed = RemoveTree(previous);
  }
  if (!placed) return placed;
  if (auto synced = SyncFolder(to.parent_path(), durability); !synced) return synced;
  return SyncFolder(discarded, durability);
}

Result<> RestorePrevious(const std::filesystem::path& discarded, const std::filesystem::path& folder) {
  auto names = ListFolder(discarded);
  if (!names) return Fail(names.error());
  for (const std::string& name : *names) {
    if (!name.starts_with(kPrevious)) continue;
    const std::filesystem::path target = folder / name.substr(sizeof kPrevious - 1);
    if (Exists(target)) continue;
    if (auto moved = Rename(discarded / name, target); !moved) return moved;
  }
  return {};
}

Result<> LinkFile(const std::filesystem::path& from, const std::filesystem::path& to, const std::filesystem::path& temporary) {
  if (auto made = MakeFolders(to.parent_path()); !made) return made;
  unlink(temporary.c_str());
  if (link(from.c_str(), temporary.c_str()) != 0) return Problem("link", from, errno);
  auto placed = Rename(temporary, to);
  unlink(temporary.c_str());  // rename does nothing if both names are the same file already
  return placed;
}

}  // namespace provdlab::server
