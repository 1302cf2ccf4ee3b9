#include "conformance/runner/silence.h"

#include <algorithm>
#include <bit>

#include "base/duration.h"

namespace provdlab::conformance {
namespace {

// Also an empty one, as behind a slash at the end.
bool IsWord(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string KindOfRequest(std::string_view method, std::string_view path) {
  std::string kind = std::string(method) + " ";
  path = path.substr(0, path.find('?'));
  if (path.empty()) kind += '/';
  while (!path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    const std::string_view segment = path.substr(0, path.find('/'));
    kind += '/';
    kind += IsWord(segment) ? segment : "…";
    path.remove_prefix(segment.size());
  }
  return kind;
}

Silence::Wait Silence::WaitFor(std::string_view method, std::string_view path, std::chrono::milliseconds full) {
  Wait wait{full, KindOfRequest(method, path)};
  const std::lock_guard lock(mutex_);
  const auto known = kinds_.find(wait.kind);
  if (known == kinds_.end()) return wait;
  Kind& kind = known->second;
  wait.row = kind.row;
  if (kind.row < kMostInRow || full <= shortened_) return wait;
  ++kind.waits;
  if (kind.waits >= kFirstInFull && std::has_single_bit(kind.waits)) return wait;
  wait.time = shortened_;
  wait.shortened = true;
  return wait;
}

void Silence::Note(const Wait& wait, http::Exchange& exchange) {
  const std::lock_guard lock(mutex_);
  if (exchange.outcome != http::Outcome::kTimeout) {
    if (const auto known = kinds_.find(wait.kind); known != kinds_.end()) known->second.EndRow();
    return;
  }
  Kind& kind = kinds_[wait.kind];
  if (wait.shortened)
    exchange.problem +=
        " It was waited for " + SpellDuration(shortened_) + " only, since the last " + std::to_string(kind.row) + " like it got no answer.";
  ++kind.lost;
  if (wait.row == kind.row) ++kind.row;
  kind.told = kind.told || kind.row >= kMostInRow;
}

bool Silence::Expects(std::string_view method, std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto known = kinds_.find(KindOfRequest(method, path));
  return known != kinds_.end() && known->second.row >= kMostInRow;
}

void Silence::Forget() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, kind] : kinds_) kind.EndRow();
}

std::vector<std::string> Silence::Sentences() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> sentences;
  for (const auto& [name, kind] : kinds_) {
    if (!kind.told) continue;
    std::string sentence = name + ": " + std::to_string(kind.lost) + " requests got no answer";
    if (kind.lost > kMostInRow)
      sentence += "; after " + std::to_string(kMostInRow) + " in a row most were waited for " + SpellDuration(shortened_) +
                  " only, and not asked again";
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

}  // namespace provdlab::conformance
