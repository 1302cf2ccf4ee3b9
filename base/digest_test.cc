#include "base/digest.h"

#include <gtest/gtest.h>

#include <utility>

namespace provdlab {
namespace {

// The values are those of RFC 1321's and FIPS 180's examples.
constexpr char kSha1OfAbc[] = "a9993e364706816aba3e25717850c26c9cd0d89d";

TEST(Digest, OfKnownTexts) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Sha1Hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Sha1Hex("abc"), kSha1OfAbc);
  EXPECT_EQ(Sha1Hex(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, FedInPiecesIsTheSame) {
  Digest digest(Digest::Algorithm::kSha1);
  digest.Update("a");
  digest.Update("");
  digest.Update("bc");
  EXPECT_EQ(digest.Hex(), kSha1OfAbc);
}

TEST(Digest, MayBeReadOnTheWay) {
  Digest digest(Digest::Algorithm::kSha1);
  digest.Update("ab");
  EXPECT_EQ(digest.Hex(), Sha1Hex("ab"));
  EXPECT_EQ(digest.Hex(), Sha1Hex("ab"));
  digest.Update("c");
  EXPECT_EQ(digest.Hex(), kSha1OfAbc);
}

TEST(Digest, Moves) {
  Digest digest(Digest::Algorithm::kSha1);
  digest.Update("ab");
  Digest moved = std::move(digest);
  moved.Update("c");
  EXPECT_EQ(moved.Hex(), kSha1OfAbc);
}

}  // namespace
}  // namespace provdlab
