#include "base/ami/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::ami {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What comes out of the bytes, given in pieces of a size; a refusal as a packet of one field.
std::vector<Packet> Cut(std::string_view bytes, std::size_t piece) {
  PacketReader reader;
  std::vector<Packet> packets;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.Put(bytes.substr(at, piece));
    for (;;) {
      auto packet = reader.Next();
      if (!packet) return packets.push_back({{{"!", packet.error().message}}}), packets;
      if (!*packet) break;
      packets.push_back(std::move(**packet));
    }
  }
  return packets;
}

TEST(AmiPacket, IsReadWhateverThePieces) {
  const std::string bytes =
      "\r\nAction: Login\r\nActionID: 7\r\nUsername:provd\r\n\r\n"
      "Action:  SIPnotify \nVariable: Event=check-sync;reboot=false\nVariable: A=b: c\nno colon\n: \n\n\r\n"
      "Action: Logoff\r\n\r\nAction: Half";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_THAT(
        Cut(bytes, piece),
        ElementsAre(Packet{{{"Action", "Login"}, {"ActionID", "7"}, {"Username", "provd"}}},
                    Packet{{{"Action", "SIPnotify"}, {"Variable", "Event=check-sync;reboot=false"}, {"Variable", "A=b: c"}, {"", ""}}},
                    Packet{{{"Action", "Logoff"}}}))
        << piece;
}

TEST(AmiPacket, IsWrittenAsItIsRead) {
  const Packet packet{{{"Response", "Success"}, {"ActionID", "7"}, {"Message", "well"}}};
  EXPECT_EQ(packet.Text(), "Response: Success\r\nActionID: 7\r\nMessage: well\r\n\r\n");
  EXPECT_THAT(Cut(packet.Text(), 3), ElementsAre(packet));
  EXPECT_EQ((Packet{{{"A\r\nB", "c\r\n\r\nd"}}}).Text(), "A  B: c    d\r\n\r\n");
}

TEST(AmiPacket, GivesItsFields) {
  const Packet packet{{{"Variable", "1"}, {"variable", "2"}}};
  EXPECT_EQ(packet.Get("VARIABLE"), "1");
  EXPECT_THAT(packet.All("Variable"), ElementsAre("1", "2"));
  EXPECT_EQ(packet.Get("Other"), "");
}

TEST(AmiPacket, IsBounded) {
  const std::string most = "A: " + std::string(PacketReader::kLargestPacket - 7, 'x') + "\r\n\r\n";
  ASSERT_EQ(most.size(), PacketReader::kLargestPacket);
  for (const std::size_t piece : {std::size_t{1000}, most.size() + 10}) {
    EXPECT_EQ(Cut(most, piece).front().fields.front().name, "A");
    EXPECT_THAT(Cut("B" + most, piece).front().fields.front().value, HasSubstr("at most 16384 bytes"));
    EXPECT_THAT(Cut(std::string(PacketReader::kLargestPacket + 1, 'x'), piece).front().fields.front().value, HasSubstr("at most"));
  }
}

}  // namespace
}  // namespace provdlab::ami
