#include "server/api/media_type.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::server {
namespace {

// The part of a media range before its parameters.
std::string_view Type(std::string_view range) { return Trim(range.substr(0, range.find(';'))); }

// Takes the next element off a comma-separated list. Commas in quoted strings separate nothing.
std::string_view TakeElement(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size(); ++end) {
    const char c = list[end];
    if (quoted && c == '\\') {
      ++end;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      break;
    }
  }
  end = std::min(end, list.size());
  const std::string_view element = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

}  // namespace

bool IsProvdMediaType(std::string_view content_type) { return EqualIgnoringCase(Type(content_type), kProvdMediaType); }

bool AcceptsProvd(const std::vector<std::string>& accept) {
  bool names_a_type = false;
  for (const std::string& field : accept) {
    std::string_view rest = field;
    while (!rest.empty()) {
      const std::string_view type = Type(TakeElement(rest));
      if (type.empty()) continue;
      names_a_type = true;
      if (type == "*/*" || EqualIgnoringCase(type, "application/*") || EqualIgnoringCase(type, kProvdMediaType)) return true;
    }
  }
  return !names_a_type;
}

}  // namespace provdlab::server
