// Any bytes: reading ends, what was read is written and read again as the same, and lenient takes all that strict takes.

#include <cstddef>
#include <cstdint>

#include "grammar/status/sequence.h"
#include "grammar/status/status.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using provdlab::status::Format;
  using provdlab::status::Parse;
  using provdlab::status::Strictness;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = Parse(text);
  const auto lenient = Parse(text, Strictness::kLenient);
  if (strict && Format(*strict) != text) __builtin_trap();
  if (strict && (!lenient || *lenient != *strict)) __builtin_trap();
  if (lenient && Parse(Format(*lenient), Strictness::kLenient) != *lenient) __builtin_trap();
  for (const auto* result : {&strict, &lenient}) {
    if (!*result) {
      if (!result->error().position || result->error().position->offset > size) __builtin_trap();
      (void)provdlab::RenderError(result->error(), text, "fuzz");
      continue;
    }
    // A status repeated changes nothing: a second complaint could only come from comparing it with itself.
    provdlab::status::SequenceChecker checker;
    const bool legal = checker.Next(**result).has_value();
    if (legal && !checker.Next(**result)) __builtin_trap();
    (void)provdlab::status::Lint(**result);
  }
  return 0;
}
