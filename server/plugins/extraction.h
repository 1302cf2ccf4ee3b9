#pragma once
// Unpacking what somebody else packed: plugins, and the archives of their packages.
//
//   auto unpacked = Unpack(archive, staging + "/7", "acme-1.0", stop);
//   if (!unpacked) Log(unpacked.error().error.message);        // staging/7 is to be thrown away
//   auto firmware = UnpackMembers(zip, ArchiveKind::kZip, staging + "/8", [](auto path) { return path.ends_with(".st"); }, stop);
//
// Accepted: a tar, plain, gzip or bzip2, or a zip, with regular files and folders; a plugin has one folder at the top that is named as its
// id, and nothing beside it. Refused: links of both kinds, devices, fifos, sockets, absolute names, "..", control characters in names, a
// file that is there twice, and more than limits.h allows. Files get mode 644 or 755, whatever the archive says.
//
// Blocks its thread; no state is shared between calls; any thread.

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::server {

enum class Refusal {
  kNotAnArchive,  // or a damaged one
  kHostile,       // it would leave its folder, or is not one plugin's folder
  kBomb,          // it exceeds a limit
  kOther,         // cancelled, or this machine's disk
};

struct UnpackFailure {
  Refusal refusal = Refusal::kOther;
  Error error;
};

// `folder` exists and is empty; afterwards it has the one folder `id`. A package that is refused writes nothing there; a full disk or a
// cancellation may leave a part.
tl::expected<void, UnpackFailure> Unpack(const std::filesystem::path& archive, const std::filesystem::path& folder, std::string_view id,
                                         std::stop_token stop);

enum class ArchiveKind { kTar, kZip };

// `folder` exists and is empty; afterwards it has the members that `wants` says yes to, by their paths without "./", and the folders above
// them. Gives the paths of these files in the archive's order. Of a refused archive nothing is written, as above.
tl::expected<std::vector<std::string>, UnpackFailure> UnpackMembers(const std::filesystem::path& archive, ArchiveKind kind,
                                                                    const std::filesystem::path& folder,
                                                                    const std::function<bool(std::string_view path)>& wants,
                                                                    std::stop_token stop);

}  // namespace provdlab::server
