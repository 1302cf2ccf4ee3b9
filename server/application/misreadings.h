#pragma once
// What faults make of raw configs: another server's way to read the same configs. Without a fault nothing is done here.
//
//   Misreadings misreadings(inventory);
//   Result<Json> shown = misreadings.Read("user1", raw_config);   // as a client is to see it; kInvalid, kNotFound: refused
//
// Only what clients are shown is misread; whether devices are configured has faults of its own. Any thread. The inventory outlives it.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/inventory.h"
#include "server/documents/raw_config.h"

namespace provdlab::server {

class Misreadings {
 public:
  explicit Misreadings(const Inventory& inventory) : inventory_(inventory) {}

  // `raw_config` is what the config of this id means.
  Result<Json> Read(const std::string& id, Json raw_config) const;

 private:
  // What was shown of a config before.
  struct Shown {
    std::vector<std::string> lineage;  // ids
    Json own, raw_config;              // its document, and what it meant
  };
  ConfigLookup Lookup() const;
  // What a fault that shows something old shows; null if it shows nothing old.
  Json Stale(const std::string& id, const Json& raw_config) const;

  const Inventory& inventory_;
  mutable std::mutex mutex_;  // guards shown_
  mutable std::map<std::string, Shown> shown_;
};

}  // namespace provdlab::server
