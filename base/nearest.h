#pragma once
// "did you mean": the word that was probably meant.
//
//   Nearest("repositry", {"repository", "raw"});   // "repository"
//   Nearest("zebra", {"repository", "raw"});       // ""
//
// A pure function; any thread.

#include <span>
#include <string_view>

namespace provdlab {

// The candidate with the fewest slips of the pen from `word` (a letter wrong, missing, too many, two swapped; capitals count as
// small letters), the first of several; empty where none is near enough to be meant.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace provdlab
