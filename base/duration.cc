#include "base/duration.h"

#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace provdlab {

Result<std::chrono::milliseconds> ParseDuration(const std::string& text) {
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  const auto number = ParseDecimal(std::string_view(text).substr(0, unit_at));
  const std::string unit = unit_at == std::string::npos ? "s" : text.substr(unit_at);
  const std::uint64_t factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" || unit == "min" ? 60'000 : unit == "h" ? 3'600'000 : 0;
  constexpr std::uint64_t kLongest = 365ull * 24 * 3600 * 1000;
  if (!number || factor == 0 || *number == 0 || *number > kLongest / factor) {
    return Fail(ErrorKind::kInvalid, "\"" + text + "\" is not a time; write it like 60s, 2m, 24h or 1500ms");
  }
  return std::chrono::milliseconds(*number * factor);
}

std::string SpellDuration(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s" : std::to_string(time.count()) + " ms";
}

}  // namespace provdlab
