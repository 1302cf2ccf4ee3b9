// What the lint is shown of requests and answers, by what it concludes.

#include "server/api/client_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/api/media_type.h"
#include "server/api/rest_api.h"
#include "server/application/provd.h"
#include "server/client_lint/report.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

class ClientWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ProvdOptions options;
    options.faults = &faults_;
    auto opened = Provd::Open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    provd_ = std::move(*opened);
    api_ = std::make_unique<RestApi>(Context::Of(*provd_));
    watch_ = std::make_unique<ClientWatch>(Context::Of(*provd_), api_->router(), clock_);
  }

  http::Request Request(const std::string& method, const std::string& target, const std::string& body = "") {
    http::Request request{.method = method, .target = target, .body = body, .peer = "127.0.0.1"};
    request.headers.Add("User-Agent", "tester/1");
    if (!body.empty()) request.headers.Add("Content-Type", std::string(kProvdMediaType));
    return request;
  }
  http::Response Ask(const http::Request& request) {
    auto before = watch_->Before(request);
    http::Response response = api_->Answer(request);
    watch_->See(request, response, std::move(before), ++number_, false);
    return response;
  }
  http::Response Ask(const std::string& method, const std::string& target, const std::string& body = "") {
    return Ask(Request(method, target, body));
  }
  std::string Verdict() const { return lint::TextOf(watch_->lint().Conclude(lint::ClientLint::Since::kReset), "http://h"); }

  Faults faults_;
  FakeClock clock_;
  std::unique_ptr<Provd> provd_;
  std::unique_ptr<RestApi> api_;
  std::unique_ptr<ClientWatch> watch_;
  std::uint64_t number_ = 0;
};

TEST_F(ClientWatchTest, KnowsWhatAPutReplaces) {
  EXPECT_EQ(Ask("POST", "/provd/cfg_mgr/configs", R"({"config": {"id": "base", "parent_ids": [], "raw_config": {}}})").status, 201);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Ask("PUT", "/provd/cfg_mgr/configs/b%61se", R"({"config": {"parent_ids": [], "raw_config": {}}})").status, 204);
  }
  EXPECT_THAT(Verdict(), HasSubstr("put-changes-nothing x5"));
  EXPECT_FALSE(watch_->Before(Request("PUT", "/provd/cfg_mgr/configs/other", "{}")));
  EXPECT_FALSE(watch_->Before(Request("PUT", "/provd/configure/NAT", "{}")));
  EXPECT_FALSE(watch_->Before(Request("GET", "/provd/cfg_mgr/configs/base")));
}

TEST_F(ClientWatchTest, TellsOneClientsDocumentFromAnothers) {
  EXPECT_EQ(Ask("POST", "/provd/dev_mgr/devices", R"({"device": {"id": "a", "mac": "00:11:22:33:44:55"}})").status, 201);
  http::Request put = Request("PUT", "/provd/dev_mgr/devices/a", R"({"device": {"description": "mine"}})");
  put.headers.Set("User-Agent", "other/1");
  EXPECT_EQ(Ask(put).status, 204);
  EXPECT_THAT(Verdict(), HasSubstr("no findings for tester/1 (127.0.0.1), 1 request\n1 finding for other/1 (127.0.0.1), 1 request\n"));
  EXPECT_THAT(Verdict(), HasSubstr("1 PUT dropped members of which the client had never been told: 1 mac."));
}

TEST_F(ClientWatchTest, EverySpellingOfAPathIsTheSamePath) {
  const auto location = Ask("POST", "/provd/dev_mgr/synchronize", R"({"id": "none"})").headers.Get("Location");
  ASSERT_TRUE(location);
  EXPECT_EQ(Ask("DELETE", "/provd/dev_mgr/s%79nchronize/" + location->substr(location->rfind('/') + 1)).status, 204);
  EXPECT_THAT(Verdict(), HasSubstr("no findings"));
}

TEST_F(ClientWatchTest, ALinkThatAFaultChangedMayBeFollowed) {
  const http::Request request = Request("GET", "/provd");
  http::Response misleading = api_->Answer(request);
  misleading.body = R"({"links": [{"rel": "dev", "href": "/provd/devices"}]})";
  watch_->See(request, misleading, std::nullopt, ++number_, true);
  EXPECT_EQ(Ask("GET", "/provd/devices").status, 404);
  EXPECT_THAT(Verdict(), HasSubstr("no findings"));
  EXPECT_EQ(Ask("GET", "/provd/configs").status, 404);
  EXPECT_THAT(Verdict(), HasSubstr("path-unknown x1"));
}

TEST_F(ClientWatchTest, AListThatIsSentInPiecesShowsEverything) {
  const std::string filler(1000, 'x');
  for (int i = 0; i < 100; ++i) {
    http::Request post = Request("POST", "/provd/dev_mgr/devices",
                                 R"({"device": {"id": "d)" + std::to_string(i) + R"(", "X_filler": ")" + filler + R"("}})");
    post.headers.Set("User-Agent", "other/1");
    EXPECT_EQ(Ask(post).status, 201);
  }
  EXPECT_TRUE(Ask("GET", "/provd/dev_mgr/devices").source);
  EXPECT_EQ(Ask("PUT", "/provd/dev_mgr/devices/d7", R"({"device": {}})").status, 204);
  EXPECT_THAT(Verdict(), HasSubstr("no findings for tester/1"));
}

TEST_F(ClientWatchTest, SurvivesWhatClientsSend) {
  for (const char* target : {"*", "", "/%", "/%00", "//", "http://h/provd", "/provd?%", "/provd/dev_mgr/devices?&=&%zz=1"}) {
    for (const char* method : {"GET", "PUT", "POST", "DELETE", "\x01"}) {
      Ask(method, target, "[[[");
      Ask(method, target, "{\"device\": 7, \"id\": []}");
    }
  }
  for (const char* target : {"/provd/dev_mgr/devices", "/provd/cfg_mgr/configs", "/provd/dev_mgr/synchronize", "/provd/pg_mgr/reload"}) {
    for (const char* body : {"null", "[]", "{}", "{\"id\": 1}", "{\"device\": []}", "{\"config\": {\"raw_config\": []}}"})
      Ask("POST", target, body);
  }
  EXPECT_THAT(Verdict(), HasSubstr("tester/1"));
}

}  // namespace
}  // namespace provdlab::server
