#pragma once
// Names that nobody else has.
//
//   std::string id = RandomId();   // "9f86d081884c7d659a2feaa0c55ad015"
//
// 128 random bits in lower-case hexadecimal: none comes twice, not even after a restart. Any thread.

#include <string>

namespace provdlab {

std::string RandomId();

}  // namespace provdlab
