#include "base/json_order.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace provdlab {
namespace {

// Each line comes before the next; what is in one line is equal.
TEST(JsonOrderTest, PutsAllValuesInOneOrder) {
  const std::vector<std::vector<const char*>> kOrder = {
      {"null"},
      {"false"},
      {"true"},
      {"-1e308"},
      {"-9223372036854775809", "-9223372036854775808", "-9223372036854775808.0"},  // the first is a double: -2^63
      {"-9223372036854775807"},
      {"-9007199254740993"},
      {"-9007199254740992", "-9007199254740992.0"},
      {"-1.5"},
      {"-1", "-1.0"},
      {"-0.5"},
      {"0", "-0", "0.0", "-0.0"},
      {"5e-324"},
      {"0.5"},
      {"1", "1.0", "1e0"},
      {"9007199254740992", "9007199254740992.0"},
      {"9007199254740993"},
      {"9007199254740994", "9007199254740994.0"},
      {"9223372036854775807"},
      {"9223372036854775808", "9223372036854775808.0"},
      {"9223372036854775809"},
      {"18446744073709551614"},
      {"18446744073709551615"},
      {"18446744073709551616", "18446744073709551616.0", "18446744073709551617"},
      {"1e308"},
      {R"("")"},
      {R"("1")"},
      {R"("10")"},
      {R"("2")"},
      {R"("\u00e9")", R"("é")"},
      {"[]"},
      {"[-1]"},
      {"[1]", "[1.0]"},
      {"[1, null]"},
      {"[18446744073709551615]"},
      {R"(["a"])"},
      {"[[]]"},
      {"{}"},
      {R"({"a": -1})"},
      {R"({"a": 1})", R"({"a": 1.0})"},
      {R"({"a": 1, "b": 0})"},
      {R"({"a": 18446744073709551615})"},
      {R"({"b": null})"},
  };
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    for (const char* left : kOrder[i]) {
      for (std::size_t j = 0; j < kOrder.size(); ++j) {
        for (const char* right : kOrder[j]) {
          EXPECT_EQ(Compare(*ParseJson(left), *ParseJson(right)), i <=> j) << left << " and " << right;
          EXPECT_EQ(AreEqual(*ParseJson(left), *ParseJson(right)), i == j) << left << " and " << right;
        }
      }
    }
  }
}

TEST(JsonOrderTest, DoesNotMindHowTheLibraryKeepsAnInteger) {
  EXPECT_TRUE(AreEqual(Json(std::int64_t{7}), Json(std::uint64_t{7})));
  EXPECT_EQ(Compare(Json(std::int64_t{-1}), Json(std::numeric_limits<std::uint64_t>::max())), std::weak_ordering::less);
}

// Numbers near those where one type ends and another begins.
rc::Gen<Json> Number() {
  const auto around = [](auto middle) { return rc::gen::map(rc::gen::inRange(-3, 4), [middle](int off) { return middle + off; }); };
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t value) { return Json(value); }),
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t value) { return Json(value); }),
      rc::gen::map(around(std::numeric_limits<std::int64_t>::min() + 3), [](std::int64_t value) { return Json(value); }),
      rc::gen::map(around(std::uint64_t{1} << 63), [](std::uint64_t value) { return Json(value); }),
      rc::gen::map(around(std::uint64_t{1} << 53), [](std::uint64_t value) { return Json(value); }),
      rc::gen::map(around(std::numeric_limits<std::uint64_t>::max() - 3), [](std::uint64_t value) { return Json(value); }),
      rc::gen::map(rc::gen::inRange(-6, 7), [](int value) { return Json(value / 2.0); }),
      rc::gen::map(rc::gen::pair(rc::gen::inRange(50, 66), rc::gen::arbitrary<bool>()),
                   [](const auto& power) { return Json((power.second ? -1 : 1) * std::ldexp(1.0, power.first)); }));
}

rc::Gen<Json> Value() {
  return rc::gen::oneOf(Number(), Number(), rc::gen::map(rc::gen::arbitrary<bool>(), [](bool value) { return Json(value); }),
                        rc::gen::map(rc::gen::container<std::vector<Json>>(Number()), [](const auto& list) { return Json(list); }),
                        rc::gen::map(Number(),
                                     [](const Json& value) {
                                       return Json{{"a", value}};
                                     }),
                        rc::gen::element(Json(), Json("a"), Json("b")));
}

int Sign(const Json& left, const Json& right) {
  const auto order = Compare(left, right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

TEST(JsonOrderTest, IsAnOrder) {
  EXPECT_TRUE(rc::check("of any three values", [] {
    const Json a = *Value(), b = *Value(), c = *Value();
    RC_ASSERT(Sign(a, a) == 0);
    RC_ASSERT(Sign(a, b) == -Sign(b, a));
    if (Sign(a, b) <= 0 && Sign(b, c) <= 0) RC_ASSERT(Sign(a, c) <= 0);
    if (Sign(a, b) == 0) RC_ASSERT(Sign(a, c) == Sign(b, c));
  }));
}

// long double has 64 bits of mantissa here, enough for every value of the three types.
TEST(JsonOrderTest, IsThatOfTheExactValues) {
  if (std::numeric_limits<long double>::digits < 64) GTEST_SKIP() << "no type here holds all of the numbers";
  const auto exact = [](const Json& number) {
    return number.is_number_float()      ? static_cast<long double>(number.get<double>())
           : number.is_number_unsigned() ? static_cast<long double>(number.get<std::uint64_t>())
                                         : static_cast<long double>(number.get<std::int64_t>());
  };
  EXPECT_TRUE(rc::check("of two numbers", [&] {
    const Json a = *Number(), b = *Number();
    RC_ASSERT(Sign(a, b) == (exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0));
  }));
}

}  // namespace
}  // namespace provdlab
