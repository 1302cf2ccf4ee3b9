#include "simulator/fleet/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/network/virtual_network.h"

namespace provdlab::fleet {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

TEST(AccountsIn, AreThoseOfTheLines) {
  const auto accounts = AccountsIn(Json::parse(R"({"sip_lines": {
    "10": {"username": "ten", "password": "p10"},
    "2": {"username": "two", "password": 1234, "auth_username": "authtwo"},
    "3": {"password": "nobody's"}, "4": null, "5": {"username": null}}})"));
  ASSERT_THAT(accounts, SizeIs(2));
  EXPECT_EQ(accounts[0].user, "two");
  EXPECT_EQ(accounts[0].password, "1234");
  EXPECT_EQ(accounts[0].auth_user, "authtwo");
  EXPECT_EQ(accounts[1].user, "ten");
  EXPECT_EQ(accounts[1].auth_user, "");
  for (const char* odd : {"{}", "[]", "null", R"({"sip_lines": []})", R"({"sip_lines": null})"})
    EXPECT_THAT(AccountsIn(Json::parse(odd)), SizeIs(0)) << odd;
}

class AccountsTest : public testing::Test {
 protected:
  Result<std::vector<registrar::Account>> Of(const std::string& mac) {
    network.Serve("192.0.2.10", 8666, [this](const http::Request& request) {
      requests.push_back(request);
      const auto answer = answers.find(std::string(request.raw_path()));
      return answer == answers.end() ? http::Response{.status = 404} : http::Response{.body = answer->second};
    });
    Accounts accounts(network, {.origin = "http://192.0.2.10:8666", .prefix = "/provd", .headers = {{"X-Auth-Token", "t"}}});
    std::optional<Result<std::vector<registrar::Account>>> found;
    accounts.Of(mac, [&](Result<std::vector<registrar::Account>> given) { found = std::move(given); });
    EXPECT_TRUE(network.RunUntil([&] { return found.has_value(); }, network.Now() + 1min));
    return found ? *found : Fail(ErrorKind::kInternal, "nothing came");
  }

  network::VirtualNetwork network{{}};
  std::map<std::string, std::string> answers = {
      {"/provd/dev_mgr/devices", R"({"devices": [{"id": "d", "config": "a b"}]})"},
      {"/provd/cfg_mgr/configs/a%20b/raw", R"({"raw_config": {"sip_lines": {"1": {"username": "u", "password": "p"}}}})"}};
  std::vector<http::Request> requests;
};

TEST_F(AccountsTest, AreReadFromTheDevicesConfig) {
  const auto found = Of("00:08:5d:a0:00:01");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].user, "u");
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].raw_query(), "q=%7B%22mac%22%3A%2200%3A08%3A5d%3Aa0%3A00%3A01%22%7D&fields=config");
  EXPECT_EQ(requests[0].headers.Get("X-Auth-Token"), "t");
  EXPECT_EQ(requests[1].target, "/provd/cfg_mgr/configs/a%20b/raw");
}

TEST_F(AccountsTest, SaysWhatIsMissing) {
  answers["/provd/cfg_mgr/configs/a%20b/raw"] = "{}";
  EXPECT_THAT(Of("00:08:5d:a0:00:01").error().message, HasSubstr("no raw_config"));
  answers.erase("/provd/cfg_mgr/configs/a%20b/raw");
  EXPECT_THAT(Of("00:08:5d:a0:00:01").error().message, HasSubstr("was answered 404"));
  for (const char* list : {R"({"devices": []})", R"({"devices": [{"id": "d"}]})", "{}", "[]"}) {
    answers["/provd/dev_mgr/devices"] = list;
    const auto found = Of("00:08:5d:a0:00:01");
    ASSERT_FALSE(found) << list;
    EXPECT_EQ(found.error().kind, ErrorKind::kNotFound) << list;
    EXPECT_THAT(found.error().message, HasSubstr("00:08:5d:a0:00:01"));
  }
  answers["/provd/dev_mgr/devices"] = "no JSON";
  EXPECT_FALSE(Of("00:08:5d:a0:00:01"));
}

}  // namespace
}  // namespace provdlab::fleet
