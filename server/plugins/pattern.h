#pragma once
// Patterns over what phones say of themselves: a small subset of regular expressions, matched in linear time.
//
//   auto pattern = Pattern::Compile("Acme (?P<model>X\\d) v(?P<version>[\\d.]+)", Pattern::Case::kExact);
//   auto captures = pattern->Match("Acme X1 v1.0");   // {"model": "X1", "version": "1.0"}
//
// The whole text has to match. Every pattern is also one of Python's `re` (with fullmatch, DOTALL and ASCII) and means the same
// there; docs/packages.md lists what may be written. A match takes at most program × text steps, whatever the pattern: there is
// no backtracking. Both are limited in length.
//
// Immutable once compiled; any thread may match.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::server {

class Pattern {
 public:
  enum class Case { kExact, kIgnored };

  static constexpr std::size_t kLongestPattern = 512;  // bytes
  static constexpr std::size_t kLongestText = 1'024;   // bytes; longer ones match nothing
  static constexpr std::size_t kMostSteps = 2'000;     // of a compiled pattern
  static constexpr int kMostRepetitions = 255;         // in {n,m}
  static constexpr int kDeepestGroup = 16;

  using Captures = std::map<std::string, std::string, std::less<>>;

  // kInvalid with the position of the mistake.
  static Result<Pattern> Compile(std::string_view pattern, Case sensitivity);

  // The named groups that took part, or nothing if the text does not match. Bytes count as they are, whatever they encode.
  std::optional<Captures> Match(std::string_view text) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  friend class PatternCompiler;
  using ByteSet = std::bitset<256>;
  struct Step {
    enum class Kind : std::uint8_t { kByte, kFork, kSave, kEnd } kind = Kind::kEnd;
    std::uint16_t next = 0;   // where to go on
    std::uint16_t other = 0;  // kFork: where to go on if `next` fails; kByte: index of the set; kSave: index of the slot
  };

  std::vector<Step> steps_;
  std::vector<ByteSet> sets_;
  std::vector<std::string> names_;  // of the groups; group i is in slots 2i and 2i + 1
};

}  // namespace provdlab::server
