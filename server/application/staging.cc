#include "server/application/staging.h"

#include <atomic>
#include <cstdint>

#include "base/files.h"

namespace provdlab::server {
namespace {

std::string FreshName() {
  static std::atomic<std::uint64_t> last{0};
  return std::to_string(++last);
}

}  // namespace

Staging::Staging(const StateDirectory& directory) : path_(directory.staging() + "/" + FreshName()) {}

Staging::~Staging() {
  static_cast<void>(RemoveTree(path_));  // what can't be removed now is swept at the next start
}

Result<> Staging::Make() {
  // The server may have been killed with a folder of that name in use, and the sweep may have failed.
  if (auto removed = RemoveTree(path_); !removed) return removed;
  return MakeFolders(path_);
}

}  // namespace provdlab::server
