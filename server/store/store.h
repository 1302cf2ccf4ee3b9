#pragma once
// Documents by collection and id: what the server keeps, in SQLite or in memory.
//
//   auto store = OpenStore("/var/lib/provdlab/state.db");
//   (*store)->Put("parameters", "NAT", 1);          // on the disk when it returns
//   (*store)->Get("parameters", "NAT");              // 1
//   (*store)->Apply({{"devices", "a", text}, {"configs", "b", std::nullopt}});   // both or neither
//   (*store)->Read("devices", [&](Store::Kept kept) { Use(kept.json); return Result<>(); });
//
// Any thread; calls are serialised. A write that has returned survives kill -9 and a power cut.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

class Store {
 public:
  struct Change {
    std::string collection;
    std::string id;
    std::optional<std::string> document;  // JSON text; nullopt: removed
  };
  struct Kept {
    std::string id;
    std::string text;  // as it was given to Apply
    Json json;         // what the text says
    // Greater than those of all documents that were there before it; stays when the document is replaced.
    std::uint64_t number = 0;
  };
  using Visitor = std::function<Result<>(Kept kept)>;
  enum class Lasting {
    kNow,        // survives a power cut once it has returned
    kWithLater,  // survives kill -9 at once and a power cut once a later write has returned that lasts now
  };

  virtual ~Store() = default;
  virtual Result<Json> Get(std::string_view collection, std::string_view id) const = 0;  // kNotFound
  // Each document of the collection in the order of ids, one at a time; ends with the first error, which may be the visitor's. A visitor
  // must not call the store.
  virtual Result<> Read(std::string_view collection, const Visitor& visit) const = 0;
  // The same, for collections that are small.
  Result<std::map<std::string, Json>> List(std::string_view collection) const;
  virtual Result<> Put(std::string_view collection, std::string_view id, const Json& document) = 0;
  virtual Result<> Remove(std::string_view collection, std::string_view id) = 0;  // fine if it is not there
  virtual Result<> RemoveAll(std::string_view collection) = 0;
  // All of the changes, in their order, or none of them.
  virtual Result<> Apply(const std::vector<Change>& changes, Lasting lasting = Lasting::kNow) = 0;
};

std::unique_ptr<Store> MakeMemoryStore();

// Makes the file if it is not there. A file that is damaged (all of it is looked at, the indexes too), is no store of ours or was written
// by a newer version is left as it is: kInvalid, with a sentence that says what to do. `used`: documents were kept in it before; then one
// that is missing or empty has been lost, which is kInvalid as well.
Result<std::unique_ptr<Store>> OpenStore(const std::string& path, bool used = false);

}  // namespace provdlab::server
