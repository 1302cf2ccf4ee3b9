// `provdlab serve` as a process of its own: what it prints, what it refuses, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/http/server.h"
#include "base/json.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// Asks the server that printed `line`. Status 0: no answer.
http::Response Ask(const std::string& line, const std::string& method, const std::string& target, const std::string& body = "") {
  const std::optional<http::Url> url = http::ParseUrl(line.substr(std::min(line.find("http://"), line.size())));
  if (!url) return {.status = 0};
  http::Request request{.method = method, .target = target, .body = body};
  request.headers.Add("Content-Type", "application/vnd.proformatique.provd+json");
  const auto seen = http::Client({.host = url->host, .port = url->port}).Send(request, std::chrono::seconds(10));
  return seen.response.value_or(http::Response{.status = 0});
}

TEST(ServeCommand, SaysWhereItListensAndEndsWhenAsked) {
  for (const int signal : {SIGTERM, SIGINT}) {
    CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--admin-port", "0"});
    const std::string rest = serve.Line();
    EXPECT_THAT(rest, MatchesRegex("rest http://127\\.0\\.0\\.1:[0-9]+/provd"));
    const std::string admin = serve.Line();
    EXPECT_THAT(admin, MatchesRegex("admin http://127\\.0\\.0\\.1:[0-9]+/v1"));
    EXPECT_EQ(Ask(rest, "GET", "/provd").status, 200);
    EXPECT_EQ(Ask(admin, "GET", "/v1/faults").status, 200);

    const auto asked = std::chrono::steady_clock::now();
    serve.Signal(signal);
    EXPECT_EQ(serve.ExitCode(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10));
    EXPECT_EQ(serve.errors(), "");
  }
}

TEST(ServeCommand, ListensForPhonesWhereAsked) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--http-port", "0", "--tftp-port", "0", "--advertise", "192.0.2.1"});
  const std::string rest = serve.Line();
  EXPECT_THAT(rest, StartsWith("rest "));
  const std::string http = serve.Line(), tftp = serve.Line();  // no admin port unless asked for
  EXPECT_THAT(http, MatchesRegex("http http://127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_THAT(tftp, MatchesRegex("tftp 127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_EQ(Ask(http, "GET", "/none").status, 404);
  EXPECT_EQ(Ask(http, "PUT", "/none").status, 405);
  // What phones are told, and who has asked.
  EXPECT_EQ(Ask(rest, "POST", "/provd/cfg_mgr/configs", R"({"config": {"id": "a", "parent_ids": [], "raw_config": {}}})").status, 201);
  const std::string raw = Ask(rest, "GET", "/provd/cfg_mgr/configs/a/raw").body;
  EXPECT_THAT(raw, HasSubstr(R"("ip":"192.0.2.1")"));
  EXPECT_THAT(raw, HasSubstr(R"("http_port":)" + http.substr(http.rfind(':') + 1)));
  EXPECT_THAT(raw, HasSubstr(R"("tftp_port":)" + tftp.substr(tftp.rfind(':') + 1)));
  EXPECT_THAT(Ask(rest, "GET", "/provd/dev_mgr/devices").body, HasSubstr(R"("ip":"127.0.0.1")"));

  CommandProcess behind_proxy(AddServeCommand, {"serve", "--rest-port", "0", "--http-port", "0", "--advertise-http-port", "8667"});
  const std::string its_rest = behind_proxy.Line();
  EXPECT_EQ(Ask(its_rest, "POST", "/provd/cfg_mgr/configs", R"({"config": {"id": "a", "parent_ids": [], "raw_config": {}}})").status, 201);
  EXPECT_THAT(Ask(its_rest, "GET", "/provd/cfg_mgr/configs/a/raw").body, HasSubstr(R"("http_port":8667)"));

  CommandProcess second(AddServeCommand, {"serve", "--rest-port", "0", "--http-port", http.substr(http.rfind(':') + 1)});
  EXPECT_EQ(second.ExitCode(), 3);
  EXPECT_THAT(second.errors(), HasSubstr(http.substr(http.rfind(':') + 1)));
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_EQ(serve.output(), "");
}

TEST(ServeCommand, TrustsProxiesOnlyIfTold) {
  for (const char* proxies : {"0", "1"}) {
    CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--http-port", "0", "--trusted-proxies", proxies});
    const std::string rest = serve.Line(), http = serve.Line();
    const auto url = http::ParseUrl(http.substr(5));
    ASSERT_TRUE(url) << http;
    http::Request request{.method = "GET", .target = "/x", .headers = {{"X-Forwarded-For", "6.6.6.6, 192.0.2.7"}}};
    const auto seen = http::Client({.host = url->host, .port = url->port}).Send(request, std::chrono::seconds(10));
    ASSERT_TRUE(seen.response) << seen.problem;
    EXPECT_THAT(Ask(rest, "GET", "/provd/dev_mgr/devices").body,
                HasSubstr(std::string(R"("ip":")") + (*proxies == '0' ? "127.0.0.1" : "192.0.2.7")));
    serve.Signal(SIGTERM);
    EXPECT_EQ(serve.ExitCode(), 0);
  }
}

TEST(ServeCommand, MisbehavesFromTheStart) {
  CommandProcess serve(AddServeCommand,
                       {"serve", "--rest-port", "0", "--fault", "configure.get-answers-200=1", "--fault", "oip.unknown-is-sentence"});
  const std::string rest = serve.Line();
  EXPECT_EQ(Ask(rest, "GET", "/provd/configure").status, 203);
  EXPECT_EQ(Ask(rest, "GET", "/provd/configure").status, 200);
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
}

TEST(ServeCommand, RefusesAFaultThatIsNotAndNamesTheNearest) {
  const std::pair<const char*, const char*> cases[] = {
      {"configure.get-answer-200", "configure.get-answers-200"},
      {"configure.get-answers-200=0", "above 0"},
      {"configure.get-answers-200=x", "above 0"},
  };
  for (const auto& [fault, message] : cases) {
    CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--fault", fault});
    EXPECT_EQ(serve.ExitCode(), 2) << fault;
    EXPECT_THAT(serve.errors(), HasSubstr(message));
    EXPECT_EQ(serve.output(), "");
  }
}

TEST(ServeCommand, ListsItsFaults) {
  CommandProcess people(AddServeCommand, {"serve", "--list-faults"});
  EXPECT_EQ(people.ExitCode(), 0);
  EXPECT_THAT(people.output(), HasSubstr("configure.get-answers-200\n"));

  CommandProcess programs(AddServeCommand, {"serve", "--list-faults", "--json"});
  EXPECT_EQ(programs.ExitCode(), 0);
  const auto list = ParseJson(programs.output()).value_or(Json());
  ASSERT_TRUE(list.is_array());
  for (const Json& fault : list) {
    for (const char* member : {"name", "breaks", "sentence"}) EXPECT_TRUE(fault.contains(member)) << fault;
  }
}

TEST(ServeCommand, SaysWhatClientsDidWrong) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--lint-clients", "--log-level", "error"});
  const std::string rest = serve.Line();
  EXPECT_EQ(Ask(rest, "GET", "/provd/dev_mgr/devices/").status, 404);
  EXPECT_EQ(Ask(rest, "POST", "/provd/dev_mgr/synchronize", R"({"id": "none"})").status, 201);
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_THAT(serve.output(), StartsWith("2 findings for "));
  EXPECT_THAT(serve.output(), HasSubstr("path-unknown x1\n"));
  EXPECT_THAT(serve.output(), HasSubstr("monitor-never-deleted x1\n"));
  EXPECT_THAT(serve.output(), HasSubstr("#2     POST /provd/dev_mgr/synchronize -> 201  Location /provd/dev_mgr/synchronize/1\n"));
  EXPECT_THAT(serve.output(), HasSubstr("curl -X DELETE " + rest.substr(5) + "/dev_mgr/synchronize/1\n"));
}

TEST(ServeCommand, SaysItToProgramsToo) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--lint-clients", "--json"});
  const std::string rest = serve.Line();
  EXPECT_EQ(Ask(rest, "PATCH", "/provd/configure/NAT").status, 405);
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  const Json report = ParseJson(serve.output()).value_or(Json());
  EXPECT_EQ(report.value("findings", 0), 1) << serve.output();
  EXPECT_EQ(report["clients"][0]["findings"][0]["rule"], "method-not-allowed");
}

TEST(ServeCommand, AnswersWhatClientsDidOverTheAdminPort) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--admin-port", "0", "--lint-clients"});
  const std::string rest = serve.Line(), admin = serve.Line();
  // A device that a phone has added to, then a PUT that forgets it.
  EXPECT_EQ(Ask(rest, "POST", "/provd/dev_mgr/devices", R"({"device": {"id": "a", "mac": "00:11:22:33:44:55"}})").status, 201);
  EXPECT_EQ(Ask(rest, "PUT", "/provd/dev_mgr/devices/a", R"({"device": {"description": "no mac"}})").status, 204);
  EXPECT_THAT(Ask(admin, "GET", "/v1/lint?as=text").body, StartsWith("no findings for "));
  EXPECT_EQ(Ask(rest, "GET", "/provd/dev_mgr/devices?mac=00:11:22:33:44:55").status, 200);
  const Json report = ParseJson(Ask(admin, "GET", "/v1/lint").body).value_or(Json());
  ASSERT_EQ(report.value("findings", 0), 1) << report;
  const Json& finding = report["clients"][0]["findings"][0];
  EXPECT_EQ(finding["rule"], "query-parameter-unknown");
  // Its numbers are those of the journal.
  const Json journal = ParseJson(Ask(admin, "GET", "/v1/journal").body).value_or(Json());
  EXPECT_EQ(finding["example"][0]["sequence"], journal["entries"].back()["sequence"]);

  EXPECT_EQ(Ask(admin, "POST", "/v1/reset").status, 204);
  EXPECT_THAT(Ask(admin, "GET", "/v1/lint?as=text").body, StartsWith("no client has asked anything"));
  EXPECT_EQ(Ask(rest, "GET", "/provd/").status, 404);
  EXPECT_THAT(Ask(admin, "GET", "/v1/lint").body, HasSubstr("path-unknown"));
  EXPECT_EQ(Ask(admin, "DELETE", "/v1/lint").status, 204);
  EXPECT_THAT(Ask(admin, "GET", "/v1/lint").body, Not(HasSubstr("path-unknown")));
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_THAT(serve.output(), StartsWith("2 findings for "));  // all since the start
}

TEST(ServeCommand, WatchesClientsOnlyIfAsked) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--admin-port", "0"});
  const std::string rest = serve.Line(), admin = serve.Line();
  EXPECT_EQ(Ask(rest, "GET", "/provd/").status, 404);
  const http::Response lint = Ask(admin, "GET", "/v1/lint");
  EXPECT_EQ(lint.status, 404);
  EXPECT_THAT(lint.body, HasSubstr("--lint-clients"));
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_EQ(serve.output(), "");
}

TEST(ServeCommand, RefusesWhatItDoesNotKnow) {
  const std::vector<std::string> cases[] = {{"serve", "--rest-port", "70000"},
                                            {"serve", "--rest-port", "x"},
                                            {"serve", "--colour"},
                                            {"serve", "--json"},
                                            {"serve", "--rest-port", "0", "--phones-bind", "0.0.0.0", "--http-port", "0"},
                                            {"serve", "--phones-bind", "localhost"},
                                            {"serve", "--advertise", "phones.example.org"},
                                            {"serve", "--trusted-proxies", "-1"},
                                            {"serve", "--log-level", "loud"}};
  for (const auto& arguments : cases) {
    CommandProcess serve(AddServeCommand, arguments);
    EXPECT_EQ(serve.ExitCode(), 2) << arguments.back();
  }
}

TEST(ServeCommand, RefusesAnExchangeThatCanNotBe) {
  const std::vector<std::vector<std::string>> wrong = {{"--notify-ami", "127.0.0.1"},
                                                       {"--notify-ami", "127.0.0.1:0"},
                                                       {"--notify-ami", "exchange:5038"},
                                                       {"--notify-ami", "127.0.0.1:5038", "--manager", "nobody"},
                                                       {"--notify-ami", "127.0.0.1:5038", "--notify-gateway", "http://127.0.0.1:1"},
                                                       {"--notify-gateway", "127.0.0.1:9491"},
                                                       {"--notify-gateway", ""}};
  for (const auto& options : wrong) {
    std::vector<std::string> arguments = {"serve", "--rest-port", "0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    CommandProcess serve(AddServeCommand, arguments);
    EXPECT_EQ(serve.ExitCode(), 2) << testing::PrintToString(options) << serve.errors();
    EXPECT_NE(serve.errors() + serve.output(), "") << testing::PrintToString(options);
  }
}

TEST(ServeCommand, SaysWhyItCanNotServe) {
  http::Server other({.port = 0}, [](const http::Request&) { return http::Response(); });
  const auto taken = other.Start();
  ASSERT_TRUE(taken);
  CommandProcess port(AddServeCommand, {"serve", "--rest-port", std::to_string(*taken)});
  EXPECT_EQ(port.ExitCode(), 3);
  EXPECT_THAT(port.errors(), HasSubstr(std::to_string(*taken)));

  CommandProcess address(AddServeCommand, {"serve", "--rest-port", "0", "--bind", "203.0.113.1"});
  EXPECT_EQ(address.ExitCode(), 3);
  EXPECT_THAT(address.errors(), HasSubstr("203.0.113.1"));

  CommandProcess directory(AddServeCommand, {"serve", "--rest-port", "0", "--state-dir", "/proc/provdlab"});
  EXPECT_EQ(directory.ExitCode(), 3);
  EXPECT_THAT(directory.errors(), HasSubstr("/proc/provdlab"));
}

TEST(ServeCommand, KeepsItsStateInAFolder) {
  const std::string directory = std::filesystem::path(testing::TempDir()) / "state";
  for (const char* before : {"0", "1"}) {
    CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--state-dir", directory});
    const std::string rest = serve.Line();
    ASSERT_THAT(rest, StartsWith("rest ")) << serve.errors();
    EXPECT_THAT(Ask(rest, "GET", "/provd/configure/NAT").body, HasSubstr(std::string(R"("value":)") + before));
    EXPECT_EQ(Ask(rest, "PUT", "/provd/configure/NAT", R"({"param": {"value": 1}})").status, 204);
    serve.Signal(SIGTERM);
    EXPECT_EQ(serve.ExitCode(), 0);
  }
}

TEST(ServeCommand, BeginsWithTheDocumentsOfAnotherProvdAndWritesThem) {
  const TemporaryDirectory folder;
  const std::string in = (folder.path() / "in").string();
  const std::string out = (folder.path() / "out").string();
  const std::string state = (folder.path() / "state").string();
  std::filesystem::create_directories(in + "/devices");
  std::ofstream(in + "/devices/a") << R"({"id": "a", "X_n": 18446744073709551615})";
  std::ofstream(in + "/devices/b") << R"({"id": "b")";
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--state-dir", state, "--import", in});
  std::string rest = serve.Line();
  while (!rest.empty() && !rest.starts_with("rest ")) rest = serve.Line();  // the log is on standard output in tests
  EXPECT_THAT(Ask(rest, "GET", "/provd/dev_mgr/devices/a").body, HasSubstr("18446744073709551615"));
  EXPECT_EQ(Ask(rest, "GET", "/provd/dev_mgr/devices/b").status, 404);

  CommandProcess busy(AddServeCommand, {"serve", "--state-dir", state, "--export", out});
  EXPECT_EQ(busy.ExitCode(), 3);
  EXPECT_THAT(busy.errors(), HasSubstr("another server"));
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_THAT(serve.errors(), HasSubstr("imported 1 device, 0 configs; 1 set aside, with copies in " + state + "/set-aside\n"));

  CommandProcess again(AddServeCommand, {"serve", "--rest-port", "0", "--state-dir", state, "--import", in});
  EXPECT_EQ(again.ExitCode(), 3);
  EXPECT_THAT(again.errors(), HasSubstr("there are 1 devices and 0 configs already"));

  CommandProcess writes(AddServeCommand, {"serve", "--state-dir", state, "--export", out});
  EXPECT_EQ(writes.ExitCode(), 0) << writes.errors();
  EXPECT_EQ(writes.output(), "exported 1 device, 0 configs\n");
  EXPECT_THAT(ReadFile(out + "/devices/a").value_or(""), HasSubstr("18446744073709551615"));

  CommandProcess twice(AddServeCommand, {"serve", "--state-dir", state, "--export", out});
  EXPECT_EQ(twice.ExitCode(), 3);
  EXPECT_THAT(twice.errors(), HasSubstr("no empty folder"));
  CommandProcess nothing(AddServeCommand, {"serve", "--export", out});
  EXPECT_EQ(nothing.ExitCode(), 2);
}

TEST(ServeCommand, ExportsNothingFromAFolderThatNobodyUsed) {
  const TemporaryDirectory folder;
  const std::string state = (folder.path() / "mistyped").string();
  const std::string out = (folder.path() / "out").string();
  for (const bool exists : {false, true}) {
    if (exists) std::filesystem::create_directory(state);
    CommandProcess serve(AddServeCommand, {"serve", "--state-dir", state, "--export", out});
    EXPECT_EQ(serve.ExitCode(), 3);
    EXPECT_THAT(serve.errors(), HasSubstr("no server has kept anything in " + state));
    EXPECT_EQ(std::filesystem::exists(state), exists);
    EXPECT_TRUE(!exists || std::filesystem::is_empty(state));
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(ServeCommand, DoesNotBeginAnewWhereADatabaseWasLost) {
  const TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "plugins" / "acme");
  std::ofstream(folder.path() / "state.db").close();
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--state-dir", folder.path().string()});
  EXPECT_EQ(serve.ExitCode(), 3);
  EXPECT_THAT(serve.errors(), HasSubstr("state.db is empty, though this folder has been used"));
}

TEST(ServeCommand, HasHelpWithExamples) {
  CommandProcess serve(AddServeCommand, {"serve", "--help"});
  EXPECT_EQ(serve.ExitCode(), 0);
  EXPECT_THAT(serve.output(), HasSubstr("--list-faults"));
  EXPECT_THAT(serve.output(), HasSubstr("Examples:"));
}

}  // namespace
}  // namespace provdlab::tools
