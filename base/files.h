#pragma once
// Files, with errors as values and sentences that name the path.
//
//   Result<std::string> text = ReadFile("/etc/hostname");
//   TemporaryDirectory folder;                                // removed with everything in it by the destructor
//   Result<> written = WriteFileAtomically(folder.path() / "report.json", DumpJson(report));
//
// All functions may be called from any thread; two writers of one path leave the whole content of one of them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab {

inline constexpr std::uint64_t kLargestFileRead = 64u * 1024 * 1024;

// The whole of a regular file. kNotFound if there is none, kInvalid if it is no regular file or larger than `max_bytes`.
Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes = kLargestFileRead);

// Replaces the file or leaves it as it was, whatever happens in between, a power cut included: the content goes to a file
// beside it, to the disk, and takes the name; then the folder goes to the disk. The folder must exist.
Result<> WriteFileAtomically(const std::filesystem::path& path, std::string_view content);

// The names in a folder, without "." and "..", in the order of their bytes.
Result<std::vector<std::string>> ListFolder(const std::filesystem::path& folder);

// Makes the folder and those above it; no error if it is there.
Result<> MakeFolders(const std::filesystem::path& folder);

// Removes a file, or a folder with everything in it. Links are removed, never followed. No error if there is nothing.
Result<> RemoveTree(const std::filesystem::path& path);

// A new folder that only this user can read, under $TEST_TMPDIR, $TMPDIR or /tmp. It is this object's: the destructor removes it.
class TemporaryDirectory {
 public:
  // `prefix` begins the folder's name. kForbidden, kInternal.
  static Result<TemporaryDirectory> Make(std::string_view prefix = "provdlab-");
  // As Make, for where nothing can go on without it: throws std::runtime_error.
  explicit TemporaryDirectory(std::string_view prefix = "provdlab-");
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  // Gives the folder up: nobody removes it any more.
  std::filesystem::path Release();

 private:
  struct Made {
    std::filesystem::path path;
  };
  explicit TemporaryDirectory(Made made) : path_(std::move(made.path)) {}

  std::filesystem::path path_;  // empty if it has been moved or given up
};

}  // namespace provdlab
