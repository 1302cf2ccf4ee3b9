#include "base/tftp/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace provdlab::tftp {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

Request Ask(std::vector<Option> options = {}) { return {.file = "x", .mode = "octet", .options = std::move(options)}; }

class SenderTest : public ::testing::Test {
 protected:
  // Its first datagram.
  std::string Begin(Request request, Content content, SenderOptions options = {}) {
    sender_.emplace(request, std::move(content), options);
    last_ = sender_->Start();
    return last_.datagram;
  }
  std::string Get(const Packet& packet) {
    last_ = sender_->Receive(Encode(packet));
    return last_.datagram;
  }
  ErrorCode Error() const { return std::get<ErrorPacket>(*Parse(last_.datagram)).code; }

  std::optional<Sender> sender_;
  Sender::Step last_;
};

TEST_F(SenderTest, SendsBlockAfterBlock) {
  const std::string bytes = std::string(512, 'a') + std::string(512, 'b') + "c";
  EXPECT_EQ(Begin(Ask(), ContentOf(bytes)), Encode(Data{1, std::string(512, 'a')}));
  EXPECT_EQ(last_.wait, milliseconds(4'000));
  EXPECT_TRUE(sender_->in_beginning());
  EXPECT_EQ(Get(Ack{1}), Encode(Data{2, std::string(512, 'b')}));
  EXPECT_FALSE(sender_->in_beginning());
  EXPECT_FALSE(sender_->at_the_end());
  EXPECT_EQ(Get(Ack{2}), Encode(Data{3, "c"}));
  EXPECT_TRUE(sender_->at_the_end());
  EXPECT_EQ(Get(Ack{3}), "");
  EXPECT_TRUE(last_.ended);
  EXPECT_EQ(sender_->end(), SenderEnd::kWhole);
}

// FB-014.
TEST_F(SenderTest, EndsExactMultiplesAndEmptyFilesWithOneEmptyBlock) {
  Begin(Ask(), ContentOf(std::string(1024, 'a')));
  Get(Ack{1});
  EXPECT_EQ(Get(Ack{2}), Encode(Data{3, ""}));
  EXPECT_EQ(Get(Ack{3}), "");
  EXPECT_EQ(sender_->end(), SenderEnd::kWhole);
  EXPECT_EQ(Begin(Ask(), ContentOf("")), Encode(Data{1, ""}));
  EXPECT_EQ(Get(Ack{1}), "");
  EXPECT_EQ(sender_->end(), SenderEnd::kWhole);
}

TEST_F(SenderTest, GoesOnBehindTheLastNumberWithZero) {
  const std::uint64_t blocks = 65'537;
  Begin(Ask({{"blksize", "8"}}), ContentOf(std::string(blocks * 8 - 1, 'x')));
  Get(Ack{0});
  for (std::uint64_t block = 1; block < blocks; ++block)
    ASSERT_EQ(Get(Ack{static_cast<std::uint16_t>(block)}),
              Encode(Data{static_cast<std::uint16_t>(block + 1), std::string(block + 1 == blocks ? 7 : 8, 'x')}));
  EXPECT_EQ(Get(Ack{static_cast<std::uint16_t>(blocks)}), "");
  EXPECT_EQ(sender_->end(), SenderEnd::kWhole);
}

// FB-004. What is agreed on, by what was asked for; nothing: block 1 comes at once.
TEST_F(SenderTest, AgreesToOptions) {
  using Options = std::vector<Option>;
  const struct {
    Options asked, agreed;
    std::size_t block = 512;
  } cases[] = {
      {{{"blksize", "1024"}}, {{"blksize", "1024"}}, 1024},
      {{{"blksize", "8"}}, {{"blksize", "8"}}, 8},
      {{{"blksize", "65464"}}, {{"blksize", "1400"}}, 1400},  // more than this server sends
      {{{"BlkSize", "1024"}}, {{"BlkSize", "1024"}}, 1024},
      {{{"blksize", "7"}}, {}},
      {{{"blksize", "65465"}}, {}},
      {{{"blksize", "abc"}}, {}},
      {{{"blksize", "-1"}}, {}},
      {{{"blksize", ""}}, {}},
      {{{"blksize", "18446744073709551616"}}, {}},
      {{{"blksize", "1024"}, {"blksize", "1024"}}, {}},
      {{{"blksize", "1024"}, {"BLKSIZE", "600"}, {"tsize", "0"}}, {{"tsize", "1500"}}},
      {{{"tsize", "0"}}, {{"tsize", "1500"}}},
      {{{"tsize", "9"}}, {{"tsize", "1500"}}},
      {{{"tsize", "?"}}, {}},
      {{{"timeout", "1"}}, {{"timeout", "1"}}},
      {{{"timeout", "255"}}, {{"timeout", "255"}}},
      {{{"timeout", "0"}}, {}},
      {{{"timeout", "256"}}, {}},
      {{{"windowsize", "4"}}, {}},
      {{{"blksize", "1024"}, {"windowsize", "4"}, {"tsize", "0"}}, {{"blksize", "1024"}, {"tsize", "1500"}}, 1024},
      {{{"multicast", ""}}, {}},
  };
  for (const auto& each : cases) {
    const std::string about = Encode(OptionAck{each.asked});
    const std::string first = Begin(Ask(each.asked), ContentOf(std::string(1500, 'x')), {.most_block_size = 1400});
    const std::string block = Encode(Data{1, std::string(each.block, 'x')});
    EXPECT_EQ(sender_->agreed(), each.agreed) << about;
    EXPECT_EQ(first, each.agreed.empty() ? block : Encode(OptionAck{each.agreed})) << about;
    if (!each.agreed.empty()) {
      EXPECT_EQ(Get(Ack{0}), block) << about;
    }
  }
}

TEST_F(SenderTest, WaitsAsLongAsTheClientAsksFor) {
  Begin(Ask({{"timeout", "2"}}), ContentOf("x"), {.patience = milliseconds(70)});
  EXPECT_EQ(last_.wait, milliseconds(2'000));
  Begin(Ask(), ContentOf("x"), {.patience = milliseconds(70)});
  EXPECT_EQ(last_.wait, milliseconds(70));
}

TEST_F(SenderTest, SendsAgainSoOftenThenIsQuiet) {
  for (const bool with_options : {false, true}) {
    const std::string first = Begin(with_options ? Ask({{"tsize", "0"}}) : Ask(), ContentOf("x"), {.attempts = 4});
    for (int i = 0; i < 3; ++i) {
      last_ = sender_->TimedOut();
      EXPECT_EQ(last_.datagram, first);
      EXPECT_GT(last_.wait, milliseconds(0));
    }
    last_ = sender_->TimedOut();
    EXPECT_TRUE(last_.ended);
    EXPECT_EQ(last_.datagram, "");
    EXPECT_EQ(sender_->end(), SenderEnd::kGaveUp);
  }
}

TEST_F(SenderTest, CountsTheSendingsOfEachBlockAnew) {
  Begin(Ask(), ContentOf(std::string(1000, 'x')), {.attempts = 2});
  sender_->TimedOut();
  Get(Ack{1});
  EXPECT_FALSE(sender_->TimedOut().ended);
  EXPECT_TRUE(sender_->TimedOut().ended);
}

TEST_F(SenderTest, DoesNothingAboutWhatWasAcknowledgedBefore) {
  Begin(Ask({{"tsize", "0"}}), ContentOf(std::string(2000, 'x')));
  Get(Ack{0});
  Get(Ack{1});
  for (const std::uint16_t block : {0, 1, 0, 1, 65'535, 40'000}) {
    EXPECT_EQ(Get(Ack{block}), "") << block;
    EXPECT_EQ(last_.wait, milliseconds(0)) << block;  // the timer is not put off either
    EXPECT_FALSE(last_.ended);
  }
  EXPECT_EQ(Get(Ack{2}), Encode(Data{3, std::string(512, 'x')}));
}

TEST_F(SenderTest, EndsWithAClientThatDoesWhatItMustNot) {
  const std::string bytes(2000, 'x');
  Begin(Ask(), ContentOf(bytes));
  Get(Ack{2});
  EXPECT_EQ(Error(), ErrorCode::kIllegalOperation);
  EXPECT_TRUE(last_.ended);
  EXPECT_EQ(sender_->end(), SenderEnd::kUnlawful);
  EXPECT_THAT(sender_->problem(), HasSubstr("block 2"));

  for (const Packet& packet : std::initializer_list<Packet>{Ask(), Data{1, "x"}, OptionAck{}}) {
    Begin(Ask(), ContentOf(bytes));
    Get(packet);
    EXPECT_EQ(Error(), ErrorCode::kIllegalOperation);
  }
  for (const std::string datagram : {"", "x", "xyz"}) {
    Begin(Ask(), ContentOf(bytes));
    last_ = sender_->Receive(datagram);
    EXPECT_EQ(Error(), ErrorCode::kIllegalOperation);
  }
  Begin(Ask(), ContentOf(bytes));
  Get(ErrorPacket{ErrorCode::kDiskFull, "no room"});
  EXPECT_TRUE(last_.ended);
  EXPECT_EQ(last_.datagram, "");
  EXPECT_EQ(sender_->end(), SenderEnd::kRefused);
  EXPECT_THAT(sender_->problem(), HasSubstr("no room"));
  EXPECT_EQ(sender_->Receive(Encode(Ack{1})).datagram, "");
  EXPECT_TRUE(sender_->TimedOut().ended);
}

TEST_F(SenderTest, TellsTheClientWhenTheFileFails) {
  int reads = 0;
  const Content failing{2000, [&](std::uint64_t, std::size_t most) -> Result<std::string> {
                          if (++reads == 2) return Fail(ErrorKind::kUnavailable, "the disk is gone");
                          return std::string(most, 'x');
                        }};
  Begin(Ask(), failing);
  Get(Ack{1});
  EXPECT_EQ(Error(), ErrorCode::kUndefined);
  EXPECT_EQ(sender_->end(), SenderEnd::kUnread);
  EXPECT_EQ(sender_->problem(), "the disk is gone");

  Begin(Ask(), {2000, [](std::uint64_t, std::size_t) -> Result<std::string> { return std::string("short"); }});
  EXPECT_EQ(Error(), ErrorCode::kUndefined);
}

}  // namespace
}  // namespace provdlab::tftp
