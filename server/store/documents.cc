#include "server/store/documents.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <utility>

namespace provdlab::server {
namespace {

// The texts that an index has of a document, which they belong to.
template <typename Use>
void ForEachText(const Json& document, const Index& index, Use use) {
  const auto value = document.find(index.key);
  if (value == document.end()) return;
  if (index.of == Index::Of::kText) {
    if (value->is_string()) use(value->get_ref<const std::string&>());
  } else if (value->is_array()) {
    for (const Json& element : *value)
      if (element.is_string()) use(element.get_ref<const std::string&>());
  }
}

std::shared_ptr<Document> MakeDocument(Json json) {
  auto document = std::make_shared<Document>();
  document->id = json.at("id").get<std::string>();
  document->text = DumpJson(json);
  document->json = std::move(json);
  return document;
}

}  // namespace

std::shared_ptr<const Json> JsonOf(const DocumentPointer& document) {
  if (!document) return nullptr;
  return {document, &document->json};
}

DocumentCollection::DocumentCollection(std::string name, std::vector<Index> indexes)
    : name_(std::move(name)), indexes_(std::move(indexes)), buckets_(indexes_.size()) {}

Result<std::unique_ptr<DocumentCollection>> DocumentCollection::Load(const Store& store, std::string name,
                                                                     const std::vector<Index>& indexes) {
  std::vector<DocumentPointer> documents;
  auto read = store.Read(name, [&](Store::Kept kept) -> Result<> {
    if (!kept.json.is_object() || kept.json.value("id", Json()) != kept.id)
      return Fail(ErrorKind::kInternal, "the kept document '" + kept.id + "' in '" + name + "' has not its id in it");
    documents.push_back(std::make_shared<Document>(Document{std::move(kept.id), std::move(kept.json), std::move(kept.text), kept.number}));
    return {};
  });
  if (!read) return Fail(read.error());
  std::unique_ptr<DocumentCollection> collection(new DocumentCollection(std::move(name), indexes));
  collection->Begin(std::move(documents));
  return collection;
}

std::size_t DocumentCollection::size() const {
  std::shared_lock lock(mutex_);
  return by_id_.size();
}

DocumentPointer DocumentCollection::Find(std::string_view id) const {
  std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<DocumentPointer> DocumentCollection::Behind(std::string_view after, std::size_t most) const {
  std::vector<DocumentPointer> documents;
  std::shared_lock lock(mutex_);
  for (auto next = in_order_.upper_bound(after); next != in_order_.end() && documents.size() < most; ++next)
    documents.push_back(next->second);
  return documents;
}

std::vector<DocumentPointer> DocumentCollection::FindBy(std::string_view key, std::string_view text) const {
  std::shared_lock lock(mutex_);
  const Buckets& buckets = BucketsOf(key);
  const auto bucket = buckets.find(text);
  if (bucket == buckets.end()) return {};
  return {bucket->second.begin(), bucket->second.end()};
}

std::vector<DocumentPointer> DocumentCollection::FindBy(std::string_view key, const std::set<std::string>& texts) const {
  std::vector<DocumentPointer> found;
  {
    std::shared_lock lock(mutex_);
    const Buckets& buckets = BucketsOf(key);
    for (const std::string& text : texts)
      if (const auto bucket = buckets.find(text); bucket != buckets.end())
        found.insert(found.end(), bucket->second.begin(), bucket->second.end());
  }
  // An index of elements may have a document under several texts.
  std::sort(found.begin(), found.end(), ById());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::size_t DocumentCollection::CountBy(std::string_view key, std::string_view text) const {
  std::shared_lock lock(mutex_);
  const Buckets& buckets = BucketsOf(key);
  const auto bucket = buckets.find(text);
  return bucket == buckets.end() ? 0 : bucket->second.size();
}

std::vector<std::string> DocumentCollection::TextsOf(std::string_view key) const {
  std::vector<std::string> texts;
  std::shared_lock lock(mutex_);
  for (const auto& [text, bucket] : BucketsOf(key)) texts.push_back(text);
  return texts;
}

const DocumentCollection::Buckets& DocumentCollection::BucketsOf(std::string_view key) const {
  std::size_t i = 0;
  while (i < indexes_.size() && indexes_[i].key != key) ++i;
  assert(i < indexes_.size());
  return buckets_[i];
}

// In this order each goes to the end of wherever it belongs, which needs no search.
void DocumentCollection::Begin(std::vector<DocumentPointer> documents) {
  std::unique_lock lock(mutex_);
  by_id_.reserve(documents.size());
  for (const DocumentPointer& document : documents) {
    by_id_.emplace(document->id, document);
    in_order_.emplace_hint(in_order_.end(), document->id, document);
    last_number_ = std::max(last_number_, document->number);
    Enter(document);
  }
}

std::uint64_t DocumentCollection::NumberFor(std::string_view id) {
  std::unique_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? ++last_number_ : found->second->number;
}

// Documents that are let go of are destroyed after the lock.
void DocumentCollection::Show(const DocumentPointer& document) {
  DocumentPointer replaced;
  std::unique_lock lock(mutex_);
  DocumentPointer& place = by_id_[document->id];
  replaced = std::exchange(place, document);
  if (replaced) {
    in_order_.erase(replaced->id);
    Leave(replaced);
  }
  in_order_.emplace(document->id, document);
  Enter(document);
}

void DocumentCollection::Hide(std::string_view id) {
  DocumentPointer hidden;
  std::unique_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  hidden = found->second;
  in_order_.erase(hidden->id);
  Leave(hidden);
  by_id_.erase(found);
}

void DocumentCollection::HideAll() {
  std::unique_lock lock(mutex_);
  in_order_.clear();
  for (Buckets& buckets : buckets_) buckets.clear();
  by_id_.clear();
}

void DocumentCollection::Enter(const DocumentPointer& document) {
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    ForEachText(document->json, indexes_[i], [&](const std::string& text) {
      Bucket& bucket = buckets_[i][text];
      bucket.insert(bucket.end(), document);
    });
  }
}

void DocumentCollection::Leave(const DocumentPointer& document) {
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    ForEachText(document->json, indexes_[i], [&](const std::string& text) {
      const auto bucket = buckets_[i].find(text);
      if (bucket == buckets_[i].end()) return;
      bucket->second.erase(document);
      if (bucket->second.empty()) buckets_[i].erase(bucket);
    });
  }
}

Commit& Commit::Put(DocumentCollection& collection, Json json) {
  auto document = MakeDocument(std::move(json));
  document->number = collection.NumberFor(document->id);
  changes_.push_back({collection.name_, document->id, document->text});
  shown_.push_back({&collection, document->id, std::move(document)});
  return *this;
}

Commit& Commit::Remove(DocumentCollection& collection, std::string id) {
  changes_.push_back({collection.name_, id, std::nullopt});
  shown_.push_back({&collection, std::move(id), nullptr});
  return *this;
}

Commit& Commit::Keep(std::string collection, std::string id, const Json& document) {
  changes_.push_back({std::move(collection), std::move(id), DumpJson(document)});
  return *this;
}

Commit& Commit::Forget(std::string collection, std::string id) {
  changes_.push_back({std::move(collection), std::move(id), std::nullopt});
  return *this;
}

Commit& Commit::LoseOverARestart() {
  changes_.clear();
  return *this;
}

Result<> Commit::Make(Store::Lasting lasting) {
  if (auto applied = store_.Apply(changes_, lasting); !applied) return applied;
  for (const Shown& shown : shown_) {
    if (shown.document)
      shown.collection->Show(shown.document);
    else
      shown.collection->Hide(shown.id);
  }
  return {};
}

Result<> Commit::Clear(Store& store, DocumentCollection& collection) {
  if (auto removed = store.RemoveAll(collection.name_); !removed) return removed;
  collection.HideAll();
  return {};
}

}  // namespace provdlab::server
