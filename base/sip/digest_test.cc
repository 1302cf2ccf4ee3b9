#include "base/sip/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::sip {
namespace {

using ::testing::HasSubstr;

// RFC 2617, 3.5.
constexpr char kMufasa[] =
    "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\",\r\n "
    "qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

TEST(SipDigest, AcceptsTheExampleOfTheRfc) {
  const auto credentials = ReadCredentials(kMufasa);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "Mufasa");
  EXPECT_TRUE(IsRight(*credentials, "Circle Of Life", "GET"));
  EXPECT_FALSE(IsRight(*credentials, "Circle of Life", "GET"));
  EXPECT_FALSE(IsRight(*credentials, "Circle Of Life", "HEAD"));
}

TEST(SipDigest, MakesTheExampleOfTheRfc) {
  const auto challenge = ReadChallenge(
      "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
      "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
  ASSERT_TRUE(challenge);
  EXPECT_TRUE(challenge->auth);
  const std::string made =
      Authorization(*challenge, {.user = "Mufasa", .password = "Circle Of Life"}, "GET", "/dir/index.html", "0a4f113b", 1);
  EXPECT_EQ(ReadCredentials(made), ReadCredentials(kMufasa));
  EXPECT_THAT(made, HasSubstr("opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
  EXPECT_THAT(made, HasSubstr("nc=00000001"));
}

// RFC 2069's way: without qop. The value was made with another program: printf over md5sum.
TEST(SipDigest, WorksWithoutQop) {
  const auto challenge = ReadChallenge("digest realm=\"asterisk\",nonce=\"1f2e\"");
  ASSERT_TRUE(challenge);
  EXPECT_FALSE(challenge->auth);
  const std::string made = Authorization(*challenge, {.user = "je5qtq", .password = "s3cret"}, "REGISTER", "sip:192.0.2.20", "unused", 1);
  EXPECT_THAT(made, ::testing::Not(HasSubstr("qop")));
  const auto credentials = ReadCredentials(made);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->response, "895cd8ea0979cc79f6fa939fb0405915");
  EXPECT_TRUE(IsRight(*credentials, "s3cret", "REGISTER"));
}

TEST(SipDigest, KeepsWhatNeedsQuoting) {
  const Challenge challenge{.realm = "a \"b\", c\\", .nonce = "n=1, x", .opaque = "<o", .auth = true, .stale = true};
  EXPECT_EQ(ReadChallenge(challenge.Text()), challenge);
  const auto credentials =
      ReadCredentials(Authorization(challenge, {.user = "u\"\\,=", .password = "p"}, "REGISTER", "sip:h;a=\"1\"", "c", 0xabcdef01));
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "u\"\\,=");
  EXPECT_EQ(credentials->uri, "sip:h;a=\"1\"");
  EXPECT_EQ(credentials->count, "abcdef01");
  EXPECT_TRUE(IsRight(*credentials, "p", "REGISTER"));
}

TEST(SipDigest, ReadsChallengesOfTheField) {
  EXPECT_EQ(ReadChallenge("Digest algorithm=MD5, realm=\"asterisk\", nonce=\"4c\""), (Challenge{.realm = "asterisk", .nonce = "4c"}));
  EXPECT_EQ(ReadChallenge("  DIGEST  realm=\"r\",stale=true , nonce=n,algorithm=md5,qop=\"auth\" "),
            (Challenge{.realm = "r", .nonce = "n", .auth = true, .stale = true}));
  for (const char* value : {"", "Digest", "Basic realm=\"r\", nonce=\"n\"", "Digest realm=\"r\"", "Digest nonce=\"n\"",
                            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256", "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess",
                            "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", "Digest realm=\"r\", nonce=\"n\", nonce=\"m\""})
    EXPECT_FALSE(ReadChallenge(value)) << value;
}

TEST(SipDigest, RefusesCredentialsThatSayTooLittleOrTooMuch) {
  const std::string right = "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:h\", response=\"0\"";
  ASSERT_TRUE(ReadCredentials(right));
  for (const std::string part : {"username=\"u\", ", "realm=\"r\", ", "nonce=\"n\", ", "uri=\"sip:h\", ", ", response=\"0\"", "Digest "}) {
    std::string text = right;
    EXPECT_FALSE(ReadCredentials(text.erase(text.find(part), part.size()))) << text;
  }
  for (const char* more : {", username=\"v\"", ", algorithm=SHA-256"}) EXPECT_FALSE(ReadCredentials(right + more)) << more;
}

TEST(SipDigest, IsWrongWithAnEmptyOrForeignResponse) {
  Credentials credentials = *ReadCredentials(kMufasa);
  credentials.response = "";
  EXPECT_FALSE(IsRight(credentials, "Circle Of Life", "GET"));
  credentials = *ReadCredentials(kMufasa);
  credentials.qop = "auth-int";
  EXPECT_FALSE(IsRight(credentials, "Circle Of Life", "GET"));
}

}  // namespace
}  // namespace provdlab::sip
