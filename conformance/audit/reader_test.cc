#include "conformance/audit/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/http/message.h"
#include "base/http/server.h"

namespace provdlab::conformance::audit {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A provd that answers what it is told, below a prefix of its own, and remembers what it was asked.
class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest()
      : server_({}, [this](const http::Request& request) {
          const std::lock_guard lock(mutex_);
          asked_.push_back(request);
          const auto found = answers_.find(std::string(request.raw_path()));
          if (found == answers_.end()) return http::Response{.status = 404, .body = "No resource has this path"};
          return found->second;
        }) {
    answers_ = {{"/api/dev_mgr/devices", {.body = R"({"devices": []})"}},
                {"/api/cfg_mgr/configs", {.body = R"({"configs": []})"}},
                {"/api/pg_mgr/plugins", {.body = R"({"plugins": {"acme-1.0": {"links": []}}})"}},
                {"/api/pg_mgr/install/installed", {.body = R"({"pkgs": {"acme-1.0": {}, "other": {}}})"}},
                {"/api/configure/NAT", {.body = R"({"param": {"value": 0}})"}}};
    EXPECT_TRUE(server_.Start());
  }
  Result<Snapshot> Read() {
    const auto target =
        Target::Make({.url = http::HttpOrigin("127.0.0.1", server_.port()) + "/api", .headers = {{"X-Auth-Token", "t"}}, .ca_file = ""});
    EXPECT_TRUE(target);
    return ReadSnapshot(*target, seconds(20));
  }

  std::mutex mutex_;
  std::map<std::string, http::Response> answers_;
  std::vector<http::Request> asked_;
  http::Server server_;
};

TEST_F(ReaderTest, SendsNothingButGet) {
  ASSERT_TRUE(Read());
  std::vector<std::string> paths;
  for (const http::Request& request : asked_) {
    EXPECT_EQ(request.method, "GET") << request.target;
    EXPECT_EQ(request.body, "");
    EXPECT_EQ(request.headers.Get("X-Auth-Token"), "t");
    EXPECT_EQ(request.headers.Get("Accept"), kMediaType);
    paths.emplace_back(request.raw_path());
  }
  EXPECT_THAT(paths, ElementsAre("/api/dev_mgr/devices", "/api/cfg_mgr/configs", "/api/pg_mgr/plugins", "/api/pg_mgr/install/installed",
                                 "/api/configure/NAT"))
      << "once each, however many documents there are";
}

TEST_F(ReaderTest, SendsNothingButGetWhateverIsAnswered) {
  for (const int status : {301, 401, 404, 405, 500, 503}) {
    for (auto& [path, answer] : answers_) {
      answer.status = status;
      answer.headers.Set("Location", "/api/elsewhere");
    }
    Read();
  }
  for (const http::Request& request : asked_) EXPECT_EQ(request.method, "GET");
  EXPECT_THAT(asked_, SizeIs(6 * kResources.size()));
}

TEST_F(ReaderTest, AsksForWhatTheRulesNeedAndNoSecrets) {
  ASSERT_TRUE(Read());
  EXPECT_EQ(asked_[0].raw_query(), "fields=mac,ip,sn,plugin,config,vendor,model,configured");
  EXPECT_THAT(std::string(asked_[1].raw_query()), AllOf(HasSubstr("parent_ids,role,transient"), HasSubstr("raw_config.ntp_enabled")));
}

TEST_F(ReaderTest, UnderstandsDocumentsWithEverythingInThem) {
  answers_["/api/dev_mgr/devices"].body = R"({"devices": [
      {"id": "d1", "mac": "00:11:22:33:44:55", "ip": "10.0.0.1", "sn": "7", "plugin": "acme-1.0", "config": "c1", "vendor": "Acme",
       "model": "A1", "configured": true, "options": {"switchboard": true}},
      {"id": "d2", "mac": null, "ip": 5, "configured": "yes"}]})";
  answers_["/api/cfg_mgr/configs"].body = R"({"configs": [
      {"id": "c1", "parent_ids": ["base", 7], "role": "autocreate", "transient": true,
       "raw_config": {"dns_enabled": true, "dns_ip": null, "ntp_enabled": false, "vlan_id": 5, "admin_password": "x"}},
      {"id": "c2"}]})";
  answers_["/api/configure/NAT"].body = R"({"param": {"value": "1"}})";
  const auto snapshot = Read();
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  ASSERT_THAT(snapshot->devices, SizeIs(2));
  const Device& device = snapshot->devices[0];
  EXPECT_EQ(device.id + device.mac + device.ip + device.sn, "d100:11:22:33:44:5510.0.0.17");
  EXPECT_EQ(device.plugin + device.config + device.vendor + device.model, "acme-1.0c1AcmeA1");
  EXPECT_TRUE(device.configured);
  EXPECT_EQ(snapshot->devices[1].mac + snapshot->devices[1].ip, "");
  EXPECT_FALSE(snapshot->devices[1].configured);
  ASSERT_THAT(snapshot->configs, SizeIs(2));
  const Config& config = snapshot->configs[0];
  EXPECT_THAT(config.parents, ElementsAre("base"));
  EXPECT_EQ(config.role, "autocreate");
  EXPECT_TRUE(config.transient);
  EXPECT_THAT(config.on, ElementsAre(Word::kYes, Word::kNo, Word::kNothing, Word::kNothing));
  EXPECT_THAT(config.companion, ElementsAre(Word::kNo, Word::kNothing, Word::kNothing, Word::kYes));
  EXPECT_THAT(snapshot->loaded, ElementsAre("acme-1.0"));
  EXPECT_THAT(snapshot->installed, ElementsAre("acme-1.0", "other"));
  EXPECT_TRUE(snapshot->nat);
  EXPECT_THAT(snapshot->unread, IsEmpty());
}

TEST_F(ReaderTest, SaysWhatCouldNotBeReadAndWhy) {
  answers_["/api/cfg_mgr/configs"].status = 500;
  answers_["/api/pg_mgr/plugins"].body = "<html>";
  answers_["/api/pg_mgr/install/installed"].body = R"({"pkgs": []})";
  answers_["/api/configure/NAT"].manner = http::Response::Manner::kClose;
  const auto snapshot = Read();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->unread.at(Resource::kConfigs), "it answered 500");
  EXPECT_EQ(snapshot->unread.at(Resource::kLoadedPlugins), "its answer is not JSON");
  EXPECT_EQ(snapshot->unread.at(Resource::kInstalledPlugins), "its answer has no object \"pkgs\"");
  EXPECT_THAT(snapshot->unread.at(Resource::kNat), HasSubstr("it was not answered: "));
  EXPECT_TRUE(snapshot->Has(Resource::kDevices));
}

TEST_F(ReaderTest, AListThatIsDoubtfulIsNotRead) {
  for (const char* body :
       {"[]", "{}", R"({"devices": {}})", R"({"devices": [5]})", R"({"devices": [{"mac": "x"}]})", R"({"devices": [{"id": 5}]})"}) {
    answers_["/api/dev_mgr/devices"].body = body;
    const auto snapshot = Read();
    ASSERT_TRUE(snapshot) << body;
    EXPECT_FALSE(snapshot->Has(Resource::kDevices)) << body;
  }
}

TEST_F(ReaderTest, WhatIsNoProvdCannotBeAudited) {
  answers_.clear();
  const auto snapshot = Read();
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message, HasSubstr("/api can't be audited: GET /api/dev_mgr/devices: it answered 404"));
  answers_["/api/dev_mgr/devices"] = {.status = 401};
  EXPECT_THAT(Read().error().message, HasSubstr("--header NAME:VALUE"));
}

TEST(ReadSnapshot, ATargetThatNobodyAnswersIsAskedOnce) {
  const auto target = Target::Make({.url = "http://127.0.0.1:1/provd", .headers = {}, .ca_file = ""});
  const auto snapshot = ReadSnapshot(*target, seconds(20));
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message, HasSubstr("it was not answered: No connection to 127.0.0.1:1"));
}

}  // namespace
}  // namespace provdlab::conformance::audit
