// Phones of a scenario: what they are given, and what `$` is after what they do. Here without a target: nobody answers them.
#include "conformance/runner/phone_cast.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/http/server.h"
#include "base/text.h"

namespace provdlab::conformance {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

scenario::PhoneLine X1(std::string name, std::uint64_t count = 0, std::string at = "") {
  return {.name = std::move(name), .count = count, .vendor = "Acme", .model = "X1", .firmware = std::nullopt, .at = std::move(at)};
}

scenario::PhoneLine Nobody(std::string name) {
  scenario::PhoneLine line;
  line.name = std::move(name);
  return line;
}

TEST(Profiles, AreChosenByVendorModelAndFirmware) {
  ASSERT_NE(ProfileOf("Aastra", "6731i", ""), nullptr);
  EXPECT_EQ(ProfileOf("aastra", "6731i", "")->name(), "aastra-67xx");
  EXPECT_EQ(ProfileOf("Acme", "6731i", ""), nullptr);
  EXPECT_EQ(ProfileOf("Aastra", "nothing", ""), nullptr);
  EXPECT_EQ(ProfileOf("Polycom", "SPIP650", "")->name(), "polycom-soundpoint-4.0");
  EXPECT_EQ(ProfileOf("Polycom", "SPIP650", "3.2.4.0267")->name(), "polycom-soundpoint-3.2");
  EXPECT_EQ(ProfileOf("Polycom", "SPIP650", "4.0.8.1608")->name(), "polycom-soundpoint-4.0");
}

TEST(Profiles, APhoneShowsWhatItDid) {
  const phone::Phone phone(*ProfileOf("Acme", "X1", ""), {.model = "X1", .mac = "00:aa:55:a0:00:01", .firmware = "1.0"});
  const Json json = PhoneJson(
      phone,
      {{"/Acme/00aa55a00001.cfg", true, 404, phone::Fetched::How::kMissing},
       {"/Acme/common.cfg", true, 0, phone::Fetched::How::kTimedOut},
       {"/fw.bin", false, 0, phone::Fetched::How::kWhole}},
      {{.event = "check-sync", .answered = 200, .to = "ada", .times = 2, .headers = {{"Event", "check-sync"}}}, {.event = "resync"}});
  EXPECT_EQ(json["stage"], "off");
  EXPECT_EQ(json["firmware"], "1.0");
  EXPECT_EQ(json["ip"], "");
  EXPECT_EQ(json["display"], "");
  EXPECT_EQ(json["restarts"], 0);
  EXPECT_EQ(json["lines"], Json::array());
  EXPECT_EQ(json["keys"], Json::array());
  EXPECT_EQ(json["files"], (Json{{{"file", "/Acme/00aa55a00001.cfg"}, {"status", 404}},
                                 {{"file", "/Acme/common.cfg"}, {"error", "timed-out"}},
                                 {{"file", "/fw.bin"}}}));
  EXPECT_EQ(json["notified"],
            Json::parse(R"([{"event": "check-sync", "answered": 200, "to": "ada", "times": 2, "headers": {"Event": "check-sync"}},
                            {"event": "resync", "answered": null, "to": "", "times": 1, "headers": {}}])"));
}

class CastTest : public testing::Test {
 protected:
  void SetUp() override {
    auto options = ReadAccess({.files = "http://127.0.0.1:9", .phones_from = "127.78.0.0/24", .sip_port = 0});
    ASSERT_TRUE(options.has_value()) << options.error().message;
    options->origin = "http://127.0.0.1:9";
    options->leases = "/provd/dev_mgr/dhcpinfo";
    auto site = PhoneSite::Open(std::move(*options));
    ASSERT_TRUE(site.has_value()) << site.error().message;
    site_ = std::move(*site);
  }

  Result<std::unique_ptr<PhoneCast>> Open(const std::vector<scenario::PhoneLine>& phones, const std::vector<std::string>& accounts = {}) {
    return PhoneCast::Open(*site_, phones, accounts, "run",
                           [this](const phone::Profile& profile) -> Result<std::string> { return phone::MintMac(profile, ++macs_); });
  }

  std::unique_ptr<PhoneSite> site_;
  std::uint64_t macs_ = 0;
  Stop stop_;
};

TEST_F(CastTest, GivesVariables) {
  const auto cast = Open({X1("desk"), X1("hall", 0, "desk"), Nobody("visitor"), X1("crowd", 3)}, {"alice"});
  ASSERT_TRUE(cast.has_value()) << cast.error().message;
  scenario::Variables variables;
  (*cast)->AddVariables(variables);
  const std::string mac = phone::MintMac(*ProfileOf("Acme", "X1", ""), 1);
  EXPECT_EQ(variables["desk.mac"], mac);
  EXPECT_TRUE(mac.starts_with("00:aa:55:a")) << mac;
  const std::string hex = variables["desk.hex"].get<std::string>();
  EXPECT_EQ(hex, "00aa55" + mac.substr(9, 2) + mac.substr(12, 2) + mac.substr(15, 2));
  const std::string capitals = variables["desk.HEX"].get<std::string>();
  EXPECT_TRUE(capitals.starts_with("00AA55A")) << capitals;
  EXPECT_EQ(Lower(capitals), hex);
  EXPECT_EQ(variables["desk.ip"], "127.78.0.1");
  EXPECT_EQ(variables["hall.ip"], "127.78.0.1");
  EXPECT_EQ(variables["visitor.ip"], "127.78.0.2");
  EXPECT_FALSE(variables.contains("visitor.mac"));
  EXPECT_EQ(variables["REGISTRAR"], "127.0.0.1");
  EXPECT_EQ(variables["REGISTRAR_PORT"], site_->registrar_port());
  EXPECT_GE(variables["alice.password"].get<std::string>().size(), 12u);
  EXPECT_EQ((*cast)->Macs().size(), 5u);
  EXPECT_EQ((*cast)->Ips().size(), 5u);
  EXPECT_EQ((*cast)->IpsOfOnePhone().size(), 4u) << "that of desk is hall's as well";
}

TEST_F(CastTest, RefusesPhonesThatNobodyKnows) {
  scenario::PhoneLine unknown = X1("desk");
  unknown.model = "Y9";
  EXPECT_FALSE(Open({unknown}).has_value());
  EXPECT_FALSE(Open({X1("desk", 0, "hall")}).has_value());
  const auto visitor = Open({Nobody("visitor")});
  ASSERT_TRUE(visitor.has_value());
  EXPECT_FALSE((*visitor)->BootUp("visitor", {}, stop_).has_value());
  EXPECT_FALSE((*visitor)->Settle("desk", milliseconds(1), stop_).has_value());
}

TEST_F(CastTest, APhoneWithoutAServerComesToAnAddress) {
  const auto cast = Open({X1("desk")});
  ASSERT_TRUE(cast.has_value());
  ASSERT_TRUE((*cast)->BootUp("desk", {.within = milliseconds(2'000)}, stop_).has_value());
  const auto shown = (*cast)->Show("desk");
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ((*shown)["stage"], "addressed");
  EXPECT_EQ((*shown)["ip"], "127.78.0.1");
  ASSERT_FALSE((*shown)["files"].empty());
  EXPECT_TRUE((*shown)["files"][0].contains("error")) << *shown;
  const std::vector<std::string> trace = (*cast)->TakeTrace();
  ASSERT_FALSE(trace.empty());
  EXPECT_EQ(trace[0], "power on");
  for (const std::string& line : trace) EXPECT_EQ(line.find(" ms)"), std::string::npos) << line;
  EXPECT_TRUE((*cast)->TakeTrace().empty());
}

// What a target deals with after the clean-up makes a device that nobody takes away.
TEST(Phones, AreSwitchedOffWhenWhatTheyAskedForWasAnswered) {
  Stop asked, dismissed;  // as events
  std::atomic<bool> answered{false};
  http::Server server(http::ServerOptions{}, [&](const http::Request& request) {
    http::Response response{.status = request.method == "GET" ? 404 : 204};
    if (request.method != "GET") return response;
    asked.Ask("a phone");
    if (answered || !dismissed.WaitFor(10s)) return response;
    Stop nobody;
    nobody.WaitFor(50ms);  // who does not wait for the answer is gone by then
    answered = true;
    return response;
  });
  const auto port = server.Start();
  ASSERT_TRUE(port.has_value()) << port.error().message;
  const std::string origin = "http://127.0.0.1:" + std::to_string(*port);
  auto options = ReadAccess({.files = origin, .phones_from = "127.78.1.0/24", .sip_port = 0});
  ASSERT_TRUE(options.has_value()) << options.error().message;
  options->origin = origin;
  options->leases = "/provd/dev_mgr/dhcpinfo";
  const auto site = PhoneSite::Open(std::move(*options));
  ASSERT_TRUE(site.has_value()) << site.error().message;
  auto cast = PhoneCast::Open(**site, {X1("desk")}, {}, "run",
                              [](const phone::Profile& profile) -> Result<std::string> { return phone::MintMac(profile, 1); });
  ASSERT_TRUE(cast.has_value()) << cast.error().message;
  Stop enough;
  std::thread boots([&] { (void)(*cast)->BootUp("desk", {.within = 10s}, enough); });
  EXPECT_TRUE(asked.WaitFor(10s));
  enough.Ask("it has asked");
  boots.join();
  dismissed.Ask("by the test");
  cast->reset();
  EXPECT_TRUE(answered);
  server.Stop(0ms);
}

TEST_F(CastTest, MovesToAnotherAddress) {
  const auto cast = Open({X1("desk"), X1("hall")});
  ASSERT_TRUE(cast.has_value());
  ASSERT_TRUE((*cast)->Move("desk", "", stop_).has_value());
  ASSERT_TRUE((*cast)->Move("hall", "desk", stop_).has_value());
  scenario::Variables variables;
  (*cast)->AddVariables(variables);
  EXPECT_EQ(variables["desk.ip"], "127.78.0.3");
  EXPECT_EQ(variables["hall.ip"], "127.78.0.3");
  EXPECT_EQ((*cast)->Ips().size(), 3u);
}

TEST_F(CastTest, ACrowdIsCounted) {
  const auto cast = Open({X1("crowd", 3)});
  ASSERT_TRUE(cast.has_value());
  const auto shown = (*cast)->Show("crowd");
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ((*shown)["phones"], 3);
  EXPECT_EQ((*shown)["parsed"], 0);
  EXPECT_EQ((*shown)["failed"].size(), 3u);
}

TEST(Access, IsReadFromOptions) {
  const auto remote = ReadAccess({.files = "http://192.0.2.1:8667", .trusted_proxies = 1});
  ASSERT_TRUE(remote.has_value());
  EXPECT_EQ(remote->addressing, network::Addressing::kForwardedFor);
  EXPECT_EQ(ReadAccess({.files = "http://192.0.2.1:8667"})->addressing, network::Addressing::kShared);
  EXPECT_EQ(ReadAccess({.files = "http://127.0.0.1:8667", .trusted_proxies = 1})->addressing, network::Addressing::kOwn);
  EXPECT_FALSE(ReadAccess({.files = "ftp://127.0.0.1"}).has_value());
  EXPECT_FALSE(ReadAccess({.files = "http://127.0.0.1:8667", .tftp = "127.0.0.1:x"}).has_value());
  EXPECT_FALSE(ReadAccess({.files = "http://127.0.0.1:8667", .phones_from = "10.0.0.0/8"}).has_value());
}

}  // namespace
}  // namespace provdlab::conformance
