// Any datagram: it is refused with a reason, or means what is written for it again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/tftp/packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packet = provdlab::tftp::Parse({reinterpret_cast<const char*>(data), size});
  if (!packet) {
    if (packet.error().message.empty()) __builtin_trap();
    return 0;
  }
  const std::string written = provdlab::tftp::Encode(*packet);
  // Written with the NULs that it lacked, a request may be longer than one may be.
  if (std::holds_alternative<provdlab::tftp::Request>(*packet) && written.size() > provdlab::tftp::kLongestRequest) return 0;
  const auto again = provdlab::tftp::Parse(written);
  if (!again || *again != *packet) __builtin_trap();
  return 0;
}
