#include "simulator/repository/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace provdlab::repository {
namespace {

using Piece = http::BodySource::Piece;
constexpr std::chrono::seconds kDeadline{20};

// Asks a source as the server does: for the next piece when the last one has left.
class Reader {
 public:
  explicit Reader(std::shared_ptr<http::BodySource> source) : source_(std::move(source)) {}

  // Reads until the body ends, is cut, or stands still.
  void Read() {
    while (!ended_) {
      std::optional<Piece> piece;
      source_->Next([&](Piece got) { piece = std::move(got); });
      if (!piece) {
        ended_ = true;
        stands_ = true;
        return;
      }
      Take(*piece);
    }
  }
  void Take(const Piece& piece) {
    bytes_ += piece.bytes;
    waited_ += piece.wait;
    pieces_ += piece.bytes.empty() ? 0 : 1;
    ended_ = piece.then != Piece::Then::kMore;
    cut_ = piece.then == Piece::Then::kCut;
  }
  void Leave() { source_.reset(); }

  std::string bytes_;
  std::chrono::milliseconds waited_{0};
  int pieces_ = 0;
  bool ended_ = false, cut_ = false, stands_ = false;

 private:
  std::shared_ptr<http::BodySource> source_;
};

struct End {
  std::uint64_t bytes = 0;
  bool whole = false;
  int times = 0;
};

class Transfers : public ::testing::Test {
 protected:
  Reader Send(std::size_t size, Pace pace, const std::string& target = "acme") {
    body_ = std::make_shared<const std::string>(std::string(size, 'x'));
    return Reader(holds_.Send(target, body_, pace, [this](std::uint64_t bytes, bool whole) { end_ = {bytes, whole, end_.times + 1}; }));
  }

  Holds holds_;
  std::shared_ptr<const std::string> body_;
  End end_;
};

TEST_F(Transfers, ABodyArrivesWhole) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65536}, std::size_t{200'000}}) {
    Reader reader = Send(size, {});
    reader.Read();
    reader.Leave();
    EXPECT_EQ(reader.bytes_.size(), size);
    EXPECT_FALSE(reader.cut_);
    EXPECT_EQ(end_.bytes, size);
    EXPECT_TRUE(end_.whole);
  }
  EXPECT_EQ(end_.times, 4);
}

TEST_F(Transfers, ACutEndsTheConnectionAtTheByte) {
  const struct {
    std::uint64_t cut, arrives;
    bool cuts;
  } cases[] = {{0, 0, true}, {1, 1, true}, {70'000, 70'000, true}, {100'000, 100'000, true}, {100'001, 100'000, false}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.cut);
    Reader reader = Send(100'000, {.cut = one.cut});
    reader.Read();
    reader.Leave();
    EXPECT_EQ(reader.bytes_.size(), one.arrives);
    EXPECT_EQ(reader.cut_, one.cuts);
    EXPECT_EQ(end_.whole, !one.cuts);
    EXPECT_EQ(end_.bytes, one.arrives);
  }
}

TEST_F(Transfers, BandwidthSpreadsPiecesOverTime) {
  Reader reader = Send(10'000, {.bandwidth = 20'000});
  reader.Read();
  EXPECT_EQ(reader.bytes_.size(), 10'000u);
  EXPECT_EQ(reader.waited_, std::chrono::milliseconds(500));
  EXPECT_EQ(reader.pieces_, 10);
}

TEST_F(Transfers, OneByteASecondIsOneByteASecond) {
  Reader reader = Send(3, {.bandwidth = 1});
  reader.Read();
  EXPECT_EQ(reader.waited_, std::chrono::seconds(3));
  EXPECT_EQ(reader.pieces_, 3);
}

TEST_F(Transfers, HangingSaysNothingMoreUntilTheClientLeaves) {
  Reader reader = Send(100, {.hang_after = 40});
  reader.Read();
  EXPECT_EQ(reader.bytes_.size(), 40u);
  EXPECT_TRUE(reader.stands_);
  EXPECT_EQ(end_.times, 0);
  reader.Leave();
  EXPECT_EQ(end_.bytes, 40u);
  EXPECT_FALSE(end_.whole);
}

TEST_F(Transfers, AHoldStopsAtTheByteUntilReleased) {
  holds_.Hold("acme", 60);
  Piece next;
  const auto source = holds_.Send("acme", std::make_shared<const std::string>(std::string(100, 'x')), {}, [](std::uint64_t, bool) {});
  source->Next([&](Piece piece) { next = std::move(piece); });
  EXPECT_EQ(next.bytes.size(), 60u);
  next = {};
  source->Next([&](Piece piece) { next = std::move(piece); });
  EXPECT_EQ(next.bytes.size(), 0u);
  EXPECT_TRUE(holds_.Await("acme", kDeadline));
  EXPECT_EQ(holds_.List(), Json::parse(R"([{"target": "acme", "bytes": 60, "standing": 1}])"));
  EXPECT_TRUE(holds_.Release("acme"));
  EXPECT_EQ(next.bytes.size(), 40u) << "the release gives what was waited for";
  EXPECT_EQ(holds_.List(), Json::array());
}

TEST_F(Transfers, AHoldBeyondTheEndKeepsTheLastByte) {
  holds_.Hold("acme", 5000);
  Reader reader = Send(100, {});
  reader.Read();
  EXPECT_EQ(reader.bytes_.size(), 99u);
  EXPECT_TRUE(reader.stands_);
}

TEST_F(Transfers, AHoldOfAnEmptyBodyStopsBeforeItsEnd) {
  holds_.Hold("acme", 5);
  Reader reader = Send(0, {});
  reader.Read();
  EXPECT_TRUE(reader.stands_);
}

TEST_F(Transfers, AMovedHoldLetsTransfersGoOnToItsNewPlace) {
  holds_.Hold("acme", 10);
  Piece next;
  const auto source = holds_.Send("acme", std::make_shared<const std::string>(std::string(100, 'x')), {}, [](std::uint64_t, bool) {});
  source->Next([&](Piece piece) { next = std::move(piece); });
  source->Next([&](Piece piece) { next = std::move(piece); });
  holds_.Hold("acme", 30);
  EXPECT_EQ(next.bytes.size(), 20u);
  source->Next([](Piece) { FAIL() << "it stands at 30"; });
  EXPECT_TRUE(holds_.Await("acme", kDeadline));
}

TEST_F(Transfers, AHoldOfAnotherTargetStopsNothing) {
  holds_.Hold("null", 0);
  Reader reader = Send(100, {});
  reader.Read();
  EXPECT_EQ(reader.bytes_.size(), 100u);
}

TEST_F(Transfers, AClientThatLeavesNoLongerStandsAtTheHold) {
  holds_.Hold("acme", 10);
  Reader reader = Send(100, {});
  reader.Read();
  reader.Leave();
  EXPECT_EQ(holds_.List().at(0).at("standing"), 0);
  EXPECT_EQ(end_.bytes, 10u);
  EXPECT_TRUE(holds_.Release("acme"));
}

TEST_F(Transfers, AwaitSaysWhyItDidNotComeAbout) {
  EXPECT_EQ(holds_.Await("acme", kDeadline).error().kind, ErrorKind::kNotFound);
  holds_.Hold("acme", 10);
  EXPECT_EQ(holds_.Await("acme", std::chrono::milliseconds(1)).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(holds_.Release("null").error().kind, ErrorKind::kNotFound);
}

TEST_F(Transfers, ManyTransfersAreHeldAndReleasedTogether) {
  constexpr int kMany = 8;
  holds_.Hold("acme", 10);
  const auto body = std::make_shared<const std::string>(std::string(1000, 'x'));
  std::atomic<int> whole = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kMany; ++i) {
    threads.emplace_back([&] {
      const auto source = holds_.Send("acme", body, {}, [&](std::uint64_t, bool all) { whole += all ? 1 : 0; });
      std::mutex mutex;
      std::condition_variable came;
      for (bool ended = false; !ended;) {
        std::optional<Piece> piece;
        source->Next([&](Piece got) {
          const std::scoped_lock lock(mutex);
          piece = std::move(got);
          came.notify_all();
        });
        std::unique_lock lock(mutex);
        if (!came.wait_for(lock, kDeadline, [&] { return piece.has_value(); })) return;
        ended = piece->then == Piece::Then::kEnd;
      }
    });
  }
  ASSERT_TRUE(holds_.Await("acme", kDeadline));
  holds_.ReleaseAll();
  threads.clear();
  EXPECT_EQ(whole, kMany);
}

}  // namespace
}  // namespace provdlab::repository
