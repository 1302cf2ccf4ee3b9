#include "server/application/document_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/files.h"
#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr const char* kDevices = "devices";
constexpr const char* kConfigs = "configs";
// In a folder that is being exported to; what is in it is not whole yet.
constexpr const char* kUnfinished = ".unfinished-export";
// What is in a folder where a disk has just been mounted.
constexpr const char* kLostAndFound = "lost+found";

// A name for people: what is not UTF-8 or would move the cursor is shown as JSON shows it.
std::string Shown(const std::string& name) {
  const std::string quoted = DumpJson(Json(name));
  return quoted.substr(1, quoted.size() - 2);
}

// ---- Reading ----

// What a document may have: in a body there is one more around it.
constexpr std::size_t kDeepestDocument = kDeepestJson - 1;

// How many lists and objects are within one another; the parser has bounded that.
std::size_t LevelsOf(const Json& json) {
  std::size_t inner = 0;
  if (!json.is_structured()) return 0;
  for (const Json& value : json) inner = std::max(inner, LevelsOf(value));
  return inner + 1;
}

// The document in a file; an error says what is wrong with it.
Result<Json> ReadDocument(const std::filesystem::path& file, const std::string& name, const std::function<Result<>(const Json&)>& check) {
  const auto text = ReadFile(file);
  if (!text) return Fail(text.error());
  if (text->empty()) return Fail(ErrorKind::kInvalid, "It is empty");
  auto document = ParseJson(*text);
  if (!document) {
    std::string why = document.error().message;
    if (const auto& place = document.error().position)
      why += " (line " + std::to_string(place->line) + ", column " + std::to_string(place->column) + " of " + std::to_string(text->size()) +
             " bytes)";
    return Fail(ErrorKind::kInvalid, why);
  }
  if (!document->is_object()) return Fail(ErrorKind::kInvalid, "It is JSON, but no object");
  if (LevelsOf(*document) > kDeepestDocument)
    return Fail(ErrorKind::kInvalid, "It is nested deeper than " + std::to_string(kDeepestDocument) + " levels");
  if (!document->contains("id")) (*document)["id"] = name;
  auto id = IdOf(*document);
  if (!id) return Fail(id.error());
  if (**id != name)
    return Fail(ErrorKind::kInvalid, "The document says that its id is '" + **id + "', and the file's name says another one");
  if (auto valid = check(*document); !valid) return Fail(valid.error());
  return document;
}

// Whether the folder is there.
Result<bool> ReadFolder(const std::filesystem::path& folder, const std::string& kind, const std::function<Result<>(const Json&)>& check,
                        std::vector<Json>& documents, std::vector<SetAside>& set_aside) {
  std::error_code problem;
  if (!std::filesystem::exists(folder / kind, problem) && !problem) return false;
  const auto names = ListFolder(folder / kind);
  if (!names) return Fail(names.error());
  documents.reserve(names->size());
  for (const std::string& name : *names) {
    auto document = ReadDocument(folder / kind / name, name, check);
    if (document)
      documents.push_back(std::move(*document));
    else
      set_aside.push_back({kind + "/" + name, document.error().message});
  }
  return true;
}

// ---- Writing ----

tl::unexpected<Error> Problem(const std::string& what, const std::filesystem::path& path, int code) {
  const ErrorKind kind = code == EACCES || code == EPERM || code == EROFS ? ErrorKind::kForbidden
                         : code == ENOTEMPTY || code == EEXIST            ? ErrorKind::kConflict
                                                                          : ErrorKind::kInternal;
  return Fail(kind, what + " " + path.string() + ": " + std::generic_category().message(code));
}

Result<> SyncFolder(const std::filesystem::path& path, int (*sync)(int)) {
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || sync(folder.get()) != 0) return Problem("Could not write to the disk", path, errno);
  return {};
}

Result<> Rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return Problem("Could not make", to, errno);
  return {};
}

// A new folder `devices` and `configs` grow in, until they take their places. Of what it made itself nothing is left if they never do.
class GrowingFolder {
 public:
  // In `parent`, which must exist, under a name that begins so.
  static Result<GrowingFolder> Make(const std::filesystem::path& parent, const std::string& name) {
    for (int attempt = 0;; ++attempt) {
      const auto path = parent / (attempt == 0 ? name : name + "." + std::to_string(attempt));
      if (mkdir(path.c_str(), 0777) != 0) {
        if (errno == EEXIST && attempt < kMostAttempts) continue;
        return Problem("Could not make", path, errno);
      }
      GrowingFolder growing(path);
      for (const char* kind : {kDevices, kConfigs})
        if (auto made = MakeFolders(path / kind); !made) return Fail(made.error());
      return growing;
    }
  }
  ~GrowingFolder() {
    for (const auto& path : made_) static_cast<void>(RemoveTree(path));
  }
  GrowingFolder(GrowingFolder&& other) noexcept : path_(std::move(other.path_)), made_(std::exchange(other.made_, {})) {}
  GrowingFolder& operator=(GrowingFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

  Result<> Write(const std::string& name, std::string_view content) {
    std::ofstream file(path_ / name, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) return Problem("Could not write", path_ / name, errno);
    return {};
  }

  // As a whole, where nothing is, or an empty folder.
  Result<> BecomeFolder(const std::filesystem::path& place) {
    // All files go to the disk at once: a hundred thousand one by one would take minutes.
    if (auto written = SyncFolder(path_, syncfs); !written) return written;
    if (auto placed = Rename(path_, place); !placed) return placed;
    made_.clear();
    static_cast<void>(SyncFolder(place.parent_path(), fsync));  // it is there; not every disk can do more
    return {};
  }

  // For a folder in that folder: it is whole once this one, by which a reader knows that it is not, has gone.
  Result<> BecomeContentOf(const std::filesystem::path& place) {
    if (auto written = SyncFolder(path_, syncfs); !written) return written;
    for (const char* kind : {kDevices, kConfigs}) {
      if (auto placed = Rename(path_ / kind, place / kind); !placed) return placed;
      made_.push_back(place / kind);
    }
    if (auto written = SyncFolder(place, syncfs); !written) return written;
    if (rmdir(path_.c_str()) != 0) return Problem("Could not remove", path_, errno);
    made_.clear();
    return SyncFolder(place, syncfs);
  }

 private:
  static constexpr int kMostAttempts = 100;
  explicit GrowingFolder(std::filesystem::path path) : path_(std::move(path)), made_{path_} {}
  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // what goes if it does not take its place
};

// False if it can't be read, from its beginning on.
Result<bool> Copy(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(from, problem)) return false;  // opening a pipe would wait for whoever writes to it
  std::ifstream in(from, std::ios::binary);
  if (!in) return false;
  std::ofstream out(to, std::ios::binary);
  std::vector<char> block(64 * 1024);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) out.write(block.data(), in.gcount());
  out.close();
  if (!out) return Problem("Could not write", to, errno);
  return !in.bad();
}

// Without a slash at the end or dots, so that it has a name and a folder above it.
std::filesystem::path WholePath(const std::string& path) {
  std::error_code problem;
  auto whole = std::filesystem::absolute(path, problem).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

std::string SentenceOf(const SetAside& file) {
  return "set aside " + Shown(file.file) + ": " + file.why + "; mend it and POST it, or leave it out";
}

std::string SentenceWithoutCopy(const SetAside& file) {
  return "there is no copy of " + Shown(file.file) + ", which is no file or can't be read";
}

Result<ReadDocuments> ReadDocumentFolders(const std::string& folder) {
  ReadDocuments documents;
  const std::filesystem::path path = folder;
  std::error_code problem;
  if (std::filesystem::exists(path / kUnfinished, problem))
    return Fail(ErrorKind::kInvalid,
                "an export to " + folder + " did not end, see " + kUnfinished + " in it; export again, to an empty folder");
  auto devices = ReadFolder(path, kDevices, CheckDevice, documents.devices, documents.set_aside);
  if (!devices) return Fail(devices.error());
  auto configs = ReadFolder(path, kConfigs, CheckConfig, documents.configs, documents.set_aside);
  if (!configs) return Fail(configs.error());
  if (!*devices && !*configs)
    return Fail(ErrorKind::kNotFound, folder + " has neither a folder 'devices' nor a folder 'configs'; name the folder that has them");
  const auto names = ListFolder(path);
  if (!names) return Fail(names.error());
  for (const std::string& name : *names)
    if (name != kDevices && name != kConfigs) documents.ignored.push_back(Shown(name));
  return documents;
}

Result<std::vector<SetAside>> CopySetAside(const std::string& folder, const std::vector<SetAside>& files, const std::string& to,
                                           const std::string& staging) {
  auto copies = GrowingFolder::Make(staging, "set-aside");
  if (!copies) return Fail(copies.error());
  std::vector<SetAside> left_out;
  for (const SetAside& file : files) {
    const auto copied = Copy(std::filesystem::path(folder) / file.file, copies->path() / file.file);
    if (!copied) return Fail(copied.error());
    if (*copied) continue;
    static_cast<void>(RemoveTree(copies->path() / file.file));  // what there is of it
    left_out.push_back(file);
  }
  const std::filesystem::path place = WholePath(to);
  if (auto removed = RemoveTree(place); !removed) return Fail(removed.error());
  if (auto placed = copies->BecomeFolder(place); !placed) return Fail(placed.error());
  return left_out;
}

Result<> WriteDocumentFolders(const std::string& folder, const WrittenDocuments& documents) {
  const std::filesystem::path place = WholePath(folder);
  std::error_code problem;
  const bool exists = std::filesystem::exists(place, problem);
  if (exists) {
    const auto names = ListFolder(place);
    const bool empty = names && std::all_of(names->begin(), names->end(), [](const auto& name) { return name == kLostAndFound; });
    if (!empty) return Fail(ErrorKind::kConflict, place.string() + " is there and is no empty folder; name one that is empty or not there");
  } else if (auto made = MakeFolders(place.parent_path()); !made) {
    return made;
  }
  // A folder that is there may be a disk of its own, or one that only its owner may replace: there all is made within.
  auto growing =
      exists ? GrowingFolder::Make(place, kUnfinished) : GrowingFolder::Make(place.parent_path(), "." + place.filename().string() + ".new");
  if (!growing) return Fail(growing.error());
  const auto write = [&](const char* kind, const std::vector<DocumentPointer>& all) -> Result<> {
    for (const DocumentPointer& document : all)
      if (auto written = growing->Write(std::string(kind) + "/" + document->id, document->text); !written) return written;
    return {};
  };
  if (auto written = write(kDevices, documents.devices); !written) return written;
  if (auto written = write(kConfigs, documents.configs); !written) return written;
  return exists ? growing->BecomeContentOf(place) : growing->BecomeFolder(place);
}

}  // namespace provdlab::server
