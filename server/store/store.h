#pragma once
// Documents by collection and id: what the server keeps, in SQLite or in memory.
//
//   auto store = OpenStore("/var/lib/provdlab/state.db");
//   (*store)->Put("parameters", "NAT", 1);          // on the disk when it returns
//   (*store)->Get("parameters", "NAT");              // 1
//
// Any thread; calls are serialised. A write that has returned survives kill -9 and a power cut.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

class Store {
 public:
  virtual ~Store() = default;
  virtual Result<Json> Get(std::string_view collection, std::string_view id) const = 0;  // kNotFound
  virtual Result<std::map<std::string, Json>> List(std::string_view collection) const = 0;
  virtual Result<> Put(std::string_view collection, std::string_view id, const Json& document) = 0;
  virtual Result<> Remove(std::string_view collection, std::string_view id) = 0;  // fine if it is not there
  virtual Result<> RemoveAll(std::string_view collection) = 0;
};

std::unique_ptr<Store> MakeMemoryStore();

// Makes the file if it is not there. A file that is damaged, is no store of ours or was written by a newer version is left as it
// is: kInvalid, with a sentence that says what to do.
Result<std::unique_ptr<Store>> OpenStore(const std::string& path);

}  // namespace provdlab::server
