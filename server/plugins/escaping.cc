#include "server/plugins/escaping.h"

#include <algorithm>
#include <utility>

namespace provdlab::server {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// U+FFFE and U+FFFF, which no XML document can hold in any spelling.
bool IsNoXml(std::string_view text) { return text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf"); }

bool HasAnyOf(std::string_view text, const std::map<char, std::string>& bytes) {
  return std::any_of(text.begin(), text.end(), [&](char c) { return bytes.contains(c); });
}

}  // namespace

std::optional<Escaping> Escaping::BuiltIn(std::string_view name) {
  Escaping escaping;
  if (name == "none") return escaping;
  escaping.controls_become_blanks_ = true;
  if (name == "line") return escaping;
  if (name != "xml") return std::nullopt;
  escaping.is_xml_ = true;
  escaping.rules_.replace = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
  return escaping;
}

const std::vector<std::string>& Escaping::BuiltInNames() {
  static const std::vector<std::string> names = {"line", "none", "xml"};
  return names;
}

Escaping Escaping::Custom(Rules rules) {
  Escaping escaping;
  escaping.controls_become_blanks_ = true;
  escaping.rules_ = std::move(rules);
  return escaping;
}

std::string Escaping::Replaced(std::string_view value) const {
  std::string written;
  written.reserve(value.size());
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (is_xml_ && IsNoXml(value.substr(at))) {
      at += 2;
      continue;
    }
    const char c = controls_become_blanks_ && IsControl(value[at]) ? ' ' : value[at];
    if (const auto other = rules_.replace.find(c); other != rules_.replace.end())
      written += other->second;
    else
      written += c;
  }
  return written;
}

bool Escaping::NeedsQuotes(std::string_view replaced) const {
  if (replaced.empty()) return false;
  return replaced.find_first_of(rules_.quote_when) != std::string_view::npos ||
         rules_.quote_at_start.find(replaced.front()) != std::string::npos ||
         rules_.quote_at_end.find(replaced.back()) != std::string::npos;
}

std::string Escaping::Apply(std::string_view value) const {
  std::string written = Replaced(value);
  if (!NeedsQuotes(written)) return written;
  std::string quoted = rules_.quote;
  for (char c : written) {
    if (const auto other = rules_.in_quotes.find(c); other != rules_.in_quotes.end())
      quoted += other->second;
    else
      quoted += c;
  }
  return quoted + rules_.quote;
}

bool Escaping::Holds(std::string_view value) const {
  if (controls_become_blanks_ && std::any_of(value.begin(), value.end(), IsControl)) return false;
  for (std::size_t at = 0; is_xml_ && at < value.size(); ++at)
    if (IsNoXml(value.substr(at))) return false;
  const std::string written = Replaced(value);
  return !NeedsQuotes(written) || !HasAnyOf(written, rules_.in_quotes);
}

}  // namespace provdlab::server
