// Any text as the rules of a DHCP server: reading ends, and what was read gives no client more than an option can hold.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/dhcp/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace provdlab::dhcp;
  const auto rules = Rules::Read({reinterpret_cast<const char*>(data), size});
  if (!rules) return 0;
  const Site site{"http://192.0.2.10:8667", "192.0.2.10", 8667, "192.0.2.11", 69};
  for (const Client& client :
       {Client{"00:08:5d:10:00:01", "AastraIPPhone6731i"}, Client{"00:04:f2:10:00:01", std::nullopt}, Client{"", ""}}) {
    for (const auto& [code, bytes] : rules->OptionsFor(client, site)) {
      if (code < 1 || code > kLastOption || bytes.size() > kLongestOption) __builtin_trap();
    }
  }
  return 0;
}
