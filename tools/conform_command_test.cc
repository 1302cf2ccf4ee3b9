// `provdlab conform` and `provdlab replay` as processes of their own, against `provdlab serve`: their options and exit codes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
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
#include "tools/ending_signals.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// A target that wants to know who asks: 401 without the token, the entry point with it.
void AddGuardCommand(CLI::App& app, int& exit_code) {
  app.add_subcommand("guard", "")->callback([&exit_code] {
    const EndingSignals signals;
    http::Server server({}, [](const http::Request& request) {
      if (request.headers.Get("X-Auth-Token") != "t0ken") return http::Response{.status = 401, .body = "Who are you?"};
      http::Response response{.body = R"({"links": []})"};
      response.headers.Set("Content-Type", "application/vnd.proformatique.provd+json");
      return response;
    });
    std::cout << "rest " << http::HttpOrigin("127.0.0.1", *server.Start()) << "/provd" << std::endl;
    signals.Wait();
    exit_code = 0;
  });
}

// A server in a process of its own, and a folder for the reports about it.
class ConformCommandTest : public ::testing::Test {
 protected:
  // Where records of runs go unless said.
  void SetUp() override { ::setenv("XDG_STATE_HOME", folder_.path().c_str(), 1); }
  void Serve(std::vector<std::string> options = {}, void (*add)(CLI::App&, int&) = AddServeCommand) {
    server_.emplace(add, std::move(options));
    url_ = server_->Line();
    ASSERT_THAT(url_, StartsWith("rest "));
    url_.erase(0, 5);
  }
  void ServeFaulty(const std::string& fault) { Serve({"serve", "--rest-port", "0", "--fault", fault}); }
  void ServeSound() { Serve({"serve", "--rest-port", "0"}); }

  // The exit code; what was printed is in `output_` and `errors_`.
  int Run(void (*add)(CLI::App&, int&), std::vector<std::string> arguments) {
    CommandProcess command(add, std::move(arguments));
    const int exit_code = command.ExitCode();
    output_ = command.output();
    errors_ = command.errors();
    return exit_code;
  }
  int Conform(std::vector<std::string> options) {
    std::vector<std::string> arguments = {"conform", "--target", url_, "--report", report().string()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Run(AddConformCommand, std::move(arguments));
  }

  Json Get(const std::string& path) const {
    const std::optional<http::Url> url = http::ParseUrl(url_);
    const auto seen = http::Client({.host = url->host, .port = url->port})
                          .Send(http::Request{.method = "GET", .target = url->path + path, .body = ""}, std::chrono::seconds(10));
    return seen.response ? Json::parse(seen.response->body, nullptr, false) : Json();
  }
  fs::path report() const { return folder_.path() / "report"; }

  TemporaryDirectory folder_;
  std::optional<CommandProcess> server_;
  std::string url_, output_, errors_;
};

TEST_F(ConformCommandTest, JsonHasAVerdictForEverySelectedRequirement) {
  ServeSound();
  ASSERT_EQ(Conform({"--filter", "links", "--json"}), 0) << errors_;
  const Json run = Json::parse(output_);
  ASSERT_THAT(run.at("requirements"), SizeIs(8));
  for (const Json& requirement : run.at("requirements")) EXPECT_EQ(requirement.at("verdict"), "pass") << requirement;
  EXPECT_EQ(run.at("target"), url_);
  for (const char* file : {"report.html", "report.json", "junit.xml"}) EXPECT_TRUE(fs::exists(report() / file)) << file;
}

TEST_F(ConformCommandTest, LevelLeavesOutWhatIsWeaker) {
  std::size_t before = 0;
  for (const char* level : {"must", "should", "may"}) {
    ASSERT_EQ(Run(AddConformCommand, {"conform", "--list", "--json", "--level", level}), 0);
    const Json list = Json::parse(output_);
    EXPECT_GT(list.size(), before) << level;
    before = list.size();
    if (std::string(level) != "must") continue;
    for (const Json& requirement : list) EXPECT_EQ(requirement.at("level"), "must") << requirement;
  }
}

TEST_F(ConformCommandTest, SendsTheHeadersThatItIsGiven) {
  Serve({"guard"}, AddGuardCommand);
  EXPECT_EQ(Conform({"--filter", "links.entry-point"}), 3);
  EXPECT_THAT(output_, HasSubstr("give it a token with --tokens FILE"));
  Conform({"--filter", "links.entry-point", "--header", "X-Auth-Token: t0ken", "--json"});
  EXPECT_THAT(output_, Not(HasSubstr("t0ken"))) << "secrets are masked";
  const Json run = Json::parse(output_);
  EXPECT_NE(run.at("requirements").at(0).at("verdict"), "not-run") << "it was let in";
}

TEST_F(ConformCommandTest, LeavesTheTargetAsItWas) {
  ServeSound();
  const Json before = Get("/configure");
  ASSERT_EQ(Conform({"--filter", "install.installed-after-install"}), 0) << output_;
  EXPECT_EQ(Get("/configure"), before);
  EXPECT_THAT(Get("/pg_mgr/install/installed").at("pkgs"), IsEmpty());
  EXPECT_THAT(*ListFolder(folder_.path() / "provdlab" / "runs"), IsEmpty()) << "nothing is owed any more";
}

TEST_F(ConformCommandTest, ReadOnlySendsNothingButGetAndHead) {
  Serve({"serve", "--rest-port", "0", "--admin-port", "0"});
  std::string admin = server_->Line();
  ASSERT_THAT(admin, StartsWith("admin "));
  const Json before = Get("/configure");
  EXPECT_EQ(Conform({"--read-only", "--json"}), 0) << output_ << errors_;
  const Json run = Json::parse(output_);
  std::map<std::string, int> verdicts;
  for (const Json& requirement : run.at("requirements")) {
    const std::string verdict = requirement.at("verdict");
    EXPECT_THAT(verdict, AnyOf("pass", "not-applicable")) << requirement;
    ++verdicts[verdict];
  }
  EXPECT_GE(verdicts["pass"], 45) << "enough is left to look at";
  EXPECT_THAT(output_, HasSubstr("--read-only: line "));
  EXPECT_EQ(Get("/configure"), before);
  const std::optional<http::Url> url = http::ParseUrl(admin.substr(6));
  const auto journal = http::Client({.host = url->host, .port = url->port})
                           .Send(http::Request{.method = "GET", .target = "/v1/journal"}, std::chrono::seconds(10));
  ASSERT_TRUE(journal.response);
  const Json entries = Json::parse(journal.response->body).at("entries");
  EXPECT_GE(entries.size(), 45u);
  for (const Json& entry : entries) EXPECT_THAT(entry.at("method").get<std::string>(), AnyOf("GET", "HEAD")) << entry;

  EXPECT_EQ(Conform({"--read-only", "--filter", "install.installed-after-install"}), 1) << "a run of nothing is not green";
  EXPECT_THAT(output_, HasSubstr("--read-only left nothing of what was selected"));
}

TEST_F(ConformCommandTest, ARunOfNothingIsNotGreen) {
  ServeSound();  // on a target that runs already nothing is upgraded
  EXPECT_EQ(Conform({"--filter", "upgrade"}), 1);
  EXPECT_THAT(output_, AllOf(HasSubstr("NOTHING TESTED  None of "), HasSubstr(" applies to this target.")));
  EXPECT_THAT(output_, HasSubstr("nothing of what was selected applies to this target"));
}

TEST_F(ConformCommandTest, KeepLeavesEverythingForInspection) {
  ServeSound();
  ASSERT_EQ(Conform({"--filter", "install.installed-entries", "--keep"}), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("everything was left in place"));
  EXPECT_THAT(Get("/pg_mgr/install/installed").at("pkgs"), Not(IsEmpty()));
  const Json server = Get("/configure/plugin_server").at("param").at("value");
  EXPECT_THAT(output_, HasSubstr("plugin_server names the run's repository"));
  EXPECT_THAT(output_, HasSubstr("to put the target back later: provdlab clean --target " + url_));
  EXPECT_THAT(server.get<std::string>(), StartsWith("http://127.0.0.1:"));
}

TEST_F(ConformCommandTest, RunsScenariosOfOnesOwn) {
  ServeSound();
  fs::create_directory(folder_.path() / "own");
  std::ofstream(folder_.path() / "own" / "mine.scenario") << "scenario   the entry point of mine\n"
                                                             "format     1\n"
                                                             "\n"
                                                             "GET /\n"
                                                             "  check links.entry-point   status is 404\n";
  ASSERT_EQ(Conform({"--scenarios", (folder_.path() / "own").string(), "--json"}), 0) << output_ << errors_;
  const Json run = Json::parse(output_);
  ASSERT_THAT(run.at("scenarios"), SizeIs(1));
  EXPECT_EQ(run.at("scenarios").at(0).at("title"), "the entry point of mine");
}

TEST_F(ConformCommandTest, PhonesAreCarriedWhereTheyCanReachTheTarget) {
  Serve({"serve", "--rest-port", "0", "--http-port", "0", "--tftp-port", "0"});
  const std::string http = server_->Line(), tftp = server_->Line();
  ASSERT_THAT(http, StartsWith("http http://"));
  ASSERT_THAT(tftp, StartsWith("tftp "));
  fs::create_directory(folder_.path() / "own");
  std::ofstream(folder_.path() / "own" / "phones.scenario") << "scenario   a phone and a stranger\n"
                                                               "format     1\n"
                                                               "offers     http-provisioning, tftp\n"
                                                               "phone      desk is an Acme X1\n"
                                                               "phone      stranger is nobody\n"
                                                               "\n"
                                                               "desk boots within 3 s\n"
                                                               "  check links.entry-point   desk is addressed and $.ip is desk.ip\n"
                                                               "stranger GET /nothing 3 times at once\n"
                                                               "  check links.entry-point   status is 404\n"
                                                               "stranger reads \"nothing\"\n"
                                                               "  check links.entry-point   $.end is \"error\"\n";
  const std::vector<std::string> own = {"--scenarios", (folder_.path() / "own").string(), "--json"};
  ASSERT_EQ(Conform(own), 1) << output_ << errors_;
  EXPECT_EQ(Json::parse(output_).at("scenarios").at(0).at("verdict"), "not-applicable") << "nobody says where files are";

  std::vector<std::string> known = own;
  known.insert(known.end(), {"--http-provisioning", http.substr(5), "--tftp", tftp.substr(5), "--sip-port", "46123"});
  ASSERT_EQ(Conform(known), 0) << output_ << errors_;
  const Json steps = Json::parse(output_).at("scenarios").at(0).at("steps");
  EXPECT_EQ(steps.at(0).at("trace").at(0), "desk  power on");
  EXPECT_THAT(steps.at(1).at("exchanges"), SizeIs(3));
  EXPECT_THAT(steps.at(1).at("exchanges").at(0).at("curl").get<std::string>(), StartsWith("curl --interface 127.64.0."));
  EXPECT_EQ(steps.at(2).at("trace").at(0), "→ RRQ \"nothing\" octet");
  EXPECT_THAT(Get("/dev_mgr/devices").at("devices"), IsEmpty());
}

TEST_F(ConformCommandTest, AFailureCanBeReplayed) {
  ServeFaulty("configure.get-answers-200");
  ASSERT_EQ(Conform({"--filter", "configure.get-answers-200"}), 1) << output_ << errors_;
  EXPECT_THAT(output_, StartsWith("FAILED"));
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(report() / "scenarios"))
    if (entry.is_regular_file()) files.push_back(entry.path());
  ASSERT_THAT(files, Not(IsEmpty()));
  EXPECT_THAT(output_, HasSubstr("provdlab replay " + (report() / "scenarios").string()));
  EXPECT_EQ(Run(AddReplayCommand, {"replay", files.front().string(), "--target", url_}), 1) << output_;
  server_.reset();
  ServeSound();
  EXPECT_EQ(Run(AddReplayCommand, {"replay", files.front().string(), "--target", url_}), 0) << output_ << errors_;
}

TEST_F(ConformCommandTest, WhatIsWrittenAsKnownIsKnownUntilItChanges) {
  const std::string file = (folder_.path() / "ours.known").string();
  ServeFaulty("links.entry-point");
  ASSERT_EQ(Conform({"--filter", "links", "--write-known", file}), 1) << output_ << errors_;
  EXPECT_THAT(errors_, HasSubstr("known divergences of 1 requirement in " + file));
  const std::string written = *ReadFile(file);
  EXPECT_THAT(written, AllOf(StartsWith("known     http://127.0.0.1:"), HasSubstr("\nlinks.entry-point\n  reason  not looked into yet\n")));

  ASSERT_EQ(Conform({"--filter", "links", "--known", file}), 0) << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("1 diverges as is known, 2 are untested behind that."));
  // Writing it once more leaves it as it is, with what somebody has written into it.
  std::string by_hand = written;
  by_hand.replace(by_hand.find("not looked into yet"), std::string("not looked into yet").size(), "it names its links otherwise");
  by_hand.insert(by_hand.find("links.entry-point"), "# of ours\n");
  ASSERT_TRUE(WriteFileAtomically(file, by_hand));
  ASSERT_EQ(Conform({"--filter", "links", "--known", file, "--write-known", file}), 0) << output_ << errors_;
  EXPECT_EQ(*ReadFile(file), by_hand);
  // Over, or mended: both are told, and neither is green.
  std::string over = by_hand;
  const std::size_t until = over.find("until   ") + 8;
  over.replace(until, 10, "2020-01-01");
  ASSERT_TRUE(WriteFileAtomically(file, over));
  EXPECT_EQ(Conform({"--filter", "links", "--known", file}), 1);
  EXPECT_THAT(output_, HasSubstr("it was known until 2020-01-01"));
  ASSERT_TRUE(WriteFileAtomically(file, by_hand));
  server_.reset();
  ServeSound();
  EXPECT_EQ(Conform({"--filter", "links", "--known", file}), 1);
  EXPECT_THAT(output_, AllOf(HasSubstr("not as known  links.entry-point"), HasSubstr("it holds in ")));
  EXPECT_EQ(Conform({"--filter", "links", "--write-known", file}), 0);
  EXPECT_THAT(*ReadFile(file), Not(HasSubstr("links.entry-point")));
}

TEST_F(ConformCommandTest, EndsWithThreeWhereNobodyListens) {
  url_ = "http://127.0.0.1:1/provd";
  EXPECT_EQ(Conform({}), 3);
  EXPECT_THAT(output_, StartsWith("UNTESTABLE  None of "));
  EXPECT_THAT(output_, HasSubstr("Connection refused"));
}

TEST_F(ConformCommandTest, RefusesWhatMakesNoSense) {
  url_ = "http://127.0.0.1:1/provd";
  const std::vector<std::vector<std::string>> wrong = {
      {"--level", "perhaps"},
      {"--filter", "no-such-requirement"},
      {"--budget", "soon"},
      {"--jobs", "0"},
      {"--header", "naked"},
      {"--ca", "/nowhere/authority.pem"},
      {"--scenarios", "/nowhere/at/all"},
      {"--nonsense"},
      {"--target", ""},
      {"--launch", ""},
      {"--then-launch", "my-provd --port {rest_port} --state {state_dir}"},
      {"--header", "A: b\nc"},
      {"--plugin-repository-address", "a b"},
      {"--http-provisioning", "ftp://127.0.0.1"},
      {"--tftp", "127.0.0.1:69"},
      {"--http-provisioning", "http://127.0.0.1:1", "--tftp", "127.0.0.1:none"},
      {"--http-provisioning", "http://127.0.0.1:1", "--phones-from", "10.0.0.0/8"},
      {"--sip-port", "0"},
      {"--known", "/nowhere/ours.known"},
      {"--known", "/dev/null"},
      {"--write-known", "/dev/null"},
      {"--ami", "0"},
      {"--gateway", "0"},
      {"--manager", "nobody"},
      {"--filter", "tftp.lost-oack-sent-again"},
      {"--trusted-proxies", "-1"},
      {"--weather", "rain"},
      {"--weather", "resets", "--weather-rate", "1/10"},
  };
  for (const auto& options : wrong) {
    EXPECT_EQ(Conform(options), 2) << options.front() << "\n" << output_ << errors_;
    EXPECT_THAT(errors_ + output_, Not(IsEmpty())) << options.front();
  }
  url_ = "not a URL";
  EXPECT_EQ(Conform({}), 2) << errors_;
  EXPECT_EQ(Run(AddConformCommand, {"conform", "--launch", "true", "--report", report().string()}), 2);
  EXPECT_THAT(errors_, HasSubstr("nobody knows where the launched target listens"));
}

TEST(CommandTest, WhatIsMisspeltIsGuessed) {
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  for (const Case& each :
       {Case{{"confrom"}, "did you mean conform?"},
        Case{{"conform", "--taget", "http://127.0.0.1:1/provd"}, "did you mean --target? provdlab conform --help"},
        Case{{"conform", "--wether=storm"}, "did you mean --weather?"}, Case{{"rerun"}, "hint: provdlab --help lists them"}}) {
    CommandProcess command(AddConformCommand, each.words);
    EXPECT_EQ(command.ExitCode(), 2);
    EXPECT_THAT(command.errors(), HasSubstr(each.says));
  }
}

TEST_F(ConformCommandTest, CleansUpWhenInterrupted) {
  ServeSound();
  const Json before = Get("/configure");
  CommandProcess run(AddConformCommand, {"conform", "--target", url_, "--report", report().string(), "--jobs", "2"});
  // The run has begun when the server sees it: its repository has taken plugin_server's place.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (Get("/configure") == before && std::chrono::steady_clock::now() < end) continue;
  run.Signal(SIGINT);
  EXPECT_EQ(run.ExitCode(), 1) << run.output() << run.errors();
  EXPECT_THAT(run.output(), HasSubstr("The run ended early: interrupted"));
  EXPECT_EQ(Get("/configure"), before);
  EXPECT_THAT(Get("/pg_mgr/install/installed").at("pkgs"), IsEmpty());
}

}  // namespace
}  // namespace provdlab::tools
