#include "server/api/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server {

namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

http::Response First(const Call&) { return {.status = 201}; }
http::Response Second(const Call&) { return {.status = 202}; }

const Router& Sample() {
  static const Router router({
      {"GET", "/provd", First},
      {"GET", "/provd/configure/{parameter}", First},
      {"PUT", "/provd/configure/{parameter}", Second},
      {"GET", "/provd/pg_mgr/plugins/{plugin}/install/install/{monitor}", First},
      {"POST", "/provd/pg_mgr/plugins/{plugin}/install/install", Second},
  });
  return router;
}

TEST(Router, FindsTheResourceOfEverySpellingOfAPath) {
  for (const char* path : {"/provd/configure/NAT", "/provd/configure/%4EAT", "/%70rovd/configure/%4e%41%54", "/provd/%63onfigure/NAT",
                           "http://host:1/provd/configure/NAT", "https://host/provd/configure/NAT"}) {
    const auto match = Sample().Find(path);
    ASSERT_TRUE(match) << path;
    EXPECT_EQ(match->resource->pattern, "/provd/configure/{parameter}");
    EXPECT_THAT(match->parameters, ElementsAre(Pair("parameter", "NAT"))) << path;
  }
}

TEST(Router, TakesAnEncodedSlashAsACharacterOfItsSegment) {
  const auto match = Sample().Find("/provd/configure/a%2Fb");
  ASSERT_TRUE(match);
  EXPECT_THAT(match->parameters, ElementsAre(Pair("parameter", "a/b")));
  EXPECT_FALSE(Sample().Find("/provd%2Fconfigure/NAT"));
}

TEST(Router, NamesEachParameter) {
  const auto match = Sample().Find("/provd/pg_mgr/plugins/acme-1.0/install/install/7");
  ASSERT_TRUE(match);
  EXPECT_THAT(match->parameters, ElementsAre(Pair("plugin", "acme-1.0"), Pair("monitor", "7")));
}

TEST(Router, KnowsNoOtherPaths) {
  for (const char* path : {"",
                           "*",
                           "/",
                           "//",
                           "provd",
                           "/provd/",
                           "//provd",
                           "/provd//configure/NAT",
                           "/provd/configure",
                           "/provd/configure/",
                           "/provd/configure/NAT/",
                           "/provd/Configure/NAT",
                           "/PROVD",
                           "/provd/./configure/NAT",
                           "/provd/configure/%",
                           "/provd/configure/%4",
                           "/provd/configure/%zz",
                           "/provd/pg_mgr/plugins//install/install",
                           "http://host",
                           "host:80",
                           "/provd/configure/NAT/x"}) {
    EXPECT_FALSE(Sample().Find(path)) << path;
  }
}

TEST(Router, AnswersHeadWithGetAndListsWhatIsAllowed) {
  const auto match = Sample().Find("/provd/configure/NAT");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->resource->Find("GET"), &First);
  EXPECT_EQ(match->resource->Find("HEAD"), &First);
  EXPECT_EQ(match->resource->Find("PUT"), &Second);
  for (const char* method : {"POST", "DELETE", "get", "", "PATCH", "OPTIONS", "X"})
    EXPECT_EQ(match->resource->Find(method), nullptr) << method;
  EXPECT_EQ(match->resource->allow, "GET, HEAD, PUT");
}

}  // namespace
}  // namespace provdlab::server
