#pragma once
// The limits of what comes from a plugin repository. What exceeds one is refused with a sentence that names it.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace provdlab::server {

inline constexpr std::uint64_t kLongestCatalogue = 16ull << 20;  // bytes of plugins.db; the field's has 187 kB
inline constexpr std::uint64_t kLargestPackage = 4ull << 30;     // bytes of one download; the field's firmwares reach 2 GB

inline constexpr std::chrono::milliseconds kConnectTimeout{15'000};
inline constexpr std::chrono::milliseconds kStallTimeout{15'000};           // without a byte
inline constexpr std::chrono::milliseconds kOverallTimeout{2 * 3'600'000};  // of one download, redirects included
inline constexpr int kMostRedirects = 8;

inline constexpr std::uint64_t kLargestUnpacked = 4ull << 30;  // bytes of all members of a package together
inline constexpr std::uint64_t kLargestRatio = 200;            // unpacked bytes for each byte of the package …
inline constexpr std::uint64_t kRatioFreeBytes = 16ull << 20;  // … beyond these, which every package may have
inline constexpr std::size_t kMostMembers = 10'000;            // files, folders and links of a package; the field's have some hundred
inline constexpr std::size_t kLongestMemberName = 1'024;       // bytes of a member's path
inline constexpr std::size_t kDeepestMember = 32;              // folders in a member's path

inline constexpr std::uint64_t kLongestPluginInfo = 4ull << 20;  // bytes of plugin-info, and of manifest.json
inline constexpr std::size_t kMostDefinitions = 1'000;           // parameters, packages, files or steps in one list of a manifest
inline constexpr std::size_t kLongestId = 255;                   // characters of an id

}  // namespace provdlab::server
