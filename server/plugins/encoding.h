#pragma once
// The character sets that phones read their files in. Texts are UTF-8 until the last step.
//
//   Encode("Müller 漢", Encoding::kLatin1);   // "M\xfcller ?"
//   Fits("漢", Encoding::kLatin1);            // false
//
// Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::server {

enum class Encoding { kUtf8, kLatin1 };

std::optional<Encoding> EncodingOf(std::string_view name);  // utf-8, iso-8859-1
const std::vector<std::string>& EncodingNames();            // sorted

// What the character set does not have becomes '?'.
std::string Encode(std::string text, Encoding encoding);
bool Fits(std::string_view text, Encoding encoding);

}  // namespace provdlab::server
