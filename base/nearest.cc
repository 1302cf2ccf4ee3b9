#include "base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace provdlab {
namespace {

// Longer words are nobody's slip; the bound also keeps the distance's table small.
constexpr std::size_t kLongestWord = 64;

char Small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The number of slips that turn `from` into `to` (optimal string alignment, three rows).
std::size_t Slips(std::string_view from, std::string_view to) {
  std::vector<std::size_t> older(to.size() + 1), old(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) old[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool same = Small(from[i - 1]) == Small(to[j - 1]);
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && Small(from[i - 1]) == Small(to[j - 2]) && Small(from[i - 2]) == Small(to[j - 1])) {
        row[j] = std::min(row[j], older[j - 2] + 1);
      }
    }
    std::swap(older, old);
    std::swap(old, row);
  }
  return old[to.size()];
}

}  // namespace

std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t slips = Slips(word, candidate);
    // A word of which nothing is left is not meant.
    if (slips < fewest && slips < candidate.size()) {
      fewest = slips;
      best = candidate;
    }
  }
  return best;
}

}  // namespace provdlab
