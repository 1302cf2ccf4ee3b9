#include "base/http/byte_range.h"

#include <gtest/gtest.h>

namespace provdlab::http {
namespace {

using Kind = RangeAnswer::Kind;

TEST(ByteRange, IsOnePartOfTheFile) {
  const struct {
    const char* field;
    RangeAnswer answer;
  } cases[] = {
      {"bytes=0-1", {Kind::kPart, 0, 2}},
      {"bytes=0-0", {Kind::kPart, 0, 1}},
      {"bytes=9-9", {Kind::kPart, 9, 1}},
      {"bytes=4-", {Kind::kPart, 4, 6}},
      {"bytes=4-400", {Kind::kPart, 4, 6}},
      {"bytes=0-9", {Kind::kPart, 0, 10}},
      {"bytes=-3", {Kind::kPart, 7, 3}},
      {"bytes=-10", {Kind::kPart, 0, 10}},
      {"bytes=-400", {Kind::kPart, 0, 10}},
      {"Bytes= 0-1 ", {Kind::kPart, 0, 2}},
      {"bytes=10-", {Kind::kNowhere}},
      {"bytes=10-11", {Kind::kNowhere}},
      {"bytes=18446744073709551615-", {Kind::kNowhere}},
      {"bytes=0-18446744073709551615", {Kind::kPart, 0, 10}},
      {"bytes=-0", {Kind::kNowhere}},
  };
  for (const auto& [field, answer] : cases) EXPECT_EQ(ReadRange(field, 10), answer) << field;
  EXPECT_EQ(ReadRange("bytes=0-", 0), RangeAnswer{Kind::kNowhere});
  EXPECT_EQ(ReadRange("bytes=-1", 0), RangeAnswer{Kind::kNowhere});
}

TEST(ByteRange, OfAnythingElseIsTheWholeFile) {
  for (const char* field : {"", "bytes", "bytes=", "bytes=-", "bytes=1", "bytes=2-1", "bytes=a-b", "bytes=0-1,3-4", "bytes=0x0-1",
                            "bytes=+0-1", "lines=0-1", "bytes=0-99999999999999999999", "bytes=1--2", "bytes 0-1"})
    EXPECT_EQ(ReadRange(field, 10), RangeAnswer()) << field;
}

}  // namespace
}  // namespace provdlab::http
