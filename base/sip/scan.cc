#include "base/sip/scan.h"

#include "base/text.h"

namespace provdlab::sip {

std::size_t FindOutside(std::string_view value, char wanted, std::size_t from) {
  bool quoted = false, bracketed = false;
  for (std::size_t i = from; i < value.size(); ++i) {
    const char c = value[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (!bracketed && c == wanted) {
      return i;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '<' || c == '>') {
      bracketed = c == '<';
    }
  }
  return std::string_view::npos;
}

std::vector<std::string_view> SplitOutside(std::string_view value, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(FindOutside(value, separator, begin), value.size());
    if (const std::string_view part = Trim(value.substr(begin, end - begin)); !part.empty()) parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string Unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

NameAndValue ReadNameAndValue(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {Trim(text), ""};
  return {Trim(text.substr(0, equals)), Unquote(Trim(text.substr(equals + 1)))};
}

}  // namespace provdlab::sip
