#include "server/application/faults.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace provdlab::server {
namespace {

TEST(FaultsTest, StrikeSoOftenAsTheyWereOrdered) {
  FaultSwitch fault("area.rule", "It breaks.");
  EXPECT_FALSE(fault.Strikes());
  fault.On(2);
  EXPECT_EQ(fault.remaining(), 2u);
  EXPECT_TRUE(fault.Strikes());
  EXPECT_TRUE(fault.Strikes());
  EXPECT_FALSE(fault.Strikes());
  EXPECT_FALSE(fault.is_on());
  EXPECT_EQ(fault.hits(), 2u);
  fault.On();
  EXPECT_EQ(fault.hits(), 0u);
  for (int count = 0; count < 100; ++count) EXPECT_TRUE(fault.Strikes());
  fault.Off();
  EXPECT_FALSE(fault.Strikes());
}

TEST(FaultsTest, AVariantBreaksTheRuleBeforeItsSlash) {
  EXPECT_EQ(FaultSwitch("area.rule", "It breaks.").breaks(), "area.rule");
  const FaultSwitch variant("area.rule/other-way", "It breaks otherwise.");
  EXPECT_EQ(variant.name(), "area.rule/other-way");
  EXPECT_EQ(variant.breaks(), "area.rule");
}

TEST(FaultsTest, StrikeExactlySoOftenAmongThreads) {
  FaultSwitch fault("area.rule", "It breaks.");
  fault.On(100);
  std::atomic<int> struck{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int count = 0; count < 100; ++count) struck += fault.Strikes() ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(struck, 100);
}

TEST(FaultsTest, AreFoundByNamesThatAreUnique) {
  Faults faults;
  std::set<std::string_view> names;
  for (FaultSwitch* fault : faults.All()) {
    EXPECT_TRUE(names.insert(fault->name()).second) << fault->name();
    EXPECT_EQ(faults.Find(fault->name()), fault);
    EXPECT_TRUE(fault->sentence().ends_with('.')) << fault->name();
    fault->On();
  }
  // Every switch is in All: beside them the struct has only what is smaller than one.
  EXPECT_EQ(names.size(), sizeof(Faults) / sizeof(FaultSwitch));
  EXPECT_EQ(faults.Find("no.such-fault"), nullptr);
  faults.AllOff();
  for (FaultSwitch* fault : faults.All()) EXPECT_FALSE(fault->is_on());
}

}  // namespace
}  // namespace provdlab::server
