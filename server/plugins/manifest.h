#pragma once
// What a plugin says of itself: its plugin-info and its manifest.json (docs/packages.md has the format).
//
//   auto info = ReadPluginInfo(folder);            // as every provd needs it
//   auto manifest = ReadManifest(folder, *info);   // as this server needs it; an error means that the plugin can't be loaded
//   if (manifest->packages) Offer(*manifest->packages);
//   if (manifest->phones) Ask(*manifest->phones);
//
// Values; any number of threads may read them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {

// The plugin interface that this server has; plugin-info may ask for a range of them.
inline constexpr std::string_view kPluginInterface = "0.2";

struct ParameterDefinition {
  enum class Kind { kText, kInteger, kBoolean, kChoice };
  std::string id;
  Json descriptions;  // {"description": …, "description_fr": …}
  Kind kind = Kind::kText;
  std::vector<std::string> choices;
  std::optional<std::int64_t> least, most;
  Json default_value;
  bool secret = false;
};

// Whether the value may be set; the error's sentence names the parameter. null is always fine.
Result<> CheckValue(const ParameterDefinition& parameter, const Json& value);

struct PackageFile {
  std::string name;
  std::string url;  // absolute, relative to plugin_server, or empty
  std::uint64_t size = 0;
  std::string sha1sum;  // lower case
};

// A step of an installation: package_install.h does it.
struct InstallStep {
  enum class Kind { kCopy, kUnpack };
  Kind kind = Kind::kCopy;
  std::string files{};                            // pattern of the names of the package's files
  std::vector<std::string> include{}, exclude{};  // kUnpack: patterns of members' paths; without include: all
  // A folder if it ends in '/', which files get into under their plain names; else one file. kUnpack: if it is empty, members keep their
  // paths. All is below var/tftpboot.
  std::string to{};
};

struct PackageDefinition {
  std::string id;
  Json shown;  // {"version": …, "description": …, "description_fr": …}
  std::vector<std::string> depends;
  std::vector<PackageFile> files;
  std::optional<std::vector<InstallStep>> install;
  std::uint64_t size() const;  // of all files
};

struct Manifest {
  std::optional<std::vector<ParameterDefinition>> parameters;
  std::optional<std::vector<PackageDefinition>> packages;
  std::shared_ptr<const PhoneSupport> phones;  // null: it knows no phones
};

Result<Json> ParsePluginInfo(std::string_view text);

// From an unpacked plugin's folder. Links are not followed out of it: only regular files are read.
Result<Json> ReadPluginInfo(const std::filesystem::path& folder);
// manifest.json and the templates that it names; also checks that the interface which `info` asks for is there. The sentence of an error
// has all that is wrong.
Result<Manifest> ReadManifest(const std::filesystem::path& folder, const Json& info);

// For whoever writes a plugin: what is wrong with the one in the folder, a sentence each; nothing if it can be loaded.
std::vector<std::string> MistakesIn(const std::filesystem::path& folder);

}  // namespace provdlab::server
