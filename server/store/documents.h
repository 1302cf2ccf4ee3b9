#pragma once
// Documents that many read and few change: in memory, indexed, and in the store before anybody sees them.
//
//   auto devices = DocumentCollection::Load(store, "devices", {{"mac"}, {"config"}});
//   Commit commit(store);
//   commit.Put(**devices, {{"id", "a"}, {"mac", "00:11:22:33:44:55"}});
//   if (auto done = commit.Make(); !done) return done;           // in the store, then seen by all readers
//   (*devices)->Find("a")->text;                                 // {"id":"a",…}
//   (*devices)->FindBy("mac", "00:11:22:33:44:55");              // does not look at the others
//
// A document never changes: a change puts another one in its place, and whoever holds the old one keeps it. Readers may call from any
// thread; they never wait for the store, only for the moment in which an index is adjusted. Commits are made one at a time: the
// caller sees to that. Collections outlive the commits about them, the store outlives the collections.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/store/store.h"

namespace provdlab::server {

struct Document {
  std::string id;
  Json json;
  std::string text;          // the JSON as it is sent
  std::uint64_t number = 0;  // greater than those of the documents in the collection that were made before it
};
using DocumentPointer = std::shared_ptr<const Document>;

// The same document as JSON, for those who need nothing else of it.
std::shared_ptr<const Json> JsonOf(const DocumentPointer& document);

struct Index {
  enum class Of { kText, kElements };
  std::string key;
  Of of = Of::kText;  // kElements: each text in the list under the key
};

class DocumentCollection {
 public:
  // Everything that the store has in the collection `name`. The id is indexed anyway. kInternal if a document can't be used.
  static Result<std::unique_ptr<DocumentCollection>> Load(const Store& store, std::string name, const std::vector<Index>& indexes);
  DocumentCollection(const DocumentCollection&) = delete;
  DocumentCollection& operator=(const DocumentCollection&) = delete;

  const std::string& name() const { return name_; }
  std::size_t size() const;
  // Null if there is none.
  DocumentPointer Find(std::string_view id) const;
  // Up to `most` documents in the order of their ids, from the first one behind `after`; "" is before all.
  std::vector<DocumentPointer> Behind(std::string_view after, std::size_t most) const;

  // By an index, in the order of ids. `key` must have one.
  std::vector<DocumentPointer> FindBy(std::string_view key, std::string_view text) const;
  // Those of any of the texts, each once, as they are at one moment: one that goes from one of the texts to another is never missed.
  std::vector<DocumentPointer> FindBy(std::string_view key, const std::set<std::string>& texts) const;
  std::size_t CountBy(std::string_view key, std::string_view text) const;
  // What the index has.
  std::vector<std::string> TextsOf(std::string_view key) const;
  const std::vector<Index>& indexes() const { return indexes_; }

 private:
  friend class Commit;
  struct ById {
    bool operator()(const DocumentPointer& left, const DocumentPointer& right) const { return left->id < right->id; }
  };
  using Bucket = std::set<DocumentPointer, ById>;
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Buckets = std::unordered_map<std::string, Bucket, HashText, std::equal_to<>>;

  DocumentCollection(std::string name, std::vector<Index> indexes);
  void Begin(std::vector<DocumentPointer> documents);  // the first ones, in the order of ids
  void Show(const DocumentPointer& document);          // instead of the one of the same id
  void Hide(std::string_view id);
  void HideAll();
  void Enter(const DocumentPointer& document);
  void Leave(const DocumentPointer& document);
  // Of the document that is there, or for a new one.
  std::uint64_t NumberFor(std::string_view id);
  const Buckets& BucketsOf(std::string_view key) const;

  const std::string name_;
  const std::vector<Index> indexes_;
  mutable std::shared_mutex mutex_;  // guards what follows; held for moments
  std::unordered_map<std::string, DocumentPointer, HashText, std::equal_to<>> by_id_;
  std::map<std::string_view, DocumentPointer> in_order_;  // the keys are the documents' own ids
  std::vector<Buckets> buckets_;                          // of indexes_
  std::uint64_t last_number_ = 0;
};

// Changes that are made together. Belongs to one thread.
class Commit {
 public:
  explicit Commit(Store& store) : store_(store) {}

  // The document's member id, a string, names it.
  Commit& Put(DocumentCollection& collection, Json document);
  Commit& Remove(DocumentCollection& collection, std::string id);
  // What is in the store only.
  Commit& Keep(std::string collection, std::string id, const Json& document);
  Commit& Forget(std::string collection, std::string id);
  // For a fault: readers see the changes so far, and the store never hears of them.
  Commit& LoseOverARestart();

  // Nothing has changed if it fails. Once.
  Result<> Make(Store::Lasting lasting = Store::Lasting::kNow);

  // Empties a collection, in the store and for readers.
  static Result<> Clear(Store& store, DocumentCollection& collection);

 private:
  struct Shown {
    DocumentCollection* collection;
    std::string id;
    DocumentPointer document;  // null: hidden
  };
  Store& store_;
  std::vector<Store::Change> changes_;
  std::vector<Shown> shown_;
};

}  // namespace provdlab::server
