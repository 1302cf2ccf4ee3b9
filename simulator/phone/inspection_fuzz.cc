// Any bytes as a file of settings: looking for what it should not say ends, and says so in a few sentences. The first byte says whose.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/inspection.h"
#include "simulator/phone/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& profiles = provdlab::phone::BuiltInProfiles();
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto odd = provdlab::phone::Inspect(profiles[data[0] % profiles.size()].data(), text);
  constexpr std::size_t kMany = 10;
  if (odd.size() > kMany) __builtin_trap();
  for (const provdlab::phone::Oddity& oddity : odd)
    if (oddity.sentence.empty()) __builtin_trap();
  return 0;
}
