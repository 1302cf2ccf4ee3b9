#include "server/api/rest_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Endless : public http::BodySource {
 public:
  void Next(std::function<void(Piece)> ready) override { ready({.bytes = "x"}); }
};

class RestFaultsTest : public ::testing::Test {
 protected:
  static std::vector<AnswerFault> Sample() {
    auto faults = ParseAnswerFaults(R"([
        {"name": "a.status", "sentence": "S", "route": "GET /a", "when": {"status": 200}, "answer": {"status": 203}},
        {"name": "a.body", "sentence": "S", "route": "GET /a", "when": {"status": 200}, "answer": {"body": "changed"}},
        {"name": "a.status/twice", "sentence": "S", "route": "GET /a", "answer": {"status": 204}, "first": 2},
        {"name": "a.second", "sentence": "S", "route": "GET /a", "answer": {"status": 205}, "every": 2},
        {"name": "a.instead", "sentence": "S", "route": "PUT /a", "instead": true, "answer": {}},
        {"name": "a.request", "sentence": "S", "route": "PUT /a", "request": {"set": {"/v": 2}}},
        {"name": "a.both", "sentence": "S", "route": "PUT /a", "when": {"status": 404}, "request": {"set": {"/v": 2}}, "answer": {"status": 203}},
        {"name": "a.both/here", "sentence": "S", "route": "PUT /a", "when": {"status": 200}, "request": {"set": {"/v": 2}}, "answer": {"status": 203}},
        {"name": "a.again", "sentence": "S", "route": "PUT /a", "when": {"status": 200}, "again": true, "request": {"set": {"/v": 3}}},
        {"name": "p.body", "side": "phones", "sentence": "S", "route": "GET /a", "answer": {"status": 206, "body": "other"}},
        {"name": "a.after", "sentence": "S", "route": "GET /l/{}", "after": {"route": "DELETE /l/{}"}, "answer": {"body": "{remembered} was there"}}])");
    EXPECT_TRUE(faults) << (faults ? "" : faults.error().message);
    return faults.value_or(std::vector<AnswerFault>());
  }

  http::Response Ask(const std::string& method, const std::string& target, const std::string& body = "") {
    applied.clear();
    return faults.Through(
        {.method = method, .target = target, .body = body},
        [this](const http::Request& request) {
          handled.push_back(request.body);
          return http::Response{.body = "plain"};
        },
        &applied);
  }

  Faults behaviour;
  const std::vector<AnswerFault> answers = Sample();
  RestFaults faults{behaviour, answers};
  std::vector<std::string> handled;
  std::string applied;
};

TEST_F(RestFaultsTest, ChangeNothingWhileOff) {
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  EXPECT_EQ(applied, "");
  EXPECT_EQ(faults.Active(), Json::array());
}

TEST_F(RestFaultsTest, AskAgainWhereTheAnswerFits) {
  ASSERT_TRUE(faults.SwitchOn("a.again", 1));
  Ask("PUT", "/a", R"({"v": 1})");
  EXPECT_EQ(handled, (std::vector<std::string>{R"({"v": 1})", R"({"v":3})"}));
  EXPECT_EQ(applied, "a.again");
  Ask("PUT", "/a", R"({"v": 1})");
  EXPECT_EQ(handled.size(), 3u) << "it was on for one occasion";
  EXPECT_EQ(applied, "");
}

TEST_F(RestFaultsTest, ChangeWhatTheyAreAboutAndSaySo) {
  ASSERT_TRUE(faults.SwitchOn("a.status"));
  EXPECT_EQ(Ask("GET", "/b").status, 200);
  EXPECT_EQ(applied, "");
  EXPECT_EQ(Ask("GET", "/a").status, 203);
  EXPECT_EQ(applied, "a.status");
}

TEST_F(RestFaultsTest, AreAppliedTogether) {
  ASSERT_TRUE(faults.SwitchOn("a.status"));
  ASSERT_TRUE(faults.SwitchOn("a.body"));
  const auto response = Ask("GET", "/a");
  EXPECT_EQ(response.status, 203);
  EXPECT_EQ(response.body, "changed");
  EXPECT_EQ(applied, "a.status, a.body");
}

TEST_F(RestFaultsTest, EndAfterTheirTimes) {
  ASSERT_TRUE(faults.SwitchOn("a.status", 1));
  EXPECT_EQ(faults.Active(), Json::parse(R"([{"id": 1, "name": "a.status", "hits": 0, "remaining": 1, "times": 1}])"));
  EXPECT_EQ(Ask("GET", "/a").status, 203);
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  EXPECT_EQ(faults.Active(), Json::parse(R"([{"id": 1, "name": "a.status", "hits": 1, "remaining": 0, "times": 1}])"));
}

TEST_F(RestFaultsTest, ChangeTheFirstOnesOrEverySoManieth) {
  ASSERT_TRUE(faults.SwitchOn("a.status/twice"));
  EXPECT_EQ(Ask("GET", "/a").status, 204);
  EXPECT_EQ(Ask("GET", "/a").status, 204);
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  faults.OffAll();
  ASSERT_TRUE(faults.SwitchOn("a.second"));
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  EXPECT_EQ(Ask("GET", "/a").status, 205);
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  EXPECT_EQ(Ask("GET", "/a").status, 205);
}

TEST_F(RestFaultsTest, AreAboutOneSide) {
  ASSERT_TRUE(faults.SwitchOn("a.status"));
  ASSERT_TRUE(faults.SwitchOn("p.body"));
  EXPECT_EQ(Ask("GET", "/a").status, 203);
  EXPECT_EQ(applied, "a.status");
  const auto of_a_phone = faults.Through(
      {.method = "GET", .target = "/a"},
      [](const http::Request&) {
        http::Response response;
        response.source = std::make_shared<Endless>();
        response.declared_length = 1'000'000;
        return response;
      },
      &applied, AnswerFault::Side::kPhones);
  EXPECT_EQ(of_a_phone.status, 206);
  EXPECT_EQ(of_a_phone.body, "other");
  EXPECT_EQ(of_a_phone.source, nullptr);  // a body that is replaced is replaced as a whole
  EXPECT_EQ(of_a_phone.declared_length, std::nullopt);
}

TEST_F(RestFaultsTest, CanKeepARequestFromTheApplication) {
  ASSERT_TRUE(faults.SwitchOn("a.instead"));
  EXPECT_EQ(Ask("PUT", "/a").status, 204);
  EXPECT_THAT(handled, ElementsAre());
  EXPECT_EQ(applied, "a.instead");
}

TEST_F(RestFaultsTest, CanChangeARequest) {
  ASSERT_TRUE(faults.SwitchOn("a.request"));
  Ask("PUT", "/a", R"({"v": 1})");
  EXPECT_THAT(handled, ElementsAre(R"({"v":2})"));
}

TEST_F(RestFaultsTest, ChangeTheAnswerOfAChangedRequestWhereItFits) {
  ASSERT_TRUE(faults.SwitchOn("a.both"));
  EXPECT_EQ(Ask("PUT", "/a", R"({"v": 1})").status, 200);
  EXPECT_THAT(handled, ElementsAre(R"({"v":2})"));
  faults.OffAll();
  ASSERT_TRUE(faults.SwitchOn("a.both/here"));
  EXPECT_EQ(Ask("PUT", "/a", R"({"v": 1})").status, 203);
}

TEST_F(RestFaultsTest, RememberWhatWentBeforeWhileTheyAreOn) {
  Ask("DELETE", "/l/1");
  ASSERT_TRUE(faults.SwitchOn("a.after"));
  EXPECT_EQ(Ask("GET", "/l/1").body, "plain");
  EXPECT_EQ(Ask("DELETE", "/l/2").body, "plain");
  EXPECT_EQ(applied, "");
  EXPECT_EQ(Ask("GET", "/l/1").body, "plain");
  EXPECT_EQ(Ask("GET", "/l/2").body, "2 was there");
  EXPECT_EQ(applied, "a.after");
  EXPECT_EQ(faults.Active()[0]["hits"], 1);
  faults.OffAll();
  ASSERT_TRUE(faults.SwitchOn("a.after"));
  EXPECT_EQ(Ask("GET", "/l/2").body, "plain");
}

TEST_F(RestFaultsTest, AreSwitchedOffOneByOne) {
  const auto first = faults.SwitchOn("a.status");
  const auto second = faults.SwitchOn("a.body");
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(faults.Off(*first));
  EXPECT_EQ(Ask("GET", "/a").status, 200);
  EXPECT_EQ(applied, "a.body");
  const auto again = faults.Off(*first);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kNotFound);
}

TEST_F(RestFaultsTest, NameTheNearestForOneThatIsNot) {
  for (const char* name : {"a.statu", "status", "b.status"}) {
    const auto on = faults.SwitchOn(name);
    ASSERT_FALSE(on) << name;
    EXPECT_EQ(on.error().kind, ErrorKind::kNotFound);
    EXPECT_THAT(on.error().message, HasSubstr("a.status")) << name;
  }
  EXPECT_FALSE(faults.SwitchOn(std::string(100'000, 'x')));
}

TEST_F(RestFaultsTest, AreSwitchedByTheAdminPortsRequests) {
  EXPECT_TRUE(faults.Switch(Json::parse(R"({"name": "a.status", "times": 2})")));
  EXPECT_TRUE(faults.Switch(Json::parse(R"({"name": "a.status", "times": null})")));
  for (const char* request :
       {"null", "[]", "{}", R"({"name": 1})", R"({"name": "a.status", "times": 0})", R"({"name": "a.status", "times": -1})",
        R"({"name": "a.status", "times": "2"})", R"({"name": "a.status", "target": "x"})"}) {
    const auto on = faults.Switch(Json::parse(request));
    ASSERT_FALSE(on) << request;
    EXPECT_EQ(on.error().kind, ErrorKind::kInvalid) << request;
  }
}

TEST_F(RestFaultsTest, ListThoseOfBehaviourToo) {
  const FaultSwitch& behavioural = *behaviour.All().front();
  bool found = false;
  for (const Json& fault : faults.Available()) found = found || fault["name"] == behavioural.name();
  EXPECT_TRUE(found);

  const auto id = faults.SwitchOn(behavioural.name(), 1);
  ASSERT_TRUE(id);
  EXPECT_TRUE(behavioural.is_on());
  EXPECT_EQ(faults.Active()[0]["name"], behavioural.name());
  ASSERT_TRUE(faults.Off(*id));
  EXPECT_FALSE(behavioural.is_on());
}

TEST_F(RestFaultsTest, SwitchedTwiceAreOneSwitchOfBehaviour) {
  FaultSwitch& behavioural = *behaviour.All().front();
  ASSERT_TRUE(faults.SwitchOn(behavioural.name()));
  ASSERT_TRUE(faults.SwitchOn(behavioural.name()));
  EXPECT_EQ(faults.Active().size(), 1u);
  faults.OffAll();
  EXPECT_FALSE(behavioural.is_on());
  EXPECT_EQ(faults.Active().size(), 0u);
}

}  // namespace
}  // namespace provdlab::server
