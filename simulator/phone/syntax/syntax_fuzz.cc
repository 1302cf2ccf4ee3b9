// Any bytes as a file: reading ends, and what it gives keeps to its limits. The first byte says which syntax.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "simulator/phone/syntax/attributes.h"
#include "simulator/phone/syntax/lines.h"

namespace {

using provdlab::Result;
using provdlab::phone::LinesSyntax;
using provdlab::phone::Setting;

void Check(const Result<std::vector<Setting>>& settings) {
  if (!settings) {
    if (settings.error().message.empty()) __builtin_trap();
    return;
  }
  if (settings->size() > provdlab::phone::kMostSettings) __builtin_trap();
  for (const Setting& setting : *settings)
    if (setting.name.empty() || setting.name.find('\0') != std::string::npos || setting.value.find('\0') != std::string::npos)
      __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    Check(provdlab::phone::ReadAttributes(text));
    return 0;
  }
  LinesSyntax syntax{.separator = data[0] & 2 ? ":" : "=", .comment = "#", .prefixes = "^!"};
  syntax.comment_behind_values = (data[0] & 4) != 0;
  syntax.quote = data[0] & 8 ? "\"" : "";
  syntax.pieces = data[0] & 16 ? ";" : "";
  syntax.trim_values = (data[0] & 32) != 0;
  syntax.ignore_case = (data[0] & 64) != 0;
  syntax.percent = (data[0] & 128) != 0;
  for (const bool strict : {false, true}) {
    syntax.strict = strict;
    Check(provdlab::phone::ReadLines(text, syntax));
  }
  return 0;
}
