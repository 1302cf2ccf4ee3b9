#include "server/plugins/extraction.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"
#include "server/plugins/limits.h"

namespace provdlab::server {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

tl::unexpected<UnpackFailure> Refuse(Refusal refusal, ErrorKind kind, std::string message) {
  return tl::unexpected<UnpackFailure>(UnpackFailure{refusal, {kind, std::move(message), std::nullopt}});
}
tl::unexpected<UnpackFailure> Hostile(std::string message) { return Refuse(Refusal::kHostile, ErrorKind::kInvalid, std::move(message)); }
tl::unexpected<UnpackFailure> Bomb(std::string message) { return Refuse(Refusal::kBomb, ErrorKind::kInvalid, std::move(message)); }
tl::unexpected<UnpackFailure> Disk(const std::filesystem::path& path) {
  return Refuse(Refusal::kOther, ErrorKind::kInternal, "cannot write " + path.string() + ": " + std::strerror(errno));
}

// A name as it can be shown in a sentence.
std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, 80));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return "'" + shown + "'";
}

// The parts of a member's path, or a sentence that says what is wrong with it.
Result<std::vector<std::string_view>> Segments(std::string_view name) {
  auto invalid = [&](const std::string& why) { return Fail(ErrorKind::kInvalid, "the member " + Shown(name) + " " + why); };
  if (name.empty()) return invalid("has no name");
  if (name.size() > kLongestMemberName)
    return Fail(ErrorKind::kInvalid, "the name of a member has " + std::to_string(name.size()) + " bytes");
  if (name.front() == '/') return invalid("has an absolute name");
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; }))
    return invalid("has a backslash or a control character in its name");
  std::vector<std::string_view> segments;
  for (std::string_view segment : Split(name, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") return invalid("would leave its folder");
    if (segment.size() > 255) return invalid("has a name that no file can have");
    segments.push_back(segment);
  }
  if (segments.size() > kDeepestMember) return invalid("lies deeper than " + std::to_string(kDeepestMember) + " folders");
  return segments;
}

const char* NameOf(archive_entry* entry) {
  if (const char* name = archive_entry_pathname_utf8(entry)) return name;
  return archive_entry_pathname(entry);
}

std::string NameOf(ArchiveKind kind) { return kind == ArchiveKind::kZip ? "zip" : "tar"; }

const char* TypeOf(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_utf8(entry) != nullptr) return "a hard link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
      return nullptr;
    case AE_IFLNK:
      return "a symbolic link";
    case AE_IFCHR:
    case AE_IFBLK:
      return "a device";
    case AE_IFIFO:
      return "a fifo";
    default:
      return "no file or folder";
  }
}

// What is unpacked: a plugin, or members of an archive.
struct Task {
  std::filesystem::path archive, folder;
  ArchiveKind kind = ArchiveKind::kTar;
  std::string top{};  // the one folder that everything is in; empty: anything may stand at the top
  std::function<bool(std::string_view path)> wants{};
  std::stop_token stop{};
  std::uint64_t packed_bytes = 0;
};

// One reading of the archive. Everything is looked at in memory first, and only what was found good is read again and written: an
// archive that is refused costs the disk nothing.
class Reading {
 public:
  Reading(archive* reader, const Task& task, bool writes)
      : reader_(reader), task_(task), most_bytes_(MostBytes(task.packed_bytes)), writes_(writes) {}

  // The paths of the wanted files.
  tl::expected<std::vector<std::string>, UnpackFailure> Run() {
    std::size_t members = 0;
    archive_entry* entry = nullptr;
    for (int read; (read = archive_read_next_header(reader_, &entry)) != ARCHIVE_EOF;) {
      if (read != ARCHIVE_OK && read != ARCHIVE_WARN) return NotAnArchive();
      if (++members > kMostMembers) return Bomb("it has more than " + std::to_string(kMostMembers) + " members");
      if (auto member = Member(entry); !member) return tl::unexpected<UnpackFailure>(member.error());
    }
    if (members == 0) return Refuse(Refusal::kNotAnArchive, ErrorKind::kInvalid, "it is an archive without members");
    if (!task_.top.empty() && !seen_.contains(task_.top)) return Hostile("it has no folder " + Shown(task_.top));
    return std::move(files_);
  }

 private:
  enum class Kind { kFile, kFolder };

  static std::uint64_t MostBytes(std::uint64_t packed_bytes) {
    const std::uint64_t by_ratio = packed_bytes > kLargestUnpacked / kLargestRatio ? kLargestUnpacked : packed_bytes * kLargestRatio;
    return std::min(kLargestUnpacked, kRatioFreeBytes + by_ratio);
  }

  tl::unexpected<UnpackFailure> NotAnArchive() const {
    const char* why = archive_error_string(reader_);
    return Refuse(Refusal::kNotAnArchive, ErrorKind::kInvalid,
                  "it is not a " + NameOf(task_.kind) + " archive, or a damaged one: " + (why == nullptr ? "unknown format" : why));
  }

  tl::expected<void, UnpackFailure> Member(archive_entry* entry) {
    if (task_.stop.stop_requested()) return Refuse(Refusal::kOther, ErrorKind::kCancelled, "unpacking was cancelled");
    const char* raw = NameOf(entry);
    if (raw == nullptr) return Hostile("a member has a name that can't be read");
    const std::string name = raw;
    if (const char* type = TypeOf(entry)) return Hostile("the member " + Shown(name) + " is " + type);
    auto segments = Segments(name);
    if (!segments) return Hostile(segments.error().message);
    const bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (segments->empty()) {  // "./", as tar writes it for the folder that it was run in
      if (is_folder) return {};
      return Hostile("a member has no name");
    }
    if (!task_.top.empty()) {
      if (segments->front() != task_.top) return Hostile("the member " + Shown(name) + " is not in the folder " + Shown(task_.top));
      if (segments->size() == 1 && !is_folder) return Hostile("the member " + Shown(name) + " should be a folder");
    }
    std::string path;
    for (std::size_t index = 0; index < segments->size(); ++index) {
      path += (path.empty() ? "" : "/") + std::string((*segments)[index]);
      if (index + 1 == segments->size() && !is_folder) return File(entry, path, name);
      const auto [there, is_new] = seen_.try_emplace(path, Kind::kFolder);
      if (there->second == Kind::kFile) return Hostile("the member " + Shown(name) + " makes a folder of a file");
      if (is_new && !task_.wants)
        if (auto made = Folder(path); !made) return made;
    }
    return {};
  }

  // Nothing but folders and plain files is ever made below the task's folder, so no link can be on the way.
  tl::expected<void, UnpackFailure> Folder(const std::string& path) {
    if (!writes_ || !made_.insert(path).second) return {};
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos)
      if (auto above = Folder(path.substr(0, slash)); !above) return above;
    if (mkdir((task_.folder / path).c_str(), 0755) != 0) return Disk(task_.folder / path);
    return {};
  }

  tl::expected<void, UnpackFailure> File(archive_entry* entry, const std::string& path, const std::string& name) {
    if (!seen_.try_emplace(path, Kind::kFile).second) return Hostile("the member " + Shown(name) + " is there twice");
    const bool wanted = !task_.wants || task_.wants(path);
    if (wanted) files_.push_back(path);
    const bool writes = writes_ && wanted;
    const std::size_t slash = path.rfind('/');
    if (writes && slash != std::string::npos)
      if (auto made = Folder(path.substr(0, slash)); !made) return made;
    const std::filesystem::path whole = task_.folder / path;
    const mode_t mode = (archive_entry_perm(entry) & 0100) != 0 ? 0755 : 0644;
    const Descriptor file(writes ? open(whole.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) : -1);
    if (writes && !file) return Disk(whole);
    std::array<char, kBlock> block;
    for (;;) {
      if (task_.stop.stop_requested()) return Refuse(Refusal::kOther, ErrorKind::kCancelled, "unpacking was cancelled");
      const la_ssize_t got = archive_read_data(reader_, block.data(), block.size());
      if (got < 0) return NotAnArchive();
      if (got == 0) return {};
      unpacked_bytes_ += static_cast<std::uint64_t>(got);
      if (unpacked_bytes_ > most_bytes_)
        return Bomb("it unpacks to more than " + std::to_string(most_bytes_) + " bytes, the most for a package of its size");
      for (la_ssize_t written = 0; writes && written < got;) {
        const ssize_t wrote = write(file.get(), block.data() + written, static_cast<std::size_t>(got - written));
        if (wrote < 0 && errno != EINTR) return Disk(whole);
        if (wrote > 0) written += wrote;
      }
    }
  }

  archive* const reader_;
  const Task& task_;
  const std::uint64_t most_bytes_;
  const bool writes_;
  std::map<std::string, Kind, std::less<>> seen_;
  std::set<std::string> made_;  // folders
  std::vector<std::string> files_;
  std::uint64_t unpacked_bytes_ = 0;
};

tl::expected<std::vector<std::string>, UnpackFailure> Read(const Task& task, bool writes) {
  const std::unique_ptr<archive, CloseArchive> reader(archive_read_new());
  if (!reader) return Refuse(Refusal::kOther, ErrorKind::kInternal, "out of memory");
  if (task.kind == ArchiveKind::kZip) {
    archive_read_support_format_zip(reader.get());
  } else {
    archive_read_support_format_tar(reader.get());
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_filter_gzip(reader.get());
  }
  if (archive_read_open_filename(reader.get(), task.archive.c_str(), kBlock) != ARCHIVE_OK) {
    const char* why = archive_error_string(reader.get());
    return Refuse(Refusal::kNotAnArchive, ErrorKind::kInvalid,
                  "it is not a " + NameOf(task.kind) + " archive: " + (why == nullptr ? "unknown format" : why));
  }
  return Reading(reader.get(), task, writes).Run();
}

tl::expected<std::vector<std::string>, UnpackFailure> ReadAndWrite(Task task) {
  std::error_code problem;
  task.packed_bytes = std::filesystem::file_size(task.archive, problem);
  if (problem) return Refuse(Refusal::kOther, ErrorKind::kInternal, "cannot read " + task.archive.string() + ": " + problem.message());
  if (task.packed_bytes == 0)
    return Refuse(Refusal::kNotAnArchive, ErrorKind::kInvalid, "it is not a " + NameOf(task.kind) + " archive: it is empty");
  if (auto good = Read(task, false); !good) return good;
  return Read(task, true);
}

}  // namespace

tl::expected<void, UnpackFailure> Unpack(const std::filesystem::path& archive_file, const std::filesystem::path& folder,
                                         std::string_view id, std::stop_token stop) {
  auto unpacked = ReadAndWrite({.archive = archive_file, .folder = folder, .top = std::string(id), .stop = std::move(stop)});
  if (!unpacked) return tl::unexpected<UnpackFailure>(unpacked.error());
  return {};
}

tl::expected<std::vector<std::string>, UnpackFailure> UnpackMembers(const std::filesystem::path& archive_file, ArchiveKind kind,
                                                                    const std::filesystem::path& folder,
                                                                    const std::function<bool(std::string_view path)>& wants,
                                                                    std::stop_token stop) {
  return ReadAndWrite({.archive = archive_file, .folder = folder, .kind = kind, .wants = wants, .stop = std::move(stop)});
}

}  // namespace provdlab::server
