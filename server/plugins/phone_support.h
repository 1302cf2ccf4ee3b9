#pragma once
// What one plugin knows of phones: how to recognise them, how well it suits them, and the files that configure them.
//
//   auto phones = PhoneSupport::Load(folder, "acme-1.0", manifest["phones"], info);  // kInvalid: all that is wrong in the package, and
//   where if (auto identity = (*phones)->Identify(request)) score = (*phones)->Score(*identity); auto files = (*phones)->Configure(device,
//   raw_config, {{"lang", "1.0"}});        // the sentence says why a device can't be for (const RenderedFile& file : *files)
//   Write(tftpboot / file.path, file.bytes);
//
// All of it is data of the package: the member "phones" of its manifest and its templates (docs/packages.md). It is read and
// checked once; after that nothing touches the disk but the reading of time zones, and no input can make it throw, hang or grow
// without bound. Immutable; any thread may ask.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"
#include "server/plugins/capabilities.h"
#include "server/plugins/identification.h"
#include "server/plugins/phone_view.h"

namespace provdlab::server {

// How well a plugin suits a phone. Any number from 0 to 1000 may be a score; these have names.
inline constexpr int kScoreExact = 600;     // this model with this firmware
inline constexpr int kScoreComplete = 500;  // this model
inline constexpr int kScoreIncomplete = 400;
inline constexpr int kScoreProbable = 300;  // the least with which a plugin is chosen
inline constexpr int kScoreUnknown = 200;
inline constexpr int kScoreImprobable = 100;
inline constexpr int kScoreNone = 0;

struct RenderedFile {
  std::string path;  // below the plugin's var/tftpboot, with '/' between folders; stays below it whatever a device is called
  std::string bytes;
  friend bool operator==(const RenderedFile&, const RenderedFile&) = default;
};

// How a phone is told to fetch its files again.
struct Synchronization {
  enum class Method { kNone, kSipNotify };
  Method method = Method::kNone;
  std::string event{};  // of the NOTIFY, e.g. "check-sync"
  friend bool operator==(const Synchronization&, const Synchronization&) = default;
};

class PhoneSupport {
 public:
  // `phones`: that member of the manifest; `info`: the plugin-info; `packages`: the ids of the plugin's packages. `plugin_id` only stands
  // in sentences.
  static Result<std::shared_ptr<const PhoneSupport>> Load(const std::filesystem::path& folder, std::string_view plugin_id,
                                                          const Json& phones, const Json& info, std::vector<std::string> packages = {});
  // As Load, for who reads the rest of the plugin too: adds what is wrong to `mistakes`. Of use only if there were none.
  static std::shared_ptr<const PhoneSupport> Read(const std::filesystem::path& folder, const Json& phones,
                                                  const std::vector<Capability>& capabilities, std::vector<std::string> packages,
                                                  Mistakes& mistakes);
  ~PhoneSupport();

  // Of all rules that match, earlier ones first. Nothing if none does.
  std::optional<Identity> Identify(const PhoneRequest& request) const;
  int Score(const Identity& identity) const;

  // The device's own files. Those of FilesOf that are not among them are to be removed. `installed`: which of the plugin's packages are;
  // when they change, files may.
  Result<std::vector<RenderedFile>> Configure(const Json& device, const Json& raw_config, const InstalledPackages& installed = {}) const;
  // The files that all phones share, from the raw config that the server gives to all.
  Result<std::vector<RenderedFile>> ConfigureCommon(const Json& raw_config, const InstalledPackages& installed = {}) const;
  // The paths of every file that Configure may write for the device; empty if they have no names (no MAC, say).
  std::vector<std::string> FilesOf(const Json& device) const;

  // The file whose fetching shows that the phone has its configuration; its plain name without folders. Empty: there is none.
  std::string TriggerFile(const Json& device) const;
  // Whether the file holds secrets. Decided by the last part of the path.
  bool IsSensitive(std::string_view path) const;
  Synchronization synchronization() const;
  bool serves(PhoneRequest::Protocol protocol) const;  // http or tftp: whether phones may fetch files so
  // A digest of everything that was read: two with the same one make the same of every device.
  const std::string& fingerprint() const;

 private:
  struct Parts;
  explicit PhoneSupport(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

}  // namespace provdlab::server
