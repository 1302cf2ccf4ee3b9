#pragma once
// JSON with the limits that every text from outside gets.
//
//   Result<Json> document = ParseJson(body);     // the error has line, column and a sentence
//
// Json keeps no order; OrderedJson does, for what people read.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace provdlab {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Deeper documents are refused: dumping one of 100,000 levels would overflow the stack (rulings.md: 128).
inline constexpr std::size_t kDeepestJson = 128;

// Strict JSON in UTF-8: no byte-order mark, no comments, nothing after the value. Integers of up to 64 bits are exact,
// larger ones become doubles. Of a repeated key the last one counts.
Result<Json> ParseJson(std::string_view text);
Result<OrderedJson> ParseOrderedJson(std::string_view text);

// Compact, UTF-8. Never throws: bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& value);
std::string DumpJson(const OrderedJson& value);

}  // namespace provdlab
