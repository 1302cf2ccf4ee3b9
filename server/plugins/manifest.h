#pragma once
// What a plugin says of itself: its plugin-info and its manifest.json (docs/packages.md has the format).
//
//   auto info = ReadPluginInfo(folder);            // as every provd needs it
//   auto manifest = ReadManifest(folder, *info);   // as this server needs it; an error means that the plugin can't be loaded
//   if (manifest->packages) Offer(*manifest->packages);
//
// Values; any number of threads may read them.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

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

struct InstallStep {
  std::string copy;  // pattern of file names
  std::string to;    // relative path; a folder if it ends in '/'
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
  std::optional<Json> phones;  // an object, read by phone_support.h
};

Result<Manifest> ParseManifest(std::string_view text);
Result<Json> ParsePluginInfo(std::string_view text);

// From an unpacked plugin's folder. Links are not followed out of it: only regular files are read.
Result<Json> ReadPluginInfo(const std::filesystem::path& folder);
// Also checks that the interface which `info` asks for is there.
Result<Manifest> ReadManifest(const std::filesystem::path& folder, const Json& info);

}  // namespace provdlab::server
