#pragma once
// A folder of its own for one operation, on the file system of the state directory; removed with what is left in it.
//
//   Staging staging(directory);
//   if (auto made = staging.Make(); !made) return made;
//   Unpack(package, staging.path() + "/unpacked", …);
//
// Names are never given twice in a process; what a crash leaves is swept at the next start. Belongs to one thread.

#include <string>

#include "base/result.h"
#include "server/store/state_directory.h"

namespace provdlab::server {

class Staging {
 public:
  explicit Staging(const StateDirectory& directory);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  Result<> Make();
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace provdlab::server
