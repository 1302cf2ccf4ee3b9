#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace provdlab {
namespace {

using testing::HasSubstr;
using testing::Not;

template <typename Document>
Error ErrorOf(const Result<Document>& result) {
  return result ? Error{ErrorKind::kInternal, "accepted", std::nullopt} : result.error();
}

TEST(ParseJson, RefusesWithThePlaceAndASentence) {
  const struct {
    std::string text;
    std::size_t line;
    std::size_t column;
    const char* says;
  } kCases[] = {
      {"", 1, 1, "unexpected end of input"},
      {"  ", 1, 3, "unexpected end of input"},
      {"{", 1, 2, "unexpected end of input"},
      {"{\n  \"a\": x\n}", 2, 8, "invalid literal"},
      {"[1, 2", 1, 6, "unexpected end of input"},
      {"[1] 2", 1, 5, "expected end of input"},
      {"{} {}", 1, 4, "expected end of input"},
      {"[1,]", 1, 4, "unexpected ']'"},
      {"{a: 1}", 1, 2, "invalid literal"},
      {"// no\n1", 1, 1, "invalid literal"},
      {"[01]", 1, 3, "unexpected number literal"},
      {"\xEF\xBB\xBF{}", 1, 1, "byte-order mark"},
      {"\"caf\xE9\"", 1, 5, "not UTF-8"},
      {"\n\"\xED\xA0\x80\"", 2, 2, "not UTF-8"},
      {"\"\\ud800\"", 1, 8, "surrogate"},
      {"\"a\nb\"", 1, 3, "control character"},
      {std::string("[\0]", 3), 1, 2, "NUL byte"},
      {std::string("{}\0{}", 5), 1, 3, "NUL byte"},
      {"[1, 1e999]", 1, 5, "number here that is too large"},
      {"{\"a\": -1e400}", 1, 7, "number here that is too large"},
      {"NaN", 1, 1, "invalid literal"},
      {"]", 1, 1, "unexpected ']'"},
  };
  for (const auto& [text, line, column, says] : kCases) {
    for (const auto& error : {ErrorOf(ParseJson(text)), ErrorOf(ParseOrderedJson(text))}) {
      SCOPED_TRACE(text);
      EXPECT_EQ(error.kind, ErrorKind::kInvalid);
      ASSERT_TRUE(error.position.has_value());
      EXPECT_EQ(error.position->line, line);
      EXPECT_EQ(error.position->column, column);
      EXPECT_THAT(error.message, HasSubstr(says));
      EXPECT_THAT(error.message, Not(HasSubstr("json.exception")));
    }
  }
}

std::string Nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(ParseJson, BoundsTheDepth) {
  EXPECT_TRUE(ParseJson(Nested(kDeepestJson)));
  const Result<Json> deeper = ParseJson(Nested(kDeepestJson + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().message, "This JSON is nested deeper than 128 levels");
  EXPECT_EQ(deeper.error().position, (Position{128, 1, 129}));
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(ParseJson(objects));
}

TEST(ParseJson, DoesNotRepeatWhatItWasGiven) { EXPECT_LT(ErrorOf(ParseJson("\"" + std::string(10'000, 'x'))).message.size(), 200u); }

TEST(ParseJson, DoesNotCountBracketsInStrings) {
  EXPECT_TRUE(ParseJson("\"" + std::string(1000, '[') + "\""));
  EXPECT_TRUE(ParseJson("\"\\\"" + std::string(1000, '{') + "\""));
  EXPECT_TRUE(ParseJson("[" + std::string(1000, ' ') + "[], [], {}]"));
}

TEST(ParseJson, KeepsIntegersOf64Bits) {
  const Result<Json> numbers = ParseJson("[9223372036854775807, -9223372036854775808, 18446744073709551615, 18446744073709551616, 1.5]");
  ASSERT_TRUE(numbers);
  EXPECT_EQ((*numbers)[0].get<std::int64_t>(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ((*numbers)[1].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ((*numbers)[2].get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE((*numbers)[3].is_number_float());
  EXPECT_EQ(DumpJson(*numbers).substr(0, 63), "[9223372036854775807,-9223372036854775808,18446744073709551615,");
}

TEST(ParseJson, TheLastOfARepeatedKeyCounts) {
  EXPECT_EQ(DumpJson(*ParseJson(R"({"a": 1, "b": 2, "a": 3})")), R"({"a":3,"b":2})");
  EXPECT_EQ(DumpJson(*ParseOrderedJson(R"({"b": 1, "a": 2, "b": 3})")), R"({"b":3,"a":2})");
}

TEST(DumpJson, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(DumpJson(Json("caf\xE9 \xC3\xA9")), "\"caf\xEF\xBF\xBD \xC3\xA9\"");
  EXPECT_EQ(DumpJson(OrderedJson("\xFF")), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace provdlab
