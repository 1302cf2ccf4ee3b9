#include "base/page/page.h"

#include <cstdint>
#include <cstdio>
#include <kainjow/mustache.hpp>

#include "base/digest.h"
#include "base/page/parts.h"
#include "base/text.h"
#include "base/version.h"

namespace provdlab::page {
namespace {

using kainjow::mustache::mustache;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string Sha256Base64(std::string_view text) {
  const std::string hex = Sha256Hex(text);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return Base64(bytes);
}

std::string Part(std::string_view name) {
  for (const EmbeddedFile& file : PageParts()) {
    if (file.path == name) return std::string(file.bytes);
  }
  return {};
}

}  // namespace

std::string Visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto add_code = [&out](char32_t code) {
    char name[24];
    std::snprintf(name, sizeof name, "\u27E8U+%04X\u27E9", static_cast<unsigned>(code));
    out += name;
  };
  while (!text.empty()) {
    const std::size_t wrong = FirstNonUtf8(text).value_or(text.size());
    for (std::size_t i = 0; i < wrong; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x20 && c != '\n' && c != '\t') {
        if (c == '\r') {
          out += "\u27E8CR\u27E9";
        } else {
          add_code(c);
        }
      } else if (c == 0x7F) {
        add_code(c);
      } else if (c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
        add_code(static_cast<unsigned char>(text[++i]));
      } else if (c == 0xE2 && text[i + 1] == '\x80' &&
                 ((text[i + 2] >= '\x8B' && text[i + 2] <= '\x8F') || (text[i + 2] >= '\xA8' && text[i + 2] <= '\xAE'))) {
        add_code(0x2000 + (static_cast<unsigned char>(text[i + 2]) & 0x3F));  // zero width, line separators, directions
        i += 2;
      } else if (c == 0xE2 && text[i + 1] == '\x81' && text[i + 2] >= '\xA6' && text[i + 2] <= '\xA9') {
        add_code(0x2040 + (static_cast<unsigned char>(text[i + 2]) & 0x3F));  // isolates
        i += 2;
      } else {
        out += text[i];
      }
    }
    if (wrong == text.size()) break;
    out += "\uFFFD";
    text.remove_prefix(wrong + 1);
  }
  return out;
}

void SetText(data& object, const std::string& name, const std::string& text) {
  if (text.empty()) {
    object.set(name, false);
    return;
  }
  data section;
  section.set("text", Visible(text));
  object.set(name, section);
}

Result<std::string> Render(data& page, const Templates& templates) {
  page.set("written_by", std::string(kVersion));
  page.set("style", Part("page.css"));
  page.set("body", std::string(templates.body));
  for (const auto& [name, text] : templates.parts) page.set(name, std::string(text));
  if (templates.script.empty()) {
    page.set("script", false);
  } else {
    data shown;
    shown.set("text", std::string(templates.script));
    shown.set("hash", Sha256Base64(templates.script));
    page.set("script", shown);
  }
  mustache renderer{Part("frame.mustache")};
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the page's template is broken: " + renderer.error_message());
  std::string out = renderer.render(page);
  if (!renderer.is_valid()) return Fail(ErrorKind::kInternal, "the page could not be rendered: " + renderer.error_message());
  return out;
}

}  // namespace provdlab::page
