#include "base/http/date.h"

#include <gtest/gtest.h>

namespace provdlab::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr sys_seconds kExample = sys_days(1994y / 11 / 6) + 8h + 49min + 37s;
constexpr sys_seconds kNow = sys_days(2026y / 1 / 1);

TEST(HttpDate, IsWrittenInOneForm) {
  EXPECT_EQ(HttpDate(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(sys_days(2024y / 2 / 29) + 23h + 59min + 59s), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(HttpDate(sys_seconds()), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(HttpDate, IsReadInThree) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(ParseHttpDate("Wed Nov 16 08:49:37 1994", kNow), sys_days(1994y / 11 / 16) + 8h + 49min + 37s);
  EXPECT_EQ(ParseHttpDate("Friday, 06-Nov-76 08:49:37 GMT", kNow), sys_days(2076y / 11 / 6) + 8h + 49min + 37s);
  EXPECT_EQ(ParseHttpDate("Saturday, 06-Nov-77 08:49:37 GMT", kNow), sys_days(1977y / 11 / 6) + 8h + 49min + 37s);
  EXPECT_EQ(ParseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", kNow), sys_days(2016y / 12 / 31) + 23h + 59min + 59s);
}

TEST(HttpDate, IsNothingElse) {
  for (const char* text : {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT", "Xun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994  08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3x GMT", ", , , , , ", "Sun Nov 6 08:49:37 19944"})
    EXPECT_EQ(ParseHttpDate(text, kNow), std::nullopt) << text;
}

}  // namespace
}  // namespace provdlab::http
