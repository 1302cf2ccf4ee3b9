// Which device a request is taken for, and what becomes of it.
#include "server/application/identification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "server/application/devices.h"
#include "server/application/testing/phone_plugins.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MakeVendorPlugin;
using ::testing::UnorderedElementsAre;
using By = Understanding::By;

constexpr const char* kMac = "02:00:5e:00:53:01";
constexpr const char* kOtherMac = "02:00:5e:00:53:02";
constexpr const char* kIp = "192.0.2.7";
constexpr const char* kOtherIp = "192.0.2.8";

// Every plugin that is loaded here accepts every device, or every one with an ip.
class Configurer : public DeviceConfigurer {
 public:
  explicit Configurer(const std::vector<PhonePlugin>& plugins) : plugins_(plugins) {}
  std::string StateOf(const std::string& plugin) const override { return Loaded(plugin) ? "loaded" : ""; }
  Result<> Configure(const std::string& plugin, const Json& device, const Json&) override {
    ++configured;
    if (!Loaded(plugin)) return Fail(ErrorKind::kNotFound, "not loaded");
    if (needs_ip && !device.contains("ip")) return Fail(ErrorKind::kInvalid, "no ip");
    return {};
  }
  bool MakesTheSame(const std::string&, const Json& before, const Json& after, const Json&) const override {
    return !needs_ip || before.value("ip", "") == after.value("ip", "");
  }
  void Deconfigure(const std::string&, const Json&) override {}

  std::atomic<int> configured = 0;
  std::atomic<bool> needs_ip = false;

 private:
  bool Loaded(const std::string& id) const {
    return std::any_of(plugins_.begin(), plugins_.end(), [&](const auto& plugin) { return plugin.id == id; });
  }
  const std::vector<PhonePlugin>& plugins_;
};

class IdentificationTest : public ::testing::Test {
 protected:
  IdentificationTest() {
    auto opened = Inventory::Open({*store_, configurer_, {{"ip", "127.0.0.1"}}, [](const std::string&) {}, &faults_});
    inventory_ = std::move(*opened);
    devices_.emplace(*inventory_);
    configs_.emplace(*inventory_);
    identification_.emplace(Identification::Surroundings{*inventory_, *configs_, [this] { return plugins_; },
                                                         [this](const std::string& id) { return installed_.contains(id); },
                                                         [this] { return nat_; }});
    for (const PhonePlugin& plugin : plugins_) installed_.insert(plugin.id);
  }

  void MakeBase() {
    ASSERT_TRUE(configs_->Create({{"id", "base"},
                                  {"role", "autocreate"},
                                  {"parent_ids", Json::array()},
                                  {"raw_config", {{"sip_lines", {{"1", {{"username", "apabcdefgh"}}}}}}}}));
  }
  void Device(const char* json) {
    const auto made = devices_->Create(*ParseJson(json));
    ASSERT_TRUE(made) << made.error().message;
  }
  Understanding See(std::string user_agent, std::string ip = kIp) {
    return *identification_->Identify({.request = {.user_agent = std::move(user_agent)}, .ip = std::move(ip)});
  }
  Json Of(const Understanding& understanding) const { return devices_->Find(understanding.device.value_or("none"))->json; }
  Json At(const std::string& id) const { return devices_->Find(id)->json; }
  std::size_t devices() const { return devices_->collection().size(); }
  std::size_t configs() const { return configs_->collection().size(); }

  std::vector<PhonePlugin> plugins_ = {MakeVendorPlugin("acme-9", "Acme"), MakeVendorPlugin("acme-10", "Acme"),
                                       MakeVendorPlugin("borealis-1", "Borealis")};
  std::set<std::string> installed_;
  bool nat_ = false;
  Faults faults_;
  Configurer configurer_{plugins_};
  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory_;
  std::optional<Devices> devices_;
  std::optional<Configs> configs_;
  std::optional<Identification> identification_;
};

TEST_F(IdentificationTest, MakesADeviceThatIsReadyAtOnce) {
  MakeBase();
  const auto seen = See("Acme X1 02:00:5e:00:53:01 1.0");
  EXPECT_EQ(seen.by, By::kMade);
  EXPECT_TRUE(seen.changed);
  const Json device = Of(seen);
  EXPECT_EQ(device, (Json{{"id", *seen.device},
                          {"added", "auto"},
                          {"vendor", "Acme"},
                          {"model", "X1"},
                          {"version", "1.0"},
                          {"mac", kMac},
                          {"ip", kIp},
                          {"plugin", "acme-10"},
                          {"config", device.at("config")},
                          {"configured", true}}));
  const auto config = configs_->Find(device.at("config").get<std::string>());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->json.at("transient"), true);
  EXPECT_EQ(config->json.at("parent_ids"), Json({"base"}));
  EXPECT_EQ(configurer_.configured, 1);
}

TEST_F(IdentificationTest, ARequestThatTellsNothingNewWritesNothing) {
  MakeBase();
  const auto first = See("Acme X1 02:00:5e:00:53:01 1.0");
  const auto turn = inventory_->TakeTurn();  // nobody gets another one: it would hang
  const auto again = See("Acme X1 02:00:5e:00:53:01 1.0");
  EXPECT_EQ(again.device, first.device);
  EXPECT_EQ(again.by, By::kMac);
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(devices(), 1u);
  EXPECT_EQ(configs(), 2u);
}

TEST_F(IdentificationTest, MakesADeviceOfWhatIsKnown) {
  const auto stranger = See("curl/7.88");
  EXPECT_EQ(Of(stranger), (Json{{"id", *stranger.device}, {"added", "auto"}, {"ip", kIp}, {"configured", false}}));
  const auto lease = *identification_->Identify(
      {.request = {.protocol = PhoneRequest::Protocol::kDhcp, .options = {{60, "Borealis X2"}}}, .ip = kOtherIp, .mac = kMac});
  EXPECT_EQ(Of(lease), (Json{{"id", *lease.device},
                             {"added", "auto"},
                             {"vendor", "Borealis"},
                             {"model", "X2"},
                             {"mac", kMac},
                             {"ip", kOtherIp},
                             {"plugin", "borealis-1"},
                             {"configured", false}}));
}

TEST_F(IdentificationTest, WhatTheDhcpServerSawIsTheMac) {
  const auto seen = *identification_->Identify({.request = {.user_agent = "Acme X1 02:00:5e:00:53:01"}, .ip = kIp, .mac = kOtherMac});
  EXPECT_EQ(Of(seen).at("mac"), kOtherMac);
}

// Which device, by how much a request says.
TEST_F(IdentificationTest, RetrievesByMacThenSerialNumberThenUuidThenAddress) {
  Device(R"({"id": "mac", "mac": "02:00:5e:00:53:01", "sn": "1"})");
  Device(R"({"id": "sn", "sn": "5", "ip": "192.0.2.9"})");
  Device(R"({"id": "uuid", "uuid": "ab", "vendor": "Acme"})");
  Device(R"({"id": "ip", "ip": "192.0.2.7", "vendor": "Acme"})");
  const struct {
    const char* user_agent;
    By by;
    const char* device;
  } cases[] = {
      {"Acme X1 02:00:5e:00:53:01", By::kMac, "mac"},
      {"Acme serial 5", By::kSerialNumber, "sn"},
      {"Acme uuid ab", By::kUuid, "uuid"},
      {"Acme X1", By::kIp, "ip"},
  };
  for (const auto& each : cases) {
    const Json before = At(each.device);
    const auto seen = See(each.user_agent);
    EXPECT_EQ(seen.by, each.by) << each.user_agent;
    EXPECT_EQ(seen.device, each.device) << each.user_agent;
    // The next one finds the address as it was.
    for (const char* id : {"mac", "sn", "uuid"}) {
      Json document = At(id);
      document.erase("ip");
      ASSERT_TRUE(devices_->Replace(id, document));
    }
    Json document = At("ip");
    document["ip"] = kIp;
    ASSERT_TRUE(devices_->Replace("ip", document));
  }
  EXPECT_EQ(devices(), 4u);
}

TEST_F(IdentificationTest, OfSeveralDevicesTakesTheOneThatWasMadeFirst) {
  for (const char* id : {"m", "z", "a"}) {
    Device((R"({"mac": "02:00:5e:00:53:01", "id": ")" + std::string(id) + "\"}").c_str());
    Device((R"({"sn": "5", "id": "sn-)" + std::string(id) + "\"}").c_str());
  }
  ASSERT_TRUE(devices_->Replace("m", {{"mac", kMac}, {"X_note", 1}}));
  EXPECT_EQ(See("Acme X1 02:00:5e:00:53:01").device, "m");
  EXPECT_EQ(See("Acme serial 5", kOtherIp).device, "sn-m");
  ASSERT_TRUE(devices_->Remove("m"));
  EXPECT_EQ(See("Acme X1 02:00:5e:00:53:01").device, "z");
}

TEST_F(IdentificationTest, NeverTakesAPhoneForOneThatItIsKnownNotToBe) {
  const struct {
    const char* device;
    const char* user_agent;
  } cases[] = {
      {R"({"id": "d", "ip": "192.0.2.7", "mac": "02:00:5e:00:53:02"})", "Acme X1 02:00:5e:00:53:01"},
      {R"({"id": "d", "ip": "192.0.2.7", "vendor": "Borealis"})", "Acme X1"},
      {R"({"id": "d", "ip": "192.0.2.7", "vendor": "Acme", "model": "X2"})", "Acme X1"},
      {R"({"id": "d", "ip": "192.0.2.7", "vendor": "Acme", "sn": "4"})", "Acme serial 5"},
      {R"({"id": "d", "vendor": "Borealis", "sn": "5"})", "Acme serial 5"},
      {R"({"id": "d", "vendor": "Borealis", "uuid": "ab"})", "Acme uuid ab"},
  };
  for (const auto& each : cases) {
    ASSERT_TRUE(inventory_->Reset());
    Device(each.device);
    Json expected = At("d");
    expected.erase("ip");  // the phone that is there now has it
    EXPECT_EQ(See(each.user_agent).by, By::kMade) << each.device;
    EXPECT_EQ(At("d"), expected) << each.user_agent;
  }
}

TEST_F(IdentificationTest, AnAnonymousRequestThatFitsSeveralDevicesIsNobodys) {
  nat_ = true;
  MakeBase();
  See("Acme X1 02:00:5e:00:53:01");
  See("Acme X1 02:00:5e:00:53:02");
  EXPECT_EQ(devices(), 2u);
  for (const char* user_agent : {"Acme X1", "curl/7.88", "", "Acme X1"}) {
    const auto seen = See(user_agent);
    EXPECT_EQ(seen.by, By::kNothing) << user_agent;
    EXPECT_EQ(seen.device, std::nullopt);
    EXPECT_FALSE(seen.changed);
  }
  EXPECT_EQ(devices(), 2u);
  EXPECT_EQ(configs(), 3u);
  // What fits neither is a phone of its own, once.
  const auto other = See("Borealis X1");
  EXPECT_EQ(other.by, By::kMade);
  EXPECT_EQ(See("Borealis X1").device, other.device);
  EXPECT_EQ(devices(), 3u);
}

TEST_F(IdentificationTest, AnAddressIsThePhonesThatHasItNow) {
  Device(R"({"id": "old", "ip": "192.0.2.7", "mac": "02:00:5e:00:53:02", "X_note": 1})");
  Device(R"({"id": "older", "ip": "192.0.2.7", "mac": "02:00:5e:00:53:03"})");
  const auto seen = See("Acme X1 02:00:5e:00:53:01");
  EXPECT_THAT(seen.outdated, UnorderedElementsAre("old", "older"));
  EXPECT_EQ(At("old"), (Json{{"id", "old"}, {"mac", kOtherMac}, {"X_note", 1}, {"configured", false}}));
  EXPECT_FALSE(At("older").contains("ip"));
  nat_ = true;
  const auto neighbour = See("Acme X1 02:00:5e:00:53:04");
  EXPECT_THAT(neighbour.outdated, IsEmpty());
  EXPECT_EQ(Of(seen).at("ip"), kIp);
  EXPECT_EQ(Of(neighbour).at("ip"), kIp);
}

TEST_F(IdentificationTest, CompletesADeviceAndLeavesWhatItHas) {
  Device(R"({"id": "d", "mac": "02:00:5e:00:53:01", "plugin": "own", "config": "own", "vendor": null, "version": "0.9", "X_note": [1],
             "ip": "192.0.2.9"})");
  See("Acme X1 02:00:5e:00:53:01 1.0");
  EXPECT_EQ(At("d"), (Json{{"id", "d"},
                           {"mac", kMac},
                           {"plugin", "own"},
                           {"config", "own"},
                           {"vendor", "Acme"},
                           {"model", "X1"},
                           {"version", "1.0"},
                           {"X_note", {1}},
                           {"ip", kIp},
                           {"configured", false}}));
}

TEST_F(IdentificationTest, OnlyARequestThatSaysAllCorrectsAModel) {
  Device(R"({"id": "d", "mac": "02:00:5e:00:53:01", "ip": "192.0.2.7", "vendor": "Acme", "model": "X2", "plugin": "acme-9"})");
  EXPECT_EQ(See("Acme serial 5", kOtherIp).by, By::kMade);
  EXPECT_EQ(At("d").at("model"), "X2");
  const auto seen = See("Acme X1 02:00:5e:00:53:01");
  EXPECT_EQ(seen.device, "d");
  EXPECT_EQ(At("d").at("model"), "X1");
  EXPECT_EQ(At("d").at("plugin"), "acme-9");
}

TEST_F(IdentificationTest, GivesAPluginToWhatHasNone) {
  Device(R"({"id": "d", "mac": "02:00:5e:00:53:01", "ip": "192.0.2.7"})");
  See("curl/7.88");
  EXPECT_FALSE(At("d").contains("plugin")) << "nothing is known of it";
  const auto seen = See("Acme X1");
  EXPECT_EQ(seen.device, "d");
  EXPECT_THAT(seen.suited, ElementsAre(Suitability{"acme-10", kScoreComplete}, Suitability{"acme-9", kScoreComplete},
                                       Suitability{"borealis-1", kScoreImprobable}));
  EXPECT_EQ(At("d").at("plugin"), "acme-10");
}

TEST_F(IdentificationTest, WhatTheServerChoseItChoosesAnewOnceItIsWrong) {
  const auto seen = See("Acme X1 02:00:5e:00:53:01");
  const auto phone = [&](const char* user_agent) { return See(user_agent), Of(seen).at("plugin"); };
  EXPECT_EQ(phone("Acme X1 02:00:5e:00:53:01"), "acme-10");
  plugins_.erase(plugins_.begin() + 1);
  EXPECT_EQ(phone("Acme X1 02:00:5e:00:53:01"), "acme-10") << "it is only not loaded: an upgrade, or a mistake in it";
  installed_.erase("acme-10");
  EXPECT_EQ(phone("curl/7.88"), "acme-10") << "the request identifies nothing";
  EXPECT_EQ(phone("Acme X1 02:00:5e:00:53:01"), "acme-9");
  EXPECT_EQ(phone("Borealis X1 02:00:5e:00:53:01"), "borealis-1") << "the vendor was learnt wrong";
  // What an admin said stays.
  Device(R"({"id": "d", "mac": "02:00:5e:00:53:02", "plugin": "gone"})");
  See("Acme X1 02:00:5e:00:53:02");
  EXPECT_EQ(At("d").at("plugin"), "gone");
}

TEST_F(IdentificationTest, DoesWithoutAConfigWhereNoneCanBeMade) {
  const auto seen = See("Acme X1 02:00:5e:00:53:01");
  EXPECT_FALSE(Of(seen).contains("config"));
  // A base that has no username for line 1.
  ASSERT_TRUE(configs_->Create({{"id", "base"}, {"role", "autocreate"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}}));
  EXPECT_FALSE(See("Acme X1 02:00:5e:00:53:01").changed);
  EXPECT_FALSE(Of(seen).contains("config"));
  ASSERT_TRUE(configs_->Remove("base"));
  MakeBase();
  EXPECT_TRUE(See("Acme X1 02:00:5e:00:53:01").changed);
  EXPECT_EQ(Of(seen).at("configured"), true);
}

TEST_F(IdentificationTest, ManyRequestsOfANewPhoneMakeOneDevice) {
  MakeBase();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, i] {
      for (int phone = 0; phone < 20; ++phone)
        See("Acme X1 02:00:5e:00:53:" + std::to_string(10 + phone), "192.0.2." + std::to_string(10 + (phone + i) % 20));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(devices(), 20u);
  EXPECT_EQ(configs(), 21u);
  std::set<std::string> addresses;
  for (const auto& device : devices_->collection().Behind("", 100))
    if (device->json.contains("ip")) {
      EXPECT_TRUE(addresses.insert(device->json.at("ip").get<std::string>()).second);
    }
}

TEST_F(IdentificationTest, RemembersWithWhichLineAPhoneWasConfigured) {
  MakeBase();
  const auto seen = See("Acme X1 02:00:5e:00:53:01");
  const std::string username =
      configs_->RawConfig(Of(seen).at("config"))->at(Json::json_pointer("/sip_lines/1/username")).get<std::string>();
  const auto told = [&] { return Of(seen).value("remote_state_sip_username", ""); };
  for (const char* other : {"/other.cfg", "", "/", "/02005e005301.cfg/x", "/02005E005301.CFG"}) {
    ASSERT_TRUE(identification_->Fetched(*seen.device, other));
    EXPECT_EQ(told(), "") << other;
  }
  ASSERT_TRUE(identification_->Fetched(*seen.device, "/Acme/02005e005301.cfg"));
  EXPECT_EQ(told(), username);
  // Until the phone fetches it again it has what it was given.
  ASSERT_TRUE(
      configs_->Create({{"id", "user"}, {"parent_ids", Json::array()}, {"raw_config", {{"sip_lines", {{"1", {{"username", "bob"}}}}}}}}));
  Json device = Of(seen);
  device["config"] = "user";
  ASSERT_TRUE(devices_->Replace(*seen.device, device));
  EXPECT_EQ(told(), username);
  ASSERT_TRUE(identification_->Fetched(*seen.device, "02005e005301.cfg"));
  EXPECT_EQ(told(), "bob");
  EXPECT_TRUE(identification_->Fetched("none", "02005e005301.cfg"));
}

TEST_F(IdentificationTest, JudgesBothDevicesOfWhichOneLosesItsAddress) {
  configurer_.needs_ip = true;
  ASSERT_TRUE(configs_->Create({{"id", "c"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}}));
  Device(R"({"id": "old", "mac": "02:00:5e:00:53:02", "ip": "192.0.2.7", "plugin": "acme-9", "config": "c"})");
  Device(R"({"id": "new", "mac": "02:00:5e:00:53:01", "plugin": "acme-9", "config": "c"})");
  EXPECT_EQ(At("old").at("configured"), true);
  EXPECT_EQ(At("new").at("configured"), false);
  EXPECT_EQ(See("Acme X1 02:00:5e:00:53:01 1.0").device, "new");
  EXPECT_EQ(At("old").at("configured"), false);
  EXPECT_FALSE(At("old").contains("ip"));
  EXPECT_EQ(At("new").at("configured"), true);
}

}  // namespace
}  // namespace provdlab::server
