#pragma once
// Small questions about text. Everything here is a pure function and may be called from any thread.
//
//   GlobMatch("install.*", "install.post-answers-201");            // true
//   std::sort(names.begin(), names.end(), NaturalLess);            // "acme-9.0" before "acme-10.0"
//   for (std::string_view word : Split("a,b,,c", ',')) Use(word);  // "a", "b", "", "c"
//
// Letters are those of ASCII, whatever the locale. A string_view in a result points into the argument.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab {

// Whether the whole of `text` matches: '*' stands for any bytes, also none, '?' for exactly one byte. Takes at most
// pattern × text steps, however many stars there are.
bool GlobMatch(std::string_view pattern, std::string_view text);

// The parts between separators; n separators make n + 1 parts, of which some may be empty.
std::vector<std::string_view> Split(std::string_view text, char separator);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// Without blanks, tabs and line breaks at both ends.
std::string_view Trim(std::string_view text);

std::string Lower(std::string_view text);
bool EqualIgnoringCase(std::string_view a, std::string_view b);

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool IsUtf8(std::string_view text);
std::optional<std::size_t> FirstNonUtf8(std::string_view text);  // the offset of the first byte that does not fit

// Negative, zero or positive as `a` comes before, with or after `b` where runs of digits count as numbers of any length:
// "9" < "10", "a2b" < "a10". Numbers of equal value with fewer leading zeros come first, so only equal texts give zero.
int CompareNaturally(std::string_view a, std::string_view b);
bool NaturalLess(std::string_view a, std::string_view b);

// Of the candidates, those that somebody may have meant who wrote `text`, the likeliest first, at most so many: those that contain it, then
// those that can be made of it by the fewest insertions, deletions and replacements of bytes. The first 200 bytes of `text` count.
std::vector<std::string> NearestTexts(std::string_view text, const std::vector<std::string>& candidates, std::size_t most);

// A whole decimal number without sign or blanks; nullopt for anything else and for what exceeds 64 bits.
std::optional<std::uint64_t> ParseDecimal(std::string_view text);

// The line and column of an offset; an offset beyond the end means the end.
Position PositionAt(std::string_view text, std::size_t offset);

}  // namespace provdlab
