#pragma once
// The files that a device's phone can have: its own, which are made when it asks for them, those that all phones of its plugin share, and
// those that lie on the disk. Knows nothing of how they are sent.
//
//   PhoneFiles files({inventory, [&](std::string_view plugin) { return plugins.Loaded(plugin); }});
//   FileAnswer answer = files.Find(device, {"Acme", "00aa55000001.cfg"}, PhoneRequest::Protocol::kHttp);
//   if (answer.route == FileRoute::kFile) Send(answer.file->Read(0, answer.file->size()));
//
// A device's own file is there exactly while the device is configured; that of another device never is. What was found stays whole and
// readable whatever becomes of the plugin. Any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/json.h"
#include "base/result.h"
#include "server/application/inventory.h"
#include "server/plugins/identification.h"

namespace provdlab::server {

struct LoadedPlugin;

class PhoneFile {
 public:
  enum class Of { kDevice, kCommon, kDisk };
  // Made of these bytes, or of an open file of that size.
  PhoneFile(Of of, std::string path, std::shared_ptr<const std::string> bytes, Configured made);
  PhoneFile(std::string path, std::shared_ptr<const Descriptor> file, std::uint64_t size, Configured placed);

  Of of() const { return of_; }
  const std::string& path() const { return path_; }  // below the plugin's var/tftpboot
  std::uint64_t size() const { return size_; }
  Configured made() const { return made_; }  // when it became what it is
  // Null if it is on the disk.
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }
  // `most` bytes from `offset`, fewer only at the end. kUnavailable: the disk fails, or has less than it had. Any thread.
  Result<std::string> Read(std::uint64_t offset, std::size_t most) const;

 private:
  Of of_;
  std::string path_;
  std::uint64_t size_ = 0;
  Configured made_;
  std::shared_ptr<const std::string> bytes_;
  std::shared_ptr<const Descriptor> descriptor_;
};

// Where a request led to.
enum class FileRoute {
  kFile,
  kFolder,         // there is a folder of that name
  kEmptyName,      // a part of the path has no name: "//"
  kNoFile,         // the plugin has no such file
  kNotConfigured,  // it would be the device's own file, but the device is not configured
  kNotMade,        // it could be the device's own file, but what it is configured with makes none
  kNotServed,      // the plugin serves no files by this protocol, or none at all
  kNotLoaded,      // the device's plugin
  kNoPlugin,       // the device has none
  kNoKey,          // the URL begins with no tenant's key, and has to
  kNobody,         // no device
  kNotRead,        // it did not ask for a file's content
  kNotUnderstood,  // who asks can't be told: the request is refused before anything is looked up
  kFailed,         // the machine
};
std::string_view RouteName(FileRoute route);  // "file", "folder", "empty-name", …

struct FileAnswer {
  FileRoute route = FileRoute::kNobody;
  std::string plugin{};             // the device's, if it has one
  std::string path{};               // as it was asked for, parts joined by '/'
  std::optional<PhoneFile> file{};  // of kFile
  std::string problem{};            // of kFailed and kNotConfigured: why
};

class PhoneFiles {
 public:
  // All of it outlives the object.
  struct Surroundings {
    Inventory& inventory;
    std::function<std::shared_ptr<const LoadedPlugin>(std::string_view id)> plugin;  // null if it is not loaded
    const Clock* clock = nullptr;                                                    // null: the machine's
    // What the URLs of the device's phone begin with; may be empty, and say nullopt: nothing.
    std::function<std::optional<std::string>(const Json& device)> key = {};
  };
  explicit PhoneFiles(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  // `path`: its parts, decoded; an empty last one stands for a '/' at the end. `coming`: a config that the device names and that is not
  // there yet, or null.
  FileAnswer Find(const Json& device, const std::vector<std::string>& path, PhoneRequest::Protocol protocol,
                  const Json* coming = nullptr) const;
  // The paths that Find would answer with a file, in order, up to kMostNames.
  std::vector<std::string> NamesFor(const Json& device) const;
  static constexpr std::size_t kMostNames = 10'000;

 private:
  // Those of one loaded plugin, made when they are asked for first.
  struct Common {
    std::shared_ptr<const LoadedPlugin> of;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> files;  // by path
    Configured made;
    std::string problem;  // why there are none
  };
  std::shared_ptr<const Common> CommonOf(const std::shared_ptr<const LoadedPlugin>& plugin, const std::string& key) const;
  std::string KeyOf(const Json& device) const;  // empty: none
  FileAnswer FindOwn(FileAnswer answer, const Json& device, const LoadedPlugin& plugin, const Json* coming) const;

  const Surroundings surroundings_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::map<std::string, std::shared_ptr<const Common>>
      common_;  // by plugin and key; those that are not loaded any more are dropped
};

}  // namespace provdlab::server
