// Sender and Receiver against each other over a network that loses, doubles, delays and reorders datagrams, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "base/tftp/receiver.h"
#include "base/tftp/sender.h"

namespace provdlab::tftp {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kServerPort = 40'001;

struct Weather {
  double lost = 0, doubled = 0;
  int least_delay = 1, most_delay = 1;  // milliseconds
};

struct Course {
  ReceiverResult received;
  SenderEnd sent = SenderEnd::kGaveUp;
  std::map<std::uint16_t, int> sendings;  // of blocks
  int datagrams = 0;
  milliseconds lasted{0};
};

// One event at a time, the earliest first; of the same instant, the one that was planned first.
class World {
 public:
  World(const std::string& bytes, Request request, Weather weather, unsigned seed, SenderOptions sending = {},
        ReceiverOptions receiving = {})
      : weather_(weather),
        random_(seed),
        sender_(request,
                {bytes.size(),
                 [&bytes](std::uint64_t offset, std::size_t most) -> Result<std::string> {
                   return bytes.substr(static_cast<std::size_t>(offset), most);
                 }},
                sending),
        receiver_(request, std::move(receiving)) {}

  Course Run() {
    Carry(receiver_.Start());
    while (!events_.empty() && course_.datagrams < 10'000'000) {
      const auto next = events_.begin();
      now_ = next->first.first;
      const auto happen = std::move(next->second);
      events_.erase(next);
      happen();
    }
    course_.received = receiver_.result();
    course_.sent = sender_.end();
    course_.lasted = now_;
    return course_;
  }

 private:
  void At(milliseconds when, std::function<void()> happen) { events_.emplace(std::make_pair(when, ++planned_), std::move(happen)); }

  void Deliver(const std::function<void()>& arrive) {
    ++course_.datagrams;
    const int copies = Chance(weather_.lost) ? 0 : Chance(weather_.doubled) ? 2 : 1;
    for (int i = 0; i < copies; ++i)
      At(now_ + milliseconds(std::uniform_int_distribution(weather_.least_delay, weather_.most_delay)(random_)), arrive);
  }

  void Carry(Receiver::Step step) {
    if (!step.datagram.empty()) {
      const bool request = step.to_request_port;
      Deliver([this, datagram = step.datagram, request] {
        if (!request) return Carry(sender_.Receive(datagram));
        // A server drops a request that comes again.
        if (!std::exchange(begun_, true)) Carry(sender_.Start());
      });
    }
    const int timer = ++receiver_timer_;
    if (!step.ended)
      At(now_ + step.wait, [this, timer] {
        if (timer == receiver_timer_) Carry(receiver_.TimedOut());
      });
  }

  void Carry(Sender::Step step) {
    if (!step.datagram.empty()) {
      const auto packet = Parse(step.datagram);
      if (const auto* const data = std::get_if<Data>(&*packet)) ++course_.sendings[data->block];
      Deliver([this, datagram = step.datagram] { Carry(receiver_.Receive(datagram, kServerPort)); });
    }
    if (step.ended) ++sender_timer_;
    if (step.ended || step.wait <= milliseconds(0)) return;
    const int timer = ++sender_timer_;
    At(now_ + step.wait, [this, timer] {
      if (timer == sender_timer_) Carry(sender_.TimedOut());
    });
  }

  bool Chance(double probability) { return std::uniform_real_distribution<>(0, 1)(random_) < probability; }

  const Weather weather_;
  std::mt19937 random_;
  Sender sender_;
  Receiver receiver_;
  bool begun_ = false;
  milliseconds now_{0};
  std::map<std::pair<milliseconds, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t planned_ = 0;
  int receiver_timer_ = 0, sender_timer_ = 0;
  Course course_;
};

std::string Noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Request Ask(std::vector<Option> options = {}) { return {.file = "x", .mode = "octet", .options = std::move(options)}; }

TEST(TftpConversation, BringsTheSameBytesWhateverTheNetworkDoes) {
  constexpr unsigned kSeeds = 400;
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    std::mt19937 random(seed);
    const std::size_t block = random() % 2 == 0 ? 512 : 8 + random() % 100;
    const std::size_t blocks = random() % 40;
    const std::size_t rest = random() % 3 == 0 ? 0 : random() % block;
    const std::string bytes = Noise(blocks * block + rest, seed);
    const Weather weather{.lost = (random() % 30) / 100.0,
                          .doubled = (random() % 30) / 100.0,
                          .least_delay = 1,
                          .most_delay = 1 + static_cast<int>(random() % 1'500)};
    const Request request = block == 512 ? Ask() : Ask({{"blksize", std::to_string(block)}, {"tsize", "0"}});
    // So patient that only a broken state machine gives up.
    const Course course = World(bytes, request, weather, seed, {.attempts = 100}, {.patience = milliseconds(3'000), .attempts = 100}).Run();
    ASSERT_EQ(course.received.end, ReceiverEnd::kWhole) << "seed " << seed << ": " << course.received.problem;
    ASSERT_EQ(course.received.bytes, bytes) << "seed " << seed;
    // The last acknowledgement may be lost for good, and then only the receiver knows.
    if (weather.lost == 0) {
      ASSERT_EQ(course.sent, SenderEnd::kWhole) << "seed " << seed;
    }
  }
}

// Every datagram comes twice, and so late that both sides have begun to send again. A sender that answers each acknowledgement would send
// every block twice for the rest of the transfer.
TEST(TftpConversation, SendsNoSecondStreamAfterALateDatagram) {
  const std::string bytes = Noise(100 * 512 + 1, 7);
  const Weather doubling{.doubled = 1, .least_delay = 5, .most_delay = 40};
  const Course calm = World(bytes, Ask(), doubling, 7).Run();
  EXPECT_EQ(calm.received.bytes, bytes);
  for (const auto& [block, sendings] : calm.sendings) EXPECT_EQ(sendings, 1) << "block " << block;
  EXPECT_EQ(calm.sendings.size(), 101u);

  // Late by more than one patience at times: what is sent again is sent by a timer, so that their number is bounded by the time.
  const milliseconds patience(100);
  const Weather late{.doubled = 0.5, .least_delay = 10, .most_delay = 160};
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Course course =
        World(bytes, Ask(), late, seed, {.patience = patience, .attempts = 100}, {.patience = patience * 4, .attempts = 100}).Run();
    ASSERT_EQ(course.received.bytes, bytes) << "seed " << seed;
    int again = 0;
    for (const auto& [block, sendings] : course.sendings) again += sendings - 1;
    EXPECT_LE(again, course.lasted / patience) << "seed " << seed;
  }
}

TEST(TftpConversation, EndsOnBothSidesWhenTheNetworkIsGone) {
  for (const double lost : {1.0, 0.7}) {
    const Course course = World(Noise(100'000, 1), Ask(), {.lost = lost}, 1).Run();
    EXPECT_EQ(course.received.end, ReceiverEnd::kGaveUp);
    EXPECT_LT(course.datagrams, 1'000);
  }
}

TEST(TftpConversation, TakesTwoDatagramsForEachBlock) {
  const std::string bytes = Noise(65'540 * 8, 3);
  const Course course = World(bytes, Ask({{"blksize", "8"}}), {}, 3).Run();
  EXPECT_EQ(course.received.bytes, bytes);
  EXPECT_EQ(course.sent, SenderEnd::kWhole);
  EXPECT_EQ(course.datagrams, 2 + 1 + 2 * 65'541 - 1 + 1);  // request, OACK, ACK 0; then a block and its ACK
}

}  // namespace
}  // namespace provdlab::tftp
