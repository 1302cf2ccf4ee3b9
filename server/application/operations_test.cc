#include "server/application/operations.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace provdlab::server {
namespace {

class OperationsTest : public ::testing::Test {
 protected:
  Faults faults_;
  Operations operations_{faults_, 3};
};

TEST_F(OperationsTest, CountsIdsInEachCollection) {
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "1");
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "2");
  EXPECT_EQ(operations_.Create("b", Operation::Make("x")), "1");
}

TEST_F(OperationsTest, FindsOnlyTheExactSpelling) {
  operations_.Create("a", Operation::Make("x"));
  EXPECT_TRUE(operations_.Get("a", "1"));
  for (const char* id : {"", "0", "2", "01", "+1", "1 ", "one", "-1", "99999999999999999999999"})
    EXPECT_FALSE(operations_.Get("a", id)) << id;
  EXPECT_FALSE(operations_.Get("b", "1"));
}

TEST_F(OperationsTest, ForgetsWhatIsDeletedAndNeverUsesItsIdAgain) {
  auto operation = Operation::Make("x");
  operations_.Create("a", operation);
  EXPECT_TRUE(operations_.Delete("a", "1"));
  EXPECT_FALSE(operations_.Delete("a", "1"));
  EXPECT_FALSE(operations_.Get("a", "1"));
  EXPECT_FALSE(operation->ended());
  EXPECT_FALSE(operation->cancellation().stop_requested());
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "2");
  operations_.Clear();
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "3");
}

TEST_F(OperationsTest, KeepsWhatRunsAndTheNewestOfWhatEnded) {
  auto running = Operation::Make("runs");
  operations_.Create("a", running);
  for (int count = 0; count < 6; ++count) {
    auto ended = Operation::Make("ended");
    ended->Succeed();
    operations_.Create("a", ended);
  }
  EXPECT_TRUE(operations_.Get("a", "1"));
  EXPECT_FALSE(operations_.Get("a", "4"));
  for (const char* id : {"5", "6", "7"}) EXPECT_TRUE(operations_.Get("a", id)) << id;
  EXPECT_EQ(operations_.size(), 4u);
}

TEST_F(OperationsTest, GivesEachThreadIdsOfItsOwn) {
  std::vector<std::vector<std::string>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids)
    threads.emplace_back([&] {
      for (int count = 0; count < 100; ++count) {
        mine.push_back(operations_.Create("a", Operation::Make("x")));
        if (count % 2 == 0) operations_.Delete("a", mine.back());
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : ids) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 400u);
}

TEST_F(OperationsTest, CanBreakEachRuleOnDemand) {
  auto operation = Operation::Make("x");
  operations_.Create("a", operation);
  faults_.delete_does_not_cancel.On();
  operations_.Delete("a", "1");
  EXPECT_TRUE(operation->cancellation().stop_requested());

  faults_.ids_are_never_reused.On(1);
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "1");
  EXPECT_EQ(operations_.Create("a", Operation::Make("x")), "2");

  faults_.gone_after_delete.On(1);
  EXPECT_TRUE(operations_.Delete("a", "2"));
  EXPECT_TRUE(operations_.Get("a", "2"));

  faults_.delete_frees_only_itself.On(1);
  operations_.Delete("a", "2");
  EXPECT_EQ(operations_.size(), 0u);

  faults_.finished_monitor_stays.On();
  auto ended = Operation::Make("x");
  const std::string id = operations_.Create("a", ended);
  EXPECT_TRUE(operations_.Get("a", id));
  ended->Succeed();
  EXPECT_TRUE(operations_.Get("a", id)) << "it is seen once";
  EXPECT_FALSE(operations_.Get("a", id));

  faults_.finished_monitor_stays.Off();
  faults_.ended_operation_goes_on.On();
  const std::string again = operations_.Create("a", ended);
  EXPECT_TRUE(operations_.Get("a", again)->ended());
  EXPECT_FALSE(operations_.Get("a", again)->ended()) << "the second look";
  EXPECT_TRUE(operations_.Get("a", again)->ended());
}

}  // namespace
}  // namespace provdlab::server
