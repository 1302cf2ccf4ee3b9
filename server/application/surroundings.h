#pragma once
// What the parts of the application work with. Everything in it outlives those who hold it; the members are thread-safe.
//
//   Surroundings surroundings{directory, store, parameters, workers, faults, {}, log};

#include <functional>
#include <string>

#include "base/workers.h"
#include "server/application/faults.h"
#include "server/application/parameters.h"
#include "server/plugins/download.h"
#include "server/plugins/placing.h"
#include "server/store/state_directory.h"
#include "server/store/store.h"

namespace provdlab::server {

struct Surroundings {
  const StateDirectory& directory;
  Store& store;
  const Parameters& parameters;
  Workers& workers;
  Faults& faults;
  DownloadTimeouts timeouts;
  std::function<void(const std::string&)> log;  // gets one sentence for the operator; any thread

  Durability durability() const { return directory.temporary() ? Durability::kTemporary : Durability::kLasting; }
};

}  // namespace provdlab::server
