#include "base/http/byte_range.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::http {

RangeAnswer ReadRange(std::string_view field, std::uint64_t size) {
  using Kind = RangeAnswer::Kind;
  constexpr std::string_view kUnit = "bytes=";
  if (!EqualIgnoringCase(field.substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view range = Trim(field.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view from = range.substr(0, dash), to = range.substr(dash + 1);
  const auto first = ParseDecimal(from), last = ParseDecimal(to);
  if ((!first && !from.empty()) || (!last && !to.empty()) || (!first && !last)) return {};
  if (!first) {  // the last so many
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return {Kind::kNowhere};
    return {Kind::kPart, size - length, length};
  }
  if (last && *last < *first) return {};
  if (*first >= size) return {Kind::kNowhere};
  return {Kind::kPart, *first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

}  // namespace provdlab::http
