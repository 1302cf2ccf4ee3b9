#include "base/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace provdlab {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsTimesAsPeopleWriteThem) {
  for (const auto& [text, time] : {std::pair<const char*, std::chrono::milliseconds>("60s", 60s),
                                   {"60", 60s},
                                   {"1500ms", 1500ms},
                                   {"2m", 2min},
                                   {"2min", 2min},
                                   {"24h", 24h},
                                   {"8760h", 8760h}}) {
    const auto read = ParseDuration(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_EQ(*read, time) << text;
  }
}

TEST(SpellDuration, IsInSecondsIfThatIsAll) {
  EXPECT_EQ(SpellDuration(3s), "3 s");
  EXPECT_EQ(SpellDuration(10min), "600 s");
  EXPECT_EQ(SpellDuration(1500ms), "1500 ms");
  EXPECT_EQ(SpellDuration(0ms), "0 s");
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const std::string text : {"", "s", "soon", "0s", "-1s", "1.5s", "60 s", "1d", "8761h", "99999999999999999999s", "1s2"}) {
    const auto read = ParseDuration(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(read.error().message, testing::StartsWith("\"" + text + "\" is not a time"));
  }
}

}  // namespace
}  // namespace provdlab
