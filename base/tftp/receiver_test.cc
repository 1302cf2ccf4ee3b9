#include "base/tftp/receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::tftp {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint16_t kPort = 40'001;
constexpr std::uint16_t kStranger = 40'002;

Request Ask(std::vector<Option> options = {}) { return {.file = "x", .mode = "octet", .options = std::move(options)}; }
std::string Block(std::uint16_t number, std::size_t size) { return Encode(Data{number, std::string(size, 'x')}); }

class ReceiverTest : public ::testing::Test {
 protected:
  Receiver& Begin(Request request = Ask(), ReceiverOptions options = {}) {
    receiver_.emplace(std::move(request), std::move(options));
    const Receiver::Step step = receiver_->Start();
    EXPECT_TRUE(step.to_request_port);
    EXPECT_GT(step.wait, milliseconds(0));
    return *receiver_;
  }
  // What it answers to the transfer's port.
  std::string Get(const std::string& datagram) {
    last_ = receiver_->Receive(datagram, kPort);
    EXPECT_EQ(last_.other_port, 0);
    EXPECT_FALSE(last_.to_request_port && !last_.datagram.empty());
    return last_.datagram;
  }
  const ReceiverResult& result() const { return receiver_->result(); }

  std::optional<Receiver> receiver_;
  Receiver::Step last_;
};

TEST_F(ReceiverTest, TakesBlocksUntilAShortOne) {
  Begin();
  EXPECT_EQ(Get(Block(1, 512)), Encode(Ack{1}));
  EXPECT_FALSE(last_.ended);
  EXPECT_EQ(Get(Block(2, 100)), Encode(Ack{2}));
  EXPECT_TRUE(last_.ended);
  EXPECT_TRUE(last_.linger);
  EXPECT_EQ(result().end, ReceiverEnd::kWhole);
  EXPECT_EQ(result().bytes, std::string(612, 'x'));
  EXPECT_THAT(result().blocks, ElementsAre(512, 100));
  EXPECT_FALSE(result().agreed);
}

TEST_F(ReceiverTest, EndsAnExactMultipleAndAnEmptyFileWithAnEmptyBlock) {
  Begin();
  Get(Block(1, 512));
  EXPECT_EQ(Get(Block(2, 0)), Encode(Ack{2}));
  EXPECT_EQ(result().size, 512u);
  Begin();
  EXPECT_EQ(Get(Block(1, 0)), Encode(Ack{1}));
  EXPECT_EQ(result().end, ReceiverEnd::kWhole);
  EXPECT_EQ(result().size, 0u);
}

TEST_F(ReceiverTest, AcknowledgesAgainWhatComesAgain) {
  Begin();
  Get(Block(1, 512));
  EXPECT_EQ(Get(Block(1, 512)), Encode(Ack{1}));
  Get(Block(2, 512));
  EXPECT_EQ(Get(Block(1, 512)), "");  // older ones would only set a careless server off again
  Get(Block(3, 3));
  EXPECT_EQ(Get(Block(3, 3)), Encode(Ack{3}));
  EXPECT_TRUE(last_.linger);
  EXPECT_EQ(Get(Block(4, 0)), "");  // a superfluous block behind the end
  EXPECT_TRUE(last_.ended);
  EXPECT_EQ(result().duplicates, 2u);
  EXPECT_EQ(result().size, 1027u);
}

TEST_F(ReceiverTest, GoesOnBehindTheLastNumber) {
  Begin(Ask({{"blksize", "8"}}));
  Get(Encode(OptionAck{{{"blksize", "8"}}}));
  for (std::uint32_t block = 1; block <= 65'536; ++block)
    ASSERT_EQ(Get(Block(static_cast<std::uint16_t>(block), 8)), Encode(Ack{static_cast<std::uint16_t>(block)}));
  EXPECT_EQ(Get(Block(0, 8)), Encode(Ack{0}));
  EXPECT_EQ(Get(Block(1, 0)), Encode(Ack{1}));
  EXPECT_EQ(result().size, 65'536u * 8);
  EXPECT_EQ(result().blocks.size(), 64u);
}

TEST_F(ReceiverTest, AgreesToWhatItAskedFor) {
  const std::vector<Option> asked = {{"blksize", "1024"}, {"timeout", "3"}, {"tsize", "0"}, {"windowsize", "4"}};
  Begin(Ask(asked));
  const OptionAck agreed{{{"BLKSIZE", "600"}, {"tsize", "700"}, {"timeout", "3"}}};
  EXPECT_EQ(Get(Encode(agreed)), Encode(Ack{0}));
  EXPECT_EQ(Get(Encode(agreed)), Encode(Ack{0}));
  EXPECT_EQ(Get(Block(1, 600)), Encode(Ack{1}));
  EXPECT_EQ(Get(Encode(agreed)), "");  // late
  EXPECT_EQ(Get(Block(2, 100)), Encode(Ack{2}));
  EXPECT_EQ(result().agreed, agreed.options);
  EXPECT_EQ(result().bytes.size(), 700u);

  Begin(Ask(asked));
  EXPECT_EQ(Get(Block(1, 512)), Encode(Ack{1}));  // no OACK: no option
  EXPECT_FALSE(result().agreed);
}

TEST_F(ReceiverTest, RefusesWhatItDidNotAskFor) {
  const struct {
    std::vector<Option> asked, agreed;
    ErrorCode code;
    ReceiverEnd end;
  } cases[] = {
      {{}, {{"blksize", "1024"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"blksize", "1024"}}, {{"blksize", "1025"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"blksize", "1024"}}, {{"blksize", "7"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"blksize", "1024"}}, {{"blksize", "x"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"timeout", "3"}}, {{"timeout", "4"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"tsize", "0"}}, {{"tsize", "-1"}}, ErrorCode::kOptionRefused, ReceiverEnd::kMalformed},
      {{{"tsize", "0"}}, {{"tsize", "1001"}}, ErrorCode::kDiskFull, ReceiverEnd::kTooLarge},
  };
  for (const auto& each : cases) {
    Begin(Ask(each.asked), {.most_bytes = 1000});
    Get(Encode(OptionAck{each.agreed}));
    EXPECT_TRUE(last_.ended);
    EXPECT_EQ(result().end, each.end) << each.agreed[0].value;
    ASSERT_TRUE(result().error);
    EXPECT_EQ(result().error->code, each.code);
    EXPECT_EQ(last_.datagram, Encode(*result().error));
    EXPECT_FALSE(last_.linger);
  }
}

TEST_F(ReceiverTest, SaysWhatIsWrongWithTheServer) {
  const struct {
    std::string datagram;
    ReceiverEnd end;
    const char* problem;
  } cases[] = {
      {Encode(ErrorPacket{ErrorCode::kNotFound, "File not found"}), ReceiverEnd::kError, "File not found"},
      {Encode(Ack{0}), ReceiverEnd::kMalformed, "only clients send"},
      {Encode(Ask()), ReceiverEnd::kMalformed, "only clients send"},
      {"x", ReceiverEnd::kMalformed, "no opcode"},
      {Block(1, 513), ReceiverEnd::kMalformed, "513 bytes"},
  };
  for (const auto& each : cases) {
    Begin();
    Get(each.datagram);
    EXPECT_TRUE(last_.ended);
    EXPECT_EQ(result().end, each.end);
    EXPECT_THAT(result().problem, HasSubstr(each.problem));
    EXPECT_EQ(last_.datagram.empty(), each.end == ReceiverEnd::kError);  // no error in answer to one
  }
}

TEST_F(ReceiverTest, KeepsStrangersOut) {
  Begin();
  Get(Block(1, 512));
  Receiver::Step step = receiver_->Receive(Block(2, 10), kStranger);
  EXPECT_EQ(step.other_port, kStranger);
  EXPECT_FALSE(step.ended);
  const auto answer = Parse(step.datagram);
  EXPECT_EQ(std::get<ErrorPacket>(*answer).code, ErrorCode::kUnknownTransfer);
  EXPECT_EQ(receiver_->Receive(Encode(ErrorPacket{}), kStranger).datagram, "");
  Get(Block(2, 0));
  EXPECT_EQ(result().size, 512u);
}

TEST_F(ReceiverTest, AsksAgainSoOftenThenGivesUp) {
  Begin(Ask(), {.patience = milliseconds(70), .attempts = 3});
  Receiver::Step step = receiver_->TimedOut();
  EXPECT_EQ(step.datagram, Encode(Ask()));
  EXPECT_TRUE(step.to_request_port);
  EXPECT_EQ(step.wait, milliseconds(70));
  EXPECT_EQ(Get(Block(1, 512)), Encode(Ack{1}));
  for (int i = 0; i < 2; ++i) {
    step = receiver_->TimedOut();
    EXPECT_EQ(step.datagram, Encode(Ack{1}));
    EXPECT_FALSE(step.to_request_port);
  }
  step = receiver_->TimedOut();
  EXPECT_TRUE(step.ended);
  EXPECT_EQ(step.datagram, "");
  EXPECT_EQ(result().end, ReceiverEnd::kGaveUp);
  EXPECT_EQ(result().repeated, 3u);
}

TEST_F(ReceiverTest, IsNotKeptForEverByWhatMeansNothing) {
  for (const std::string& noise : {Block(7, 512), Block(1, 512)}) {
    Begin();
    Get(Block(1, 512));
    int datagrams = 0;
    for (; !last_.ended && datagrams < 100'000; ++datagrams) Get(noise);
    EXPECT_EQ(result().end, ReceiverEnd::kGaveUp);
    EXPECT_LE(datagrams, 1'000);
  }
}

TEST_F(ReceiverTest, GivesBytesToASinkUntilItHasEnough) {
  std::size_t taken = 0;
  Begin(Ask(), {.sink = [&](std::string_view bytes) {
          taken += bytes.size();
          return taken < 1000;
        }});
  Get(Block(1, 512));
  Get(Block(2, 512));
  EXPECT_TRUE(last_.ended);
  EXPECT_EQ(result().end, ReceiverEnd::kStopped);
  EXPECT_EQ(result().bytes, "");
  EXPECT_EQ(result().size, 1024u);
}

TEST_F(ReceiverTest, TakesNoMoreThanItMay) {
  Begin(Ask(), {.most_bytes = 600});
  Get(Block(1, 512));
  Get(Block(2, 512));
  EXPECT_EQ(result().end, ReceiverEnd::kTooLarge);
  EXPECT_EQ(result().error->code, ErrorCode::kDiskFull);
  EXPECT_EQ(result().size, 512u);
}

}  // namespace
}  // namespace provdlab::tftp
