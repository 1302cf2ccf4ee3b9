#include "server/application/file_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace provdlab::server {
namespace {

constexpr std::size_t kDeepest = 32;  // folders that are looked into below one another

// A name of one thing in a folder.
bool IsName(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.find('/') == std::string_view::npos &&
         part.find('\0') == std::string_view::npos;
}

TreeEntry Failed(int error) {
  // What has no such name, what is a link, what is no folder on the way, a name that is too long: nothing of that is there to be had.
  if (error == ENOENT || error == ELOOP || error == ENOTDIR || error == ENAMETOOLONG) return {};
  TreeEntry entry;
  entry.kind = TreeEntry::Kind::kFailed;
  entry.problem = std::generic_category().message(error);
  return entry;
}

// Below 0 with errno if it can't be had.
int OpenFolder(int in, const std::string& name) { return ::openat(in, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

// The folder that the parts lead to.
std::unique_ptr<Descriptor> Walk(const std::string& root, const std::string* begin, const std::string* end) {
  auto folder = std::make_unique<Descriptor>(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (; *folder && begin != end; ++begin) folder = std::make_unique<Descriptor>(OpenFolder(folder->get(), *begin));
  return folder;
}

void ListInto(const Descriptor& folder, const std::string& prefix, std::size_t depth, std::size_t most, std::vector<std::string>& names) {
  const int copy = ::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);  // the stream closes it
  DIR* const stream = copy < 0 ? nullptr : ::fdopendir(copy);
  if (stream == nullptr) {
    if (copy >= 0) ::close(copy);
    return;
  }
  std::vector<std::string> folders;
  while (names.size() < most) {
    const dirent* const entry = ::readdir(stream);
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    struct stat status = {};
    if (!IsName(name) || ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(status.st_mode)) names.push_back(prefix + name);
    if (S_ISDIR(status.st_mode)) folders.push_back(name);
  }
  ::closedir(stream);
  if (depth >= kDeepest) return;
  for (const std::string& name : folders)
    if (const Descriptor below(OpenFolder(folder.get(), name)); below) ListInto(below, prefix + name + "/", depth + 1, most, names);
}

}  // namespace

TreeEntry OpenInTree(const std::string& root, const std::vector<std::string>& path) {
  if (path.empty() || path.size() > kDeepest || !std::all_of(path.begin(), path.end(), IsName)) return {};
  const auto folder = Walk(root, path.data(), path.data() + path.size() - 1);
  if (!*folder) return Failed(errno);
  const std::string& name = path.back();
  // Looked at before it is opened: opening a device may do something.
  struct stat status = {};
  if (::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return Failed(errno);
  TreeEntry entry;
  if (S_ISDIR(status.st_mode)) {
    entry.kind = TreeEntry::Kind::kFolder;
    return entry;
  }
  if (!S_ISREG(status.st_mode)) return entry;
  auto file = std::make_shared<const Descriptor>(::openat(folder->get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!*file || ::fstat(file->get(), &status) != 0) return Failed(errno);
  if (!S_ISREG(status.st_mode)) return entry;
  entry.kind = TreeEntry::Kind::kFile;
  entry.file = std::move(file);
  entry.bytes = static_cast<std::uint64_t>(status.st_size);
  entry.placed = std::chrono::sys_seconds(std::chrono::seconds(std::max(status.st_ctim.tv_sec, std::time_t{0})));
  return entry;
}

std::vector<std::string> FilesInTree(const std::string& root, const std::vector<std::string>& path, std::size_t most) {
  std::vector<std::string> names;
  if (!std::all_of(path.begin(), path.end(), IsName)) return names;
  const auto folder = Walk(root, path.data(), path.data() + path.size());
  if (*folder) ListInto(*folder, "", path.size(), most, names);
  return names;
}

}  // namespace provdlab::server
