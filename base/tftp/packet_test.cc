#include "base/tftp/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::tftp {
namespace {

using ::testing::HasSubstr;
using std::string_literals::operator""s;

struct Row {
  std::string bytes;
  Packet packet;
};

// What is written one way and read the same.
TEST(TftpPacket, IsWrittenAndRead) {
  const Row rows[] = {
      {"\0\1Acme/x.cfg\0octet\0"s, Request{.file = "Acme/x.cfg", .mode = "octet"}},
      {"\0\1/x\0OCTET\0"s, Request{.file = "/x", .mode = "OCTET"}},
      {"\0\1\0octet\0"s, Request{.file = "", .mode = "octet"}},
      {"\0\1\xc3\xa9\0octet\0"s, Request{.file = "\xc3\xa9", .mode = "octet"}},
      {"\0\2x\0netascii\0"s, Request{.write = true, .file = "x", .mode = "netascii"}},
      {"\0\1x\0octet\0blksize\0001024\0tsize\0000\0"s,
       Request{.file = "x", .mode = "octet", .options = {{"blksize", "1024"}, {"tsize", "0"}}}},
      {"\0\1x\0octet\0BLKSIZE\0\0"s, Request{.file = "x", .mode = "octet", .options = {{"BLKSIZE", ""}}}},
      {"\0\3\0\1"s, Data{1, ""}},
      {"\0\3\xff\xff\0\1\2"s, Data{65535, "\0\1\2"s}},
      {"\0\4\1\2"s, Ack{258}},
      {"\0\5\0\1File not found\0"s, ErrorPacket{ErrorCode::kNotFound, "File not found"}},
      {"\0\5\0\x63\0"s, ErrorPacket{static_cast<ErrorCode>(0x63), ""}},
      {"\0\6"s, OptionAck{}},
      {"\0\6blksize\000512\0"s, OptionAck{{{"blksize", "512"}}}},
  };
  for (const Row& row : rows) {
    const auto parsed = Parse(row.bytes);
    ASSERT_TRUE(parsed) << parsed.error().message << ": " << ::testing::PrintToString(row.bytes);
    EXPECT_EQ(*parsed, row.packet) << ::testing::PrintToString(row.bytes);
    EXPECT_EQ(Encode(row.packet), row.bytes);
  }
}

// What clients write carelessly, and what it must mean.
TEST(TftpPacket, IsReadWhereItIsClearWhatIsMeant) {
  const Row rows[] = {
      {"\0\1x\0octet"s, Request{.file = "x", .mode = "octet"}},                                                      // no final NUL
      {"\0\1x\0octet\0blksize\0"s, Request{.file = "x", .mode = "octet"}},                                           // no value
      {"\0\1x\0octet\0blksize\0008\0tsize"s, Request{.file = "x", .mode = "octet", .options = {{"blksize", "8"}}}},  // likewise
      {"\0\1x\0octet\0blksize\0008"s, Request{.file = "x", .mode = "octet", .options = {{"blksize", "8"}}}},
      {"\0\1x\0octet\0\0\0\0\0"s, Request{.file = "x", .mode = "octet"}},  // filled up
      {"\0\4\0\1 and more"s, Ack{1}},
      {"\0\5\0\2no final NUL"s, ErrorPacket{ErrorCode::kAccess, "no final NUL"}},
      {"\0\5\0\0"s, ErrorPacket{ErrorCode::kUndefined, ""}},
      {"\0\6blksize\0"s, OptionAck{}},
  };
  for (const Row& row : rows) {
    const auto parsed = Parse(row.bytes);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, row.packet) << ::testing::PrintToString(row.bytes);
  }
}

TEST(TftpPacket, IsRefusedWithAReason) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "no opcode"},
      {"\0"s, "no opcode"},
      {"\1\0x\0octet\0"s, "opcode 256"},
      {"\0\0"s, "opcode 0"},
      {"\0\7x"s, "opcode 7"},
      {"GET / HTTP/1.1\r\n\r\n", "opcode 18245"},
      {"\0\1"s, "no NUL"},
      {"\0\1x"s, "no NUL"},
      {"\0\1x\0"s, "no mode"},
      {"\0\1"s + std::string(507, 'x') + "\0octet\0"s, "512 bytes"},
      {"\0\3\0"s, "number"},
      {"\0\4"s, "number"},
      {"\0\5\0"s, "number"},
  };
  for (const auto& [bytes, problem] : rows) {
    const auto parsed = Parse(bytes);
    ASSERT_FALSE(parsed) << ::testing::PrintToString(bytes);
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(parsed.error().message, HasSubstr(problem));
  }
}

TEST(TftpPacket, ATextNeverBecomesTwoFields) {
  EXPECT_EQ(Encode(Request{.file = "a\0b"s, .mode = "octet"}), "\0\1a\0octet\0"s);
  EXPECT_EQ(Encode(ErrorPacket{ErrorCode::kUndefined, "a\0b"s}), "\0\5\0\0a\0"s);
}

}  // namespace
}  // namespace provdlab::tftp
