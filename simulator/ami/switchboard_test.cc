#include "simulator/ami/switchboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr milliseconds kDeadline{20'000};

class SwitchboardTest : public ::testing::Test {
 protected:
  SwitchboardTest()
      : board_(
            [this](const Notification& notification, const std::stop_token&) -> Result<> {
              const std::scoped_lock lock(mutex_);
              told_.push_back(notification.target());
              if (notification.target() == "broken") return Fail(ErrorKind::kUnavailable, "it answered 489 Bad Event");
              return {};
            },
            clock_) {}

  Result<> Notify(const std::string& peer, const std::stop_token& stop = {}) {
    return board_.Notify({.action = "SIPnotify", .peer = peer, .event = "check-sync"}, "ami", stop);
  }
  std::future<Result<>> Begin(const std::string& peer, const std::stop_token& stop = {}) {
    return std::async(std::launch::async, [this, peer, stop] { return Notify(peer, stop); });
  }
  std::vector<std::string> told() {
    const std::scoped_lock lock(mutex_);
    return told_;
  }

  FakeClock clock_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  Switchboard board_;
};

TEST_F(SwitchboardTest, TellsAndKeepsAJournal) {
  EXPECT_TRUE(Notify("alice"));
  EXPECT_TRUE(board_.Notify({.action = "PJSIPNotify", .ip = "192.0.2.7", .event = "check-sync;reboot=false", .variables = {{"A", "b"}}},
                            "http", {}));
  const auto failed = Notify("broken");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("489"));
  EXPECT_THAT(told(), ElementsAre("alice", "192.0.2.7", "broken"));

  const auto journal = board_.Journal();
  ASSERT_THAT(journal, SizeIs(3));
  EXPECT_EQ(journal[0].peer, "alice");
  EXPECT_EQ(journal[0].action, "SIPnotify");
  EXPECT_EQ(journal[0].event, "check-sync");
  EXPECT_EQ(journal[0].through, "ami");
  EXPECT_EQ(journal[0].outcome, "delivered");
  EXPECT_EQ(journal[0].when, "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(journal[1].ip, "192.0.2.7");
  EXPECT_EQ(journal[1].peer, "");
  EXPECT_EQ(journal[1].through, "http");
  EXPECT_EQ(board_.journal().After(1).at("entries").at(0).at("variables"), Json({{"A", "b"}}));
  EXPECT_EQ(journal[2].outcome, "failed");
  EXPECT_EQ(journal[2].why, "it answered 489 Bad Event");
}

TEST_F(SwitchboardTest, FailsOnCommand) {
  ASSERT_TRUE(board_.faults().Add({.target = "alice", .action = {{"fail", "No such peer"}}, .times = 1}));
  EXPECT_TRUE(Notify("bob"));
  const auto failed = Notify("alice");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "No such peer");
  EXPECT_EQ(board_.Journal().back().fault, R"({"fail":"No such peer"})");
  EXPECT_TRUE(Notify("alice")) << "once";
  EXPECT_THAT(told(), ElementsAre("bob", "alice"));
}

TEST_F(SwitchboardTest, IsSlowOnCommand) {
  ASSERT_TRUE(board_.faults().Add({.action = {{"delay", 30}}}));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(Notify("alice"));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(30));
  EXPECT_THAT(told(), ElementsAre("alice"));
}

TEST_F(SwitchboardTest, HangsUntilTheClientGoes) {
  ASSERT_TRUE(board_.faults().Add({.target = "alice", .action = {{"hang", true}}}));
  std::stop_source client;
  auto hanging = Begin("alice", client.get_token());
  ASSERT_TRUE(board_.AwaitNotification("alice", kDeadline));
  EXPECT_TRUE(Notify("bob")) << "nobody else waits for it";
  client.request_stop();
  EXPECT_EQ(hanging.get().error().kind, ErrorKind::kCancelled);
  EXPECT_THAT(told(), ElementsAre("bob"));
  EXPECT_EQ(board_.Journal().front().outcome, "failed");
}

TEST_F(SwitchboardTest, HoldsUntilItIsReleased) {
  ASSERT_TRUE(board_.Hold("alice"));
  auto first = Begin("alice"), second = Begin("alice");
  ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  EXPECT_TRUE(Notify("bob"));
  EXPECT_THAT(told(), ElementsAre("bob"));
  EXPECT_EQ(board_.holds().at(0).at("target"), "alice");
  EXPECT_EQ(board_.Journal().front().outcome, "pending");
  ASSERT_TRUE(board_.Release("alice"));
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_THAT(told(), SizeIs(3));
  EXPECT_EQ(board_.holds(), Json::array());
}

TEST_F(SwitchboardTest, HoldsEverybody) {
  ASSERT_TRUE(board_.Hold("*"));
  auto held = Begin("alice");
  ASSERT_TRUE(board_.AwaitHeld("*", kDeadline));
  EXPECT_THAT(told(), IsEmpty());
  ASSERT_TRUE(board_.Release("*"));
  EXPECT_TRUE(held.get());
}

TEST_F(SwitchboardTest, LetsAHeldOneBeCancelled) {
  ASSERT_TRUE(board_.Hold("alice"));
  std::stop_source client;
  auto held = Begin("alice", client.get_token());
  ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  client.request_stop();
  EXPECT_EQ(held.get().error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(board_.holds().at(0).at("standing"), 0);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(SwitchboardTest, SaysWhyNothingIsHeld) {
  EXPECT_EQ(board_.AwaitHeld("alice", kDeadline).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(board_.Release("alice").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(board_.Hold("").error().kind, ErrorKind::kInvalid);
  ASSERT_TRUE(board_.Hold("alice"));
  EXPECT_EQ(board_.AwaitHeld("alice", milliseconds(1)).error().kind, ErrorKind::kTimeout);
  auto waiting = std::async(std::launch::async, [&] { return board_.AwaitHeld("alice", kDeadline); });
  ASSERT_TRUE(board_.Release("alice"));
  // It may have come too late to see the hold at all.
  EXPECT_NE(waiting.get().error().kind, ErrorKind::kTimeout);
  for (std::size_t i = 0; i < Switchboard::kMostHolds; ++i) ASSERT_TRUE(board_.Hold(std::to_string(i)));
  EXPECT_EQ(board_.Hold("more").error().kind, ErrorKind::kConflict);
}

TEST_F(SwitchboardTest, WaitsForANotification) {
  auto waiting = std::async(std::launch::async, [&] { return board_.AwaitNotification("alice", kDeadline); });
  EXPECT_TRUE(Notify("bob"));
  EXPECT_TRUE(Notify("alice"));
  const auto entry = waiting.get();
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->peer, "alice");
  EXPECT_EQ(entry->sequence, 2u);
  EXPECT_EQ(board_.AwaitNotification("*", kDeadline)->peer, "bob");
  const auto none = board_.AwaitNotification("*", milliseconds(1), 2);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kTimeout);
}

TEST_F(SwitchboardTest, WaitsForAnEnd) {
  ASSERT_TRUE(board_.Hold("alice"));
  auto held = Begin("alice");
  ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  EXPECT_EQ(board_.AwaitEnd(1, milliseconds(1)).error().kind, ErrorKind::kTimeout);
  auto waiting = std::async(std::launch::async, [&] { return board_.AwaitEnd(1, kDeadline); });
  ASSERT_TRUE(board_.Release("alice"));
  const auto entry = waiting.get();
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->outcome, "delivered");
  EXPECT_TRUE(held.get());
  EXPECT_EQ(board_.AwaitEnd(2, kDeadline).error().kind, ErrorKind::kNotFound);
  board_.journal().Clear();
  EXPECT_EQ(board_.AwaitEnd(1, kDeadline).error().kind, ErrorKind::kNotFound);
}

TEST_F(SwitchboardTest, ResetFreesWhatHangsOrIsHeld) {
  ASSERT_TRUE(board_.Hold("alice"));
  ASSERT_TRUE(board_.faults().Add({.target = "bob", .action = {{"hang", true}}}));
  auto held = Begin("alice"), hanging = Begin("bob");
  ASSERT_TRUE(board_.AwaitHeld("alice", kDeadline));
  ASSERT_TRUE(board_.AwaitNotification("bob", kDeadline));
  board_.Reset();
  EXPECT_EQ(hanging.get().error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(held.get().error().kind, ErrorKind::kCancelled);
  EXPECT_THAT(board_.Journal(), IsEmpty());
  EXPECT_TRUE(Notify("bob"));
  EXPECT_TRUE(Notify("alice"));
}

TEST_F(SwitchboardTest, RefusesFaultsThatAreNone) {
  for (const char* action : {"{}", "[]", R"({"delay": -1})", R"({"fail": ""})", R"({"hang": 1})", R"({"status": 503})"})
    EXPECT_EQ(board_.faults().Add({.action = Json::parse(action)}).error().kind, ErrorKind::kInvalid) << action;
  EXPECT_EQ(board_.faults().Available().size(), 3u);
}

}  // namespace
}  // namespace provdlab::ami
