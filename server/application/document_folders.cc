#include "server/application/document_folders.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/files.h"
#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"

namespace provdlab::server {
namespace {

constexpr const char* kDevices = "devices";
constexpr const char* kConfigs = "configs";

// A name for people: what is not UTF-8 or would move the cursor is shown as JSON shows it.
std::string Shown(const std::string& name) {
  const std::string quoted = DumpJson(Json(name));
  return quoted.substr(1, quoted.size() - 2);
}

// ---- Reading ----

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

// A folder that is written beside its place and takes that when it is whole. What a crash leaves of it goes with the next attempt.
class GrowingFolder {
 public:
  explicit GrowingFolder(std::filesystem::path place)
      : place_(std::move(place)), growing_(place_.parent_path() / ("." + place_.filename().string() + ".new")) {}
  ~GrowingFolder() { static_cast<void>(RemoveTree(growing_)); }
  GrowingFolder(const GrowingFolder&) = delete;
  GrowingFolder& operator=(const GrowingFolder&) = delete;

  Result<> Begin() {
    if (auto removed = RemoveTree(growing_); !removed) return removed;
    for (const char* kind : {kDevices, kConfigs})
      if (auto made = MakeFolders(growing_ / kind); !made) return made;
    return {};
  }

  Result<> Write(const std::string& name, std::string_view content) {
    std::ofstream file(growing_ / name, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) return Problem("Could not write", growing_ / name, errno);
    return {};
  }

  // All files go to the disk at once: a hundred thousand one by one would take minutes.
  Result<> TakePlace() {
    const int folder = open(growing_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool written = folder >= 0 && syncfs(folder) == 0;
    const int code = errno;
    if (folder >= 0) close(folder);
    if (!written) return Problem("Could not write to the disk", growing_, code);
    if (std::rename(growing_.c_str(), place_.c_str()) != 0) return Problem("Could not make", place_, errno);
    const int above = open(place_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above >= 0) {
      fsync(above);
      close(above);
    }
    return {};
  }

 private:
  const std::filesystem::path place_, growing_;
};

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

Result<ReadDocuments> ReadDocumentFolders(const std::string& folder) {
  ReadDocuments documents;
  const std::filesystem::path path = folder;
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

Result<> CopySetAside(const std::string& folder, const std::vector<SetAside>& files, const std::string& to) {
  const std::filesystem::path place = WholePath(to);
  GrowingFolder copies(place);
  if (auto begun = copies.Begin(); !begun) return begun;
  for (const SetAside& file : files) {
    const auto content = ReadFile(std::filesystem::path(folder) / file.file);
    if (!content) continue;
    if (auto written = copies.Write(file.file, *content); !written) return written;
  }
  if (auto removed = RemoveTree(place); !removed) return removed;
  return copies.TakePlace();
}

Result<> WriteDocumentFolders(const std::string& folder, const WrittenDocuments& documents) {
  const std::filesystem::path place = WholePath(folder);
  std::error_code problem;
  if (std::filesystem::exists(place, problem) &&
      !(std::filesystem::is_directory(place, problem) && std::filesystem::is_empty(place, problem)))
    return Fail(ErrorKind::kConflict, place.string() + " is there and is no empty folder; name one that is empty or not there");
  GrowingFolder growing(place);
  if (auto begun = growing.Begin(); !begun) return begun;
  const auto write = [&](const char* kind, const std::vector<DocumentPointer>& all) -> Result<> {
    for (const DocumentPointer& document : all)
      if (auto written = growing.Write(std::string(kind) + "/" + document->id, document->text); !written) return written;
    return {};
  };
  if (auto written = write(kDevices, documents.devices); !written) return written;
  if (auto written = write(kConfigs, documents.configs); !written) return written;
  return growing.TakePlace();
}

}  // namespace provdlab::server
