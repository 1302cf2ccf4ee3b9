// What plugins say of a phone, and what they say together.
#include "server/application/recognition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/application/testing/phone_plugins.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakePhonePlugin;
using testing::MakeVendorPlugin;

PhoneRequest UserAgent(std::string text) { return {.user_agent = std::move(text)}; }

TEST(RecognitionTest, AsksEveryPluginInNaturalOrder) {
  const std::vector<PhonePlugin> plugins = {MakeVendorPlugin("acme-10", "Acme"), MakeVendorPlugin("acme-9", "Acme"),
                                            MakeVendorPlugin("borealis-1", "Borealis")};
  const Identity seen{.vendor = "Acme", .model = "X1", .version = "1.0"};
  EXPECT_THAT(OffersOf(UserAgent("Acme X1 1.0"), plugins), ElementsAre(Offer{"acme-9", seen}, Offer{"acme-10", seen}));
  EXPECT_THAT(OffersOf(UserAgent("curl/7.88"), plugins), IsEmpty());
  EXPECT_THAT(OffersOf({}, plugins), IsEmpty());
}

TEST(RecognitionTest, OneWrongRuleDoesNotSpoilTheOthers) {
  const PhonePlugin greedy =
      MakePhonePlugin("zealot-1.0", {{"identification", {{{"protocol", "http"}, {"user_agent", ".*"}, {"gives", {{"vendor", "Zealot"}}}}}}},
                      {{"Zealot, Z1, 1.0", Json::object()}});
  const std::vector<PhonePlugin> plugins = {MakeVendorPlugin("acme-1", "Acme"), greedy};
  const auto offers = OffersOf(UserAgent("Acme X1 02:00:5e:00:53:01 1.0"), plugins);
  EXPECT_EQ(offers.size(), 2u);
  EXPECT_EQ(Vote(offers), (Identity{.vendor = "Acme", .model = "X1", .version = "1.0", .mac = "02:00:5e:00:53:01"}));
}

TEST(VoteTest, CountsMemberByMember) {
  const struct {
    const char* what;
    std::vector<Offer> offers;
    Identity elected;
  } cases[] = {
      {"nobody says anything", {}, {}},
      {"the majority counts",
       {{"a", {.vendor = "A", .model = "1"}}, {"b", {.vendor = "B", .model = "2", .version = "3"}}, {"c", {.vendor = "A"}}},
       // The model and the version have one vote each at most.
       {.vendor = "A", .model = "2", .version = "3"}},
      {"of equal ones the better informed counts",
       {{"a", {.vendor = "A", .model = "1"}}, {"b", {.vendor = "B"}}},
       {.vendor = "A", .model = "1"}},
      {"of equal ones the last counts, in natural order",
       {{"p-9", {.vendor = "A"}}, {"p-10", {.vendor = "B"}}, {"p-1", {.vendor = "C"}}},
       {.vendor = "B"}},
      {"what only one knows counts", {{"a", {.vendor = "A"}}, {"b", {.sn = "5"}}}, {.vendor = "A", .sn = "5"}},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Vote(each.offers), each.elected) << each.what;
    EXPECT_EQ(Vote({each.offers.rbegin(), each.offers.rend()}), each.elected) << each.what << ", the other way round";
  }
}

TEST(SuitabilityTest, PutsTheBestFirstAndVersionTenBeforeNine) {
  const std::vector<PhonePlugin> plugins = {MakeVendorPlugin("acme-9", "Acme"), MakeVendorPlugin("borealis-2", "Borealis"),
                                            MakeVendorPlugin("acme-10", "Acme")};
  EXPECT_THAT(
      SuitabilitiesOf({.vendor = "Acme", .model = "X1", .version = "1.0"}, plugins),
      ElementsAre(Suitability{"acme-10", kScoreExact}, Suitability{"acme-9", kScoreExact}, Suitability{"borealis-2", kScoreImprobable}));
  EXPECT_THAT(SuitabilitiesOf({.vendor = "Borealis", .model = "Z"}, plugins),
              ElementsAre(Suitability{"borealis-2", kScoreProbable}, Suitability{"acme-10", kScoreImprobable},
                          Suitability{"acme-9", kScoreImprobable}));
  EXPECT_EQ(SuitabilitiesOf({}, plugins).front().score, kScoreUnknown);
}

}  // namespace
}  // namespace provdlab::server
