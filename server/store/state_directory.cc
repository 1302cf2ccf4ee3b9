#include "server/store/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace provdlab::server {
namespace {

Result<> MakeFolder(const std::string& path) {
  std::error_code problem;
  std::filesystem::create_directories(path, problem);
  if (!problem && !std::filesystem::is_directory(path, problem)) problem = std::make_error_code(std::errc::not_a_directory);
  if (!problem) return {};
  const bool denied = problem == std::errc::permission_denied || problem == std::errc::read_only_file_system;
  return Fail(denied ? ErrorKind::kForbidden : ErrorKind::kInternal, "cannot make the folder " + path + ": " + problem.message());
}

constexpr const char* kDatabase = "/state.db";
// That documents are kept, and what it says to whoever finds it.
constexpr const char* kUsed = "/used";
constexpr const char* kNote = "The documents of this folder are in state.db. Where this note is and they are not, they have been lost.\n";

std::uintmax_t BytesOf(const std::string& path) {
  std::error_code problem;
  const auto bytes = std::filesystem::file_size(path, problem);
  return problem ? 0 : bytes;
}

}  // namespace

Result<StateDirectory> StateDirectory::Open(const std::string& path) {
  std::string folder = path;
  std::optional<TemporaryDirectory> temporary;
  if (path.empty()) {
    auto made = TemporaryDirectory::Make();
    if (!made) return Fail(made.error());
    temporary = std::move(*made);
    folder = temporary->path().string();
  } else {
    if (auto made = MakeFolder(folder); !made) return Fail(made.error());
    std::error_code problem;
    if (auto whole = std::filesystem::canonical(folder, problem); !problem) folder = whole.string();
  }
  const std::string lock_file = folder + "/lock";
  const int lock = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    const bool denied = errno == EACCES || errno == EROFS;
    return Fail(denied ? ErrorKind::kForbidden : ErrorKind::kInternal, "cannot write to " + lock_file + ": " + std::strerror(errno));
  }
  StateDirectory directory(folder, std::move(temporary), lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    return Fail(ErrorKind::kConflict, "another server uses " + folder + "; stop it first, or choose another state directory");
  for (const std::string& inner : {directory.plugins(), directory.data(), directory.cache(), directory.staging()})
    if (auto made = MakeFolder(inner); !made) return Fail(made.error());
  return directory;
}

Result<> StateDirectory::Find(const std::string& path) {
  std::error_code problem;
  if (std::filesystem::exists(path + kDatabase, problem) || std::filesystem::exists(path + kUsed, problem)) return {};
  return Fail(ErrorKind::kNotFound, "no server has kept anything in " + path);
}

std::string StateDirectory::database() const { return path_ + kDatabase; }

// A database without a byte is how a new one begins, and how an old one ends on a disk that was full or lost its power. With plugins beside
// it it is not new; nor is one that is gone but for its write-ahead log.
bool StateDirectory::used() const {
  std::error_code problem;
  if (std::filesystem::exists(path_ + kUsed, problem)) return true;
  if (BytesOf(database()) > 0) return false;
  const bool emptied = std::filesystem::exists(database(), problem);
  return BytesOf(database() + "-wal") > 0 || (emptied && !std::filesystem::is_empty(plugins(), problem));
}

Result<> StateDirectory::MarkUsed() const {
  std::error_code problem;
  if (std::filesystem::exists(path_ + kUsed, problem)) return {};
  return WriteFileAtomically(path_ + kUsed, kNote);
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, std::nullopt)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  if (this == &other) return *this;
  Close();
  path_ = std::move(other.path_);
  temporary_ = std::exchange(other.temporary_, std::nullopt);
  lock_ = std::exchange(other.lock_, -1);
  return *this;
}

StateDirectory::~StateDirectory() { Close(); }

void StateDirectory::Close() {
  temporary_.reset();
  if (lock_ >= 0) close(std::exchange(lock_, -1));
}

}  // namespace provdlab::server
