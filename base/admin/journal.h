#pragma once
// What a server saw, for whoever asks over its admin port: a bounded list of JSON objects with sequence numbers.
//
//   Journal journal;
//   auto number = journal.Add({{"method", "GET"}, {"path", "/plugins.db"}});
//   journal.Amend(number, {{"status", 200}});          // when the answer has left
//   journal.After(0);                                  // {"entries": [{"sequence": 1, …}], "last": 1}
//
// Numbers count from 1 and are never reused, also not after Clear. The newest `capacity` entries are kept, and of their texts, which may be
// a client's, the first kLongestText bytes. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "base/json.h"

namespace provdlab::admin {

class Journal {
 public:
  static constexpr std::size_t kCapacity = 10'000;
  static constexpr std::size_t kLongestText = 1'024;  // bytes; a longer one is cut and ends in "..."

  explicit Journal(std::size_t capacity = kCapacity) : capacity_(capacity) {}
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The entry's number, which it also gets as its member "sequence". `entry` is an object.
  std::uint64_t Add(Json entry);
  // Overlays members of an entry. Does nothing if it has gone.
  void Amend(std::uint64_t sequence, const Json& members);

  // {"entries": those above `after`, oldest first, "last": the last number given}.
  Json After(std::uint64_t after) const;
  std::optional<Json> Find(std::uint64_t sequence) const;  // nullopt if it has gone
  std::uint64_t last() const;
  void Clear();

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<Json> entries_;  // with consecutive numbers, the last one being last_
  std::uint64_t last_ = 0;
};

}  // namespace provdlab::admin
