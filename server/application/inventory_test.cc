// Devices and configs with everything that one does to the other.
#include "server/application/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "server/application/configs.h"
#include "server/application/devices.h"
#include "server/application/synchronizing.h"

namespace provdlab::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::chrono::seconds kDeadline{20};

// Plugins that are loaded or not, and accept a device unless its raw config has "refuse": true.
class FakeConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string& plugin) const override {
    const std::lock_guard lock(mutex_);
    return loaded_.contains(plugin) ? "loaded" : "";
  }
  Result<> Configure(const std::string& plugin, const Json& device, const Json& raw_config) override {
    const std::lock_guard lock(mutex_);
    if (!loaded_.contains(plugin)) return Fail(ErrorKind::kNotFound, "not loaded");
    ++configured_;
    raw_config_ = raw_config;
    if (raw_config.value("refuse", Json()) == true) return Fail(ErrorKind::kInvalid, "refused");
    if (needs_ip && !device.contains("ip")) return Fail(ErrorKind::kInvalid, "no ip");
    files_.insert(device.at("id").get<std::string>());
    return {};
  }
  bool MakesTheSame(const std::string&, const Json& before, const Json& after, const Json&) const override {
    return !needs_ip || before.value("ip", "") == after.value("ip", "");
  }
  void Deconfigure(const std::string&, const Json& device) override {
    const std::lock_guard lock(mutex_);
    files_.erase(device.at("id").get<std::string>());
  }

  void Load(const std::string& plugin) {
    const std::lock_guard lock(mutex_);
    loaded_.insert(plugin);
  }
  void Unload(const std::string& plugin) {
    const std::lock_guard lock(mutex_);
    loaded_.erase(plugin);
  }
  int TakeCount() {
    const std::lock_guard lock(mutex_);
    return std::exchange(configured_, 0);
  }
  Json raw_config() const {
    const std::lock_guard lock(mutex_);
    return raw_config_;
  }
  std::set<std::string> files() const {
    const std::lock_guard lock(mutex_);
    return files_;
  }

  std::atomic<bool> needs_ip = false;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> loaded_ = {"acme"};
  std::set<std::string> files_;
  Json raw_config_;
  int configured_ = 0;
};

class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest() { Open(); }
  ~InventoryTest() override { EXPECT_THAT(log_, IsEmpty()); }

  // As after a restart.
  void Open() {
    auto opened = Inventory::Open({*store_, configurer_, {{"ip", "127.0.0.1"}}, [this](const std::string& sentence) { log_ += sentence; }});
    ASSERT_TRUE(opened) << opened.error().message;
    inventory_ = std::move(*opened);
    devices_ = std::make_unique<Devices>(*inventory_);
    configs_ = std::make_unique<Configs>(*inventory_);
  }

  void Config(const std::string& id, const std::vector<std::string>& parents = {}, Json raw_config = Json::object(), Json more = {}) {
    Json config = {{"id", id}, {"parent_ids", parents}, {"raw_config", std::move(raw_config)}};
    if (more.is_object()) config.update(more);
    const auto done = configs_->Find(id) ? configs_->Replace(id, std::move(config)) : configs_->Create(std::move(config)).map([](auto) {});
    ASSERT_TRUE(done) << done.error().message;
  }
  void Device(const std::string& id, Json document) {
    document["id"] = id;
    const auto done =
        devices_->Find(id) ? devices_->Replace(id, std::move(document)) : devices_->Create(std::move(document)).map([](auto) {});
    ASSERT_TRUE(done) << done.error().message;
  }
  bool Configured(const std::string& id) const { return devices_->Find(id)->json.at("configured").get<bool>(); }

  FakeConfigurer configurer_;
  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory_;
  std::unique_ptr<Devices> devices_;
  std::unique_ptr<Configs> configs_;
  std::string log_;
};

TEST_F(InventoryTest, MakesIdsOfThirtyTwoHexadecimalDigits) {
  const auto first = devices_->Create(Json::object());
  const auto second = devices_->Create({{"mac", "00:11:22:33:44:55"}});
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_THAT(*first, SizeIs(32));
  EXPECT_EQ(first->find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(devices_->Find(*first)->json, (Json{{"id", *first}, {"configured", false}}));
}

TEST_F(InventoryTest, RefusesWithoutATrace) {
  Device("taken", Json::object());
  Config("taken");
  for (const char* device : {R"({"id": "taken"})", R"({"id": "a/b"})", R"({"id": 5})", R"({"mac": "X"})", R"({"ip": null})"})
    EXPECT_FALSE(devices_->Create(*ParseJson(device))) << device;
  for (const char* config : {R"({"id": "taken", "parent_ids": [], "raw_config": {}})", R"({"id": "", "parent_ids": [], "raw_config": {}})",
                             R"({"id": "x", "parent_ids": 5, "raw_config": {}})", R"({"id": "x", "parent_ids": []})"})
    EXPECT_FALSE(configs_->Create(*ParseJson(config))) << config;
  EXPECT_EQ(devices_->Create({{"id", "taken"}}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(devices_->Replace("taken", {{"mac", 5}}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(devices_->Replace("none", {{"mac", 5}}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(devices_->Remove("none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(configs_->Replace("none", Json::object()).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(configs_->Replace("taken", Json::object()).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(configs_->Remove("none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(configs_->RawConfig("none").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(devices_->collection().size(), 1u);
  EXPECT_EQ(configs_->collection().size(), 1u);
}

TEST_F(InventoryTest, ReplacesTheWholeDocumentAndKeepsThePathsId) {
  Device("d", {{"mac", "00:11:22:33:44:55"}, {"X_own", {{"a", {1, nullptr}}}}});
  ASSERT_TRUE(devices_->Replace("d", {{"id", 5}, {"description", "é"}, {"configured", true}}));
  EXPECT_EQ(devices_->Find("d")->json, (Json{{"id", "d"}, {"description", "é"}, {"configured", false}}));
}

TEST_F(InventoryTest, ConfiguresExactlyWhatCanBe) {
  Config("c");
  Device("d", {{"plugin", "acme"}, {"config", "c"}, {"configured", false}});
  EXPECT_TRUE(Configured("d"));
  EXPECT_THAT(configurer_.files(), ElementsAre("d"));
  for (const char* other : {R"({"plugin": "none", "config": "c"})", R"({"plugin": "acme", "config": "none"})", R"({"plugin": "acme"})",
                            R"({"config": "c"})", R"({"plugin": null, "config": "c"})", R"({"plugin": 5, "config": ["c"]})"}) {
    Device("d", *ParseJson(other));
    EXPECT_FALSE(Configured("d")) << other;
    EXPECT_THAT(configurer_.files(), IsEmpty()) << other;
    Device("d", {{"plugin", "acme"}, {"config", "c"}});
    EXPECT_TRUE(Configured("d"));
  }
}

TEST_F(InventoryTest, FollowsItsConfigAndAllAncestors) {
  Config("top");
  Config("middle", {"ghost", "top"});
  Config("own", {"middle"});
  Device("d", {{"plugin", "acme"}, {"config", "own"}});
  for (const char* config : {"top", "middle", "own"}) {
    const Json parents = configs_->Find(config)->json.at("parent_ids");
    EXPECT_TRUE(Configured("d"));
    Config(config, parents, {{"refuse", true}});
    EXPECT_FALSE(Configured("d")) << config;
    Config(config, parents, {{"ntp_enabled", true}});
    EXPECT_FALSE(Configured("d")) << config;
    Config(config, parents);
  }
  EXPECT_TRUE(Configured("d"));
  Config("ghost", {}, {{"refuse", true}});
  EXPECT_FALSE(Configured("d"));
  ASSERT_TRUE(configs_->Remove("ghost"));
  EXPECT_TRUE(Configured("d"));
  ASSERT_TRUE(configs_->Remove("own"));
  EXPECT_FALSE(Configured("d"));
  EXPECT_EQ(devices_->Find("d")->json.at("config"), "own");
  Config("own");
  EXPECT_TRUE(Configured("d"));
}

TEST_F(InventoryTest, EndsInRings) {
  Config("a", {"b"}, {{"x", "a"}});
  Config("b", {"a", "b"}, {{"x", "b"}, {"y", "b"}});
  Device("d", {{"plugin", "acme"}, {"config", "a"}});
  EXPECT_TRUE(Configured("d"));
  EXPECT_EQ(*configs_->RawConfig("a"), (Json{{"ip", "127.0.0.1"}, {"x", "a"}, {"y", "b"}}));
  Config("b", {"a"}, {{"refuse", true}});
  EXPECT_FALSE(Configured("d"));
}

TEST_F(InventoryTest, TellsThePluginOnlyOfWhatConcernsThePhone) {
  Config("c", {}, {{"sip_lines", Json::array()}});
  const Json device = {{"plugin", "acme"}, {"config", "c"}, {"mac", "00:11:22:33:44:55"}};
  Device("d", device);
  EXPECT_EQ(configurer_.TakeCount(), 1);
  EXPECT_EQ(configurer_.raw_config(), (Json{{"ip", "127.0.0.1"}, {"sip_lines", Json::object()}}));
  for (const char* member : {"ip", "description", "remote_state_sip_username"}) {
    Json changed = device;
    changed[member] = "192.0.2.7";
    Device("d", changed);
    EXPECT_EQ(configurer_.TakeCount(), 0) << member;
    EXPECT_TRUE(Configured("d"));
  }
  for (const char* member : {"model", "options"}) {
    Json changed = device;
    changed[member] = "x";
    Device("d", changed);
    EXPECT_EQ(configurer_.TakeCount(), 1) << member;
    Device("d", device);
    EXPECT_EQ(configurer_.TakeCount(), 1) << member;
  }
  ASSERT_TRUE(devices_->Reconfigure("d"));
  EXPECT_EQ(configurer_.TakeCount(), 1);
  EXPECT_EQ(devices_->Reconfigure("none").error().kind, ErrorKind::kNotFound);
}

TEST_F(InventoryTest, ConfiguresAnewWhatItsPluginMakesSomethingElseOf) {
  configurer_.needs_ip = true;
  Config("c");
  const Json device = {{"plugin", "acme"}, {"config", "c"}};
  Json at_ip = device;
  at_ip["ip"] = "192.0.2.7";
  Device("d", device);
  EXPECT_FALSE(Configured("d"));
  Device("d", at_ip);
  EXPECT_TRUE(Configured("d"));
  configurer_.TakeCount();
  at_ip["description"] = "x";
  Device("d", at_ip);
  EXPECT_EQ(configurer_.TakeCount(), 0);
  EXPECT_TRUE(Configured("d"));
  at_ip["ip"] = "192.0.2.8";
  Device("d", at_ip);
  EXPECT_EQ(configurer_.TakeCount(), 1);
  EXPECT_TRUE(Configured("d"));
  Device("d", device);
  EXPECT_FALSE(Configured("d"));
  EXPECT_THAT(configurer_.files(), IsEmpty());
}

TEST_F(InventoryTest, TellsWhyADeviceCannotBeConfigured) {
  Config("refusing", {}, {{"refuse", true}});
  Config("unusable", {}, {{"ntp_enabled", true}});
  const struct {
    const char* device;
    const char* because;
  } cases[] = {
      {R"({"plugin": "acme", "config": "refusing"})", "the device 'd' can't be configured: refused"},
      {R"({"plugin": "acme", "config": "unusable"})", "ntp_ip"},
      {R"({"plugin": "acme", "config": "none"})", "there is no config 'none'"},
      {R"({"plugin": "acme"})", "it has no plugin or no config"},
      {R"({"plugin": "none", "config": "refusing"})", "not loaded"},
  };
  for (const auto& each : cases) {
    Device("d", *ParseJson(each.device));
    EXPECT_EQ(log_, "");
    ASSERT_TRUE(devices_->Reconfigure("d"));
    EXPECT_THAT(std::exchange(log_, ""), HasSubstr(each.because)) << each.device;
  }
}

TEST_F(InventoryTest, FollowsItsPlugin) {
  Config("c");
  Device("d", {{"plugin", "acme"}, {"config", "c"}});
  Device("other", {{"plugin", "later"}, {"config", "c"}});
  configurer_.Unload("acme");
  inventory_->PluginChanged("acme");
  EXPECT_FALSE(Configured("d"));
  EXPECT_EQ(devices_->Find("d")->json.at("plugin"), "acme");
  configurer_.Load("acme");
  configurer_.Load("later");
  inventory_->PluginChanged("acme");
  EXPECT_TRUE(Configured("d"));
  EXPECT_FALSE(Configured("other"));
  inventory_->PluginChanged("later");
  EXPECT_TRUE(Configured("other"));
}

TEST_F(InventoryTest, RemovesATransientConfigWithItsLastDevice) {
  Config("base");
  const auto transient = [&](const std::string& id) { Config(id, {"base"}, Json::object(), {{"transient", true}}); };
  transient("t");
  Device("a", {{"plugin", "acme"}, {"config", "t"}});
  Device("b", {{"plugin", "acme"}, {"config", "t"}});
  Device("a", {{"plugin", "acme"}, {"config", "base"}});
  EXPECT_TRUE(configs_->Find("t"));
  Device("b", {{"plugin", "acme"}, {"config", "t"}, {"description", "x"}});
  EXPECT_TRUE(configs_->Find("t"));
  ASSERT_TRUE(devices_->Remove("b"));
  EXPECT_FALSE(configs_->Find("t"));
  ASSERT_TRUE(devices_->Remove("a"));
  EXPECT_TRUE(configs_->Find("base"));
  EXPECT_THAT(configurer_.files(), IsEmpty());

  // Those that inherit from one that goes are judged too.
  transient("u");
  Config("child", {"u"}, {{"ntp_enabled", true}});
  Config("u", {}, {{"ntp_ip", "192.0.2.1"}}, {{"transient", true}});
  Device("heir", {{"plugin", "acme"}, {"config", "child"}});
  Device("user", {{"plugin", "acme"}, {"config", "u"}});
  EXPECT_TRUE(Configured("heir"));
  Device("user", {{"plugin", "acme"}});
  EXPECT_FALSE(configs_->Find("u"));
  EXPECT_FALSE(Configured("heir"));
}

TEST_F(InventoryTest, KeepsWhatIsNotDeletable) {
  Config("c", {}, Json::object(), {{"deletable", false}});
  EXPECT_EQ(configs_->Remove("c").error().kind, ErrorKind::kForbidden);
  EXPECT_TRUE(configs_->Find("c"));
  Config("c", {}, Json::object(), {{"deletable", true}});
  EXPECT_TRUE(configs_->Remove("c"));
}

TEST_F(InventoryTest, Autocreates) {
  const auto without = configs_->Autocreate();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::kInvalid);
  Config("top", {}, *ParseJson(R"({"sip_lines": {"1": {"username": "ap", "password": "x"}}})"));
  Config("auto", {"top"}, {{"y", 1}}, {{"role", "autocreate"}});
  std::set<std::string> usernames;
  for (int i = 0; i < 3; ++i) {
    if (i == 2) Open();
    const auto id = configs_->Autocreate();
    ASSERT_TRUE(id) << id.error().message;
    const Json config = configs_->Find(*id)->json;
    EXPECT_EQ(config.at("parent_ids"), Json({"auto"}));
    EXPECT_EQ(config.at("transient"), true);
    const Json line = configs_->RawConfig(*id)->at("sip_lines").at("1");
    EXPECT_EQ(line.at("password"), "x");
    usernames.insert(line.at("username"));
  }
  EXPECT_THAT(usernames, ElementsAre("ap1", "ap2", "ap3"));
  // "ap1" would have been given again.
  Config("top", {}, *ParseJson(R"({"sip_lines": {"1": {"username": "ap0"}}})"));
  EXPECT_EQ(configs_->RawConfig(*configs_->Autocreate())->at("sip_lines").at("1").at("username"), "ap0-4");
  Config("top");
  EXPECT_FALSE(configs_->Autocreate());
  EXPECT_EQ(configs_->collection().size(), 6u);
}

// What a crash cuts short is an intention in the store.
TEST_F(InventoryTest, TakesOverDocumentsAndSaysWhichAreConfigured) {
  ASSERT_TRUE(inventory_->Adopt({{{"id", "whole"}, {"plugin", "acme"}, {"config", "heir"}},
                                 {{"id", "claims"}, {"plugin", "acme"}, {"config", "nowhere"}, {"configured", true}},
                                 {{"id", "other"}, {"plugin", "zenith"}, {"config", "heir"}, {"configured", true}}},
                                {{{"id", "heir"}, {"parent_ids", {"root"}}, {"raw_config", Json::object()}},
                                 {{"id", "root"}, {"parent_ids", Json::array()}, {"raw_config", {{"ntp_enabled", false}}}}}));
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_TRUE(Configured("whole"));
    EXPECT_FALSE(Configured("claims"));
    EXPECT_FALSE(Configured("other"));
    EXPECT_THAT(configurer_.files(), ElementsAre("whole"));
    Open();
  }
  const auto again = inventory_->Adopt({{{"id", "new"}}}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(devices_->Find("new"), nullptr);
}

TEST_F(InventoryTest, AutocreatesNoUsernameThatItTookOver) {
  const Json username = {{"sip_lines", {{"1", {{"username", "ap"}}}}}}, given = {{"sip_lines", {{"1", {{"username", "ap17"}}}}}};
  ASSERT_TRUE(inventory_->Adopt({}, {{{"id", "auto"}, {"parent_ids", Json::array()}, {"role", "autocreate"}, {"raw_config", username}},
                                     {{"id", "x"}, {"parent_ids", {"auto"}}, {"raw_config", given}, {"transient", true}}}));
  const auto id = configs_->Autocreate();
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(configs_->RawConfig(*id)->at("sip_lines").at("1").at("username"), "ap18");
}

TEST_F(InventoryTest, JudgesAtTheNextStartWhatItTookOverAndCouldNotJudge) {
  inventory_->Stop();
  ASSERT_TRUE(inventory_->Adopt({{{"id", "a"}, {"plugin", "acme"}, {"config", "c"}}},
                                {{{"id", "c"}, {"parent_ids", Json::array()}, {"raw_config", Json::object()}}}));
  EXPECT_FALSE(Configured("a"));
  Open();
  EXPECT_TRUE(Configured("a"));
}

TEST_F(InventoryTest, GoesOnAfterARestartWithWhatWasStopped) {
  Config("root");
  Config("leaf", {"root"});
  for (const char* id : {"a", "b", "c"}) Device(id, {{"plugin", "acme"}, {"config", "leaf"}});
  inventory_->Stop();
  Config("root", {}, {{"refuse", true}});
  EXPECT_TRUE(Configured("a"));
  Open();
  for (const char* id : {"a", "b", "c"}) EXPECT_FALSE(Configured(id)) << id;
  EXPECT_TRUE(store_->List("intentions")->empty());
}

TEST_F(InventoryTest, NoticesAtTheStartThatAPluginIsAnotherOne) {
  Config("c");
  Device("d", {{"plugin", "acme"}, {"config", "c"}});
  Open();
  EXPECT_TRUE(Configured("d"));
  configurer_.TakeCount();
  Open();
  EXPECT_EQ(configurer_.TakeCount(), 0);
  configurer_.Unload("acme");
  Open();
  EXPECT_FALSE(Configured("d"));
  configurer_.Load("acme");
  Open();
  EXPECT_TRUE(Configured("d"));
}

TEST_F(InventoryTest, NoticesAtTheStartThatAPluginIsGoneWhichItNeverSawChange) {
  Config("c");
  Device("d", {{"plugin", "acme"}, {"config", "c"}});
  Device("other", {{"plugin", "none"}, {"config", "c"}});
  configurer_.Unload("acme");
  Open();
  EXPECT_FALSE(Configured("d"));
}

TEST_F(InventoryTest, ForgetsEverything) {
  Config("auto", {}, *ParseJson(R"({"sip_lines": {"1": {"username": "ap"}}})"), {{"role", "autocreate"}});
  Device("d", {{"plugin", "acme"}, {"config", "auto"}});
  ASSERT_TRUE(configs_->Autocreate());
  ASSERT_TRUE(inventory_->Reset());
  EXPECT_EQ(devices_->collection().size() + configs_->collection().size(), 0u);
  for (const char* collection : {"devices", "configs", "intentions", "plugin-states", "counters"})
    EXPECT_TRUE(store_->List(collection)->empty()) << collection;
}

// Writers of many kinds at once; at the end every device is as its document, its config and its plugin say.
TEST_F(InventoryTest, IsExactAfterAStorm) {
  constexpr int kRounds = 60;
  Config("root");
  for (int i = 0; i < 6; ++i) {
    Config("c" + std::to_string(i), {"root"});
    Device("d" + std::to_string(i), {{"plugin", "acme"}, {"config", "c" + std::to_string(i)}});
  }
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i) Config("root", {}, {{"refuse", i % 3 == 0}});
  });
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i) {
      configurer_.Unload("acme");
      inventory_->PluginChanged("acme");
      configurer_.Load("acme");
      inventory_->PluginChanged("acme");
    }
  });
  for (int worker = 0; worker < 3; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string id = "d" + std::to_string((i + worker) % 6);
        Device(id, {{"plugin", i % 4 == 0 ? "none" : "acme"}, {"config", "c" + std::to_string((i * 5 + worker) % 6)}, {"n", i}});
        Config("c" + std::to_string(i % 6), i % 2 == 0 ? std::vector<std::string>{"root"} : std::vector<std::string>{},
               {{"refuse", i % 5 == 0}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 6; ++i) {
    const Json device = devices_->Find("d" + std::to_string(i))->json;
    const bool refused = configs_->RawConfig(device.at("config"))->value("refuse", Json()) == true;
    EXPECT_EQ(device.at("configured"), device.at("plugin") == "acme" && !refused) << device << i;
  }
  EXPECT_TRUE(store_->List("intentions")->empty());
}

// A configurer that holds every device but "new", for which it remembers how many came before.
class HoldingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return "loaded"; }
  Result<> Configure(const std::string&, const Json& device, const Json&) override {
    std::unique_lock lock(mutex_);
    if (device.at("id") == "new") {
      before_new_ = seen_;
      return {};
    }
    ++seen_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, kDeadline, [&] { return !holds_; })) return Fail(ErrorKind::kTimeout, "held for too long");
    return {};
  }
  void Deconfigure(const std::string&, const Json&) override {}

  void Hold() {
    const std::lock_guard lock(mutex_);
    seen_ = 0;
    holds_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    holds_ = false;
    changed_.notify_all();
  }
  bool AwaitHeld() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return seen_ > 0; });
  }
  int before_new() const {
    const std::lock_guard lock(mutex_);
    return before_new_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool holds_ = false;
  int seen_ = 0;
  int before_new_ = -1;
};

TEST(InventoryInterleavingTest, LetsOthersInBetweenTheDevicesOfABigChange) {
  HoldingConfigurer configurer;
  auto store = MakeMemoryStore();
  auto inventory = *Inventory::Open({*store, configurer, Json::object(), [](const std::string&) {}});
  Devices devices(*inventory);
  Configs configs(*inventory);
  ASSERT_TRUE(configs.Create(*ParseJson(R"({"id": "root", "parent_ids": [], "raw_config": {}})")));
  constexpr int kDevices = 100;
  for (int i = 0; i < kDevices; ++i) ASSERT_TRUE(devices.Create({{"id", std::to_string(i)}, {"plugin", "acme"}, {"config", "root"}}));
  configurer.Hold();
  std::thread big([&] { EXPECT_TRUE(configs.Replace("root", *ParseJson(R"({"parent_ids": [], "raw_config": {"x": 1}})"))); });
  ASSERT_TRUE(configurer.AwaitHeld());
  // Readers wait for nobody.
  EXPECT_EQ(configs.RawConfig("root")->at("x"), 1);
  EXPECT_TRUE(devices.Find("0"));
  // A writer waits for the device whose turn it is, and for no other.
  std::thread other([&] { EXPECT_TRUE(devices.Create({{"id", "new"}, {"plugin", "acme"}, {"config", "root"}})); });
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (inventory->waiting() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  configurer.Release();
  other.join();
  big.join();
  EXPECT_EQ(configurer.before_new(), 1);
  EXPECT_EQ(devices.Find("new")->json.at("configured"), true);
}

// Judges the device "slow" at once, and then keeps whoever asked until it is released: the world may change between judgement and commit.
class LateConfigurer : public FakeConfigurer {
 public:
  Result<> Configure(const std::string& plugin, const Json& device, const Json& raw_config) override {
    auto judged = FakeConfigurer::Configure(plugin, device, raw_config);
    if (device.at("id") != "slow") return judged;
    std::unique_lock lock(mutex_);
    judged_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kDeadline, [&] { return released_; });
    return judged;
  }
  bool AwaitJudged() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return judged_; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool judged_ = false, released_ = false;
};

// Both ways round, and for a device that is made and one that is changed.
TEST(InventoryInterleavingTest, MissesNoDeviceThatIsWrittenWhileItsPluginChanges) {
  for (const bool loads : {false, true}) {
    for (const bool exists : {false, true}) {
      LateConfigurer configurer;
      if (loads) configurer.Unload("acme");
      auto store = MakeMemoryStore();
      auto inventory = *Inventory::Open({*store, configurer, Json::object(), [](const std::string&) {}});
      Devices devices(*inventory);
      Configs configs(*inventory);
      ASSERT_TRUE(configs.Create(*ParseJson(R"({"id": "c", "parent_ids": [], "raw_config": {}})")));
      if (exists) {
        ASSERT_TRUE(devices.Create({{"id", "slow"}}));
      }
      const Json device = {{"id", "slow"}, {"plugin", "acme"}, {"config", "c"}};
      std::thread writer([&] { EXPECT_TRUE(exists ? devices.Replace("slow", device) : devices.Create(device).map([](auto) {})); });
      ASSERT_TRUE(configurer.AwaitJudged());
      loads ? configurer.Load("acme") : configurer.Unload("acme");
      std::atomic<bool> told = false;
      std::thread changer([&] {
        EXPECT_TRUE(inventory->PluginChanged("acme"));
        told = true;
      });
      const auto deadline = std::chrono::steady_clock::now() + kDeadline;
      while (inventory->waiting() == 0 && !told && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      configurer.Release();
      writer.join();
      changer.join();
      EXPECT_EQ(devices.Find("slow")->json.at("configured"), loads) << (exists ? "changed" : "made");
    }
  }
}

// A disk that becomes full.
class FillingStore : public Store {
 public:
  Result<Json> Get(std::string_view collection, std::string_view id) const override { return store_->Get(collection, id); }
  Result<> Read(std::string_view collection, const Visitor& visit) const override { return store_->Read(collection, visit); }
  Result<> Put(std::string_view collection, std::string_view id, const Json& document) override {
    return Apply({{std::string(collection), std::string(id), DumpJson(document)}}, Lasting::kNow);
  }
  Result<> Remove(std::string_view collection, std::string_view id) override {
    return Apply({{std::string(collection), std::string(id), std::nullopt}}, Lasting::kNow);
  }
  Result<> RemoveAll(std::string_view collection) override { return store_->RemoveAll(collection); }
  Result<> Apply(const std::vector<Change>& changes, Lasting lasting) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    changed_.notify_all();
    if (room_ == 0) return Fail(ErrorKind::kInternal, "the disk is full");
    if (room_ > 0) --room_;
    return store_->Apply(changes, lasting);
  }

  // Takes so many more writes; without a number, all.
  void Have(int room = -1) {
    const std::lock_guard lock(mutex_);
    room_ = room;
  }
  // Until it was asked to write again, so many times.
  bool AwaitAsked(int times) {
    std::unique_lock lock(mutex_);
    const int until = asked_ + times;
    return changed_.wait_for(lock, kDeadline, [&] { return asked_ >= until; });
  }

 private:
  const std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::mutex mutex_;
  std::condition_variable changed_;
  int room_ = -1, asked_ = 0;
};

class FullDiskTest : public ::testing::Test {
 protected:
  FullDiskTest() {
    Open();
    EXPECT_TRUE(configs_->Create(*ParseJson(R"({"id": "root", "parent_ids": [], "raw_config": {}})")));
    for (const char* id : kIds) EXPECT_TRUE(devices_->Create({{"id", id}, {"plugin", "acme"}, {"config", "root"}}));
  }
  void Open(std::chrono::milliseconds pause = std::chrono::milliseconds(1)) {
    const auto log = [this](const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      log_.push_back(sentence);
    };
    inventory_.reset();
    inventory_ =
        std::move(*Inventory::Open({.store = store_, .configurer = configurer_, .base = Json::object(), .log = log, .pause = pause}));
    devices_ = std::make_unique<Devices>(*inventory_);
    configs_ = std::make_unique<Configs>(*inventory_);
  }
  int Configured() const {
    int configured = 0;
    for (const char* id : kIds) configured += devices_->Find(id)->json.at("configured") == true ? 1 : 0;
    return configured;
  }
  bool AwaitConfigured(int count) const {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (Configured() != count && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return Configured() == count;
  }
  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  static constexpr const char* kIds[] = {"a", "b", "c"};
  FakeConfigurer configurer_;
  FillingStore store_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<Inventory> inventory_;
  std::unique_ptr<Devices> devices_;
  std::unique_ptr<Configs> configs_;
};

TEST_F(FullDiskTest, TellsThatNotAllDependantsCouldBeJudgedAndDoesItLater) {
  store_.Have(2);  // the config, and one device
  const auto replaced = configs_->Replace("root", *ParseJson(R"({"parent_ids": [], "raw_config": {"refuse": true}})"));
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(replaced.error().message, AllOf(HasSubstr("the config 'root' has changed"), HasSubstr("'b'"), HasSubstr("the disk is full")));
  EXPECT_EQ(Configured(), 2);
  ASSERT_TRUE(store_.AwaitAsked(3));  // in vain
  EXPECT_EQ(Configured(), 2);
  EXPECT_THAT(log(), SizeIs(1));  // and not each time
  store_.Have();
  EXPECT_TRUE(AwaitConfigured(0));
}

TEST_F(FullDiskTest, TellsThatNotAllDevicesOfAPluginCouldBeJudgedAndDoesItLater) {
  configurer_.Unload("acme");
  store_.Have(0);
  const auto told = inventory_->PluginChanged("acme");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(told.error().message, AllOf(HasSubstr("the plugin 'acme' has changed"), HasSubstr("the disk is full")));
  EXPECT_EQ(Configured(), 3);
  store_.Have();
  EXPECT_TRUE(AwaitConfigured(0));
}

TEST_F(FullDiskTest, DoesAfterARestartWhatItCouldNotDo) {
  Open(std::chrono::hours(1));
  store_.Have(2);
  EXPECT_FALSE(configs_->Remove("root"));
  EXPECT_EQ(Configured(), 2);
  store_.Have();
  Open();
  EXPECT_EQ(Configured(), 0);
  EXPECT_TRUE(store_.List("intentions")->empty());
}

TEST_F(FullDiskTest, GoesOnWithAllThatWasLeftUndone) {
  Open(std::chrono::hours(1));
  configurer_.Unload("acme");
  store_.Have(0);
  EXPECT_FALSE(inventory_->PluginChanged("acme"));
  EXPECT_FALSE(configs_->Replace("root", *ParseJson(R"({"parent_ids": [], "raw_config": {"x": 1}})")));  // not even the config
  EXPECT_EQ(configs_->RawConfig("root")->size(), 0u);
  Open();  // still full
  EXPECT_EQ(Configured(), 3);
  store_.Have();
  EXPECT_TRUE(AwaitConfigured(0));
}

TEST_F(FullDiskTest, NoticesAtTheStartWhatChangedToAndFro) {
  Open(std::chrono::hours(1));
  EXPECT_TRUE(inventory_->PluginChanged("acme"));  // what it is now is kept
  configurer_.Unload("acme");
  store_.Have(2);  // that it is to be done, and one device
  EXPECT_FALSE(inventory_->PluginChanged("acme"));
  EXPECT_EQ(Configured(), 2);
  store_.Have();
  configurer_.Load("acme");  // and a crash before anybody is told
  Open();
  EXPECT_EQ(Configured(), 3);
}

class RecordingCaller : public PhoneCaller {
 public:
  Result<> Call(const Synchronization& how, const Json& device, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    called_.push_back(device.at("id").get<std::string>() + " " + how.event);
    if (device.value("slow", false)) {
      const std::stop_callback wake(stop, [this] { changed_.notify_all(); });
      changed_.wait_for(lock, kDeadline, [&] { return stop.stop_requested(); });
      return Fail(ErrorKind::kCancelled, "cancelled");
    }
    return {};
  }
  std::vector<std::string> called() const {
    const std::lock_guard lock(mutex_);
    return called_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> called_;
};

TEST_F(InventoryTest, SynchronizesConfiguredDevices) {
  RecordingCaller caller;
  std::mutex mutex;
  std::string told;
  {
    Workers workers(4);
    const auto how = [](const std::string& plugin) {
      if (plugin == "mute") return Synchronization{};
      return Synchronization{Synchronization::Method::kSipNotify, plugin + "-event"};
    };
    Synchronizing synchronizing(*inventory_, how, caller, workers, [&](const std::string& sentence) {
      const std::lock_guard lock(mutex);
      told += sentence + "\n";
    });
    configurer_.Load("mute");
    Config("c");
    Device("good", {{"plugin", "acme"}, {"config", "c"}});
    Device("bad", {{"plugin", "none"}, {"config", "c"}});
    Device("mute", {{"plugin", "mute"}, {"config", "c"}});
    Device("slow", {{"plugin", "acme"}, {"config", "c"}, {"slow", true}});
    const auto slow = synchronizing.Start("slow");
    const std::pair<const char*, status::State> cases[] = {
        {"good", status::State::kSuccess}, {"bad", status::State::kFail}, {"mute", status::State::kFail}, {"none", status::State::kFail}};
    for (const auto& [id, state] : cases) {
      const auto operation = synchronizing.Start(id);
      ASSERT_TRUE(operation->AwaitEnd(kDeadline));
      EXPECT_EQ(operation->Snapshot().state, state) << id;
      EXPECT_EQ(operation->Snapshot().label, "");
    }
    // The slow one holds up nothing.
    EXPECT_FALSE(slow->ended());
    Device("slow", {{"plugin", "acme"}, {"config", "c"}, {"description", "changed meanwhile"}});
    slow->Cancel();
    ASSERT_TRUE(slow->AwaitEnd(kDeadline));
  }
  EXPECT_THAT(caller.called(), UnorderedElementsAre("good acme-event", "slow acme-event"));
  EXPECT_THAT(told, AllOf(HasSubstr("'bad' was not synchronized: it is not configured"), HasSubstr("'none'"), HasSubstr("'mute'"),
                          HasSubstr("'slow'")));
}

TEST(InventoryStoreTest, FindsEverythingAgainInTheFile) {
  const std::string path = ::testing::TempDir() + "/inventory" + std::to_string(getpid()) + ".db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  FakeConfigurer configurer;
  for (int start = 0; start < 2; ++start) {
    auto store = OpenStore(path);
    ASSERT_TRUE(store) << store.error().message;
    auto inventory = *Inventory::Open({**store, configurer, Json::object(), [](const std::string&) {}});
    Devices devices(*inventory);
    Configs configs(*inventory);
    if (start == 0) {
      ASSERT_TRUE(configs.Create(*ParseJson(R"({"id": "c", "parent_ids": [], "raw_config": {}, "transient": true})")));
      ASSERT_TRUE(devices.Create(*ParseJson(R"({"id": "d", "plugin": "acme", "config": "c", "X_big": 18446744073709551615, "é": null})")));
      continue;
    }
    EXPECT_EQ(devices.Find("d")->text,
              R"({"X_big":18446744073709551615,"config":"c","configured":true,"id":"d","plugin":"acme","é":null})");
    ASSERT_TRUE(devices.Remove("d"));
    EXPECT_FALSE(configs.Find("c"));
    EXPECT_FALSE((*store)->Get("configs", "c"));
  }
}

}  // namespace
}  // namespace provdlab::server
