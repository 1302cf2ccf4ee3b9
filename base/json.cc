#include "base/json.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"

namespace provdlab {
namespace {

// Where the text goes deeper than kDeepestJson levels. The parser itself reports no place for that, so brackets outside of
// strings are counted first; what else is wrong with the text is the parser's business.
std::optional<std::size_t> TooDeepAt(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepestJson) return i;
    } else if (c == ']' || c == '}') {
      if (depth == 0) return std::nullopt;
      --depth;
    }
  }
  return std::nullopt;
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - invalid literal; last read: 'x'"
// becomes "syntax error while parsing value - invalid literal": the place is told by the position, and what was read last may be megabytes.
std::string Sentence(std::string_view what) {
  if (const std::size_t end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  if (what.starts_with("parse error")) {
    if (const std::size_t colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
  }
  what = what.substr(0, what.find("; last read: "));
  return "This is not JSON: " + std::string(what);
}

template <typename Document>
Result<Document> Parse(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Fail(ErrorKind::kInvalid, "This is not JSON: it begins with a byte-order mark; send UTF-8 without one", Position{});
  }
  if (const std::optional<std::size_t> bad = FirstNonUtf8(text)) {
    return Fail(ErrorKind::kInvalid, "This is not JSON: a byte here is not UTF-8", PositionAt(text, *bad));
  }
  // The library takes a NUL for the end of the text and would not look at what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Fail(ErrorKind::kInvalid, "This is not JSON: there is a NUL byte here", PositionAt(text, nul));
  }
  if (const std::optional<std::size_t> deep = TooDeepAt(text)) {
    return Fail(ErrorKind::kInvalid, "This JSON is nested deeper than " + std::to_string(kDeepestJson) + " levels",
                PositionAt(text, *deep));
  }
  try {
    return Document::parse(text.begin(), text.end());
  } catch (const nlohmann::json::parse_error& error) {
    return Fail(ErrorKind::kInvalid, Sentence(error.what()), PositionAt(text, error.byte == 0 ? 0 : error.byte - 1));
  } catch (const nlohmann::json::exception& error) {
    // Only a number that no double can hold gets here: "number overflow parsing '1e999'".
    const std::string_view what = error.what();
    std::size_t offset = 0;
    if (const std::size_t quote = what.find('\''); quote != std::string_view::npos) {
      const std::size_t found = text.find(what.substr(quote + 1, what.rfind('\'') - quote - 1));
      if (found != std::string_view::npos) offset = found;
    }
    return Fail(ErrorKind::kInvalid, "There is a number here that is too large: the largest are a little below 1.8e308",
                PositionAt(text, offset));
  }
}

}  // namespace

Result<Json> ParseJson(std::string_view text) { return Parse<Json>(text); }
Result<OrderedJson> ParseOrderedJson(std::string_view text) { return Parse<OrderedJson>(text); }

std::string DumpJson(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string DumpJson(const OrderedJson& value) { return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

}  // namespace provdlab
