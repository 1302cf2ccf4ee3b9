// What the admin port says about phones' requests, as JSON and as text.
#include "server/provisioning/phone_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/application/testing/phone_site.h"
#include "server/provisioning/explanation_report.h"
#include "server/provisioning/http_files.h"
#include "server/provisioning/tftp_files.h"

namespace provdlab::server::provisioning {
namespace {

using server::testing::Mac;
using server::testing::OwnFile;
using server::testing::PhoneSite;
using server::testing::UserAgent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class PhoneRoutesTest : public ::testing::Test {
 protected:
  PhoneRoutesTest() { AddPhoneRoutes(admin_, site_.phones(), {.trusted_proxies = 1, .clock = &site_.clock}); }

  http::Response Ask(const std::string& method, const std::string& target, const Json& body = nullptr) const {
    return admin_.Answer({.method = method, .target = target, .body = body.is_null() ? "" : DumpJson(body)});
  }
  Json Remembered(const std::string& query) const {
    const http::Response response = Ask("GET", "/v1/phones" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    return ParseJson(response.body).value_or(Json());
  }
  Json Last() const { return Remembered("?last=1")["requests"][0]; }
  Json Suppose(const Json& typed) const {
    const http::Response response = Ask("POST", "/v1/explain", typed);
    EXPECT_EQ(response.status, 200) << response.body;
    return ParseJson(response.body).value_or(Json());
  }
  void Get(const std::string& target, const std::string& user_agent = UserAgent(1), const std::string& ip = "192.0.2.1") {
    files_.Answer({.method = "GET", .target = target, .headers = {{"User-Agent", user_agent}}, .peer = ip});
  }

  PhoneSite site_;
  HttpFiles files_{site_.phones(), {.clock = &site_.clock}};
  admin::Server admin_{{}, {}};
};

TEST_F(PhoneRoutesTest, SaysHowARequestWasUnderstood) {
  Get("/" + OwnFile(1));
  const std::string id = site_.Device(1)["id"];
  const Json report = Last();
  EXPECT_EQ(report["verdict"], "served " + OwnFile(1) + " of device " + id + " (made for it)");
  EXPECT_EQ(report["served"], true);
  EXPECT_EQ(report["status"], 200);
  EXPECT_EQ(report["number"], 1);
  EXPECT_EQ(report["at"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(report["request"],
            (Json{{"protocol", "http"}, {"method", "GET"}, {"path", "/" + OwnFile(1)}, {"user_agent", UserAgent(1)}, {"ip", "192.0.2.1"}}));
  const Json identity = {{"vendor", "Acme"}, {"model", "X1"}, {"version", "1.0"}, {"mac", Mac(1)}};
  EXPECT_EQ(report["recognised"], (Json{{{"plugin", "acme-1.0"}, {"identity", identity}}}));
  EXPECT_EQ(report["identity"], identity);
  EXPECT_EQ(report["votes"]["model"], (Json{{"X1", {"acme-1.0"}}}));
  EXPECT_EQ(report["found_by"], "made");
  EXPECT_EQ(report["device"], id);
  EXPECT_EQ(report["changes"]["ip"], (Json{{"before", nullptr}, {"after", "192.0.2.1"}}));
  EXPECT_FALSE(report["changes"].contains("id"));
  EXPECT_EQ(report["scores"], (Json{{{"plugin", "acme-1.0"}, {"score", 600}}, {{"plugin", "quiet-1.0"}, {"score", 100}}}));
  EXPECT_EQ(report["plugin"], "acme-1.0");
  EXPECT_EQ(report["file"], (Json{{"path", OwnFile(1)}, {"of", "device"}, {"bytes", 39}}));
  EXPECT_EQ(report["instead"], Json::array());
  EXPECT_EQ(report["sensitive"], true);
}

// The first line, for every way that a request can go.
TEST_F(PhoneRoutesTest, BeginsWithTheVerdict) {
  Get("/" + OwnFile(1));
  Get("/top.bin", UserAgent(2), "192.0.2.2");
  const std::string first = site_.Device(1)["id"], second = site_.Device(2)["id"];
  const auto verdict = [&](const std::string& target, const std::string& agent = UserAgent(1), const std::string& ip = "192.0.2.1") {
    Get(target, agent, ip);
    return Last()["verdict"].get<std::string>();
  };
  const std::string found = "device " + first + " (found by mac)";
  EXPECT_EQ(verdict("/top.bin"), "served top.bin of " + found);
  EXPECT_EQ(verdict("/top.bin", ""), "served top.bin of device " + first + " (found by ip)");
  EXPECT_EQ(verdict("/none.cfg"), "404: acme-1.0 has no file none.cfg for " + found);
  EXPECT_EQ(verdict("/Acme"), "403: Acme is a folder, and folders are not listed, of " + found);
  EXPECT_EQ(verdict("/"), "403: the folder of all files, and folders are not listed, of " + found);
  EXPECT_EQ(verdict("/Acme//x"), "403: a part of the path Acme//x has no name: is there a slash too many? Asked by " + found);
  EXPECT_EQ(verdict("/Acme/00aa55000001.crt"),
            "404: Acme/00aa55000001.crt is a file that acme-1.0 makes of some configs, but not of that of " + found);
  EXPECT_THAT(verdict("/x", "curl", "192.0.2.66"), ::testing::MatchesRegex("404: no plugin recognises device [0-9a-f]+ \\(made for it\\)"));
  EXPECT_THAT(verdict("/x", "Quiet Q1", "192.0.2.3"),
              ::testing::MatchesRegex("404: quiet-1.0, the plugin of device [0-9a-f]+ \\(made for it\\), serves no files over HTTP"));
  EXPECT_THAT(
      verdict("/x", "Acme X9 00:aa:55:00:00:09 1.0", "192.0.2.9"),
      ::testing::MatchesRegex("404: no plugin suits device [0-9a-f]+ \\(made for it\\): acme-1.0 does best with 200, and 300 are needed"));

  files_.Answer({.method = "HEAD", .target = "/top.bin", .headers = {{"User-Agent", UserAgent(1)}}, .peer = "192.0.2.1"});
  EXPECT_EQ(Last()["verdict"], "405: HEAD is not how files are read here; asked by " + found);
  HttpFiles(site_.phones(), {.trusted_proxies = 1})
      .Answer({.method = "GET", .target = "/x", .headers = {{"X-Forwarded-For", "unknown"}}, .peer = "127.0.0.1"});
  EXPECT_THAT(Last()["verdict"], StartsWith("400: The entry 'unknown' of X-Forwarded-For"));
  TftpFiles(site_.phones()).Answer({.request = {.file = "/none", .mode = "octet"}, .peer = "192.0.2.1"});
  EXPECT_EQ(Last()["verdict"], "error 1: acme-1.0 has no file none for device " + first + " (found by ip)");
  EXPECT_EQ(Last()["error"], 1);
  ASSERT_TRUE(site_.phones().Leased({.ip = "192.0.2.1", .mac = Mac(1), .options = {}}));
  EXPECT_EQ(Last()["verdict"], "a lease of " + found);
  EXPECT_EQ(Last()["served"], nullptr);

  ASSERT_TRUE(site_.provd->configuration().Set("NAT", 1));
  Get("/top.bin", UserAgent(2), "192.0.2.1");
  EXPECT_EQ(verdict("/top.bin", ""), "404: 2 devices might be at 192.0.2.1, and the request says of none that it is the one");
  ASSERT_TRUE(site_.provd->configs().Remove("base"));
  EXPECT_THAT(verdict("/" + OwnFile(1)), StartsWith("404: " + OwnFile(1) + " is the own file of " + found + ", which is not configured: "));
  ASSERT_TRUE(site_.provd->plugins().Uninstall("acme-1.0"));
  EXPECT_EQ(verdict("/top.bin", ""), "404: 2 devices might be at 192.0.2.1, and the request says of none that it is the one");
}

TEST_F(PhoneRoutesTest, ChoosesByMacAddressAndDevice) {
  Get("/a");
  Get("/b", UserAgent(2), "192.0.2.2");
  Get("/c");
  const auto paths = [&](const std::string& query) {
    std::string found;
    const Json answer = Remembered(query);
    for (const Json& request : answer["requests"]) found += request["request"]["path"].get<std::string>();
    return found;
  };
  EXPECT_EQ(paths(""), "/a/b/c");
  EXPECT_EQ(paths("?mac=00:AA:55:00:00:01"), "/a/c");
  EXPECT_EQ(paths("?mac=00-aa-55-00-00-02"), "/b");
  EXPECT_EQ(paths("?ip=192.0.2.1&last=1"), "/c");
  EXPECT_EQ(paths("?device=" + site_.Device(2)["id"].get<std::string>()), "/b");
  EXPECT_EQ(paths("?after=1"), "/b/c");
  EXPECT_EQ(paths("?after=3"), "");
  EXPECT_EQ(Remembered("?after=3")["last"], 3);
  for (const char* query : {"?mac=x", "?after=x", "?colour=red", "?mac=%zz", "?"})
    EXPECT_EQ(Ask("GET", "/v1/phones" + std::string(query)).status, std::string(query) == "?" ? 200 : 400) << query;
}

TEST_F(PhoneRoutesTest, SaysWhatFilesThereAreInstead) {
  Get("/acme/00AA55000001.cfg");
  EXPECT_EQ(Last()["instead"][0], OwnFile(1));
  Get("/lang.bin");
  EXPECT_EQ(Last()["instead"], Json({"Acme/lang.bin"}));
}

TEST_F(PhoneRoutesTest, WritesForPeople) {
  Get("/" + OwnFile(1));
  Get("/" + OwnFile(2), UserAgent(2), "192.0.2.1");
  const std::string text = Ask("GET", "/v1/phones?as=text&last=1").body;
  const std::string first = site_.Device(1)["id"], second = site_.Device(2)["id"];
  EXPECT_THAT(text, StartsWith("served " + OwnFile(2) + " of device " + second +
                               " (made for it)\n"
                               "  asked      GET /" +
                               OwnFile(2) +
                               " from 192.0.2.1 at 2026-01-01T00:00:00.000Z (#2)\n"
                               "             User-Agent: " +
                               UserAgent(2) +
                               "\n"
                               "  recognised acme-1.0: vendor Acme, model X1, version 1.0, mac " +
                               Mac(2) + "\n"));
  EXPECT_THAT(text, HasSubstr("  learnt     added: nothing -> auto\n"));
  EXPECT_THAT(text, HasSubstr("  took ip of device " + first + "\n"));
  EXPECT_THAT(text, HasSubstr("  scores     acme-1.0 600\n             quiet-1.0 100\n"));
  EXPECT_THAT(text, HasSubstr("  file       " + OwnFile(2) + ", 39 bytes, made for this device\n"));
  EXPECT_THAT(Ask("GET", "/v1/phones?as=text&ip=192.0.2.77").body, HasSubstr("no such request"));
  // What phones send is shown harmlessly.
  Get("/x", "\x1b[31mred\n\xff", "192.0.2.5");
  const std::string harmless = Ask("GET", "/v1/phones?as=text&last=1").body;
  EXPECT_THAT(harmless, HasSubstr("User-Agent: .[31mred."));
  EXPECT_EQ(harmless.find('\x1b'), std::string::npos);
}

TEST_F(PhoneRoutesTest, SupposesTypedRequests) {
  const Json fresh = Suppose({{"path", "/" + OwnFile(1)}, {"user_agent", UserAgent(1)}, {"ip", "192.0.2.1"}});
  EXPECT_EQ(fresh["verdict"], "would serve " + OwnFile(1) + " of a device that would be made");
  EXPECT_EQ(fresh["served"], true);
  EXPECT_EQ(fresh["device"], nullptr);
  EXPECT_FALSE(fresh.contains("number"));
  EXPECT_EQ(site_.provd->devices().collection().size(), 0u);
  const struct {
    Json typed;
    const char* verdict;
  } cases[] = {
      {{{"protocol", "http"}, {"method", "PUT"}, {"path", "/x.log"}, {"headers", {{"User-Agent", UserAgent(1)}}}, {"ip", "192.0.2.1"}},
       "405: PUT is not how files are read here; asked by a device that would be made"},
      {{{"path", "/none"}, {"headers", {{"X-Forwarded-For", {"6.6.6.6", "192.0.2.4"}}}}, {"ip", "127.0.0.1"}},
       "404: no plugin recognises a device that would be made"},
      {{{"protocol", "tftp"}, {"file", "/" + OwnFile(3)}, {"ip", "192.0.2.3"}},
       "would serve Acme/00aa55000003.cfg of a device that would be made"},
      {{{"protocol", "tftp"}, {"file", "top.bin"}, {"mode", "mail"}, {"ip", "192.0.2.3"}},
       "error 0: RRQ in mode mail is not how files are read here; asked by a device that would be made"},
      {{{"protocol", "dhcp"}, {"mac", "00:aa:55:00:00:04"}, {"options", {"06041.63.6d.65.20.58.31"}}, {"ip", "192.0.2.4"}},
       "a lease of a device that would be made"},
  };
  for (const auto& each : cases) EXPECT_EQ(Suppose(each.typed)["verdict"], each.verdict) << each.typed;
  EXPECT_EQ(Suppose(cases[1].typed)["request"]["ip"], "192.0.2.4");
  EXPECT_EQ(Suppose(cases[4].typed)["identity"], (Json{{"vendor", "Acme"}, {"model", "X1"}, {"mac", Mac(4)}}));
  EXPECT_THAT(Ask("POST", "/v1/explain?as=text", cases[2].typed).body, StartsWith("would serve Acme/00aa55000003.cfg"));
  EXPECT_EQ(site_.provd->devices().collection().size(), 0u);
  EXPECT_EQ(site_.phones().last(), 0u);
}

TEST_F(PhoneRoutesTest, SaysWhatIsWrongWithATypedRequest) {
  const std::pair<Json, const char*> cases[] = {
      {nullptr, "A request is an object"},
      {Json::array(), "A request is an object"},
      {Json::object(), "'ip' is missing"},
      {{{"ip", 5}}, "'ip' must be a string"},
      {{{"ip", "192.0.2"}}, "'ip' must be an IPv4 address"},
      {{{"ip", "192.0.2.1"}}, "'path' is missing"},
      {{{"ip", "192.0.2.1"}, {"path", "x"}}, "'path' must begin with '/'"},
      {{{"ip", "192.0.2.1"}, {"path", "/x"}, {"headers", 5}}, "'headers' must be an object"},
      {{{"ip", "192.0.2.1"}, {"path", "/x"}, {"headers", {{"A", 5}}}}, "header field 'A'"},
      {{{"ip", "192.0.2.1"}, {"path", "/x"}, {"headers", {{"X-Forwarded-For", "unknown"}}}}, "no IPv4 address"},
      {{{"ip", "192.0.2.1"}, {"path", "/x"}, {"file", "y"}}, "no member 'file'"},
      {{{"ip", "192.0.2.1"}, {"protocol", "ftp"}}, "http, tftp or dhcp"},
      {{{"ip", "192.0.2.1"}, {"protocol", "tftp"}}, "'file' is missing"},
      {{{"ip", "192.0.2.1"}, {"protocol", "tftp"}, {"file", "x"}, {"method", "GET"}}, "RRQ or WRQ"},
      {{{"ip", "192.0.2.1"}, {"protocol", "dhcp"}}, "'mac' is missing"},
      {{{"ip", "192.0.2.1"}, {"protocol", "dhcp"}, {"mac", "x"}}, "mac"},
      {{{"ip", "192.0.2.1"}, {"protocol", "dhcp"}, {"mac", "00:01:02:03:04:05"}, {"options", {"60.41"}}}, "option"},
  };
  for (const auto& [typed, sentence] : cases) {
    const http::Response response = Ask("POST", "/v1/explain", typed);
    EXPECT_EQ(response.status, 400) << typed;
    EXPECT_THAT(response.body, HasSubstr(sentence)) << typed;
  }
}

// Whatever is passed on as a report is written without harm.
TEST(ExplanationText, LeavesOutWhatIsNotThere) {
  for (
      const char* report :
      {"null", "[]", "{}", "\"x\"",
       R"({"verdict": 5, "request": [], "recognised": {}, "votes": 1, "changes": [1], "scores": {"a": 1}, "file": 3})",
       R"({"recognised": [1, {}], "scores": [null], "votes": {"a": {"b": 1, "c": 2}}, "changes": {"a": 1}, "lost_address": [{}], "instead": [[]]})"})
    EXPECT_FALSE(TextOf(*ParseJson(report)).empty()) << report;
}

}  // namespace
}  // namespace provdlab::server::provisioning
