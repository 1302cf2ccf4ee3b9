#pragma once
// Unpacking a package that somebody else made: what is not plainly a plugin's folder is refused.
//
//   auto unpacked = Unpack(archive, staging + "/7", "acme-1.0", stop);
//   if (!unpacked) Log(unpacked.error().error.message);        // staging/7 is to be thrown away
//
// Accepted: a tar, plain, gzip or bzip2, with one folder at the top that is named as the id, and in it regular files and folders.
// Refused: links of both kinds, devices, fifos, sockets, absolute names, "..", control characters in names, a file that is there
// twice, anything beside the one folder, and more than limits.h allows. Files get mode 644 or 755, whatever the archive says.
//
// Blocks its thread; no state is shared between calls; any thread.

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

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

}  // namespace provdlab::server
