#include "simulator/ami/http_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/http/client.h"
#include "base/json.h"

namespace provdlab::ami {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kDeadline{20'000};
constexpr char kAction[] = "/1.0/action/PJSIPNotify";
constexpr char kForm[] = "application/x-www-form-urlencoded";
constexpr char kJson[] = "application/json";

class HttpGatewayTest : public ::testing::Test {
 protected:
  void Start(HttpGatewayOptions options = {}) {
    gateway_.emplace(std::move(options), board_);
    const auto port = gateway_->Start();
    ASSERT_TRUE(port) << port.error().message;
  }
  http::Response Ask(const std::string& target, const std::string& type, const std::string& body, http::Headers headers = {},
                     const std::string& method = "POST") const {
    http::Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    if (!type.empty()) request.headers.Set("Content-Type", type);
    request.body = body;
    const http::Exchange seen = http::Client({.host = "127.0.0.1", .port = gateway_->port()}).Send(request, kDeadline);
    EXPECT_TRUE(seen.response) << seen.problem;
    return seen.response.value_or(http::Response{});
  }

  Switchboard board_{[](const Notification&, const std::stop_token&) -> Result<> { return {}; }};
  std::optional<HttpGateway> gateway_;
};

TEST_F(HttpGatewayTest, TakesFormsAndJson) {
  Start();
  const struct {
    const char *target, *type, *body, *peer, *ip, *event;
  } rows[] = {
      {kAction, kForm, "action=PJSIPNotify&Variable=Event%3Dcheck-sync&Endpoint=alice", "alice", "", "check-sync"},
      {kAction, kForm, "Variable=Event%3Dcheck-sync%3Breboot%3Dfalse&URI=sip%3Aanonymous%40192.0.2.7", "", "192.0.2.7",
       "check-sync;reboot=false"},
      {"/api/amid/1.0/action/PJSIPNotify?x=1", kJson, R"({"Variable": "Event=check-sync", "Endpoint": "alice"})", "alice", "",
       "check-sync"},
      {kAction, "application/json; charset=utf-8", R"({"Variable": ["X-A=1", "Event=check-sync"], "URI": "sip:a@192.0.2.7"})", "",
       "192.0.2.7", "check-sync"},
      {kAction, "", "Variable=Event=check-sync&Endpoint=al+ice", "al ice", "", "check-sync"},
      {kAction, "", R"( {"Variable": "Event=check-sync", "Endpoint": "alice"})", "alice", "", "check-sync"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.body);
    const http::Response response = Ask(row.target, row.type, row.body);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
    EXPECT_EQ(Json::parse(response.body), Json::parse(R"([{"Response": "Success", "Message": "Notify Sent"}])"));
    const Entry entry = board_.Journal().back();
    EXPECT_EQ(entry.peer, row.peer);
    EXPECT_EQ(entry.ip, row.ip);
    EXPECT_EQ(entry.event, row.event);
    EXPECT_EQ(entry.through, "http");
  }
}

TEST_F(HttpGatewayTest, SaysHowItWent) {
  Start();
  ASSERT_TRUE(board_.faults().Add({.target = "alice", .action = {{"fail", "No such endpoint"}}}));
  const http::Response failed = Ask(kAction, kJson, R"({"Variable": "Event=check-sync", "Endpoint": "alice"})");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(Json::parse(failed.body), Json::parse(R"([{"Response": "Error", "Message": "No such endpoint"}])"));
  EXPECT_THAT(Ask(kAction, kJson, "{}").body, HasSubstr("requires either an Endpoint or a URI"));
  EXPECT_THAT(Ask("/1.0/action/Ping", kJson, "{}").body, HasSubstr("'Ping' notifies nobody"));
}

TEST_F(HttpGatewayTest, RefusesWhatItCanNotRead) {
  Start();
  const struct {
    const char *method, *target, *type, *body;
    int status;
    const char* sentence;
  } rows[] = {
      {"POST", "/", kJson, "{}", 404, "/1.0/action/PJSIPNotify"},
      {"POST", "/1.0/action/", kJson, "{}", 404, "nothing at this path"},
      {"POST", "/1.0/action/PJSIPNotify/x", kJson, "{}", 404, "nothing at this path"},
      {"GET", kAction, "", "", 405, "POST"},
      {"POST", kAction, kJson, "{", 400, "not JSON"},
      {"POST", kAction, kJson, "[]", 400, "object of texts"},
      {"POST", kAction, kJson, R"({"Endpoint": 1})", 400, "object of texts"},
      {"POST", kAction, kJson, R"({"Endpoint": [["alice"]]})", 400, "object of texts"},
      {"POST", kAction, "text/xml", "<a/>", 400, "not JSON"},
      {"POST", kAction, kForm, "Endpoint=%zz", 400, "hexadecimal"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.method) + " " + row.target + " " + row.body);
    const http::Response response = Ask(row.target, row.type, row.body, {}, row.method);
    EXPECT_EQ(response.status, row.status);
    EXPECT_THAT(response.body, HasSubstr(row.sentence));
  }
  std::string many;
  for (int i = 0; i < 200; ++i) many += "Variable=a=b&";
  EXPECT_EQ(Ask(kAction, kForm, many).status, 400);
  EXPECT_EQ(Ask(kAction, kForm, std::string(70'000, 'x')).status, 413);
  EXPECT_TRUE(board_.Journal().empty());
}

TEST_F(HttpGatewayTest, AsksForItsToken) {
  Start({.token = "t0ken"});
  EXPECT_EQ(Ask(kAction, kForm, "Variable=Event%3Dcheck-sync&Endpoint=alice").status, 401);
  EXPECT_EQ(Ask(kAction, kForm, "Variable=Event%3Dcheck-sync&Endpoint=alice", {{"X-Auth-Token", "other"}}).status, 401);
  EXPECT_EQ(Ask(kAction, kForm, "Variable=Event%3Dcheck-sync&Endpoint=alice", {{"X-Auth-Token", "t0ken"}}).status, 200);
}

TEST_F(HttpGatewayTest, EndsWhileSomethingHangs) {
  Start();
  ASSERT_TRUE(board_.faults().Add({.action = {{"hang", true}}}));
  auto asking = std::async(std::launch::async, [&] { return Ask(kAction, kForm, "Variable=Event%3Dcheck-sync&Endpoint=alice").body; });
  ASSERT_TRUE(board_.AwaitNotification("alice", kDeadline));
  gateway_->Stop();
  EXPECT_THAT(asking.get(), HasSubstr("cancelled"));
  EXPECT_EQ(board_.Journal().back().outcome, "failed");
}

}  // namespace
}  // namespace provdlab::ami
