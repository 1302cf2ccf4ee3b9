// Transfers as scenarios describe them, with a real server on the other side.
#include "conformance/runner/transfer.h"

#include <gtest/gtest.h>

#include "base/tftp/server.h"

namespace provdlab::conformance {
namespace {

using std::chrono::seconds;

tftp::File Bytes(std::string bytes) {
  const std::uint64_t size = bytes.size();
  return {.content = {size, [bytes = std::move(bytes)](std::uint64_t offset, std::size_t most) -> Result<std::string> {
                        return bytes.substr(static_cast<std::size_t>(offset), most);
                      }}};
}

class TransferTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto port = server_.Start();
    ASSERT_TRUE(port.has_value()) << port.error().message;
    place_ = {.from = "127.77.0.1", .host = "127.0.0.1", .port = *port, .within = seconds(20)};
  }

  Json Read(const TransferOrder& order) {
    const auto seen = ReadOverTftp(place_, order);
    EXPECT_TRUE(seen.has_value()) << (seen ? "" : seen.error().message);
    return seen.value_or(Json::object());
  }

  tftp::Server server_{{}, [](const tftp::Asked& asked) -> tftp::Answer {
                         if (asked.peer != "127.77.0.1") return tftp::ErrorPacket{tftp::ErrorCode::kAccess, "not for " + asked.peer};
                         if (asked.request.write) return tftp::ErrorPacket{tftp::ErrorCode::kAccess, "nothing is taken"};
                         if (asked.request.file == "four blocks") return Bytes(std::string(1'600, 'x'));
                         if (asked.request.file == "text") return Bytes("hello\n");
                         return tftp::ErrorPacket{tftp::ErrorCode::kNotFound, "no such file"};
                       }};
  TransferPlace place_;
};

TEST_F(TransferTest, ShowsAWholeFile) {
  const Json seen = Read({.file = "text"});
  EXPECT_EQ(seen, (Json{{"end", "whole"},
                        {"size", 6},
                        {"sha1", "f572d396fae9206628714fb2ce00f72e94f2258f"},
                        {"text", "hello\n"},
                        {"blocks", {6}},
                        {"datagrams", 1},
                        {"duplicates", 0},
                        {"repeated", 0}}));
}

TEST_F(TransferTest, ShowsWhatWasAgreedOn) {
  const Json seen = Read({.file = "four blocks", .options = {{"BLKSIZE", "1024"}, {"nonsense", "1"}}});
  EXPECT_EQ(seen["blocks"], (Json{1024, 576}));
  EXPECT_EQ(seen["options"], (Json{{"blksize", "1024"}}));
}

TEST_F(TransferTest, ShowsAnError) {
  const Json seen = Read({.file = "nothing"});
  EXPECT_EQ(seen["end"], "error");
  EXPECT_EQ(seen["error"], (Json{{"code", 1}, {"message", "no such file"}}));
}

// The server is the one that has to send again; a whole file is only there if it does.
TEST_F(TransferTest, LeavesWhatGetsLostToTheServer) {
  for (const auto& order : {TransferOrder{.file = "four blocks", .options = {{"timeout", "1"}}, .loses_block = 2},
                            TransferOrder{.file = "four blocks", .options = {{"timeout", "1"}}, .loses_ack = 2},
                            TransferOrder{.file = "four blocks", .options = {{"timeout", "1"}}, .loses_ack = 4}}) {
    const Json seen = Read(order);
    EXPECT_EQ(seen["end"], "whole") << seen;
    EXPECT_EQ(seen["size"], 1'600) << seen;
    EXPECT_EQ(seen["repeated"], 0) << seen;
    EXPECT_GE(seen["datagrams"], 6) << "an OACK, four blocks and one of them again: " << seen;
    EXPECT_GE(seen["duplicates"], order.loses_ack ? 1 : 0) << seen;
  }
}

TEST_F(TransferTest, SendsAnAcknowledgementTwice) {
  const Json seen = Read({.file = "four blocks", .repeats_ack = 2});
  EXPECT_EQ(seen["end"], "whole");
  EXPECT_EQ(seen["duplicates"], 0);
  EXPECT_EQ(seen["datagrams"], 4);
}

TEST_F(TransferTest, LetsAStrangerDisturb) {
  const Json seen = Read({.file = "four blocks", .disturbed = true});
  EXPECT_EQ(seen["end"], "whole");
  EXPECT_EQ(seen["stranger"]["code"], 5);
}

TEST_F(TransferTest, StopsInTheMiddle) {
  const Json seen = Read({.file = "four blocks", .stops_after = 2});
  EXPECT_EQ(seen["end"], "stopped");
  EXPECT_EQ(seen["blocks"], (Json{512, 512}));
}

// An acknowledgement of block 9, which was not sent.
TEST_F(TransferTest, SaysSomethingOfItsOwnInTheMiddle) {
  const Json seen = Read({.file = "four blocks", .interjects = std::string("\0\4\0\11", 4), .interjects_after = 2});
  EXPECT_EQ(seen["end"], "error") << seen;
  EXPECT_EQ(seen["error"]["code"], 4) << seen;
  EXPECT_EQ(seen["blocks"], (Json{512, 512})) << seen;
}

TEST_F(TransferTest, SeesWhatComesAfterItsOwnEnd) {
  const std::string error("\0\5\0\0bye\0", 8), ack("\0\4\0\2", 4);
  EXPECT_EQ(Read({.file = "four blocks", .stops_after = 2, .interjects = error, .interjects_after = 2})["afterwards"], 0);
  place_.afterwards = std::chrono::milliseconds(1'000);
  EXPECT_EQ(Read({.file = "four blocks", .stops_after = 2, .interjects = ack, .interjects_after = 2})["afterwards"], 1);
}

TEST_F(TransferTest, LosesTheAgreementOnOptions) {
  const Json seen = Read({.file = "text", .options = {{"timeout", "1"}}, .loses_block = 0});
  EXPECT_EQ(seen["end"], "whole") << seen;
  EXPECT_GE(seen["datagrams"], 3) << "an OACK twice and a block: " << seen;
}

// Which datagrams get lost is the seed's choice, and the same again.
TEST_F(TransferTest, LosesAShareOfAllDatagrams) {
  place_.seed = 2;
  const TransferOrder order{.file = "four blocks", .options = {{"timeout", "1"}}, .noise = 20};
  const Json seen = Read(order);
  EXPECT_EQ(seen["end"], "whole") << seen;
  EXPECT_EQ(seen["size"], 1'600) << seen;
  EXPECT_GT(seen["repeated"].get<int>() + seen["duplicates"].get<int>(), 0) << "nothing got lost: " << seen;
}

TEST_F(TransferTest, WritesAndSendsAnything) {
  const auto written = WriteOverTftp(place_, {.file = "text"});
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ((*written)["end"], "error");
  EXPECT_EQ((*written)["error"]["code"], 2);
  const auto sent = SendDatagram(place_, std::string("\0\1text\0octet\0", 13));
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ((*sent)["end"], "data");
  EXPECT_EQ((*sent)["size"], 6);
}

TEST_F(TransferTest, SilenceIsAnAnswerToo) {
  server_.Stop();
  place_.within = std::chrono::milliseconds(50);
  const auto sent = SendDatagram(place_, "x");
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ((*sent)["end"], "silent");
  EXPECT_EQ(Read({.file = "text"})["end"], "gave-up");
}

TEST_F(TransferTest, AnAddressThatIsNotOursIsNoFaultOfTheServer) {
  place_.from = "192.0.2.1";
  const auto seen = ReadOverTftp(place_, {.file = "text"});
  ASSERT_FALSE(seen.has_value());
  EXPECT_NE(seen.error().message.find("192.0.2.1"), std::string::npos) << seen.error().message;
}

}  // namespace
}  // namespace provdlab::conformance
