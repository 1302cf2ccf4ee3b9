#include "server/application/finding.h"

#include <algorithm>
#include <set>
#include <utility>

namespace provdlab::server {
namespace {

constexpr std::size_t kBatch = 256;  // documents fetched at a time

}  // namespace

Finding::Finding(const DocumentCollection& collection, Query query, Faults* faults, Only only)
    : collection_(&collection), faults_(faults), query_(std::move(query)), only_(std::move(only)) {
  fails_ = faults_ != nullptr && faults_->fails_at_types.is_on() && MeetsTypes() && faults_->fails_at_types.Strikes();
  walks_ = !UseIndex();
  if (query_.sorts()) Sort();
}

bool Finding::UseIndex() {
  if (const auto ids = query_.selector.TextsOf("id")) {
    for (const std::string& id : std::set<std::string>(ids->begin(), ids->end()))
      if (auto document = collection_->Find(id)) candidates_.push_back(std::move(document));
    return true;
  }
  const Index* best = nullptr;
  std::set<std::string> texts;
  std::size_t fewest = 0;
  for (const Index& index : collection_->indexes()) {
    std::set<std::string> asked;
    if (index.of == Index::Of::kElements) {
      if (const auto element = query_.selector.ElementOf(index.key)) asked.insert(*element);
      if (asked.empty()) continue;
    } else {
      const auto named = query_.selector.TextsOf(index.key);
      if (!named) continue;
      asked.insert(named->begin(), named->end());
    }
    std::size_t count = 0;
    for (const std::string& text : asked) count += collection_->CountBy(index.key, text);
    if (best != nullptr && count >= fewest) continue;
    best = &index;
    fewest = count;
    texts = std::move(asked);
  }
  if (best == nullptr) return false;
  candidates_ = collection_->FindBy(best->key, texts);
  return true;
}

DocumentPointer Finding::NextCandidate() {
  if (next_ == candidates_.size() && walks_) {
    candidates_ = collection_->Behind(last_, kBatch);
    next_ = 0;
    if (!candidates_.empty()) last_ = candidates_.back()->id;
  }
  return next_ == candidates_.size() ? nullptr : std::exchange(candidates_[next_++], nullptr);
}

bool Finding::Matches(const Json& document) const {
  if (only_ && !only_(document)) return false;
  const bool matches = query_.selector.Matches(document);
  if (faults_ == nullptr || matches) return matches;
  const auto slips = [&](FaultSwitch& fault, const Slips& as) {
    return fault.is_on() && query_.selector.Matches(document, as) && fault.Strikes();
  };
  return slips(faults_->missing_matches_no_order, {.missing_is_null = true}) ||
         slips(faults_->order_needs_one_type, {.types_compare = true});
}

bool Finding::MeetsTypes() const {
  bool met = false;
  std::string last;
  for (auto batch = collection_->Behind(last, kBatch); !batch.empty() && !met; batch = collection_->Behind(last, kBatch)) {
    for (const DocumentPointer& document : batch)
      if (!only_ || only_(document->json)) query_.selector.Matches(document->json, {.met_types = &met});
    last = batch.back()->id;
  }
  return met;
}

DocumentPointer Finding::NextMatch() {
  while (auto candidate = NextCandidate())
    if (Matches(candidate->json)) return candidate;
  return nullptr;
}

// Equal documents stay in the order of ids, whatever else is asked.
void Finding::Sort() {
  struct Match {
    const Json* value;
    DocumentPointer document;
  };
  std::vector<Match> matches;
  while (auto match = NextMatch()) {
    const Json* value = query_.SortValueOf(match->json);
    const bool left_out = value != nullptr && query_.projects() && query_.SortValueOf(query_.Project(match->json)) == nullptr;
    if (left_out && faults_ != nullptr && faults_->sort_before_projection.Strikes()) value = nullptr;
    matches.push_back({value, std::move(match)});
  }
  const bool as_texts = faults_ != nullptr && !matches.empty() && faults_->sort_numbers_by_value.Strikes();
  const auto precedes = [&](const Json* value, const Json* other) {
    if (as_texts && value != nullptr && other != nullptr && value->is_number() && other->is_number()) {
      const Json text = DumpJson(*value), other_text = DumpJson(*other);
      return query_.Precedes(&text, &other_text);
    }
    return query_.Precedes(value, other);
  };
  const auto before = [&](const Match& left, const Match& right) {
    if (precedes(left.value, right.value)) return true;
    return !precedes(right.value, left.value) && left.document->id < right.document->id;
  };
  // No more of it than will be given.
  std::uint64_t wanted = matches.size();
  if (query_.limit != 0 && query_.skip < wanted) wanted = std::min(wanted, query_.skip + std::min(query_.limit, wanted));
  const auto end = matches.begin() + static_cast<std::ptrdiff_t>(wanted);
  if (end == matches.end())
    std::sort(matches.begin(), end, before);
  else
    std::partial_sort(matches.begin(), end, matches.end(), before);
  candidates_.clear();
  candidates_.reserve(wanted);
  for (std::uint64_t i = 0; i < wanted; ++i) candidates_.push_back(std::move(matches[i].document));
  next_ = 0;
  walks_ = false;
  query_.selector = Selector();
}

DocumentPointer Finding::Next() {
  if (query_.limit != 0 && given_ == query_.limit) return nullptr;
  for (; skipped_ < query_.skip; ++skipped_)
    if (!NextMatch()) return nullptr;
  auto match = NextMatch();
  if (!match) return nullptr;
  ++given_;
  if (!query_.projects()) return match;
  auto projected = std::make_shared<Document>();
  projected->id = match->id;
  projected->json = query_.Project(match->json);
  projected->text = DumpJson(projected->json);
  return projected;
}

}  // namespace provdlab::server
