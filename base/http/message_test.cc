#include "base/http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Headers, CompareNamesWithoutRegardToCase) {
  Headers headers{{"Accept", "a"}, {"X-Many", "1"}, {"x-many", "2"}};
  EXPECT_EQ(headers.Get("ACCEPT"), "a");
  EXPECT_EQ(headers.Get("X-MANY"), "1");
  EXPECT_THAT(headers.All("X-Many"), ElementsAre("1", "2"));
  EXPECT_FALSE(headers.Has("Accept-Language"));
  EXPECT_EQ(headers.Get("Accept-Language"), std::nullopt);
}

TEST(Headers, SetReplacesEveryFieldOfTheName) {
  Headers headers{{"X", "1"}, {"Y", "2"}, {"x", "3"}};
  headers.Set("X", "4");
  EXPECT_THAT(headers.fields(), ElementsAre(Header{"Y", "2"}, Header{"X", "4"}));
  headers.Add("X", "5");
  EXPECT_THAT(headers.All("x"), ElementsAre("4", "5"));
  headers.Remove("x");
  EXPECT_THAT(headers.All("x"), IsEmpty());
}

TEST(Request, SplitsItsTargetAtTheFirstQuestionMark) {
  Request request;
  request.target = "/a%20b?c=?d";
  EXPECT_EQ(request.raw_path(), "/a%20b");
  EXPECT_EQ(request.raw_query(), "c=?d");
  request.target = "/a";
  EXPECT_EQ(request.raw_path(), "/a");
  EXPECT_EQ(request.raw_query(), "");
}

TEST(ReasonPhrase, KnowsTheUsualOnes) {
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(405), "Method Not Allowed");
  EXPECT_EQ(ReasonPhrase(299), "Unknown");
}

TEST(PercentDecode, FollowsTheTable) {
  EXPECT_EQ(PercentDecode("a%2Fb%2f+%00"), std::string("a/b/+\0", 6));
  EXPECT_EQ(PercentDecode(""), "");
  for (const char* const bad : {"%", "%4", "a%4", "%zz", "%4g", "% 1", "%%41"}) EXPECT_EQ(PercentDecode(bad), std::nullopt) << bad;
}

TEST(PercentEncode, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("aZ0-._~ /:@\xE9"), "aZ0-._~%20%2F%3A%40%E9");
  EXPECT_EQ(PercentEncode("a/b c", "/"), "a/b%20c");
}

TEST(ParseUrl, TakesUrlsApart) {
  const struct {
    const char* text;
    const char* origin;
    const char* path;
  } kCases[] = {
      {"http://host", "http://host:80", ""},
      {"HTTP://host/", "http://host:80", "/"},
      {"https://host/a?b#c", "https://host:443", "/a?b"},
      {"http://host:8080?q", "http://host:8080", "?q"},
      {"http://host:/x", "http://host:80", "/x"},
      {"http://[::1]:8667/x", "http://[::1]:8667", "/x"},
      {"http://[::1]", "http://[::1]:80", ""},
      {"http://user:p@ss@host:1/", "http://host:1", "/"},
  };
  for (const auto& [text, origin, path] : kCases) {
    const std::optional<Url> url = ParseUrl(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->Origin(), origin) << text;
    EXPECT_EQ(url->path, path) << text;
  }
  EXPECT_EQ(ParseUrl("http://user:p@ss@host:1/")->user_info, "user:p@ss");
}

TEST(ParseUrl, RefusesWhatIsNone) {
  for (const char* const bad : {"", "host", "host:80", "//host", "ftp://host", "http:/host", "http://", "http:///x", "http://:80",
                                "http://host:0", "http://host:65536", "http://host:8x", "http://ho st", "http://host/a b", "http://host/\n",
                                "http://[::1", "http://[::1]x", "http://[host]", "http://a]"}) {
    EXPECT_FALSE(ParseUrl(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace provdlab::http
