#include "base/sip/retransmission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace provdlab::sip {
namespace {

using ::testing::ElementsAre;
using Milliseconds = std::chrono::milliseconds;

// When it is sent again, if nobody answers.
std::vector<long> Sendings(Retransmission again) {
  std::vector<long> sendings;
  for (Milliseconds now{0}; !again.Over(now); now = again.next())
    if (again.Due(now)) sendings.push_back(static_cast<long>(now.count()));
  return sendings;
}

TEST(Retransmission, IsThatOfTheRfc) {
  EXPECT_THAT(Sendings(Retransmission({})), ElementsAre(500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
}

TEST(Retransmission, EndsInTime) {
  Retransmission again({Milliseconds(10), Milliseconds(1000), Milliseconds(25)});
  EXPECT_TRUE(again.Due(Milliseconds(10)));
  EXPECT_EQ(again.next(), Milliseconds(25)) << "the end comes before the next sending";
  EXPECT_FALSE(again.Over(Milliseconds(24)));
  EXPECT_TRUE(again.Over(Milliseconds(25)));
  EXPECT_FALSE(again.Due(Milliseconds(40))) << "nothing is sent after the end";
}

TEST(Retransmission, WaitsLongestOnceItWasHeard) {
  Retransmission again({});
  again.Heard(Milliseconds(200));
  EXPECT_THAT(Sendings(again), ElementsAre(4200, 8200, 12200, 16200, 20200, 24200, 28200));
}

TEST(Retransmission, CountsOnFromALateSending) {
  Retransmission again({});
  EXPECT_FALSE(again.Due(Milliseconds(499)));
  EXPECT_TRUE(again.Due(Milliseconds(800)));
  EXPECT_FALSE(again.Due(Milliseconds(800)));
  EXPECT_EQ(again.next(), Milliseconds(1800));
}

}  // namespace
}  // namespace provdlab::sip
