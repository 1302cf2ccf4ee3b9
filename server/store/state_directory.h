#pragma once
// The folder that a server keeps its state in, and the right to use it alone.
//
//   auto directory = StateDirectory::Open("/var/lib/provdlab");   // "" : a temporary one, removed with the object
//   directory->plugins();    // "/var/lib/provdlab/plugins"
//
// A lock file keeps a second server out while the object lives (also after kill -9: the kernel drops the lock).
// Movable; the paths may be read from any thread.

#include <optional>
#include <string>

#include "base/files.h"
#include "base/result.h"

namespace provdlab::server {

class StateDirectory {
 public:
  // Makes it and the folders in it if they are not there. kForbidden, kConflict (another server has it), kInternal.
  static Result<StateDirectory> Open(const std::string& path);
  // Whether a server has kept documents in that folder, which stays as it is. kNotFound: none has.
  static Result<> Find(const std::string& path);
  ~StateDirectory();
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&& other) noexcept;

  // Whether documents have been kept here before. From a server that did not note it this is known only by what else it left behind.
  bool used() const;
  // Notes that from now on documents are kept here, on the disk when it returns.
  Result<> MarkUsed() const;

  bool temporary() const { return temporary_.has_value(); }
  std::string database() const;
  std::string plugins() const { return path_ + "/plugins"; }      // one folder for each installed plugin
  std::string data() const { return path_ + "/data"; }            // what belongs to a plugin and outlives its upgrades
  std::string cache() const { return path_ + "/cache"; }          // packages as they were downloaded
  std::string set_aside() const { return path_ + "/set-aside"; }  // files of an import that it could not take
  std::string staging() const { return path_ + "/staging"; }      // what is being made or thrown away; emptied at the start

 private:
  StateDirectory(std::string path, std::optional<TemporaryDirectory> temporary, int lock)
      : path_(std::move(path)), temporary_(std::move(temporary)), lock_(lock) {}
  void Close();

  std::string path_;
  std::optional<TemporaryDirectory> temporary_;  // what removes it, if nobody asked for it to stay
  int lock_ = -1;
};

}  // namespace provdlab::server
