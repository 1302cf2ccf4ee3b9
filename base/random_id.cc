#include "base/random_id.h"

#include <random>

namespace provdlab {

std::string RandomId() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device machine;
  std::string id;
  for (int word = 0; word < 4; ++word)
    for (std::random_device::result_type bits = machine(), digit = 0; digit < 8; ++digit, bits >>= 4) id += kDigits[bits & 0xf];
  return id;
}

}  // namespace provdlab
