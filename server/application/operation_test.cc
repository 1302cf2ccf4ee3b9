#include "server/application/operation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "grammar/status/sequence.h"

namespace provdlab::server {
namespace {

std::string Shown(const Operation& operation) { return status::Format(operation.Snapshot()); }

TEST(OperationTest, ShowsADocumentedInstall) {
  auto operation = Operation::Make("install");
  EXPECT_EQ(Shown(*operation), "install|progress");
  auto download = operation->AddPart("download", 2347, true);
  EXPECT_EQ(Shown(*operation), "install|progress(download|waiting;0/2347)");
  download->Progress(1000);
  EXPECT_EQ(Shown(*operation), "install|progress(download|progress;1000/2347)");
  download->Progress(2347);
  download->Succeed();
  operation->Succeed();
  EXPECT_EQ(Shown(*operation), "install|success(download|success;2347/2347)");
}

TEST(OperationTest, ShowsADocumentedUpdate) {
  auto operation = Operation::Make("update", 0, true);
  EXPECT_EQ(Shown(*operation), "update|progress;0");
  operation->Progress(3792);
  operation->Succeed();
  EXPECT_EQ(Shown(*operation), "update|success;3792");
}

TEST(OperationTest, ShowsPartsWithoutLabels) {
  auto operation = Operation::Make("install_pkg");
  auto download = operation->AddPart("download");
  auto install = operation->AddPart("install");
  EXPECT_EQ(Shown(*operation), "install_pkg|progress(download|waiting)(install|waiting)");
  download->AddPart("", 120000)->Start();
  EXPECT_EQ(Shown(*operation), "install_pkg|progress(download|progress(progress;0/120000))(install|waiting)");
}

TEST(OperationTest, StartsWhatIsAboveAPartThatStarts) {
  auto operation = Operation::Make("a");
  auto part = operation->AddPart("b")->AddPart("c");
  part->Progress(1);
  EXPECT_EQ(Shown(*operation), "a|progress(b|progress(c|progress))");
}

TEST(OperationTest, FailsWithItsParts) {
  auto operation = Operation::Make("a");
  auto done = operation->AddPart("b");
  auto running = operation->AddPart("c");
  done->Succeed();
  running->Start();
  operation->Fail();
  EXPECT_EQ(Shown(*operation), "a|fail(b|success)(c|fail)");
}

TEST(OperationTest, DoesNotSucceedOverAPartThatRuns) {
  auto operation = Operation::Make("a");
  auto part = operation->AddPart("b");
  operation->Succeed();
  EXPECT_EQ(Shown(*operation), "a|fail(b|fail)");
  part->Succeed();
  EXPECT_EQ(Shown(*operation), "a|fail(b|fail)");
}

TEST(OperationTest, IgnoresStepsBackAndBeyondTheEnd) {
  auto operation = Operation::Make("a", 10);
  operation->Progress(7);
  operation->Progress(3);
  EXPECT_EQ(Shown(*operation), "a|progress;7/10");
  operation->Progress(11);
  EXPECT_EQ(Shown(*operation), "a|progress;10/10");
  operation->Succeed();
  operation->Fail();
  operation->Progress(2);
  auto late = operation->AddPart("late");
  late->Start();
  EXPECT_TRUE(late->ended());
  EXPECT_EQ(Shown(*operation), "a|success;10/10");
}

TEST(OperationTest, TellsItsEndToThoseWhoWait) {
  auto operation = Operation::Make("a");
  EXPECT_FALSE(operation->AwaitEnd(std::chrono::milliseconds(1)));
  std::thread worker([&] { operation->Succeed(); });
  EXPECT_TRUE(operation->AwaitEnd(std::chrono::seconds(10)));
  worker.join();
}

TEST(OperationTest, CarriesTheWishToCancel) {
  auto operation = Operation::Make("a");
  auto part = operation->AddPart("b");
  EXPECT_FALSE(operation->cancellation().stop_requested());
  part->Cancel();
  EXPECT_TRUE(operation->cancellation().stop_requested());
  EXPECT_FALSE(operation->ended());
}

// Workers that do anything in any order never make a monitor show an illegal step.
TEST(OperationTest, ShowsOnlyLegalSequencesWhateverWorkersDo) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    auto root = Operation::Make("root", seed % 3 == 0 ? 50 : 0, seed % 2 == 0);
    std::atomic<int> working{3};
    auto work = [&](unsigned stream) {
      std::mt19937 random(seed * 100 + stream);
      std::vector<std::shared_ptr<Operation>> nodes = {root};
      for (int step = 0; step < 120; ++step) {
        auto node = nodes[random() % nodes.size()];
        switch (random() % 8) {
          case 0:
          case 1:
            if (nodes.size() < 12) nodes.push_back(node->AddPart("part", random() % 2 * 40, random() % 2 == 0));
            break;
          case 2:
            node->Start();
            break;
          case 3:
          case 4:
          case 5:
            node->Progress(random() % 60);
            break;
          case 6:
            if (node != root || step > 60) node->Succeed();
            break;
          default:
            if (node != root || step > 100) node->Fail();
        }
      }
      --working;
    };
    auto watch = [&] {
      status::SequenceChecker checker;
      for (bool last = false;;) {
        const status::Status seen = root->Snapshot();
        const auto step = checker.Next(seen);
        ASSERT_TRUE(step) << "seed " << seed << ": " << step.error().message << " at " << status::Format(seen);
        if (last) return;
        last = working == 0;
      }
    };
    std::vector<std::thread> threads;
    for (unsigned stream = 0; stream < 3; ++stream) threads.emplace_back(work, stream);
    threads.emplace_back(watch);
    watch();
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace provdlab::server
