#include "base/admin/journal.h"

#include <algorithm>
#include <string>
#include <utility>

namespace provdlab::admin {
namespace {

// Not in the middle of a character.
void Cut(std::string& text) {
  if (text.size() <= Journal::kLongestText) return;
  std::size_t end = Journal::kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text += "...";
  text.shrink_to_fit();
}

void CutTexts(Json& value) {
  if (value.is_string()) Cut(value.get_ref<std::string&>());
  if (!value.is_structured()) return;
  for (Json& inner : value) CutTexts(inner);
}

}  // namespace

std::uint64_t Journal::Add(Json entry) {
  CutTexts(entry);
  const std::scoped_lock lock(mutex_);
  entry["sequence"] = ++last_;
  entries_.push_back(std::move(entry));
  if (entries_.size() > capacity_) entries_.pop_front();
  return last_;
}

void Journal::Amend(std::uint64_t sequence, const Json& members) {
  const std::scoped_lock lock(mutex_);
  if (sequence > last_ || last_ - sequence >= entries_.size()) return;
  Json& entry = entries_[entries_.size() - 1 - (last_ - sequence)];
  entry.update(members);
  CutTexts(entry);
}

Json Journal::After(std::uint64_t after) const {
  const std::scoped_lock lock(mutex_);
  Json entries = Json::array();
  const std::uint64_t first = last_ - entries_.size();  // the number before the oldest
  const std::size_t skipped = after > first ? static_cast<std::size_t>(std::min(after, last_) - first) : 0;
  for (std::size_t i = skipped; i < entries_.size(); ++i) entries.push_back(entries_[i]);
  return {{"entries", std::move(entries)}, {"last", last_}};
}

std::optional<Json> Journal::Find(std::uint64_t sequence) const {
  const std::scoped_lock lock(mutex_);
  if (sequence > last_ || last_ - sequence >= entries_.size()) return std::nullopt;
  return entries_[entries_.size() - 1 - (last_ - sequence)];
}

std::uint64_t Journal::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

void Journal::Clear() {
  const std::scoped_lock lock(mutex_);
  entries_.clear();
}

}  // namespace provdlab::admin
