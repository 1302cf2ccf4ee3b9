#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace provdlab {
namespace {

std::string Explain(const std::string& what, const std::filesystem::path& path, int code) {
  return what + " " + path.string() + ": " + std::generic_category().message(code);
}

ErrorKind KindOf(int code) {
  if (code == ENOENT || code == ENOTDIR) return ErrorKind::kNotFound;
  if (code == EACCES || code == EPERM) return ErrorKind::kForbidden;
  return ErrorKind::kInternal;
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A name beside `path` that no other call, thread or process of ours uses.
std::filesystem::path NameBeside(const std::filesystem::path& path) {
  static std::atomic<unsigned> calls{0};
  std::string name = ".";
  name += path.filename().string().substr(0, 200);
  name += "." + std::to_string(::getpid()) + "-" + std::to_string(calls.fetch_add(1)) + ".new";
  return path.parent_path() / name;
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes) {
  // Without O_NONBLOCK a named pipe without a writer would hold us for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return Fail(KindOf(errno), Explain("Could not open", path, errno));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return Fail(ErrorKind::kInternal, Explain("Could not look at", path, errno));
  if (!S_ISREG(status.st_mode)) return Fail(ErrorKind::kInvalid, path.string() + " is not a regular file");
  std::string content;
  content.resize(std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), max_bytes) + 1);
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0) {
      if (errno == EINTR) continue;
      return Fail(KindOf(errno), Explain("Could not read", path, errno));
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > max_bytes) {
      return Fail(ErrorKind::kInvalid, path.string() + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
    // The file may grow while it is read.
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  return content;
}

Result<> WriteFileAtomically(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path fresh = NameBeside(path);
  const auto fail = [&](const std::string& what, int code) {
    ::unlink(fresh.c_str());
    return Fail(KindOf(code), Explain(what, path, code));
  };
  Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return Fail(KindOf(errno), Explain("Could not write", path, errno));
  if (!WriteAll(file.get(), content)) return fail("Could not write", errno);
  if (::fsync(file.get()) != 0) return fail("Could not write to the disk", errno);
  if (!file.Close()) return fail("Could not write", errno);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return fail("Could not replace", errno);
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder and say EINVAL: then there is nothing more to do.
  if (!directory || (::fsync(directory.get()) != 0 && errno != EINVAL)) {
    return Fail(ErrorKind::kInternal, Explain("Could not write to the disk the folder of", path, errno));
  }
  return {};
}

Result<std::vector<std::string>> ListFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return Fail(KindOf(error.value()), Explain("Could not list", folder, error.value()));
  std::sort(names.begin(), names.end());
  return names;
}

Result<> MakeFolders(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Fail(KindOf(error.value()), Explain("Could not make the folder", folder, error.value()));
  // create_directories is silent about a link to a file and the like.
  if (!std::filesystem::is_directory(folder, error)) return Fail(ErrorKind::kConflict, folder.string() + " is not a folder");
  return {};
}

Result<> RemoveTree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Fail(KindOf(error.value()), Explain("Could not remove", path, error.value()));
  return {};
}

Result<TemporaryDirectory> TemporaryDirectory::Make(std::string_view prefix) {
  const char* parent = std::getenv("TEST_TMPDIR");
  if (parent == nullptr || *parent == '\0') parent = std::getenv("TMPDIR");
  if (parent == nullptr || *parent == '\0') parent = "/tmp";
  std::string name = (std::filesystem::path(parent) / (std::string(prefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) return Fail(KindOf(errno), Explain("Could not make a temporary folder in", parent, errno));
  return TemporaryDirectory(Made{name});
}

TemporaryDirectory::TemporaryDirectory(std::string_view prefix) {
  auto made = Make(prefix);
  if (!made) throw std::runtime_error(made.error().message);
  path_ = made->Release();
}

TemporaryDirectory::~TemporaryDirectory() {
  if (!path_.empty()) (void)RemoveTree(path_);  // a destructor has nobody to tell
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(other.Release()) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

std::filesystem::path TemporaryDirectory::Release() { return std::exchange(path_, {}); }

}  // namespace provdlab
