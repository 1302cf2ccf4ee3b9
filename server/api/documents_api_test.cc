// Devices, configs and finding over the API, on a real inventory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

#include "server/api/limits.h"
#include "server/api/media_type.h"
#include "server/api/rest_api.h"
#include "server/application/synchronizing.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr std::chrono::seconds kDeadline{20};

class AcceptingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string& plugin) const override { return plugin == "acme" ? "loaded" : ""; }
  Result<> Configure(const std::string& plugin, const Json&, const Json&) override {
    if (plugin != "acme") return Fail(ErrorKind::kNotFound, "not loaded");
    return {};
  }
  void Deconfigure(const std::string&, const Json&) override {}
};

class DocumentsApiTest : public ::testing::Test {
 protected:
  DocumentsApiTest() {
    Context context;
    context.operations = &operations_;
    context.devices = &devices_;
    context.configs = &configs_;
    context.synchronize = [this](const std::string& device) { return synchronizing_.Start(device); };
    context.leased = [this](const DhcpInfo& lease) -> Result<> {
      leases_.push_back(lease.ip + " " + lease.mac);
      return {};
    };
    api_ = std::make_unique<RestApi>(std::move(context));
  }

  http::Response Ask(const std::string& method, const std::string& target, const std::string& body = "") const {
    return api_->Answer(
        {.method = method, .target = "/provd" + target, .headers = {{"Content-Type", std::string(kProvdMediaType)}}, .body = body});
  }
  int Status(const std::string& method, const std::string& target, const std::string& body = "") const {
    return Ask(method, target, body).status;
  }
  Json GetJson(const std::string& target) const {
    const auto response = Ask("GET", target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    EXPECT_EQ(response.headers.Get("Content-Type"), kProvdMediaType) << target;
    const auto json = ParseJson(response.source ? Drain(*response.source) : response.body);
    EXPECT_TRUE(json) << response.body;
    return json.value_or(Json());
  }
  static std::string Drain(http::BodySource& source) {
    std::string body;
    for (bool more = true; more;) {
      source.Next([&](http::BodySource::Piece piece) {
        EXPECT_LT(piece.bytes.size(), limits::kListPiece + 4096);
        body += piece.bytes;
        more = piece.then == http::BodySource::Piece::Then::kMore;
      });
    }
    return body;
  }
  std::vector<std::string> Ids(const std::string& target) const {
    const Json answer = GetJson(target);
    std::vector<std::string> ids;
    for (const Json& document : answer.begin().value()) ids.push_back(document.at("id"));
    return ids;
  }

  Faults faults_;
  Operations operations_{faults_};
  AcceptingConfigurer configurer_;
  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory_ =
      std::move(*Inventory::Open({*store_, configurer_, {{"ip", "127.0.0.1"}}, [](const std::string&) {}}));
  Devices devices_{*inventory_};
  Configs configs_{*inventory_};
  NoPhoneCaller caller_;
  Workers workers_{4};
  Synchronizing synchronizing_{*inventory_, [](const std::string&) { return Synchronization{}; }, caller_, workers_,
                               [](const std::string&) {}};
  std::vector<std::string> leases_;
  std::unique_ptr<RestApi> api_;
};

TEST_F(DocumentsApiTest, KeepsDevices) {
  const auto created = Ask("POST", "/dev_mgr/devices", R"({"device": {"id": "a:b@c", "mac": "00:11:22:33:44:55", "X_é": [1, null]}})");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.headers.Get("Location"), "/provd/dev_mgr/devices/a:b@c");
  EXPECT_EQ(created.headers.Get("Content-Type"), kProvdMediaType);
  EXPECT_EQ(created.body, R"({"id":"a:b@c"})");
  const Json device = *ParseJson(R"({"id": "a:b@c", "mac": "00:11:22:33:44:55", "X_é": [1, null], "configured": false})");
  EXPECT_EQ(GetJson("/dev_mgr/devices/a:b@c"), (Json{{"device", device}}));
  EXPECT_EQ(GetJson("/dev_mgr/devices/a%3Ab%40c"), (Json{{"device", device}}));
  EXPECT_EQ(GetJson("/dev_mgr/devices"), (Json{{"devices", {device}}}));
  EXPECT_EQ(Status("HEAD", "/dev_mgr/devices/a:b@c"), 200);

  const auto replaced = Ask("PUT", "/dev_mgr/devices/a:b@c", R"({"device": {"id": "other", "ip": "192.0.2.7"}})");
  EXPECT_EQ(replaced.status, 204);
  EXPECT_EQ(replaced.body, "");
  EXPECT_EQ(GetJson("/dev_mgr/devices/a:b@c").at("device"), (Json{{"id", "a:b@c"}, {"ip", "192.0.2.7"}, {"configured", false}}));
  EXPECT_EQ(Status("GET", "/dev_mgr/devices/other"), 404);
  EXPECT_EQ(Status("DELETE", "/dev_mgr/devices/a:b@c"), 204);
  EXPECT_EQ(Status("DELETE", "/dev_mgr/devices/a:b@c"), 404);
  EXPECT_EQ(Ask("GET", "/dev_mgr/devices/a:b@c").body, "No such resource");
  EXPECT_EQ(GetJson("/dev_mgr/devices"), Json::parse(R"({"devices": []})"));
}

TEST_F(DocumentsApiTest, KeepsConfigs) {
  EXPECT_EQ(Status("POST", "/cfg_mgr/configs", R"({"config": {"id": "base", "parent_ids": [], "raw_config": {"a": {"x": 1}}}})"), 201);
  const auto created = Ask("POST", "/cfg_mgr/configs", R"({"config": {"parent_ids": ["base"], "raw_config": {"a": {"y": null}}}})");
  EXPECT_EQ(created.status, 201);
  const std::string id = ParseJson(created.body)->at("id");
  EXPECT_EQ(created.headers.Get("Location"), "/provd/cfg_mgr/configs/" + id);
  EXPECT_EQ(GetJson("/cfg_mgr/configs/" + id + "/raw"), Json::parse(R"({"raw_config": {"ip": "127.0.0.1", "a": {"x": 1, "y": null}}})"));
  EXPECT_EQ(GetJson("/cfg_mgr/configs/base").at("config"),
            Json::parse(R"({"id": "base", "parent_ids": [], "raw_config": {"a": {"x": 1}}})"));
  EXPECT_EQ(Status("PUT", "/cfg_mgr/configs/base", R"({"config": {"parent_ids": [], "raw_config": {}, "deletable": false}})"), 204);
  EXPECT_EQ(Status("DELETE", "/cfg_mgr/configs/base"), 403);
  EXPECT_EQ(Status("DELETE", "/cfg_mgr/configs/" + id), 204);
  EXPECT_EQ(Status("GET", "/cfg_mgr/configs/" + id + "/raw"), 404);
  EXPECT_EQ(Status("GET", "/cfg_mgr/configs/base/raw/"), 404);
  EXPECT_THAT(Ids("/cfg_mgr/configs"), ElementsAre("base"));
}

TEST_F(DocumentsApiTest, AutocreatesBelowConfigs) {
  EXPECT_EQ(Status("POST", "/cfg_mgr/autocreate", "{}"), 400);
  EXPECT_THAT(Ids("/cfg_mgr/configs"), IsEmpty());
  ASSERT_EQ(
      Status(
          "POST", "/cfg_mgr/configs",
          R"({"config": {"id": "auto", "role": "autocreate", "parent_ids": [], "raw_config": {"sip_lines": {"1": {"username": "ap"}}}}})"),
      201);
  const auto created = Ask("POST", "/cfg_mgr/autocreate", "{}");
  EXPECT_EQ(created.status, 201) << created.body;
  const std::string id = ParseJson(created.body)->at("id");
  EXPECT_EQ(created.headers.Get("Location"), "/provd/cfg_mgr/configs/" + id);
  EXPECT_EQ(GetJson("/cfg_mgr/configs/" + id).at("config").at("parent_ids"), Json({"auto"}));
  EXPECT_EQ(Status("POST", "/cfg_mgr/autocreate", "nonsense"), 400);
}

// Of each row the first thing that is wrong is answered.
TEST_F(DocumentsApiTest, RefusesInOrder) {
  ASSERT_EQ(Status("POST", "/dev_mgr/devices", R"({"device": {"id": "d"}})"), 201);
  ASSERT_EQ(Status("POST", "/cfg_mgr/configs", R"({"config": {"id": "c", "parent_ids": [], "raw_config": {}}})"), 201);
  const std::tuple<int, const char*, const char*, const char*> cases[] = {
      {404, "GET", "/dev_mgr/devices/", ""},
      {404, "GET", "/dev_mgr/devices/none", ""},
      {404, "GET", "/dev_mgr/devices/%C3%A9", ""},
      {405, "DELETE", "/dev_mgr/devices", ""},
      {405, "POST", "/dev_mgr/devices/d", "{}"},
      {405, "GET", "/dev_mgr/synchronize", ""},
      {405, "GET", "/cfg_mgr/autocreate", ""},
      {405, "PUT", "/cfg_mgr/configs/c/raw", "{}"},
      {400, "POST", "/dev_mgr/devices", "nonsense"},
      {400, "POST", "/dev_mgr/devices", "{}"},
      {400, "POST", "/dev_mgr/devices", "[]"},
      {400, "POST", "/dev_mgr/devices", R"({"device": null})"},
      {400, "POST", "/dev_mgr/devices", R"({"device": []})"},
      {400, "POST", "/dev_mgr/devices", R"({"device": {"id": "d"}})"},
      {400, "POST", "/dev_mgr/devices", R"({"device": {"id": "a/b"}})"},
      {400, "POST", "/dev_mgr/devices", R"({"device": {"id": "é"}})"},
      {400, "POST", "/dev_mgr/devices", R"({"device": {"mac": "00-11-22-33-44-55"}})"},
      {400, "PUT", "/dev_mgr/devices/none", "nonsense"},
      {400, "PUT", "/dev_mgr/devices/none", "{}"},
      {404, "PUT", "/dev_mgr/devices/none", R"({"device": {"mac": 5}})"},
      {400, "PUT", "/dev_mgr/devices/d", R"({"device": {"mac": 5}})"},
      {204, "PUT", "/dev_mgr/devices/d", R"({"device": {"id": "a/b"}})"},
      {400, "POST", "/cfg_mgr/configs", R"({"config": {"id": "x"}})"},
      {400, "POST", "/cfg_mgr/configs", R"({"config": {"id": "c", "parent_ids": [], "raw_config": {}}})"},
      {404, "PUT", "/cfg_mgr/configs/none", R"({"config": {}})"},
      {400, "PUT", "/cfg_mgr/configs/c", R"({"config": {}})"},
      {400, "PUT", "/cfg_mgr/configs/c", R"({"config": {"parent_ids": "c", "raw_config": {}}})"},
      {400, "GET", "/dev_mgr/devices?q=garbage", ""},
      {400, "GET", "/cfg_mgr/configs?limit=-1", ""},
      {400, "POST", "/dev_mgr/synchronize", "{}"},
      {400, "POST", "/dev_mgr/synchronize", R"({"id": 5})"},
      {400, "POST", "/dev_mgr/reconfigure", "{}"},
      {400, "POST", "/dev_mgr/reconfigure", R"({"id": "none"})"},
      {204, "POST", "/dev_mgr/reconfigure", R"({"id": "d"})"},
      {404, "GET", "/dev_mgr/synchronize/7", ""},
  };
  for (const auto& [status, method, target, body] : cases) {
    const auto response = Ask(method, target, body);
    EXPECT_EQ(response.status, status) << method << " " << target << " " << body << ": " << response.body;
    if (status >= 400) {
      EXPECT_EQ(response.headers.Get("Content-Type"), "text/plain; charset=utf-8");
    }
  }
  EXPECT_EQ(Ask("POST", "/dev_mgr/reconfigure", R"({"id": "none"})").body, "invalid device ID");
  EXPECT_THAT(Ids("/dev_mgr/devices"), ElementsAre("d"));
  EXPECT_THAT(Ids("/cfg_mgr/configs"), ElementsAre("c"));
}

TEST_F(DocumentsApiTest, FollowsAConfigured) {
  ASSERT_EQ(Status("POST", "/dev_mgr/devices", R"({"device": {"id": "d", "plugin": "acme", "config": "c", "configured": true}})"), 201);
  const auto configured = [&] { return GetJson("/dev_mgr/devices/d").at("device").at("configured"); };
  EXPECT_EQ(configured(), false);
  ASSERT_EQ(Status("POST", "/cfg_mgr/configs", R"({"config": {"id": "c", "parent_ids": ["p"], "raw_config": {}}})"), 201);
  EXPECT_EQ(configured(), true);
  ASSERT_EQ(Status("POST", "/cfg_mgr/configs", R"({"config": {"id": "p", "parent_ids": [], "raw_config": {"ntp_enabled": true}}})"), 201);
  EXPECT_EQ(configured(), false);
  ASSERT_EQ(Status("DELETE", "/cfg_mgr/configs/p"), 204);
  EXPECT_EQ(configured(), true);
}

TEST_F(DocumentsApiTest, Finds) {
  for (const char* device : {R"({"id": "a", "mac": "00:11:22:33:44:01", "X_n": 10})",
                             R"({"id": "b", "mac": "00:11:22:33:44:02", "X_n": 9})", R"({"id": "c", "X_n": 100})"})
    ASSERT_EQ(Status("POST", "/dev_mgr/devices", R"({"device": )" + std::string(device) + "}"), 201);
  EXPECT_THAT(Ids("/dev_mgr/devices?q=%7B%22mac%22%3A%2200%3A11%3A22%3A33%3A44%3A02%22%7D"), ElementsAre("b"));
  EXPECT_THAT(Ids("/dev_mgr/devices?q64=eyJYX24iOnsiJGd0Ijo5fX0%3D"), UnorderedElementsAre("a", "c"));  // {"X_n":{"$gt":9}}
  EXPECT_THAT(Ids("/dev_mgr/devices?sort=X_n&skip=1&limit=1&fields=mac&unknown=1"), ElementsAre("a"));
  EXPECT_EQ(GetJson("/dev_mgr/devices?fields=mac&q=%7B%22id%22%3A%22a%22%7D"),
            Json::parse(R"({"devices": [{"id": "a", "mac": "00:11:22:33:44:01"}]})"));
  EXPECT_EQ(Status("HEAD", "/dev_mgr/devices?q=garbage"), 400);
}

TEST_F(DocumentsApiTest, StreamsALongList) {
  std::set<std::string> expected;
  for (int i = 0; i < 2'000; ++i) {
    expected.insert(std::to_string(i));
    ASSERT_TRUE(devices_.Create({{"id", std::to_string(i)}, {"description", std::string(100, 'x')}}));
  }
  const auto response = Ask("GET", "/dev_mgr/devices");
  EXPECT_TRUE(response.source);
  EXPECT_EQ(response.body, "");
  const auto ids = Ids("/dev_mgr/devices");
  EXPECT_EQ(ids.size(), expected.size());
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), expected);
  EXPECT_FALSE(Ask("GET", "/dev_mgr/devices?limit=5").source);
}

TEST_F(DocumentsApiTest, SynchronizesBehindAMonitor) {
  ASSERT_EQ(Status("POST", "/cfg_mgr/configs", R"({"config": {"id": "c", "parent_ids": [], "raw_config": {}}})"), 201);
  ASSERT_EQ(Status("POST", "/dev_mgr/devices", R"({"device": {"id": "d", "plugin": "acme", "config": "c"}})"), 201);
  int number = 0;
  for (const char* body : {R"({"id": "d"})", R"({"id": "none"})"}) {
    const auto created = Ask("POST", "/dev_mgr/synchronize", body);
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body, "");
    EXPECT_EQ(created.headers.Get("Location"), "/provd/dev_mgr/synchronize/" + std::to_string(++number));
    const auto operation = operations_.Get("dev_mgr/synchronize", std::to_string(number));
    ASSERT_TRUE(operation && operation->AwaitEnd(kDeadline));
    const std::string monitor = "/dev_mgr/synchronize/" + std::to_string(number);
    EXPECT_EQ(GetJson(monitor), (Json{{"status", "fail"}}));
    EXPECT_EQ(Status("DELETE", monitor), 204);
    EXPECT_EQ(Status("GET", monitor), 404);
  }
}

TEST_F(DocumentsApiTest, TakesDhcpInfo) {
  const std::pair<const char*, int> cases[] = {
      {R"({"dhcp_info": {"op": "commit", "ip": "192.0.2.7", "mac": "00:1A:2B:3C:4D:5E", "options": ["06054.65.73.74"]}})", 204},
      {R"({"dhcp_info": {"op": "release", "ip": "192.0.2.7"}})", 204},
      {R"({"dhcp_info": {"op": "expiry", "ip": "192.0.2.7"}})", 204},
      {R"({"dhcp_info": {"op": "renew", "ip": "192.0.2.7"}})", 400},
      {R"({"dhcp_info": {"op": "release", "ip": null}})", 400},
      {R"({"dhcp_info": {"op": "commit", "ip": "192.0.2.7", "mac": "00:1A:2B:3C:4D:5E", "options": ["060zz"]}})", 400},
      {R"({"dhcp_info": []})", 400},
      {R"({})", 400},
  };
  for (const auto& [body, status] : cases) EXPECT_EQ(Status("POST", "/dev_mgr/dhcpinfo", body), status) << body;
  EXPECT_THAT(leases_, ElementsAre("192.0.2.7 00:1a:2b:3c:4d:5e"));
}

}  // namespace
}  // namespace provdlab::server
