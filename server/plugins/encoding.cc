#include "server/plugins/encoding.h"

#include <functional>
#include <utility>

namespace provdlab::server {
namespace {

// Calls `each` with every character of a UTF-8 text: its byte in ISO-8859-1, or nothing.
void ForEachLatin1(std::string_view text, const std::function<void(std::optional<char>)>& each) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 1) {
      each(text[at]);
    } else if (length == 2 && lead <= 0xc3 && at + 1 < text.size()) {
      each(static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(text[at + 1]) & 0x3f)));
    } else {
      each(std::nullopt);
    }
    at += length;
  }
}

}  // namespace

std::optional<Encoding> EncodingOf(std::string_view name) {
  if (name == "utf-8") return Encoding::kUtf8;
  if (name == "iso-8859-1") return Encoding::kLatin1;
  return std::nullopt;
}

const std::vector<std::string>& EncodingNames() {
  static const std::vector<std::string> names = {"iso-8859-1", "utf-8"};
  return names;
}

std::string Encode(std::string text, Encoding encoding) {
  if (encoding == Encoding::kUtf8) return text;
  std::string bytes;
  bytes.reserve(text.size());
  ForEachLatin1(text, [&](std::optional<char> c) { bytes += c.value_or('?'); });
  return bytes;
}

bool Fits(std::string_view text, Encoding encoding) {
  bool fits = true;
  if (encoding == Encoding::kLatin1) ForEachLatin1(text, [&](std::optional<char> c) { fits = fits && c.has_value(); });
  return fits;
}

}  // namespace provdlab::server
