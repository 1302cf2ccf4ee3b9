#pragma once
// What the readers of files give: settings in the order in which the file has them.

#include <cstddef>
#include <string>
#include <vector>

namespace provdlab::phone {

// Larger files, or ones with more settings, are broken for our phones. The largest known is a sip.cfg of 197 kB (phones.md §3.2).
inline constexpr std::size_t kLargestFile = 1u << 20;
inline constexpr std::size_t kMostSettings = 20'000;

// Neither of the two holds a NUL byte.
struct Setting {
  std::string name, value;
  friend bool operator==(const Setting&, const Setting&) = default;
};

}  // namespace provdlab::phone
