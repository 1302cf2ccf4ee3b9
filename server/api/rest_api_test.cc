#include "server/api/rest_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api/media_type.h"
#include "server/application/synchronizing.h"

namespace provdlab::server {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::NiceMock;
using ::testing::Return;

class MockConfiguration : public ConfigurationService {
 public:
  MOCK_METHOD(std::vector<Parameter>, List, (std::string_view locale), (const, override));
  MOCK_METHOD(Result<Json>, Get, (std::string_view id), (const, override));
  MOCK_METHOD(Result<>, Set, (std::string_view id, const Json& value), (override));
};

class MockInstallation : public InstallationService {
 public:
  MOCK_METHOD(bool, has_update, (), (const, override));
  MOCK_METHOD(Result<std::shared_ptr<Operation>>, Install, (const std::string& id), (override));
  MOCK_METHOD(Result<std::shared_ptr<Operation>>, Upgrade, (const std::string& id), (override));
  MOCK_METHOD(Result<std::shared_ptr<Operation>>, Update, (), (override));
  MOCK_METHOD(Result<>, Uninstall, (const std::string& id), (override));
  MOCK_METHOD(Json, Installable, (std::string_view locale), (const, override));
  MOCK_METHOD(Json, Installed, (std::string_view locale), (const, override));
};

class NoPlugins : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return ""; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return Fail(ErrorKind::kNotFound, "not loaded"); }
  void Deconfigure(const std::string&, const Json&) override {}
};

// A manager, a plugin "acme" with both services, a plugin "plain" with none, no devices and no configs.
class RestApiTest : public ::testing::Test {
 protected:
  RestApiTest() {
    ON_CALL(configuration, Get(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such parameter")));
    ON_CALL(configuration, Get(std::string_view("NAT"))).WillByDefault(Return(Json(0)));
    ON_CALL(configuration, Set(_, _)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such parameter")));
    ON_CALL(configuration, Set(std::string_view("NAT"), _)).WillByDefault(Return(Fail(ErrorKind::kInvalid, "NAT must be 0 or 1")));
    ON_CALL(configuration, Set(std::string_view("NAT"), Json(1))).WillByDefault(Return(Result<>()));
    ON_CALL(installation, has_update()).WillByDefault(Return(true));
    ON_CALL(installation, Install(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such package")));
    ON_CALL(installation, Install("good")).WillByDefault([](const std::string&) { return Operation::Make("install"); });
    ON_CALL(installation, Upgrade(_)).WillByDefault(Return(Fail(ErrorKind::kConflict, "The package is being upgraded")));
    ON_CALL(installation, Upgrade("good")).WillByDefault([](const std::string&) { return Operation::Make("upgrade"); });
    ON_CALL(installation, Update()).WillByDefault([] { return Operation::Make("update"); });
    ON_CALL(installation, Uninstall(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "The package is not installed")));
    ON_CALL(installation, Uninstall("good")).WillByDefault(Return(Result<>()));
    ON_CALL(installation, Installable(_)).WillByDefault(Return(Json::object()));
    ON_CALL(installation, Installed(_)).WillByDefault(Return(Json::object()));

    ON_CALL(*plugin_configuration, Set(_, _)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such parameter")));
    ON_CALL(*plugin_configuration, Get(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such parameter")));
    ON_CALL(*plugin_configuration, Get(std::string_view("speed"))).WillByDefault(Return(Json("fast")));
    ON_CALL(*plugin_installation, Install(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such package")));
    ON_CALL(*plugin_installation, Upgrade(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such package")));
    ON_CALL(*plugin_installation, Uninstall(_)).WillByDefault(Return(Fail(ErrorKind::kNotFound, "There is no such package")));
    ON_CALL(*plugin_installation, has_update()).WillByDefault(Return(false));
    ON_CALL(*plugin_installation, Install("firmware")).WillByDefault([](const std::string&) { return Operation::Make("install_pkg"); });

    Context context;
    context.configuration = [this](const Caller&) {
      return std::shared_ptr<ConfigurationService>(std::shared_ptr<void>(), &configuration);
    };
    context.installation = &installation;
    context.operations = &operations;
    context.devices = &devices;
    context.configs = &configs;
    context.synchronize = [](const std::string&) { return Operation::Make(""); };
    context.leased = [](const DhcpInfo&) -> Result<> { return {}; };
    context.plugins = [] { return std::vector<std::string>{"acme", "plain"}; };
    context.find_plugin = [this](std::string_view id) -> std::shared_ptr<const LoadedPlugin> {
      if (id == "acme") return std::make_shared<LoadedPlugin>(LoadedPlugin{"acme", "1.0", plugin_configuration, plugin_installation});
      if (id == "plain") return std::make_shared<LoadedPlugin>(LoadedPlugin{"plain", "1.0", nullptr, nullptr});
      return nullptr;
    };
    context.plugin_info = [](std::string_view id, std::string_view wanted) -> Result<Json> {
      if (id != "acme") return Fail(ErrorKind::kNotFound, "There is no such plugin");
      return Json{{"version", "1.0"}, {"description", wanted == "fr_FR" ? "Un greffon" : "A plugin"}, {"capabilities", Json::object()}};
    };
    context.reload_plugin = [](const std::string& id) -> Result<> {
      if (id == "acme") return {};
      return Fail(ErrorKind::kNotFound, "The plugin is not installed");
    };
    context.locale = [this] { return locale; };
    api = std::make_unique<RestApi>(std::move(context));
  }

  http::Response Get(const std::string& target) const { return api->Answer({.method = "GET", .target = target}); }
  http::Response Send(const std::string& method, const std::string& target, const std::string& body) const {
    return api->Answer({.method = method, .target = target, .headers = {{"Content-Type", std::string(kProvdMediaType)}}, .body = body});
  }
  Json GetJson(const std::string& target) const {
    const auto response = Get(target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    EXPECT_EQ(response.headers.Get("Content-Type"), kProvdMediaType) << target;
    const auto json = ParseJson(response.body);
    EXPECT_TRUE(json) << response.body;
    return json.value_or(Json());
  }

  Faults faults;
  Operations operations{faults};
  NoPlugins no_plugins;
  std::unique_ptr<Store> store = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory = std::move(*Inventory::Open({*store, no_plugins, Json::object(), [](const std::string&) {}}));
  Devices devices{*inventory};
  Configs configs{*inventory};
  NiceMock<MockConfiguration> configuration;
  NiceMock<MockInstallation> installation;
  std::shared_ptr<NiceMock<MockConfiguration>> plugin_configuration = std::make_shared<NiceMock<MockConfiguration>>();
  std::shared_ptr<NiceMock<MockInstallation>> plugin_installation = std::make_shared<NiceMock<MockInstallation>>();
  std::string locale;
  std::unique_ptr<RestApi> api;
};

std::vector<std::string> Rels(const Json& document) {
  std::vector<std::string> rels;
  for (const Json& link : document.at("links")) rels.push_back(link.at("rel"));
  return rels;
}

TEST_F(RestApiTest, LinksLeadFromTheEntryPoint) {
  EXPECT_THAT(Rels(GetJson("/provd")), ElementsAre("dev", "cfg", "pg", "srv.configure"));
  EXPECT_THAT(Rels(GetJson("/provd/dev_mgr")), ElementsAre("dev.synchronize", "dev.reconfigure", "dev.dhcpinfo", "dev.devices"));
  EXPECT_THAT(Rels(GetJson("/provd/cfg_mgr")), ElementsAre("cfg.configs", "cfg.autocreate"));
  EXPECT_THAT(Rels(GetJson("/provd/pg_mgr")), ElementsAre("srv.install", "pg.plugins", "pg.reload"));
  EXPECT_THAT(Rels(GetJson("/provd/pg_mgr/install")), ElementsAre("srv.install.install", "srv.install.uninstall", "srv.install.installed",
                                                                  "srv.install.installable", "srv.install.upgrade", "srv.install.update"));
}

TEST_F(RestApiTest, LinksOfAPluginAreThoseOfWhatItOffers) {
  EXPECT_THAT(Rels(GetJson("/provd/pg_mgr/plugins/acme")), ElementsAre("pg.info", "srv.install", "srv.configure"));
  EXPECT_THAT(Rels(GetJson("/provd/pg_mgr/plugins/plain")), ElementsAre("pg.info"));
  EXPECT_THAT(Rels(GetJson("/provd/pg_mgr/plugins/acme/install")),
              ElementsAre("srv.install.install", "srv.install.uninstall", "srv.install.installed", "srv.install.installable",
                          "srv.install.upgrade"));
  EXPECT_EQ(GetJson("/provd/pg_mgr/plugins/acme/install").at("links")[0].at("href"), "/provd/pg_mgr/plugins/acme/install/install");
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/plain/install").status, 404);
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/plain/configure").status, 404);
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/none/install").status, 404);
}

TEST_F(RestApiTest, ListsParametersWithLinks) {
  EXPECT_CALL(configuration, List(std::string_view("fr_FR")))
      .WillOnce(Return(std::vector<Parameter>{{"a b", "Une valeur", Json(nullptr)}}));
  locale = "fr_FR";
  EXPECT_EQ(GetJson("/provd/configure"), Json::parse(R"({"params": [{"id": "a b", "description": "Une valeur", "value": null,
      "links": [{"rel": "srv.configure.param", "href": "/provd/configure/a%20b"}]}]})"));
}

TEST_F(RestApiTest, ReadsAndSetsParameters) {
  EXPECT_EQ(GetJson("/provd/configure/NAT"), Json::parse(R"({"param": {"value": 0}})"));
  EXPECT_EQ(GetJson("/provd/pg_mgr/plugins/acme/configure/speed"), Json::parse(R"({"param": {"value": "fast"}})"));
  EXPECT_EQ(Get("/provd/configure/none").status, 404);
  EXPECT_EQ(Get("/provd/configure/none").body, "No such resource");
  const auto set = Send("PUT", "/provd/configure/NAT", R"({"param": {"value": 1}})");
  EXPECT_EQ(set.status, 204);
  EXPECT_EQ(set.body, "");
  EXPECT_FALSE(set.headers.Has("Content-Type"));
  const auto refused = Send("PUT", "/provd/configure/NAT", R"({"param": {"value": 2}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, "NAT must be 0 or 1");
}

TEST_F(RestApiTest, StartsOperationsAndShowsTheirMonitors) {
  const std::pair<const char*, const char*> cases[] = {
      {"/provd/pg_mgr/install/install", R"({"id": "good"})"},
      {"/provd/pg_mgr/install/upgrade", R"({"id": "good"})"},
      {"/provd/pg_mgr/install/update", "[]"},
      {"/provd/pg_mgr/plugins/acme/install/install", R"({"id": "firmware"})"},
  };
  for (const auto& [path, body] : cases) {
    const auto created = Send("POST", path, body);
    EXPECT_EQ(created.status, 201) << path << ": " << created.body;
    EXPECT_EQ(created.body, "");
    EXPECT_EQ(created.headers.Get("Location"), std::string(path) + "/1");
    const std::string monitor = created.headers.Get("Location").value_or("");
    EXPECT_TRUE(GetJson(monitor).at("status").is_string());
    EXPECT_EQ(Get(monitor.substr(0, monitor.size() - 1) + "01").status, 404);
    EXPECT_EQ(api->Answer({.method = "DELETE", .target = monitor}).status, 204);
    EXPECT_EQ(Get(monitor).status, 404);
    EXPECT_EQ(api->Answer({.method = "DELETE", .target = monitor}).status, 404);
    EXPECT_EQ(Send("POST", path, body).headers.Get("Location"), std::string(path) + "/2");
  }
}

TEST_F(RestApiTest, FindsTheSameMonitorInEverySpelling) {
  ASSERT_EQ(Send("POST", "/provd/pg_mgr/install/%69nstall", R"({"id": "good"})").headers.Get("Location"),
            "/provd/pg_mgr/install/install/1");
  EXPECT_EQ(Get("/provd/%70g_mgr/install/install/%31?x=y").status, 200);
}

TEST_F(RestApiTest, KeepsTheMonitorOfAPluginThatIsGone) {
  operations.Create("pg_mgr/plugins/gone/install/install", Operation::Make("install_pkg"));
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/gone/install/install/1").status, 200);
}

TEST_F(RestApiTest, RefusesWhatTheApplicationRefuses) {
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/install/install", R"({"id": "none"})").status, 400);
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/install/upgrade", R"({"id": "busy"})").status, 400);
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/install/uninstall", R"({"id": "none"})").status, 400);
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/install/uninstall", R"({"id": "good"})").status, 204);
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/reload", R"({"id": "none"})").status, 400);
  EXPECT_EQ(Send("POST", "/provd/pg_mgr/reload", R"({"id": "acme"})").status, 204);
}

TEST_F(RestApiTest, ShowsPlugins) {
  EXPECT_EQ(GetJson("/provd/pg_mgr/plugins"), Json::parse(R"({"plugins": {
      "acme": {"links": [{"rel": "pg.plugin", "href": "/provd/pg_mgr/plugins/acme"}]},
      "plain": {"links": [{"rel": "pg.plugin", "href": "/provd/pg_mgr/plugins/plain"}]}}})"));
  EXPECT_EQ(GetJson("/provd/pg_mgr/plugins/acme/info").at("plugin_info").at("description"), "A plugin");
  locale = "fr_FR";
  EXPECT_EQ(GetJson("/provd/pg_mgr/plugins/acme/info").at("plugin_info").at("description"), "Un greffon");
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/none").status, 404);
  EXPECT_EQ(Get("/provd/pg_mgr/plugins/none/info").status, 404);
}

// A request that fails several checks is answered by the first.
TEST_F(RestApiTest, ChecksInOrder) {
  struct Case {
    int status;
    const char* method;
    const char* target;
    http::Headers headers;
    const char* body;
  };
  const http::Headers provd = {{"Content-Type", std::string(kProvdMediaType)}};
  const http::Headers html = {{"Content-Type", "text/html"}, {"Accept", "text/html"}};
  const Case cases[] = {
      {404, "BREW", "/nowhere", html, "nonsense"},
      {404, "GET", "/provd/", html, ""},
      {404, "GET", "/provd/configure/%zz", html, ""},
      {405, "BREW", "/provd/configure", html, "nonsense"},
      {405, "POST", "/provd/configure/none", html, "nonsense"},
      {405, "DELETE", "/provd/pg_mgr/plugins/none/install", html, ""},
      {405, "OPTIONS", "/provd/pg_mgr/install/install", html, ""},
      {405, "TRACE", "/provd", {}, ""},
      {405, "CONNECT", "/provd", {}, ""},
      {406, "GET", "/provd/configure/none", html, ""},
      {406, "HEAD", "/provd/pg_mgr/plugins/none", html, ""},
      {415, "PUT", "/provd/configure/none", html, "nonsense"},
      {415, "PUT", "/provd/configure/NAT", {}, R"({"param": {"value": 1}})"},
      {415, "PUT", "/provd/configure/NAT", {{"Content-Type", "application/json"}}, R"({"param": {"value": 1}})"},
      {415, "PUT", "/provd/configure/NAT", {{"Content-Type", std::string(kProvdMediaType)}, {"Content-Type", "text/plain"}}, "{}"},
      {400, "PUT", "/provd/configure/none", provd, "nonsense"},
      {400, "PUT", "/provd/configure/none", provd, "{}"},
      {400, "PUT", "/provd/configure/none", provd, R"({"param": {}})"},
      {400, "PUT", "/provd/configure/none", provd, R"({"param": []})"},
      {400, "POST", "/provd/pg_mgr/plugins/none/install/install", provd, "{}"},
      {404, "POST", "/provd/pg_mgr/plugins/none/install/install", provd, R"({"id": "x"})"},
      {404, "PUT", "/provd/configure/none", provd, R"({"param": {"value": null}})"},
      {400, "PUT", "/provd/configure/NAT", provd, R"({"param": {"value": "x"}})"},
      {204, "PUT", "/provd/configure/NAT", provd, R"({"param": {"value": 1}})"},
      {204,
       "PUT",
       "/provd/configure/NAT?a?b=%",
       {{"Content-Type", std::string(kProvdMediaType) + ";x=y"}, {"Accept", "text/html"}},
       R"({"param": {"value": 1}})"},
  };
  for (const Case& test : cases) {
    const auto response = api->Answer({.method = test.method, .target = test.target, .headers = test.headers, .body = test.body});
    EXPECT_EQ(response.status, test.status) << test.method << " " << test.target << ": " << response.body;
  }
}

TEST_F(RestApiTest, SaysWhatIsAllowed) {
  const std::pair<const char*, const char*> cases[] = {
      {"/provd", "GET, HEAD"},
      {"/provd/configure/NAT", "GET, HEAD, PUT"},
      {"/provd/pg_mgr/install/install", "POST"},
      {"/provd/pg_mgr/install/install/1", "GET, HEAD, DELETE"},
  };
  for (const auto& [target, allow] : cases) {
    EXPECT_EQ(api->Answer({.method = "PATCH", .target = target}).headers.Get("Allow"), allow) << target;
  }
}

// Whatever is asked is answered: never by an error of ours, never by a web page.
TEST_F(RestApiTest, AnswersEveryOddRequest) {
  const char* bodies[] = {"",
                          " ",
                          "null",
                          "true",
                          "5",
                          "\"\"",
                          "[]",
                          "{}",
                          "{\"id\": null}",
                          "{\"id\": \"\"}",
                          "{\"id\": \"\\u0000\"}",
                          "[[",
                          "{",
                          "\xff",
                          "nul",
                          "{}x",
                          "\xEF\xBB\xBF{}",
                          "{\"param\": null}",
                          "{\"param\": {\"value\": {\"a\": [1e308]}}}",
                          "1e999",
                          "{\"id\": \"../../etc/passwd\"}"};
  std::vector<std::string> paths = {"",
                                    "*",
                                    "/",
                                    "//",
                                    "/provd/",
                                    "/provd//",
                                    "/%",
                                    "/%00",
                                    "/provd/%00",
                                    "/provd/configure/%2F",
                                    "/provd/configure/..",
                                    "http://",
                                    "http://x",
                                    "/provd/configure/" + std::string(10'000, 'a'),
                                    "/provd?%",
                                    "/\xff",
                                    "/provd/configure/\xc3\xa9"};
  for (const Router::Resource& resource : api->router().resources()) {
    for (const char* parameter : {"acme", "none", "1", "%2e%2e", "%00", "\xff"}) {
      std::string path;
      for (const std::string_view segment : resource.segments) path += "/" + (segment.starts_with("{") ? parameter : std::string(segment));
      paths.push_back(path);
    }
  }
  for (const std::string& path : paths) {
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", ""}) {
      for (const char* body : bodies) {
        const auto response = Send(method, path, body);
        EXPECT_GE(response.status, 200) << method << " " << path << " " << body;
        EXPECT_LT(response.status, 500) << method << " " << path << " " << body;
        EXPECT_EQ(response.body.find('<'), std::string::npos) << response.body;
        if (response.status >= 400) {
          EXPECT_EQ(response.headers.Get("Content-Type"), "text/plain; charset=utf-8");
        }
      }
    }
  }
}

}  // namespace
}  // namespace provdlab::server
