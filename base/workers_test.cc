#include "base/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace provdlab {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMost = 16;

// Work that lasts until it is told to stop.
void UntilStopped(const std::stop_token& stop) {
  std::promise<void> stopped;
  const std::stop_callback callback(stop, [&] { stopped.set_value(); });
  stopped.get_future().wait_for(seconds(30));
}

TEST(WorkersTest, RunWhatIsGivenSideBySide) {
  Workers workers(kMost);
  std::promise<void> first, second;
  std::atomic<int> met{0};
  workers.Start(
      [&](const std::stop_token&) {
        first.set_value();
        met += second.get_future().wait_for(seconds(10)) == std::future_status::ready;
      },
      [] {});
  workers.Start(
      [&](const std::stop_token&) {
        second.set_value();
        met += first.get_future().wait_for(seconds(10)) == std::future_status::ready;
      },
      [] {});
  std::promise<void> third;
  workers.Start([&](const std::stop_token&) { third.set_value(); }, [] {});
  EXPECT_EQ(third.get_future().wait_for(seconds(10)), std::future_status::ready);
  workers.StopAll();
  EXPECT_EQ(met, 2);
}

TEST(WorkersTest, StopOnePieceAlone) {
  Workers workers(kMost);
  std::stop_source mine;
  std::promise<void> ended;
  workers.Start(
      [&](const std::stop_token& stop) {
        UntilStopped(stop);
        ended.set_value();
      },
      [] {}, mine);
  workers.Start(UntilStopped, [] {});
  mine.request_stop();
  EXPECT_EQ(ended.get_future().wait_for(seconds(10)), std::future_status::ready);
}

TEST(WorkersTest, CallWorkOrAbandonedOnceForEach) {
  std::atomic<std::size_t> worked{0}, abandoned{0};
  constexpr std::size_t kPieces = 3 * kMost;
  {
    Workers workers(kMost);
    for (std::size_t piece = 0; piece < kPieces; ++piece)
      workers.Start(
          [&](const std::stop_token& stop) {
            UntilStopped(stop);
            ++worked;
          },
          [&] { ++abandoned; });
  }
  EXPECT_EQ(worked + abandoned, kPieces);
  EXPECT_LE(worked, kMost);
}

TEST(WorkersTest, GoOnAfterAllWasStopped) {
  Workers workers(kMost);
  std::atomic<int> abandoned{0};
  workers.Start(
      [&](const std::stop_token& stop) {
        UntilStopped(stop);
        workers.Start(UntilStopped, [&] { ++abandoned; });
      },
      [&] { ++abandoned; });
  workers.StopAll();
  EXPECT_EQ(abandoned, 1);
  std::promise<void> again;
  workers.Start([&](const std::stop_token&) { again.set_value(); }, [] {});
  EXPECT_EQ(again.get_future().wait_for(seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace provdlab
