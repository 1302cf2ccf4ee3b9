#pragma once
// The devices as clients change them.
//
//   auto id = devices.Create({{"mac", "00:11:22:33:44:55"}});   // "9f86…"; or the member id, if there is one
//   devices.Replace(*id, {{"mac", "00:11:22:33:44:55"}, {"plugin", "acme-1.0"}, {"config", "base"}});
//   devices.Find(*id)->json.at("configured");                   // kept by the server, whatever a client says
//
// A caller who has a tenant finds and changes the devices of that tenant and of those below; to him all others are not there. What a
// phone's request made and nobody has claimed he may look at as well, and claims it by replacing it.
//
// A document is in the store, and every consequence with it (whether devices are configured, transient configs that nobody uses any more),
// before a call returns. Two changes of one document happen one after the other. Any thread.

#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"
#include "server/application/caller.h"
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
  // Null if it is not there for the caller.
  DocumentPointer Find(std::string_view id, const Caller& caller) const;
  // Those of the caller's tenant; with `recurse` also those of tenants below.
  Finding Search(Query query, const Caller& caller = {}, bool recurse = false) const;
  // Whether the device is one that the caller may change otherwise than by claiming it.
  bool Owns(const Caller& caller, std::string_view id) const;

  // Objects. The id of the new device. kInvalid, kConflict (the id is taken).
  Result<std::string> Create(Json device, const Caller& caller = {});
  // The whole document; the id is `id`, whatever the document says. kNotFound, kInvalid.
  Result<> Replace(const std::string& id, Json device, const Caller& caller = {});
  // kNotFound.
  Result<> Remove(const std::string& id, const Caller& caller = {});
  // Configures its phone anew, also if nothing has changed. kNotFound.
  Result<> Reconfigure(const std::string& id, const Caller& caller = {});
  // The provisioning key of a tenant is another one: so are the files of its devices' phones. kUnavailable.
  Result<> KeyChanged(const std::string& tenant, const tokens::TokenTable& tenants);

 private:
  void KeepRefused(Json device);
  // What the server keeps of tenants; `before` is the document until now, or null.
  void KeepTenant(const Json* before, Json& device, const Caller& caller) const;
  bool IsOverlooked(const Json& before, const Json& device) const;

  Inventory& inventory_;
};

}  // namespace provdlab::server
