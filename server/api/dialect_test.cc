#include "server/api/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api/rest_api.h"
#include "server/application/provd.h"

namespace provdlab::server {
namespace {

constexpr const char* kTable = R"({"format": 1,
  "tenants": [{"uuid": "m"}, {"uuid": "a", "parent": "m"}, {"uuid": "b", "parent": "m"}, {"uuid": "x"}],
  "tokens": {"t-m": "m", "t-a": "a", "t-b": "b", "t-x": "x"}})";
constexpr const char* kType = "application/vnd.proformatique.provd+json";

TEST(DialectTest, HasPathsOfItsOwn) {
  const Dialect wazo = Dialect::Wazo(*tokens::TokenTable::Read(kTable));
  for (const auto& [target, canonical] : {std::pair("/0.2", "/provd"),
                                          {"/0.2/configure?x", "/provd/configure?x"},
                                          {"/0.2?x", "/provd?x"},
                                          {"/provd/configure", "/0.2/configure"},
                                          {"/0.25/configure", "/0.25/configure"},
                                          {"http://h:1/0.2/configure", "http://h:1/provd/configure"},
                                          {"http://h:1", "http://h:1"},
                                          {"*", "*"},
                                          {"", ""}})
    EXPECT_EQ(wazo.Canonical(target), canonical);
  EXPECT_EQ(Dialect::Xivo().Canonical("/provd/x"), "/provd/x");
}

class WazoTest : public ::testing::Test {
 protected:
  WazoTest() {
    ProvdOptions options;
    options.faults = &faults_;
    options.tenants = dialect_.tokens.get();
    options.raw_configs = Configs::RawConfigs::kBySchema;
    provd_ = std::move(*Provd::Open(std::move(options)));
    api_ = std::make_unique<RestApi>(Context::Of(*provd_), dialect_, &faults_);
  }
  // `token` and `tenant` may be empty: not sent.
  http::Response Ask(const std::string& token, const std::string& tenant, const std::string& method, const std::string& path,
                     const std::string& body = "") {
    http::Request request{.method = method, .target = dialect_.Canonical(path), .body = body};
    if (!token.empty()) request.headers.Add("X-Auth-Token", token);
    if (!tenant.empty()) request.headers.Add("Wazo-Tenant", tenant);
    if (!body.empty()) request.headers.Add("Content-Type", kType);
    return api_->Answer(request);
  }
  int Status(const std::string& token, const std::string& tenant, const std::string& method, const std::string& path,
             const std::string& body = "") {
    return Ask(token, tenant, method, path, body).status;
  }
  Json Device(const std::string& token, const std::string& id) {
    return Json::parse(Ask(token, "", "GET", "/0.2/dev_mgr/devices/" + id).body, nullptr, false).value("device", Json());
  }
  std::size_t Listed(const std::string& token, const std::string& query) {
    return Json::parse(Ask(token, "", "GET", "/0.2/dev_mgr/devices" + query).body).at("devices").size();
  }

  const Dialect dialect_ = Dialect::Wazo(*tokens::TokenTable::Read(kTable));
  Faults faults_;
  std::unique_ptr<Provd> provd_;
  std::unique_ptr<RestApi> api_;
};

TEST_F(WazoTest, LetsInWhoHasATokenAndNobodyElse) {
  struct Case {
    const char *token, *tenant;
    int status;
  };
  for (const Case& c : {Case{"t-m", "", 200},
                        {"t-m", "a", 200},
                        {"t-a", "a", 200},
                        {"", "", 401},
                        {"", "m", 401},
                        {"t", "", 401},
                        {"t-a", "m", 401},
                        {"t-a", "b", 401},
                        {"t-m", "x", 401},
                        {"t-x", "m", 401},
                        {"t-m", "nobody", 401}})
    EXPECT_EQ(Status(c.token, c.tenant, "GET", "/0.2/configure"), c.status) << c.token << " for " << c.tenant;
  EXPECT_EQ(Status("", "", "GET", "/0.2/no/such/path"), 401);
  EXPECT_EQ(Status("", "", "PATCH", "/0.2/configure"), 401);
  EXPECT_EQ(Status("t-m", "", "GET", "/provd/configure"), 404);
  EXPECT_EQ(Status("", "", "OPTIONS", "/0.2/configure"), 200);
  EXPECT_EQ(Status("t-a", "", "GET", "/0.2/status"), 200);
  for (const char* token : {"", "t-m"})
    EXPECT_TRUE(Ask(token, "", "GET", "/0.2/configure").headers.Has("Access-Control-Allow-Origin")) << token;
}

TEST_F(WazoTest, KeepsTheDevicesOfTenantsApart) {
  const auto created = Ask("t-a", "", "POST", "/0.2/dev_mgr/devices", R"({"device": {"id": "d", "tenant_uuid": "b"}})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.headers.Get("Location"), "/0.2/dev_mgr/devices/d");
  EXPECT_EQ(Device("t-a", "d")["tenant_uuid"], "a");
  EXPECT_EQ(Device("t-m", "d")["tenant_uuid"], "a");
  for (const char* stranger : {"t-b", "t-x"}) {
    EXPECT_EQ(Status(stranger, "", "GET", "/0.2/dev_mgr/devices/d"), 404);
    EXPECT_EQ(Status(stranger, "", "PUT", "/0.2/dev_mgr/devices/d", R"({"device": {}})"), 404);
    EXPECT_EQ(Status(stranger, "", "DELETE", "/0.2/dev_mgr/devices/d"), 404);
    EXPECT_EQ(Status(stranger, "", "POST", "/0.2/dev_mgr/reconfigure", R"({"id": "d"})"), 400);
    EXPECT_EQ(Status(stranger, "", "POST", "/0.2/dev_mgr/synchronize", R"({"id": "d"})"), 404);
    EXPECT_EQ(Listed(stranger, "?recurse=true"), 0u);
  }
  EXPECT_EQ(Listed("t-m", ""), 0u);
  EXPECT_EQ(Listed("t-m", "?recurse=true"), 1u);
  EXPECT_EQ(Listed("t-a", "?recurse=false"), 1u);
  for (const char* body : {R"({"device": {}})", R"({"device": {"tenant_uuid": "b"}})", R"({"device": {"tenant_uuid": "nobody"}})"}) {
    EXPECT_EQ(Status("t-a", "", "PUT", "/0.2/dev_mgr/devices/d", body), 204);
    EXPECT_EQ(Device("t-a", "d")["tenant_uuid"], "a") << body;
  }
  EXPECT_EQ(Status("t-m", "", "DELETE", "/0.2/dev_mgr/devices/d"), 204);
}

TEST_F(WazoTest, HasATenantClaimWhatAPhoneMade) {
  provd_->phones().Ask({.sighting = {.request = {.user_agent = "Someone"}, .ip = "192.0.2.1"}, .method = "GET", .path = {"x"}});
  const Json made = Json::parse(Ask("t-m", "", "GET", "/0.2/dev_mgr/devices").body).at("devices").at(0);
  EXPECT_EQ(made["tenant_uuid"], "m");
  EXPECT_EQ(made["is_new"], true);
  const std::string id = made["id"], path = "/0.2/dev_mgr/devices/" + id;
  EXPECT_EQ(Status("t-b", "", "DELETE", path), 404);
  EXPECT_EQ(Status("t-x", "", "GET", path), 404);
  EXPECT_EQ(Status("t-b", "", "GET", path), 200);
  EXPECT_EQ(Status("t-b", "", "PUT", path, DumpJson(Json{{"device", made}})), 204);
  EXPECT_EQ(Device("t-b", id)["tenant_uuid"], "b");
  EXPECT_EQ(Device("t-b", id)["is_new"], false);
  EXPECT_EQ(Status("t-a", "", "GET", path), 404);
}

TEST_F(WazoTest, GivesEachTenantAKeyOfItsOwn) {
  constexpr const char* kKey = "/0.2/configure/provisioning_key";
  struct Case {
    const char *token, *body;
    int status;
  };
  for (const Case& c : {Case{"t-a", R"({"param": {"value": "0123456789"}})", 204},
                        {"t-a", R"({"param": {"value": "0123456789"}})", 204},
                        {"t-b", R"({"param": {"value": "0123456789"}})", 400},
                        {"t-b", R"({"param": {"value": "short-7"}})", 400},
                        {"t-b", R"({"param": {"value": "a/b-12345"}})", 400},
                        {"t-b", R"({"param": {"value": "0123456789\n"}})", 400},
                        {"t-b", R"({"param": {"value": 123456789}})", 400},
                        {"t-b", R"({"param": {"value": null}})", 204},
                        {"t-x", R"({"param": {"value": null}})", 204}})
    EXPECT_EQ(Status(c.token, "", "PUT", kKey, c.body), c.status) << c.token << " " << c.body;
  EXPECT_EQ(Status("t-b", "", "PUT", kKey, R"({"param": {"value": ")" + std::string(257, 'k') + R"("}})"), 400);
  EXPECT_EQ(Ask("t-a", "", "GET", kKey).body, R"({"param":{"value":"0123456789"}})");
  EXPECT_EQ(Ask("t-m", "", "GET", kKey).body, R"({"param":{"value":null}})");
  EXPECT_EQ(Ask("t-m", "a", "GET", kKey).body, R"({"param":{"value":"0123456789"}})");

  const auto ask = [&](std::vector<std::string> path) {
    return provd_->phones()
        .Ask({.sighting = {.request = {.user_agent = "Someone"}, .ip = "192.0.2.1"}, .method = "GET", .path = std::move(path)})
        .file.route;
  };
  EXPECT_EQ(ask({"x"}), FileRoute::kNoKey);
  EXPECT_EQ(ask({""}), FileRoute::kNoKey);
  EXPECT_EQ(ask({"0123456780", "x"}), FileRoute::kNoKey);
  EXPECT_EQ(Listed("t-m", "?recurse=true"), 0u) << "nobody who asks without a key makes a device";
  EXPECT_NE(ask({"0123456789", "x"}), FileRoute::kNoKey);
  EXPECT_EQ(Listed("t-a", ""), 1u);
  EXPECT_EQ(ask({"0123456789"}), FileRoute::kNoPlugin);
}

TEST_F(WazoTest, HoldsRawConfigsAgainstASchema) {
  const auto post = [&](const std::string& raw) {
    return Status("t-m", "", "POST", "/0.2/cfg_mgr/configs", R"({"config": {"parent_ids": [], "raw_config": )" + raw + "}}");
  };
  EXPECT_EQ(post(R"({"ntp_enabled": true, "X_mine": 1})"), 201);
  EXPECT_EQ(post(R"({"sip": {"lines": {}}})"), 400);
}

// What a preset alone has switched on. 503 is what its own answers make something else of.
TEST_F(WazoTest, FailsWhereTheServerOfAPresetDoes) {
  const auto put = [&](const char* path, const char* body) { return Status("t-m", "", "PUT", path, body); };
  const auto post = [&](const char* path, const char* body) { return Status("t-m", "", "POST", path, body); };
  const char* const kDevices = "/0.2/dev_mgr/devices";
  const char* const kConfigs = "/0.2/cfg_mgr/configs";
  const char* const kUnusable = R"({"config": {"id": "u", "parent_ids": ["p"], "raw_config": {"ntp_enabled": true}}})";
  EXPECT_EQ(post(kConfigs, R"({"config": {"id": "p", "parent_ids": [], "raw_config": {"X_a": 1}, "role": "autocreate"}})"), 201);
  EXPECT_EQ(post(kConfigs, kUnusable), 201);
  EXPECT_EQ(post("/0.2/cfg_mgr/autocreate", "{}"), 400);
  EXPECT_EQ(post(kDevices, R"({"device": {"id": "é"}})"), 400);
  EXPECT_EQ(post(kDevices, R"({"device": {"id": "d", "deletable": false, "X_n": 1}})"), 201);

  for (FaultSwitch* fault : {&faults_.fails_at_types, &faults_.undeletable_device_fails, &faults_.non_ascii_id_is_kept,
                             &faults_.unusable_raw_config_refused, &faults_.autocreates_without_username})
    fault->On();
  EXPECT_EQ(Status("t-m", "", "GET", "/0.2/dev_mgr/devices?q={%22X_n%22:{%22$gt%22:%22x%22}}"), 503);
  EXPECT_EQ(Status("t-m", "", "GET", "/0.2/dev_mgr/devices?q={%22X_n%22:{%22$gt%22:0}}"), 200);
  EXPECT_EQ(Status("t-m", "", "DELETE", "/0.2/dev_mgr/devices/d"), 503);
  EXPECT_EQ(put("/0.2/dev_mgr/devices/d", R"({"device": {"deletable": true}})"), 204);
  EXPECT_EQ(Status("t-m", "", "DELETE", "/0.2/dev_mgr/devices/d"), 204);
  EXPECT_EQ(post(kDevices, R"({"device": {"id": "é"}})"), 503);
  EXPECT_EQ(post(kConfigs, R"({"config": {"id": "é", "parent_ids": [], "raw_config": {}}})"), 503);
  EXPECT_EQ(Listed("t-m", "?q={%22id%22:%22%C3%A9%22}"), 1u);
  EXPECT_EQ(put("/0.2/cfg_mgr/configs/u", kUnusable), 400);
  EXPECT_EQ(put("/0.2/cfg_mgr/configs/p", R"({"config": {"parent_ids": [], "raw_config": {"ntp_ip": "192.0.2.1"}, "role": "autocreate"}})"),
            204);
  EXPECT_EQ(put("/0.2/cfg_mgr/configs/u", kUnusable), 204) << "what it lacked it inherits";
  EXPECT_EQ(post("/0.2/cfg_mgr/autocreate", "{}"), 201);
}

}  // namespace
}  // namespace provdlab::server
