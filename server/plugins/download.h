#pragma once
// Downloads from a plugin repository: one GET into a file, with proxies, redirects, limits, progress and cancellation.
//
//   Download download{.url = "http://repository/plugins.db", .file = staging + "/plugins.db", .most_bytes = kLongestCatalogue};
//   auto got = Fetch(download, {.http_proxy = "http://proxy:3128"}, {}, stop, [](std::uint64_t bytes) { … });
//   if (got) got->sha1sum;
//
// Fetch blocks its thread until the file is whole and (if it shall last) on the disk, or failed, or `stop` was asked (within a second). If
// it fails there is no file. No state is shared between calls; any thread. download.cc is the only file that knows cpp-httplib.

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "server/plugins/limits.h"
#include "server/plugins/placing.h"

namespace provdlab::server {

struct Download {
  std::string url;   // http or https, possibly with user:password@
  std::string file;  // where it goes; its folder exists, it is replaced
  std::uint64_t most_bytes = kLargestPackage;
  Durability durability = Durability::kLasting;
};

// Empty: none. The formats of the documentation.
struct Proxies {
  std::string http_proxy;   // http://[user:password@]host:port
  std::string https_proxy;  // [user:password@]host:port
};

struct DownloadTimeouts {
  std::chrono::milliseconds connect = kConnectTimeout;
  std::chrono::milliseconds stall = kStallTimeout;  // without a byte
  std::chrono::milliseconds overall = kOverallTimeout;
};

struct Downloaded {
  std::uint64_t bytes = 0;
  std::string sha1sum;  // 40 lower case hex digits
};

// kInvalid: the URL can't be used, or what the server says of it: too many bytes or redirects. kNotFound: another status than 200.
// kUnavailable: not reached, or cut. kTimeout, kCancelled, kInternal (disk).
Result<Downloaded> Fetch(const Download& download, const Proxies& proxies, const DownloadTimeouts& timeouts, std::stop_token stop,
                         const std::function<void(std::uint64_t)>& progress);

}  // namespace provdlab::server
