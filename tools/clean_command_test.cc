// `provdlab clean` after `provdlab conform` was killed, as processes of their own, against `provdlab serve`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/json.h"
#include "simulator/repository/repository.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CleanCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.emplace(AddServeCommand,
                    std::vector<std::string>{"serve", "--rest-port", "0", "--http-port", "0", "--tftp-port", "0", "--admin-port", "0"});
    for (int i = 0; i < 4; ++i) {
      const std::string line = server_->Line();
      const std::size_t blank = line.find(' ');
      ASSERT_NE(blank, std::string::npos) << line;
      addresses_[line.substr(0, blank)] = line.substr(blank + 1);
    }
    // What a system in use has.
    Send("POST", "/cfg_mgr/configs", {{"config", {{"id", "base"}, {"parent_ids", Json::array()}, {"raw_config", {{"X_a", 1}}}}}});
    Send("POST", "/cfg_mgr/configs",
         {{"config", {{"id", "own"}, {"role", "autocreate"}, {"parent_ids", {"base"}}, {"raw_config", Json::object()}}}});
    Send("POST", "/dev_mgr/devices", {{"device", {{"mac", "00:04:f2:00:00:01"}, {"config", "base"}, {"ip", "192.0.2.9"}}}});
    Send("POST", "/dev_mgr/devices", {{"device", {{"id", "plab-like"}, {"mac", "00:04:f2:00:00:02"}}}});
    SetPluginServer(nullptr);
    Send("PUT", "/configure/NAT", {{"param", {{"value", 1}}}});
    Send("PUT", "/configure/locale", {{"param", {{"value", "fr_FR"}}}});
  }

  Json Ask(const std::string& origin, const std::string& method, const std::string& path, const Json& body = Json()) const {
    const auto url = http::ParseUrl(origin);
    http::Request request;
    request.method = method;
    request.target = (url->path == "/" ? "" : url->path) + path;
    if (!body.is_null()) {
      request.body = DumpJson(body);
      request.headers.Set("Content-Type", "application/vnd.proformatique.provd+json");
    }
    const auto seen = http::Client({.host = url->host, .port = url->port}).Send(request, std::chrono::seconds(10));
    return seen.response ? Json::parse(seen.response->body, nullptr, false) : Json();
  }
  void Send(const std::string& method, const std::string& path, const Json& body) const { (void)Ask(Rest(), method, path, body); }
  void SetPluginServer(const Json& value) const { Send("PUT", "/configure/plugin_server", {{"param", {{"value", value}}}}); }
  const std::string& Rest() const { return addresses_.at("rest"); }

  // Everything that stays on a target, as its answers say it.
  std::string Everything() const {
    std::string all;
    for (const char* path : {"/dev_mgr/devices?sort=id&sort_ord=ASC", "/cfg_mgr/configs?sort=id&sort_ord=ASC", "/pg_mgr/install/installed",
                             "/pg_mgr/plugins", "/configure"})
      all += DumpJson(Ask(Rest(), "GET", path)) + "\n";
    return all;
  }

  std::uint64_t LastEntry() { return Ask(addresses_["admin"], "GET", "/journal").value("last", std::uint64_t{0}); }
  Json Entries(std::uint64_t after) {
    return Ask(addresses_["admin"], "GET", "/journal?after=" + std::to_string(after)).value("entries", Json::array());
  }

  // Runs scenarios until the target has been asked for what is awaited, and kills the suite there. A run that is over before this is
  // seen, as may be where the machine lets this process wait, has put everything back, and is made anew.
  void KillAt(const std::string& filter, const std::string& method, const std::string& target, int times) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      if (TryToKillAt(filter, method, target, times)) return;
    }
    ADD_FAILURE() << "each run had ended before it could be killed";
  }
  bool TryToKillAt(const std::string& filter, const std::string& method, const std::string& target, int times) {
    std::uint64_t after = LastEntry();
    CommandProcess suite(AddConformCommand,
                         {"conform", "--target", Rest(), "--http-provisioning", addresses_["http"], "--tftp", addresses_["tftp"],
                          "--report", (folder_.path() / "report").string(), "--runs", runs(), "--jobs", "2", "--filter", filter});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    int seen = 0;
    while (seen < times && std::chrono::steady_clock::now() < end) {
      const Json journal = Ask(addresses_["admin"], "GET", "/journal?after=" + std::to_string(after));
      after = journal.value("last", after);
      for (const Json& entry : journal.value("entries", Json::array())) {
        if (entry.value("method", "") == method && entry.value("target", "").find(target) != std::string::npos) ++seen;
      }
    }
    suite.Signal(SIGKILL);
    EXPECT_GE(seen, times) << "nothing was awaited in vain: " << suite.output() << suite.errors();
    return suite.ExitCode() == -SIGKILL;
  }
  std::string runs() const { return (folder_.path() / "runs").string(); }
  std::string RunOf() const {
    const auto names = ListFolder(runs());
    return names && names->size() == 1 ? names->front().substr(0, names->front().find('.')) : "";
  }
  int Clean(std::vector<std::string> options) {
    std::vector<std::string> arguments = {"clean", "--target", Rest(), "--runs", runs()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    CommandProcess command(AddCleanCommand, std::move(arguments));
    const int exit_code = command.ExitCode();
    output_ = command.output() + command.errors();
    return exit_code;
  }

  TemporaryDirectory folder_;
  std::optional<CommandProcess> server_;
  std::map<std::string, std::string> addresses_;
  std::string output_;
};

TEST_F(CleanCommandTest, PutsATargetBackWhereverTheSuiteWasKilled) {
  struct Moment {
    const char* filter;
    const char* method;
    const char* target;
    int times;
  };
  const Moment moments[] = {
      {"install", "PUT", "/configure/plugin_server", 1},  {"install", "POST", "/install/install", 1},
      {"install", "POST", "/install/install", 20},        {"package", "POST", "/install/install", 12},
      {"device", "POST", "/dev_mgr/devices", 1},          {"device", "POST", "/dev_mgr/devices", 30},
      {"config", "POST", "/cfg_mgr/configs", 25},         {"configure", "PUT", "/configure/NAT", 1},
      {"configure", "PUT", "/configure/locale", 1},       {"configure", "PUT", "/configure/http_proxy", 2},
      {"identification", "POST", "/dev_mgr/dhcpinfo", 5}, {"config.autocreate-*", "POST", "/cfg_mgr/autocreate", 2},
      {"phone", "POST", "/dev_mgr/dhcpinfo", 3},
  };
  const std::string before = Everything();
  int changed = 0, uncertain = 0;
  for (const Moment& moment : moments) {
    SCOPED_TRACE(std::string(moment.filter) + ", at " + moment.method + " " + moment.target + " no. " + std::to_string(moment.times));
    KillAt(moment.filter, moment.method, moment.target, moment.times);
    const std::string run = RunOf();
    ASSERT_NE(run, "") << "it has left its record";
    const std::string left = Everything();
    changed += left != before ? 1 : 0;
    // What the suite had asked for still comes to its end on the target, at the latest while somebody else is answered.
    Clean({});
    const std::uint64_t killed = LastEntry();
    Clean({});
    Clean({"--run", run, "--dry-run"});
    uncertain += output_.find("not certain") != std::string::npos ? 1 : 0;
    for (const Json& entry : Entries(killed)) EXPECT_EQ(entry.value("method", ""), "GET") << "to look changes nothing: " << entry;
    EXPECT_EQ(Clean({"--run", run, "--likely"}), 0) << output_;
    EXPECT_THAT(output_, HasSubstr("nothing of run " + run + " is left"));
    EXPECT_EQ(Everything(), before) << output_;
    EXPECT_EQ(Clean({}), 0) << output_;
    EXPECT_THAT(output_, StartsWith("no run left anything"));
    EXPECT_EQ(RunOf(), "") << "its record has gone";
  }
  EXPECT_GE(changed, 8) << "a run that leaves nothing shows nothing";
  RecordProperty("uncertain", uncertain);
}

TEST_F(CleanCommandTest, WhatSomebodySetSinceIsLeftAndTold) {
  KillAt("install", "POST", "/install/install", 1);
  const std::string run = RunOf();
  SetPluginServer("http://198.51.100.1/since");
  // Made while the run was under way, by somebody else.
  Send("POST", "/dev_mgr/devices", {{"device", {{"id", "newcomer"}, {"mac", "00:04:f2:00:00:03"}}}});
  CommandProcess next(AddConformCommand, {"conform", "--target", Rest(), "--report", (folder_.path() / "report").string(), "--runs", runs(),
                                          "--filter", "links"});
  EXPECT_EQ(next.ExitCode(), 0) << next.output();
  EXPECT_THAT(next.output(), AllOf(HasSubstr("run " + run + " has not put this target back"), HasSubstr("--run " + run)));
  EXPECT_EQ(Clean({"--run", run}), 1) << output_;
  EXPECT_THAT(output_, HasSubstr("left, because it is not certain: parameter plugin_server: "));
  EXPECT_EQ(Ask(Rest(), "GET", "/configure/plugin_server")["param"]["value"], "http://198.51.100.1/since");
  EXPECT_TRUE(Ask(Rest(), "GET", "/dev_mgr/devices/newcomer").contains("device"));
  EXPECT_EQ(Clean({"--run", run, "--likely", "--json"}), 0) << output_;
  EXPECT_EQ(Json::parse(output_)["removed"][0]["name"], "plugin_server") << output_;
  EXPECT_TRUE(Ask(Rest(), "GET", "/dev_mgr/devices/newcomer").contains("device"));
}

TEST_F(CleanCommandTest, TheListOfPackagesIsFetchedAgainOrToldOf) {
  repository::Repository old(repository::Options{});
  const auto port = old.Start();
  ASSERT_TRUE(port) << port.error().message;
  SetPluginServer("http://127.0.0.1:" + std::to_string(*port));
  KillAt("install", "POST", "/install/install", 2);
  const std::string run = RunOf();
  // It is not to be had just when it is to be fetched again.
  const auto fault = old.AddFault({.target = "plugins.db", .action = {{"status", 503}}});
  ASSERT_TRUE(fault) << fault.error().message;
  EXPECT_EQ(Clean({"--run", run, "--likely"}), 1) << output_;
  EXPECT_THAT(output_, AllOf(HasSubstr("put back parameter plugin_server"), HasSubstr("stayed: list /pg_mgr/install/installable: "),
                             HasSubstr("packages in it are of the run's repository"), HasSubstr("1 of run " + run + " left")));
  EXPECT_EQ(RunOf(), run) << "its record is kept for the next time";
  old.RemoveFaults();
  EXPECT_EQ(Clean({"--run", run, "--likely"}), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("put back list /pg_mgr/install/installable"));
  EXPECT_THAT(DumpJson(Ask(Rest(), "GET", "/pg_mgr/install/installable")), Not(HasSubstr("plab-" + run)));
}

TEST_F(CleanCommandTest, WithoutARecordIdsTellTheRun) {
  Send("POST", "/dev_mgr/devices", {{"device", {{"id", "plab-k3x0a1b-d1"}}}});
  EXPECT_EQ(Clean({}), 1) << output_;
  EXPECT_THAT(output_, AllOf(HasSubstr("run k3x0a1b: 1 leftover"), HasSubstr("without a record")));
  EXPECT_EQ(Clean({"--run", "k3x0a1b"}), 0) << output_;
  EXPECT_THAT(output_, AllOf(HasSubstr("removed device plab-k3x0a1b-d1"), HasSubstr("there is no record of this run")));
  EXPECT_TRUE(Ask(Rest(), "GET", "/dev_mgr/devices/plab-like").contains("device"));
}

TEST_F(CleanCommandTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Clean({"--run", "../x"}), 2);
  EXPECT_EQ(Clean({"--run", ""}), 2);
  EXPECT_EQ(Clean({"--within", "soon"}), 2);
  server_.reset();
  EXPECT_EQ(Clean({}), 3) << output_;
  EXPECT_EQ(Clean({"--run", "k3x0a1b"}), 3) << output_;
}

}  // namespace
}  // namespace provdlab::tools
