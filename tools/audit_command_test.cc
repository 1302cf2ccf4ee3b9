// `provdlab audit` as a process of its own, against `provdlab serve`: what it finds in documents that carry each defect, what it sends, and
// its exit codes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/http/message.h"
#include "base/json.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kMediaType[] = "application/vnd.proformatique.provd+json";

class AuditCommandTest : public ::testing::Test {
 protected:
  void Serve(std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"serve", "--rest-port", "0", "--admin-port", "0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    server_.emplace(AddServeCommand, std::move(arguments));
    for (int line = 0; line < 2; ++line) {
      const std::string text = server_->Line();
      (text.starts_with("rest ") ? url_ : admin_) = text.substr(text.find(' ') + 1);
    }
    ASSERT_THAT(url_, HasSubstr("/provd"));
    ASSERT_THAT(admin_, HasSubstr("/v1"));
  }

  static http::Exchange Send(const std::string& method, const std::string& url, const std::string& body = "") {
    const auto parts = http::ParseUrl(url);
    http::Request request{.method = method, .target = parts->path, .body = body};
    request.headers.Set(body.empty() ? "Accept" : "Content-Type", kMediaType);
    return http::Client({.host = parts->host, .port = parts->port}).Send(request, std::chrono::seconds(20));
  }
  void Make(const std::string& kind, const std::string& document) const {
    const std::string path = kind == "device" ? "/dev_mgr/devices" : "/cfg_mgr/configs";
    const auto seen = Send("POST", url_ + path, "{\"" + kind + "\": " + document + "}");
    ASSERT_TRUE(seen.response) << seen.problem;
    ASSERT_EQ(seen.response->status, 201) << seen.response->body;
  }
  // Starts an operation and waits for its end.
  void Operate(const std::string& service, const std::string& body) const {
    const auto started = Send("POST", url_ + service, body);
    ASSERT_TRUE(started.response) << started.problem;
    ASSERT_EQ(started.response->status, 201) << started.response->body;
    const std::string monitor = started.response->headers.Get("Location").value_or("").substr(std::string("/provd").size());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string status;
    while (status.find("|success") == std::string::npos && std::chrono::steady_clock::now() < end) {
      const auto seen = Send("GET", url_ + monitor);
      status = seen.response ? seen.response->body.substr(0, seen.response->body.find('(')) : "";
    }
    ASSERT_THAT(status, HasSubstr("|success"));
  }
  // What a careful administrator would never do.
  void MakeADefectOfEachKind() const {
    Make("config", R"({"id": "base", "parent_ids": [], "raw_config": {}, "role": "autocreate"})");
    Make("config", R"({"id": "base2", "parent_ids": ["ghost"], "raw_config": {}, "role": "autocreate"})");
    Make("config", R"({"id": "a", "parent_ids": ["b"], "raw_config": {}})");
    Make("config", R"({"id": "b", "parent_ids": ["a"], "raw_config": {}})");
    Make("config", R"({"id": "orphan", "parent_ids": [], "raw_config": {}, "transient": true})");
    Make("config", R"({"id": "shared", "parent_ids": ["base"], "raw_config": {}, "transient": true})");
    Make("device", R"({"id": "d1", "mac": "00:11:22:33:44:01", "ip": "10.0.0.1", "config": "shared", "plugin": "acme-0.9"})");
    Make("device", R"({"id": "d2", "mac": "00:11:22:33:44:01", "ip": "10.0.0.1", "config": "shared"})");
    Make("device", R"({"id": "d3", "config": "gone"})");
    Make("device", R"({"id": "d4", "sn": "77"})");
  }

  int Audit(std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"audit"};
    if (!url_.empty()) arguments.insert(arguments.end(), {"--target", url_});
    arguments.insert(arguments.end(), options.begin(), options.end());
    CommandProcess command(AddAuditCommand, std::move(arguments));
    const int exit_code = command.ExitCode();
    output_ = command.output();
    errors_ = command.errors();
    return exit_code;
  }

  std::optional<CommandProcess> server_;
  std::string url_, admin_, output_, errors_;
};

TEST_F(AuditCommandTest, FindsEveryDefectByItsName) {
  Serve();
  MakeADefectOfEachKind();
  ASSERT_EQ(Audit({"--json"}), 1) << errors_;
  const auto json = ParseJson(output_);
  ASSERT_TRUE(json) << output_;
  std::map<std::string, std::set<std::string>> found;
  for (const Json& finding : json->at("findings")) {
    for (const char* kind : {"devices", "configs"})
      for (const Json& id : finding.at(kind)) found[finding.at("rule")].insert(id.get<std::string>());
  }
  const std::map<std::string, std::set<std::string>> wanted = {{"device.dangling-config", {"d3", "gone"}},
                                                               {"device.dangling-plugin", {"d1"}},
                                                               {"device.duplicate-mac", {"d1", "d2"}},
                                                               {"device.duplicate-ip", {"d1", "d2"}},
                                                               {"device.nameless", {"d3"}},
                                                               {"config.unknown-parent", {"base2", "ghost"}},
                                                               {"config.parent-cycle", {"a", "b"}},
                                                               {"config.orphan-transient", {"orphan"}},
                                                               {"config.shared-transient", {"shared", "d1", "d2"}},
                                                               {"config.several-autocreate", {"base", "base2"}},
                                                               {"device.without-plugin", {"d2", "d3", "d4"}},
                                                               {"device.without-config", {"d4"}}};
  EXPECT_EQ(found, wanted);
  EXPECT_EQ(json->at("read").at("devices"), 4);
  EXPECT_EQ(json->at("unread").size(), 0u);
}

TEST_F(AuditCommandTest, NothingButGetReachesTheServer) {
  Serve();
  MakeADefectOfEachKind();
  ASSERT_EQ(Send("DELETE", admin_ + "/journal").response->status, 204);
  ASSERT_EQ(Audit(), 1) << errors_;
  const auto journal = ParseJson(Send("GET", admin_ + "/journal").response->body);
  ASSERT_TRUE(journal);
  ASSERT_EQ(journal->at("entries").size(), 6u) << "one for each resource, and one for the dialect: " << *journal;
  for (const Json& entry : journal->at("entries")) EXPECT_EQ(entry.at("method"), "GET") << entry;
}

// A plugin of the reference repository, by way of the server's own installation service.
TEST_F(AuditCommandTest, SaysWhyADeviceMayNotBeConfigured) {
  CommandProcess repository(AddRepoCommand, {"repo"});
  const std::string line = repository.Line();
  ASSERT_THAT(line, StartsWith("repository "));
  Serve();
  Make("config", R"({"id": "base", "parent_ids": [], "raw_config": {"ntp_enabled": true}, "role": "autocreate"})");
  Make("config", R"({"id": "c", "parent_ids": ["base"], "raw_config": {}})");
  Make("device", R"({"id": "d", "mac": "00:aa:55:00:00:01", "vendor": "Acme", "model": "X1", "plugin": "acme", "config": "c"})");
  EXPECT_EQ(Audit(), 1);
  EXPECT_THAT(output_, HasSubstr("found     device \"d\" names plugin \"acme\", which is not installed\n"));

  ASSERT_EQ(Send("PUT", url_ + "/configure/plugin_server", R"({"param": {"value": ")" + line.substr(11) + R"("}})").response->status, 204);
  Operate("/pg_mgr/install/update", "{}");
  Operate("/pg_mgr/install/install", R"({"id": "acme"})");
  EXPECT_EQ(Audit(), 1);
  EXPECT_THAT(output_, AllOf(StartsWith("FOUND  1 error in 1 device and 2 configs.\n"), HasSubstr("device.not-configured"),
                             HasSubstr("ntp_enabled without ntp_ip")));

  const auto mended =
      Send("PUT", url_ + "/cfg_mgr/configs/base",
           R"({"config": {"parent_ids": [], "raw_config": {"ntp_enabled": true, "ntp_ip": "10.0.0.9"}, "role": "autocreate"}})");
  ASSERT_EQ(mended.response->status, 204) << mended.response->body;
  EXPECT_EQ(Audit(), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("read      1 device, 2 configs, 1 installed plugin, 1 of them loaded, NAT is 0\n"));
}

TEST_F(AuditCommandTest, NatExplainsASharedIp) {
  Serve();
  MakeADefectOfEachKind();
  ASSERT_EQ(Send("PUT", url_ + "/configure/NAT", R"({"param": {"value": 1}})").response->status, 204);
  EXPECT_EQ(Audit(), 1);
  EXPECT_THAT(output_, AllOf(Not(HasSubstr("device.duplicate-ip")), HasSubstr("NAT is 1")));
}

TEST_F(AuditCommandTest, ExitsWithZeroWhereNothingIsWrong) {
  Serve();
  Make("config", R"({"id": "base", "parent_ids": [], "raw_config": {}, "role": "autocreate"})");
  Make("device", R"({"id": "d1", "mac": "00:11:22:33:44:01", "config": "base"})");
  EXPECT_EQ(Audit(), 0) << output_;
  EXPECT_THAT(output_, StartsWith("SOUND  Nothing is wrong in 1 device and 1 config, but 1 note.\n"));
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(AuditCommandTest, SaysThatNotEverythingCouldBeRead) {
  Serve({"--fault", "plugins.list-answers-200"});
  Make("config", R"({"id": "base", "parent_ids": [], "raw_config": {}, "role": "autocreate"})");
  EXPECT_EQ(Audit(), 3) << output_;
  EXPECT_THAT(output_, AllOf(StartsWith("NOT PROVEN  "), HasSubstr("not read  /pg_mgr/plugins: it answered ")));
}

TEST_F(AuditCommandTest, ATargetThatIsNoneIsSaidInOneLineWithAHint) {
  url_ = "http://127.0.0.1:1/provd";
  EXPECT_EQ(Audit(), 3);
  EXPECT_THAT(errors_, AllOf(StartsWith("provdlab: http://127.0.0.1:1/provd can't be audited: "), HasSubstr("Connection refused"),
                             HasSubstr("\n  hint: ")));
  EXPECT_THAT(output_, IsEmpty());
  Serve();
  url_.resize(url_.size() - std::string("/provd").size());
  EXPECT_EQ(Audit(), 3);
  EXPECT_THAT(errors_,
              AllOf(HasSubstr("it answered 404"), HasSubstr("hint: the URL has no prefix; most provds are at " + url_ + "/provd")));
}

TEST_F(AuditCommandTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Audit(), 2) << "without a target";
  EXPECT_THAT(errors_, HasSubstr("--target is missing"));
  url_ = "http://127.0.0.1:1/provd";
  for (const auto& options : std::vector<std::vector<std::string>>{
           {"--timeout", "soon"}, {"--header", "naked"}, {"--ca", "/nowhere/authority.pem"}, {"--target", ""}, {"--nonsense"}})
    EXPECT_EQ(Audit(options), 2) << options.front();
  url_ = "not a URL";
  EXPECT_EQ(Audit(), 2);
}

TEST_F(AuditCommandTest, ListsItsRules) {
  EXPECT_EQ(Audit({"--list-rules"}), 0);
  EXPECT_THAT(output_,
              AllOf(HasSubstr("device.dangling-config  error\n"), HasSubstr("config.parent-cycle  warning\n"), HasSubstr("    do: ")));
}

}  // namespace
}  // namespace provdlab::tools
