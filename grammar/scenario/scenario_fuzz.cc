// Any bytes: reading ends, a mistake has a place in the text, and what was read is written and read again as the same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "grammar/scenario/dump.h"
#include "grammar/scenario/explain.h"
#include "grammar/scenario/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using provdlab::scenario::FormatText;
  using provdlab::scenario::ParseScenario;
  // Long texts only repeat what short ones do; parse_test tries the longest.
  constexpr std::size_t kLongest = 64 * 1024;
  if (size > kLongest) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto scenario = ParseScenario(text);
  if (!scenario) {
    if (!scenario.error().position || scenario.error().position->offset > size) __builtin_trap();
    (void)provdlab::RenderError(scenario.error(), text, "fuzz");
    return 0;
  }
  (void)provdlab::scenario::Explain(*scenario);
  const auto formatted = FormatText(text);
  if (!formatted) __builtin_trap();
  const auto again = ParseScenario(*formatted);
  if (!again || Dump(*again) != Dump(*scenario)) __builtin_trap();
  const auto fixed = FormatText(*formatted);
  if (!fixed || *fixed != *formatted) __builtin_trap();
  return 0;
}
