#include "server/plugins/escaping.h"

#include <utility>

namespace provdlab::server {

std::optional<Escaping> Escaping::BuiltIn(std::string_view name) {
  Escaping escaping;
  if (name == "none") return escaping;
  escaping.controls_become_blanks_ = true;
  if (name == "line") return escaping;
  if (name != "xml") return std::nullopt;
  escaping.replace_ = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
  return escaping;
}

Escaping Escaping::Custom(std::map<char, std::string> replace, std::string quote_when, std::string quote) {
  Escaping escaping;
  escaping.controls_become_blanks_ = true;
  escaping.replace_ = std::move(replace);
  escaping.quote_when_ = std::move(quote_when);
  escaping.quote_ = std::move(quote);
  return escaping;
}

std::string Escaping::Apply(std::string_view value) const {
  std::string written;
  written.reserve(value.size());
  for (char c : value) {
    if (controls_become_blanks_ && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) c = ' ';
    if (const auto other = replace_.find(c); other != replace_.end())
      written += other->second;
    else
      written += c;
  }
  if (!quote_when_.empty() && written.find_first_of(quote_when_) != std::string::npos) return quote_ + written + quote_;
  return written;
}

}  // namespace provdlab::server
