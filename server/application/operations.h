#pragma once
// The monitors of operations: which ones there are, under which ids, in which collections.
//
//   Operations operations;
//   std::string id = operations.Create("pg_mgr/install/install", operation);   // "1"
//   operations.Get("pg_mgr/install/install", id)->Snapshot();
//   operations.Delete("pg_mgr/install/install", id);                           // the operation itself goes on
//
// A collection is named by the path below the prefix that its monitors live under. Ids count from 1 in each and are never used
// again while the process lives. Running operations are kept; of those that have ended and were not deleted the newest
// kKeptMonitors of each collection stay. Owns the operations together with their workers. Any thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "server/application/faults.h"
#include "server/application/operation.h"

namespace provdlab::server {

class Operations {
 public:
  // `faults` outlives it. `kept` is for tests; everybody else leaves it at the limit.
  explicit Operations(Faults& faults);
  Operations(Faults& faults, std::size_t kept);
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  // Starts to watch and returns the monitor's id.
  std::string Create(std::string_view collection, std::shared_ptr<Operation> operation);
  // Null if there is no such monitor. Only the exact spelling of an id finds it: "01" and "+1" do not.
  std::shared_ptr<Operation> Get(std::string_view collection, std::string_view id);
  // False if there is no such monitor.
  bool Delete(std::string_view collection, std::string_view id);
  // Forgets all monitors. Ids go on from where they were.
  void Clear();
  std::size_t size() const;

 private:
  struct Collection {
    std::uint64_t next = 1;
    std::map<std::uint64_t, std::shared_ptr<Operation>> monitors;
    std::set<std::uint64_t> running;          // of them, those that had not ended when last looked at
    std::set<std::uint64_t> finished;         // and the others
    std::uint64_t last_deleted = 0;           // 0: none yet; for the fault that uses an id twice
    std::map<std::uint64_t, int> seen_ended;  // how often, for the faults that show an end once
  };

  Faults& faults_;
  const std::size_t kept_;
  mutable std::mutex mutex_;
  std::map<std::string, Collection, std::less<>> collections_;
};

}  // namespace provdlab::server
