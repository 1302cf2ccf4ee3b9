#include "base/sip/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/sip/message.h"

namespace provdlab::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFirst[] = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
constexpr char kSecond[] = "INFO sip:a SIP/2.0\r\nContent-Type: text/plain\r\nL :  7\r\n\r\nbody\r\n\r";

// What comes out of the bytes, given in pieces of a size.
std::vector<std::string> Cut(std::string_view bytes, std::size_t piece) {
  Stream stream;
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    stream.Put(bytes.substr(at, piece));
    for (;;) {
      auto message = stream.Next();
      if (!message) return messages.push_back("! " + message.error().message), messages;
      if (!*message) break;
      messages.push_back(std::move(**message));
    }
  }
  return messages;
}

TEST(SipStream, IsCutByContentLengthWhateverThePieces) {
  const std::string bytes = std::string("\r\n\r\n") + kFirst + kSecond + "\r\n" + kFirst + "OPTIONS sip:b";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) EXPECT_THAT(Cut(bytes, piece), ElementsAre(kFirst, kSecond, kFirst)) << piece;
}

TEST(SipStream, EndsWhereNobodyCanTellTheNextMessage) {
  for (const char* lines :
       {"", "Content-Length: x\r\n", "Content-Length: \r\n", "Content-Length: 1\r\nl: 2\r\n", "Content-Length: -1\r\n"}) {
    const auto messages = Cut(std::string(kFirst) + "OPTIONS sip:a SIP/2.0\r\nX: 1\r\n" + lines + "\r\n" + kFirst, 7);
    ASSERT_EQ(messages.size(), 2u) << lines;
    EXPECT_THAT(messages[1], HasSubstr("needs a Content-Length")) << lines;
  }
}

TEST(SipStream, IsBounded) {
  for (const std::string& bytes : {std::string(kLargestMessage + 5, 'x'), std::string("A\r\nContent-Length: 65536\r\n\r\n"),
                                   std::string("A\r\nContent-Length: 18446744073709551615\r\n\r\n"),
                                   "A: " + std::string(kLargestMessage, 'x') + "\r\nContent-Length: 0\r\n\r\n"}) {
    for (const std::size_t piece : {std::size_t{1000}, bytes.size()}) {
      const auto messages = Cut(bytes, piece);
      ASSERT_EQ(messages.size(), 1u) << bytes.substr(0, 60);
      EXPECT_THAT(messages[0], HasSubstr("65536 bytes"));
    }
  }
}

}  // namespace
}  // namespace provdlab::sip
