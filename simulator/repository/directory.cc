#include "simulator/repository/directory.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/files.h"
#include "base/text.h"

namespace provdlab::repository {
namespace {

constexpr std::uint64_t kLargestInfo = 1024 * 1024;
// Packages of the field have at most a megabyte. One that unpacks to more than this is not looked through to its end.
constexpr std::uint64_t kLargestContent = 96ull * 1024 * 1024;
constexpr std::string_view kEnding = ".tar.bz2";

Error Unusable(const std::string& file, const std::string& why) { return {ErrorKind::kInvalid, file + " " + why, std::nullopt}; }

struct Found {
  std::string id;
  std::optional<std::string> info;
};

// One member's bytes, at most `limit` of them.
std::optional<std::string> Content(archive* reader, std::uint64_t limit) {
  std::string content;
  char buffer[8192];
  for (;;) {
    const la_ssize_t got = archive_read_data(reader, buffer, sizeof buffer);
    if (got == 0) return content;
    if (got < 0 || content.size() + static_cast<std::size_t>(got) > limit) return std::nullopt;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<Found> Look(const std::string& file, const std::string& bytes) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  if (!reader) return Fail(ErrorKind::kInternal, "no memory to read " + file);
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return Fail(Unusable(file, "is not a bzip2 tar archive"));
  Found found;
  std::uint64_t content = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const int step = archive_read_next_header(reader.get(), &entry);
    if (step == ARCHIVE_EOF) break;
    if (step != ARCHIVE_OK && step != ARCHIVE_WARN) {
      const char* why = archive_error_string(reader.get());
      return Fail(Unusable(file, std::string("can't be read: ") + (why != nullptr ? why : "unknown reason")));
    }
    const char* path = archive_entry_pathname(entry);
    std::string name = path != nullptr ? path : "";
    if (name.starts_with("./")) name.erase(0, 2);
    if (name.empty() || name == ".") continue;
    const std::string top = name.substr(0, name.find('/'));
    if (top.empty() || top == "..")
      return Fail(Unusable(file, "has a member with the name \"" + name + "\", which leads out of its folder"));
    if (found.id.empty()) found.id = top;
    if (top != found.id)
      return Fail(Unusable(file, "has \"" + found.id + "\" and \"" + top + "\" at its top; it must have one folder, named as the plugin"));
    if (name == found.id && archive_entry_filetype(entry) != AE_IFDIR)
      return Fail(Unusable(file, "has a file at its top; it must have one folder, named as the plugin"));
    content += static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
    if (content > kLargestContent) return Fail(Unusable(file, "unpacks to more than " + std::to_string(kLargestContent) + " bytes"));
    if (name == found.id + "/plugin-info") {
      found.info = Content(reader.get(), kLargestInfo);
      if (!found.info) return Fail(Unusable(file, "has a plugin-info that can't be read, or of more than 1 MiB"));
    }
  }
  if (found.id.empty()) return Fail(Unusable(file, "has no members"));
  return found;
}

}  // namespace

Result<Package> ReadArchive(const std::string& file, std::string bytes) {
  Result<Found> found = Look(file, bytes);
  if (!found) return Fail(found.error());
  if (!found->info) return Fail(Unusable(file, "has no " + found->id + "/plugin-info"));
  Result<Json> info = ParseJson(*found->info);
  if (!info) return Fail(Unusable(file, "has a plugin-info that is not JSON: " + info.error().message));
  if (!info->is_object()) return Fail(Unusable(file, "has a plugin-info that is not a JSON object"));
  for (const char* member : {"version", "description", "capabilities"}) {
    if (!info->contains(member)) return Fail(Unusable(file, std::string("has a plugin-info without \"") + member + "\""));
  }
  if (!info->at("version").is_string()) return Fail(Unusable(file, "has a plugin-info whose version is not a text"));
  Package package{.id = found->id, .version = info->at("version"), .file = file, .entry = std::move(*info)};
  package.entry["filename"] = file;
  SetDigest(package.entry, bytes);
  package.archive = std::make_shared<const std::string>(std::move(bytes));
  return package;
}

Stamps StampsOf(const std::filesystem::path& folder) {
  Stamps stamps;
  const Result<std::vector<std::string>> names = ListFolder(folder);
  if (!names) return stamps;
  for (const std::string& name : *names) {
    struct stat status;
    if (!name.ends_with(kEnding) || name.starts_with(".") || stat((folder / name).c_str(), &status) != 0) continue;
    std::error_code gone;
    stamps[name] = {static_cast<std::uint64_t>(status.st_size), std::filesystem::last_write_time(folder / name, gone), status.st_ino};
  }
  return stamps;
}

Result<Directory> ReadDirectory(const std::filesystem::path& folder, const Directory& before) {
  if (const auto names = ListFolder(folder); !names) return Fail(names.error());
  Directory directory;
  directory.stamps = StampsOf(folder);
  for (const auto& [name, stamp] : directory.stamps) {
    const auto known = before.stamps.find(name);
    const auto package_before =
        std::find_if(before.packages.begin(), before.packages.end(), [&](const Package& each) { return each.file == name; });
    if (known != before.stamps.end() && known->second == stamp && package_before != before.packages.end()) {
      directory.packages.push_back(*package_before);
      continue;
    }
    Result<std::string> bytes = ReadFile(folder / name);
    Result<Package> package = bytes ? ReadArchive(name, std::move(*bytes)) : Fail(bytes.error());
    if (package) {
      directory.packages.push_back(std::move(*package));
    } else {
      directory.problems.push_back(package.error().message);
    }
  }
  std::stable_sort(directory.packages.begin(), directory.packages.end(),
                   [](const Package& a, const Package& b) { return a.id != b.id ? a.id < b.id : NaturalLess(a.version, b.version); });
  return directory;
}

}  // namespace provdlab::repository
