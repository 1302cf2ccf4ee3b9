#pragma once
// When two JSON values are the same, and which one comes first: by what they say, whatever types the library keeps their numbers in.
//
//   AreEqual(a, b)              // 1 and 1.0 are; -1 and 18446744073709551615, 9007199254740993 and 9007199254740992.0 are not
//   Compare(a, b) < 0           // a comes before b
//
// The operators of nlohmann::json turn one number into the other's type first, so that -1 "is" 18446744073709551615, and an order made of
// them is none. Here numbers are compared by their exact values. Pure functions; any thread.

#include <compare>

#include "base/json.h"

namespace provdlab {

// By type: null, false and true, numbers by value, texts by their bytes, lists element by element, objects member by member in the order of
// their names. A total order in which only equal values are equivalent.
std::weak_ordering Compare(const Json& left, const Json& right);

inline bool AreEqual(const Json& left, const Json& right) { return Compare(left, right) == 0; }

}  // namespace provdlab
