#pragma once
// The configs as clients change them.
//
//   auto id = configs.Create({{"id", "base"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}});
//   configs.RawConfig("base");       // with the server's values and all that it inherits
//   configs.Autocreate();            // a transient config of its own below the one with the role autocreate
//
// A document is in the store, and every device that depends on it through any chain of parents is judged anew, before a call returns. Two
// changes of one document happen one after the other. Any thread.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/finding.h"
#include "server/application/inventory.h"
#include "server/application/misreadings.h"
#include "server/documents/query.h"
#include "server/store/documents.h"

namespace provdlab::server {

class Configs {
 public:
  // What raw configs may say: anything, or only what a schema has.
  enum class RawConfigs { kFree, kBySchema };
  // The inventory outlives it.
  explicit Configs(Inventory& inventory, RawConfigs raw_configs = RawConfigs::kFree) : inventory_(inventory), raw_configs_(raw_configs) {}

  // Members of which a selector must not ask for a list.
  static const std::vector<std::string_view>& TextKeys();
  const DocumentCollection& collection() const { return inventory_.configs(); }
  DocumentPointer Find(std::string_view id) const { return inventory_.configs().Find(id); }
  Finding Search(Query query) const { return Finding(collection(), std::move(query), &inventory_.faults()); }
  // kNotFound.
  Result<Json> RawConfig(const std::string& id) const;

  // Objects. The id of the new config. kInvalid, kConflict (the id is taken).
  Result<std::string> Create(Json config);
  // The whole document; the id is `id`, whatever the document says. kNotFound, kInvalid.
  Result<> Replace(const std::string& id, Json config);
  // kNotFound, kForbidden ("deletable": false).
  Result<> Remove(const std::string& id);
  // The id of the new config. kInvalid: there is none with the role, or none can be made from it.
  Result<std::string> Autocreate();
  // The same as a part of a greater change: the new config, which is there once `commit` was made in the same turn.
  Result<Json> Autocreate(const Turns::Turn& turn, Commit& commit);

 private:
  void KeepRefused(Json config);
  Result<> Check(const Json& config);  // with its id
  Result<> CheckForm(const Json& config);

  Inventory& inventory_;
  const RawConfigs raw_configs_;
  Misreadings misreadings_{inventory_};
  std::atomic<std::uint64_t> autocreated_{0};  // since the start, for faults
};

}  // namespace provdlab::server
