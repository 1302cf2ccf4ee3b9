// From a phone's request to its file, and what is remembered of it. The protocols' own tests look at every path.
#include "server/application/phone_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "server/application/testing/phone_site.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Mac;
using testing::OwnFile;
using testing::PhoneSite;
using testing::UserAgent;
using By = Understanding::By;

FileRequest Asking(std::vector<std::string> path, std::string user_agent, std::string ip = "192.0.2.1") {
  return {.sighting = {.request = {.user_agent = std::move(user_agent)}, .ip = std::move(ip)}, .method = "GET", .path = std::move(path)};
}
std::vector<std::string> OwnPath(int phone) { return {"Acme", OwnFile(phone).substr(5)}; }

class PhoneRequestsTest : public ::testing::Test {
 protected:
  Answered Ask(const FileRequest& request) { return site_.phones().Ask(request); }
  ExplanationPointer Last() const { return site_.phones().Remembered({}).back(); }
  std::size_t devices() const { return site_.provd->devices().collection().size(); }
  std::size_t configs() const { return site_.provd->configs().collection().size(); }

  PhoneSite site_;
};

TEST_F(PhoneRequestsTest, TellsTheDeviceOnceItsFileWasSent) {
  const Answered answered = Ask(Asking(OwnPath(1), UserAgent(1)));
  ASSERT_EQ(answered.file.route, FileRoute::kFile);
  EXPECT_EQ(answered.device, site_.Device(1)["id"].get<std::string>());
  EXPECT_FALSE(site_.Device(1).contains("remote_state_sip_username"));
  site_.phones().Sent(Ask(Asking({"Acme", "common.cfg"}, UserAgent(1))));
  EXPECT_FALSE(site_.Device(1).contains("remote_state_sip_username"));  // not the file that shows it
  site_.phones().Sent(answered);
  EXPECT_TRUE(site_.Device(1).contains("remote_state_sip_username"));
}

// "configured is true exactly when the phone's own file is served", while others change what it depends on.
TEST_F(PhoneRequestsTest, ServesTheOwnFileExactlyWhileConfigured) {
  Ask(Asking(OwnPath(1), UserAgent(1)));
  const std::string id = site_.Device(1)["id"];
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, served = 0;
  std::vector<std::thread> phones;
  for (int i = 0; i < 3; ++i)
    phones.emplace_back([&] {
      while (!done) {
        const Answered answered = Ask(Asking(OwnPath(1), UserAgent(1)));
        if (answered.file.route == FileRoute::kFile)
          ++served;
        else if (answered.file.route != FileRoute::kNotConfigured)
          ++wrong;
      }
    });
  const Json whole = *ParseJson(R"({"parent_ids": [], "role": "autocreate",
                                    "raw_config": {"sip_lines": {"1": {"username": "abc", "proxy_ip": "192.0.2.9"}}}})");
  Json broken = whole;
  broken["raw_config"]["sip_lines"]["1"].erase("proxy_ip");
  for (int i = 0; i < 20; ++i) {
    for (const Json& config : {broken, whole}) {
      ASSERT_TRUE(site_.provd->configs().Replace("base", config));
      // Once the change is answered, both say the same.
      const bool configured = site_.provd->devices().Find(id)->json.at("configured") == true;
      EXPECT_EQ(configured, config == whole);
      EXPECT_EQ(Ask(Asking(OwnPath(1), UserAgent(1))).file.route == FileRoute::kFile, configured);
    }
  }
  // They may not have had their turn so far; what they ask for is there now.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (served == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  done = true;
  for (std::thread& phone : phones) phone.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(served, 0);
}

TEST_F(PhoneRequestsTest, WhatWasFoundStaysReadable) {
  const Answered answered = Ask(Asking({"Acme", "lang.bin"}, UserAgent(1)));
  ASSERT_TRUE(site_.provd->plugins().Uninstall("acme-1.0"));
  EXPECT_EQ(answered.file.file->Read(69'990, 100), std::string(10, 'l'));
  EXPECT_EQ(answered.file.file->Read(70'000, 100), std::string());
  EXPECT_EQ(Ask(Asking({"Acme", "lang.bin"}, UserAgent(1))).file.route, FileRoute::kNotLoaded);
  EXPECT_EQ(site_.Device(1)["configured"], false);
}

TEST_F(PhoneRequestsTest, RemembersHowARequestWasUnderstood) {
  Ask(Asking(OwnPath(1), UserAgent(1)));
  const ExplanationPointer made = Last();
  EXPECT_EQ(made->number, 1u);
  EXPECT_EQ(made->understanding.by, By::kMade);
  EXPECT_FALSE(made->understanding.before);
  EXPECT_EQ(made->understanding.after->json, site_.Device(1));
  EXPECT_THAT(made->scores, ElementsAre(Suitability{"acme-1.0", 600}, Suitability{"quiet-1.0", 100}));
  EXPECT_EQ(made->answer.route, FileRoute::kFile);
  EXPECT_EQ(made->of, PhoneFile::Of::kDevice);
  EXPECT_GT(made->size, 0u);
  EXPECT_TRUE(made->sensitive);

  Ask(Asking({"Acme", "commn.cfg"}, UserAgent(1, "1.1"), "192.0.2.2"));
  const ExplanationPointer missed = Last();
  EXPECT_EQ(missed->understanding.by, By::kMac);
  EXPECT_EQ(missed->understanding.before->json["version"], "1.0");
  EXPECT_EQ(missed->understanding.after->json["version"], "1.1");
  EXPECT_EQ(missed->answer.route, FileRoute::kNoFile);
  EXPECT_THAT(site_.phones().NearestFiles(*missed), ElementsAre("Acme/common.cfg"));
  EXPECT_THAT(site_.phones().NearestFiles(*made), IsEmpty());
}

TEST_F(PhoneRequestsTest, FindsWhatItRemembers) {
  Ask(Asking({"a"}, UserAgent(1), "192.0.2.1"));
  Ask(Asking({"b"}, UserAgent(2), "192.0.2.2"));
  Ask(Asking({"c"}, "", "192.0.2.1"));  // found by its address
  ASSERT_TRUE(site_.phones().Leased({.ip = "192.0.2.3", .mac = Mac(3), .options = {{60, "Acme X1"}}}));
  site_.phones().Refuse(Asking({"d"}, "", "127.0.0.1"), "nobody knows");
  const auto paths = [&](const ExplanationQuery& query) {
    std::string found;
    for (const auto& each : site_.phones().Remembered(query)) found += each->answer.path.empty() ? "lease" : each->answer.path;
    return found;
  };
  EXPECT_EQ(paths({}), "abcleased");
  EXPECT_EQ(paths({.mac = Mac(1)}), "ac");
  EXPECT_EQ(paths({.mac = Mac(3)}), "lease");
  EXPECT_EQ(paths({.ip = "192.0.2.1"}), "ac");
  EXPECT_EQ(paths({.device = site_.Device(2)["id"]}), "b");
  EXPECT_EQ(paths({.mac = Mac(1), .after = 1}), "c");
  EXPECT_EQ(paths({.mac = Mac(9)}), "");
  EXPECT_EQ(site_.phones().last(), 5u);
  site_.phones().Forget();
  EXPECT_EQ(paths({}), "");
  Ask(Asking({"e"}, UserAgent(1)));
  EXPECT_EQ(site_.phones().last(), 6u);
  ASSERT_TRUE(site_.provd->Reset());
  EXPECT_EQ(paths({}), "");
}

TEST_F(PhoneRequestsTest, RemembersTheNewestAndLittleOfEach) {
  for (int i = 0; i < 150; ++i) Ask(Asking({std::string(10'000, 'x')}, std::string(100'000, 'y'), "192.0.2.50"));
  const auto remembered = site_.phones().Remembered({});
  EXPECT_EQ(remembered.size(), 100u);
  EXPECT_EQ(remembered.front()->number, 51u);
  EXPECT_EQ(remembered.front()->answer.path.size(), 1'024u);
  EXPECT_EQ(remembered.front()->request.sighting.request.user_agent.size(), 1'024u);
}

// What would become of a request is what becomes of it; and nothing does.
TEST_F(PhoneRequestsTest, SupposesWithoutChangingAnything) {
  const auto suppose = [&](const FileRequest& request) { return *site_.phones().Suppose(request); };
  const FileRequest fresh = Asking(OwnPath(1), UserAgent(1));
  const Explanation unknown = suppose(fresh);
  EXPECT_EQ(unknown.number, 0u);
  EXPECT_EQ(unknown.understanding.by, By::kMade);
  EXPECT_EQ(unknown.answer.route, FileRoute::kFile);
  EXPECT_EQ(unknown.understanding.after->json["plugin"], "acme-1.0");
  EXPECT_EQ(unknown.understanding.after->json["configured"], true);
  EXPECT_TRUE(unknown.sensitive);
  EXPECT_EQ(devices(), 0u);
  EXPECT_EQ(configs(), 1u);
  EXPECT_EQ(site_.phones().last(), 0u);
  EXPECT_THAT(site_.sensitive_log(), IsEmpty());

  // The username of the next autocreated config is as if nobody had asked.
  Ask(fresh);
  const std::string first = site_.provd->configs().RawConfig(site_.Device(1)["config"])->at("sip_lines").at("1").at("username");
  suppose(Asking(OwnPath(2), UserAgent(2)));
  Ask(Asking(OwnPath(2), UserAgent(2), "192.0.2.2"));
  const std::string second = site_.provd->configs().RawConfig(site_.Device(2)["config"])->at("sip_lines").at("1").at("username");
  EXPECT_EQ(first, "apabcdefgh1");
  EXPECT_EQ(second, "apabcdefgh2");

  const Json before = site_.Device(1);
  const Explanation moved = suppose(Asking({"Acme", "none"}, UserAgent(1, "2.0"), "192.0.2.2"));
  EXPECT_EQ(moved.understanding.by, By::kMac);
  EXPECT_EQ(moved.understanding.after->json["version"], "2.0");
  EXPECT_EQ(moved.understanding.after->json["ip"], "192.0.2.2");
  EXPECT_THAT(moved.understanding.outdated, ElementsAre(site_.Device(2)["id"].get<std::string>()));
  EXPECT_EQ(moved.answer.route, FileRoute::kNoFile);
  EXPECT_EQ(site_.Device(1), before);
  EXPECT_EQ(site_.Device(2)["ip"], "192.0.2.2");
}

TEST_F(PhoneRequestsTest, SaysWhyADeviceIsNotConfigured) {
  ASSERT_TRUE(site_.provd->configs().Remove("base"));
  const Answered answered = Ask(Asking(OwnPath(1), UserAgent(1)));
  EXPECT_EQ(answered.file.route, FileRoute::kNotConfigured);
  EXPECT_THAT(answered.file.problem, HasSubstr("no plugin or no config"));
}

}  // namespace
}  // namespace provdlab::server
