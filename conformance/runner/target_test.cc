#include "conformance/runner/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/runner/testing/fake_provd.h"

namespace provdlab::conformance {
namespace {

using testing::HasSubstr;

Target At(const std::string& url) {
  auto target = Target::Make({url, {}, ""});
  EXPECT_TRUE(target.has_value()) << url;
  return std::move(*target);
}

TEST(TargetTest, ReadsUrls) {
  EXPECT_EQ(At("http://127.0.0.1:8666/provd").prefix(), "/provd");
  EXPECT_EQ(At("http://127.0.0.1:8666/provd/").url(), "http://127.0.0.1:8666/provd");
  EXPECT_EQ(At("http://h/api/provd").host_header(), "h");
  EXPECT_EQ(At("https://h:8443").host_header(), "h:8443");
  EXPECT_EQ(At("http://[::1]:80/x").host_header(), "[::1]");
  EXPECT_EQ(At("http://h").Path(""), "/");
  EXPECT_EQ(At("http://h/provd").Path("/configure"), "/provd/configure");
}

TEST(TargetTest, RefusesWhatCanNotBeAsked) {
  for (const char* const url : {"", "provd", "ftp://h/provd", "http://", "http://u:p@h/provd", "http://h/provd?x=1"}) {
    EXPECT_FALSE(Target::Make({url, {}, ""}).has_value()) << url;
  }
}

TEST(TargetTest, ResolvesReferences) {
  struct Case {
    std::string url, reference, path;  // an empty path: refused
  };
  const std::vector<Case> cases = {
      {"http://h/provd", "/provd/x/1", "/provd/x/1"},
      {"http://h/provd", "http://h/provd/x/1", "/provd/x/1"},
      {"http://h/provd", "HTTP://H:80/provd/x/1", "/provd/x/1"},
      {"http://h/provd", "//h/provd/x/1", "/provd/x/1"},
      {"http://h/provd", "/elsewhere", "/elsewhere"},
      {"http://h/provd", "/provd/x/1#part", "/provd/x/1"},
      {"http://h/provd", "7", "/provd/base/7"},
      // Behind a prefix: its own paths, and the backend's.
      {"http://h/api/provd", "/api/provd/x/1", "/api/provd/x/1"},
      {"http://h/api/provd", "/provd/x/1", "/api/provd/x/1"},
      {"http://h/api/provd", "http://h/provd/x", "/api/provd/x"},
      {"http://h/api/provd", "/provdence/x", "/provdence/x"},
      {"http://h/provd/provd", "/provd/provd/x", "/provd/provd/x"},
      {"http://h/provd/provd", "/provd/x", "/provd/provd/x"},
      {"http://h", "/provd/x", "/x"},
      // Other origins and things that are no references.
      {"http://h/provd", "http://other/provd/x", ""},
      {"http://h/provd", "http://h:8080/provd/x", ""},
      {"http://h/provd", "https://h/provd/x", ""},
      {"http://h/provd", "//other/provd/x", ""},
      {"http://h/provd", "mailto:someone", ""},
      {"http://h/provd", "http://h@other/provd", ""},
      {"http://h/provd", "", ""},
      {"http://h/provd", "/provd/x y", ""},
      {"http://h/provd", "/provd/x\r\nHost: other", ""},
  };
  for (const Case& c : cases) {
    const auto path = At(c.url).Resolve(c.reference, "/provd/base/6");
    EXPECT_EQ(path.value_or(""), c.path) << c.url << " " << c.reference;
  }
}

TEST(TargetTest, SendsItsHeadersUnlessTheRequestHasItsOwn) {
  FakeProvd provd;
  std::string token;
  provd.Answer("GET /x", [&](const http::Request& request) {
    token = request.headers.Get("X-Auth-Token").value_or("none");
    return http::Response{};
  });
  const auto target = Target::Make({provd.url(), {{"X-Auth-Token", "t"}}, ""});
  ASSERT_TRUE(target.has_value());
  http::Request request{.method = "GET", .target = target->Path("/x")};
  EXPECT_EQ(target->Send(request, std::chrono::seconds(5)).outcome, http::Outcome::kAnswered);
  EXPECT_EQ(token, "t");
  request.headers.Set("X-Auth-Token", "mine");
  target->Send(request, std::chrono::seconds(5));
  EXPECT_EQ(token, "mine");
}

TEST(TargetTest, OneThatIsOnlyReadIsSentNothingElse) {
  FakeProvd provd;
  int asked = 0;
  for (const char* what : {"GET /x", "HEAD /x", "PUT /x", "POST /x", "DELETE /x"}) {
    provd.Answer(what, [&](const http::Request&) {
      ++asked;
      return http::Response{};
    });
  }
  const auto target = Target::Make({.url = provd.url(), .headers = {}, .ca_file = "", .read_only = true});
  ASSERT_TRUE(target.has_value());
  const auto send = [&](const char* method) {
    return target->Send({.method = method, .target = target->Path("/x")}, std::chrono::seconds(5)).outcome;
  };
  for (const char* method : {"PUT", "POST", "DELETE", "OPTIONS", "get", ""}) EXPECT_EQ(send(method), http::Outcome::kRefused) << method;
  const std::vector<http::RawStep> raw = {{.bytes = "GET /x HTTP/1.1\r\n\r\n"}};
  EXPECT_EQ(target->SendRaw(raw, std::chrono::seconds(5), 1).outcome, http::Outcome::kRefused);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(send("GET"), http::Outcome::kAnswered);
  EXPECT_EQ(send("HEAD"), http::Outcome::kAnswered);
}

TEST(Target, ThroughARelayIsAskedByItsOwnName) {
  FakeProvd provd;
  std::string host;
  provd.Answer("GET /configure/NAT", [&](const http::Request& request) {
    host = request.headers.Get("Host").value_or("");
    return provd.Usual(request);
  });
  const auto url = http::ParseUrl(provd.url());
  const auto target = Target::Make({.url = "http://provd.invalid:8666/provd", .headers = {}, .ca_file = "", .via = url->port});
  ASSERT_TRUE(target.has_value()) << target.error().message;
  const http::Exchange seen = target->Send({.method = "GET", .target = target->Path("/configure/NAT")}, std::chrono::seconds(2));
  ASSERT_TRUE(seen.response.has_value()) << seen.problem;
  EXPECT_EQ(seen.response->status, 200);
  EXPECT_EQ(host, "provd.invalid:8666");
  EXPECT_EQ(target->url(), "http://provd.invalid:8666/provd");
  EXPECT_FALSE(Target::Make({.url = "https://provd.invalid/provd", .headers = {}, .ca_file = "", .via = url->port}).has_value());
}

}  // namespace
}  // namespace provdlab::conformance
