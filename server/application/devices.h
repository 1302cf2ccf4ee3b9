#pragma once
// The devices as clients change them.
//
//   auto id = devices.Create({{"mac", "00:11:22:33:44:55"}});   // "9f86…"; or the member id, if there is one
//   devices.Replace(*id, {{"mac", "00:11:22:33:44:55"}, {"plugin", "acme-1.0"}, {"config", "base"}});
//   devices.Find(*id)->json.at("configured");                   // kept by the server, whatever a client says
//
// A document is in the store, and every consequence with it (whether devices are configured, transient configs that nobody uses any more),
// before a call returns. Two changes of one document happen one after the other. Any thread.

#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "server/application/finding.h"
#include "server/application/inventory.h"
#include "server/documents/query.h"
#include "server/store/documents.h"

namespace provdlab::server {

class Devices {
 public:
  // The inventory outlives it.
  explicit Devices(Inventory& inventory) : inventory_(inventory) {}

  // Members of which a selector must not ask for a list.
  static const std::vector<std::string_view>& TextKeys();
  const DocumentCollection& collection() const { return inventory_.devices(); }
  DocumentPointer Find(std::string_view id) const { return inventory_.devices().Find(id); }
  Finding Search(Query query) const { return Finding(collection(), std::move(query), &inventory_.faults()); }

  // Objects. The id of the new device. kInvalid, kConflict (the id is taken).
  Result<std::string> Create(Json device);
  // The whole document; the id is `id`, whatever the document says. kNotFound, kInvalid.
  Result<> Replace(const std::string& id, Json device);
  // kNotFound.
  Result<> Remove(const std::string& id);
  // Configures its phone anew, also if nothing has changed. kNotFound.
  Result<> Reconfigure(const std::string& id) { return inventory_.Reconfigure(id); }

 private:
  void KeepRefused(Json device);
  bool IsOverlooked(const Json& before, const Json& device) const;

  Inventory& inventory_;
};

}  // namespace provdlab::server
