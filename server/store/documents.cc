#include "server/store/documents.h"

#include <cassert>
#include <mutex>
#include <utility>

namespace provdlab::server {
namespace {

// The texts that an index has of a document.
std::vector<std::string> TextsIn(const Json& document, const Index& index) {
  const auto value = document.find(index.key);
  if (value == document.end()) return {};
  if (index.of == Index::Of::kText) {
    if (value->is_string()) return {value->get<std::string>()};
    return {};
  }
  std::vector<std::string> texts;
  if (value->is_array()) {
    for (const Json& element : *value)
      if (element.is_string()) texts.push_back(element.get<std::string>());
  }
  return texts;
}

DocumentPointer MakeDocument(Json json) {
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
  auto kept = store.List(name);
  if (!kept) return Fail(kept.error());
  std::unique_ptr<DocumentCollection> collection(new DocumentCollection(std::move(name), indexes));
  for (auto& [id, json] : *kept) {
    if (!json.is_object() || json.value("id", Json()) != id)
      return Fail(ErrorKind::kInternal, "the kept document '" + id + "' in '" + collection->name_ + "' has not its id in it");
    collection->Show(MakeDocument(std::move(json)));
  }
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
  for (std::size_t i = 0; i < indexes_.size(); ++i)
    for (std::string& text : TextsIn(document->json, indexes_[i])) buckets_[i][std::move(text)].insert(document);
}

void DocumentCollection::Leave(const DocumentPointer& document) {
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    for (const std::string& text : TextsIn(document->json, indexes_[i])) {
      const auto bucket = buckets_[i].find(text);
      if (bucket == buckets_[i].end()) continue;
      bucket->second.erase(document);
      if (bucket->second.empty()) buckets_[i].erase(bucket);
    }
  }
}

Commit& Commit::Put(DocumentCollection& collection, Json json) {
  auto document = MakeDocument(std::move(json));
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
