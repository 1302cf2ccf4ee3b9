// Whether anything that the server writes by itself undoes what an admin has written, or the other way round: many write at once, through
// the API in this process and over HTTP. Meant for --config=tsan too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/http/server.h"
#include "server/api/media_type.h"
#include "server/api/rest_api.h"
#include "server/application/identification.h"

namespace provdlab::server {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kDeadline{20};
constexpr int kAdmins = 3;
constexpr int kStorms = 8;

// A plugin that is loaded or not, and accepts a device unless its raw config has "refuse": true.
class ChangingConfigurer : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string& plugin) const override { return plugin == "acme" && loaded ? "loaded" : ""; }
  Result<> Configure(const std::string& plugin, const Json&, const Json& raw_config) override {
    if (StateOf(plugin).empty()) return Fail(ErrorKind::kNotFound, "not loaded");
    if (raw_config.value("refuse", Json()) == true) return Fail(ErrorKind::kInvalid, "refused");
    return {};
  }
  void Deconfigure(const std::string&, const Json&) override {}

  std::atomic<bool> loaded = true;
};

// What went wrong, in sentences.
class Losses {
 public:
  void Add(std::string sentence) {
    const std::lock_guard lock(mutex_);
    sentences_.push_back(std::move(sentence));
  }
  std::vector<std::string> sentences() const {
    const std::lock_guard lock(mutex_);
    return sentences_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> sentences_;
};

std::string Mac(int admin) { return "00:1a:2b:00:00:0" + std::to_string(admin); }
std::string DeviceOf(int admin) { return "device" + std::to_string(admin); }
constexpr const char* kShared = "shared";

struct Way {
  const char* name;
  bool over_http;
  int rounds;  // of each admin in a storm
};

class LostUpdateTest : public ::testing::TestWithParam<Way> {
 protected:
  LostUpdateTest() {
    Context context;
    context.devices = &devices_;
    context.configs = &configs_;
    context.leased = [this](const DhcpInfo& lease) -> Result<> {
      if (const auto seen = identification_.Identify(SightingOf(lease)); !seen) return Fail(seen.error());
      return {};
    };
    api_ = std::make_unique<RestApi>(std::move(context));
    if (GetParam().over_http) {
      server_ =
          std::make_unique<http::Server>(http::ServerOptions(), [this](const http::Request& request) { return api_->Answer(request); });
      const auto port = server_->Start();
      EXPECT_TRUE(port) << port.error().message;
      client_ = std::make_unique<http::Client>(http::ClientOptions{.host = "127.0.0.1", .port = port.value_or(0)});
    }
    Do("POST", "/cfg_mgr/configs", {{"config", Config("root", {}, {{"refuse", false}, {"sip_lines", {{"1", {{"username", "u"}}}}}})}});
    Json base = Config("base", {"root"}, Json::object());
    base["role"] = "autocreate";
    Do("POST", "/cfg_mgr/configs", {{"config", base}});
    Do("POST", "/cfg_mgr/configs", {{"config", Config("leaf", {"root"}, Json::object())}});
    for (int admin = 0; admin < kAdmins; ++admin) Do("POST", "/dev_mgr/devices", {{"device", Device(admin, 0)}});
    Do("POST", "/dev_mgr/devices", {{"device", {{"id", kShared}}}});
    Do("POST", "/dev_mgr/devices", {{"device", {{"id", "passer"}}}});
  }

  static Json Config(const std::string& id, std::vector<std::string> parents, Json raw_config) {
    return {{"id", id}, {"parent_ids", std::move(parents)}, {"raw_config", std::move(raw_config)}};
  }
  // Without an address: that comes from the phone.
  static Json Device(int admin, int serial) {
    return {{"id", DeviceOf(admin)}, {"mac", Mac(admin)}, {"plugin", "acme"}, {"config", "leaf"}, {"serial", serial}};
  }

  http::Response Ask(const std::string& method, const std::string& target, const Json& body = nullptr) {
    http::Request request{.method = method, .target = "/provd" + target, .headers = {{"Content-Type", std::string(kProvdMediaType)}}};
    if (!body.is_null()) request.body = DumpJson(body);
    if (!client_) return api_->Answer(request);
    return client_->Send(request, kDeadline).response.value_or(http::Response{.status = 0});
  }
  http::Response Do(const std::string& method, const std::string& target, const Json& body = nullptr) {
    auto response = Ask(method, target, body);
    if (response.status < 200 || response.status > 299)
      losses_.Add(method + " " + target + " was answered with " + std::to_string(response.status) + " " + response.body);
    return response;
  }
  Json Read(const std::string& id) {
    const auto answer = ParseJson(Do("GET", "/dev_mgr/devices/" + id).body);
    return answer ? answer->value("device", Json::object()) : Json::object();
  }

  Json RawConfigOf(const std::string& id) {
    const auto answer = ParseJson(Do("GET", "/cfg_mgr/configs/" + id + "/raw").body);
    return answer ? answer->value("raw_config", Json::object()) : Json::object();
  }

  // ---- Those who write ----

  // The only one who writes the serial of a device: it must be what it was written last.
  void Administrate(int admin) {
    for (int serial = 1; serial <= GetParam().rounds; ++serial) {
      Do("PUT", "/dev_mgr/devices/" + DeviceOf(admin), {{"device", Device(admin, serial)}});
      CheckSerial(admin, serial);
    }
  }
  void CheckSerial(int admin, int serial) {
    const Json found = Read(DeviceOf(admin)).value("serial", Json());
    if (found != serial)
      losses_.Add("an admin's change of " + DeviceOf(admin) + " was undone: the serial is " + DumpJson(found) + " instead of " +
                  std::to_string(serial));
  }

  // One of two who replace the same document; what each writes is of one piece.
  static Json SharedDevice(const std::string& who, int serial) {
    return {{"id", kShared}, {"who", who}, {"serial", serial}, {"of " + who, serial}, {"plugin", "acme"}, {"config", "leaf"}};
  }
  void Share(const std::string& who) {
    for (int serial = 1; serial <= GetParam().rounds; ++serial) {
      Do("PUT", std::string("/dev_mgr/devices/") + kShared, {{"device", SharedDevice(who, serial)}});
      Json found = Read(kShared);
      found.erase("configured");
      if (found != SharedDevice(found.value("who", ""), found.value("serial", 0)))
        losses_.Add("a document is of two pieces: " + found.dump());
    }
  }

  // Has a transient config made, used and left: it must go then, and the device must stay without.
  void Pass(const std::atomic<bool>& done) {
    while (!done) {
      const auto made = Do("POST", "/cfg_mgr/autocreate", Json::object());
      const std::string location = made.headers.Get("Location").value_or("");
      const std::string config = location.substr(location.rfind('/') + 1);
      Do("PUT", "/dev_mgr/devices/passer", {{"device", {{"config", config}, {"plugin", "acme"}}}});
      Do("PUT", "/dev_mgr/devices/passer", {{"device", {{"plugin", "acme"}}}});
      if (Read("passer").contains("config")) losses_.Add("a device that left its transient config has it again");
      if (Ask("GET", "/cfg_mgr/configs/" + config).status != 404) losses_.Add("a transient config that was left is still there");
    }
  }

  // The server's own changes: `configured` after the root's changes and the plugin's, addresses from the phones.
  void ChangeTheRoot(const std::atomic<bool>& done) {
    for (bool refuse = true; !done; refuse = !refuse)
      Do("PUT", "/cfg_mgr/configs/root",
         {{"config", Config("root", {}, {{"refuse", refuse}, {"sip_lines", {{"1", {{"username", "u"}}}}}})}});
  }
  void ChangeThePlugin(const std::atomic<bool>& done) {
    while (!done) {
      configurer_.loaded = !configurer_.loaded;
      inventory_->PluginChanged("acme");
    }
  }
  void Reconfigure(const std::atomic<bool>& done) {
    for (int turn = 0; !done; ++turn) Do("POST", "/dev_mgr/reconfigure", {{"id", DeviceOf(turn % kAdmins)}});
  }
  void Lease(int admin, int number) {
    Do("POST", "/dev_mgr/dhcpinfo",
       {{"dhcp_info", {{"op", "commit"}, {"ip", "192.0.2." + std::to_string(number)}, {"mac", Mac(admin)}, {"options", Json::array()}}}});
  }
  // Phones that take one another's addresses, so that a lease changes two devices.
  void LeaseAddresses(const std::atomic<bool>& done) {
    for (int turn = 0; !done; ++turn) Lease(turn % kAdmins, 1 + turn % 2);
  }

  // Runs the admins among all others. `meanwhile` runs beside them and ends after them.
  void Run(const std::function<void(const std::atomic<bool>& done)>& meanwhile) {
    std::atomic<bool> done = false;
    std::vector<std::thread> admins, others;
    others.emplace_back([&] { meanwhile(done); });
    others.emplace_back([&] { Pass(done); });
    others.emplace_back([&] { ChangeTheRoot(done); });
    others.emplace_back([&] { ChangeThePlugin(done); });
    others.emplace_back([&] { Reconfigure(done); });
    others.emplace_back([&] { LeaseAddresses(done); });
    for (int admin = 0; admin < kAdmins; ++admin) admins.emplace_back([this, admin] { Administrate(admin); });
    admins.emplace_back([this] { Share("one"); });
    admins.emplace_back([this] { Share("other"); });
    for (std::thread& thread : admins) thread.join();
    done = true;
    done.notify_all();
    for (std::thread& thread : others) thread.join();
    for (int admin = 0; admin < kAdmins; ++admin) CheckSerial(admin, GetParam().rounds);
  }

  Losses losses_;
  ChangingConfigurer configurer_;
  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<Inventory> inventory_ = std::move(*Inventory::Open({*store_, configurer_, Json::object(), [](const std::string&) {}}));
  Devices devices_{*inventory_};
  Configs configs_{*inventory_};
  Identification identification_{
      {*inventory_, configs_, [] { return std::vector<PhonePlugin>(); }, [](const std::string&) { return false; }, [] { return false; }}};
  std::unique_ptr<RestApi> api_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_;
};

TEST_P(LostUpdateTest, NothingThatWasWrittenIsUndone) {
  // Several storms, for what `configured` lost can be seen only when all is quiet.
  for (int storm = 0; storm < kStorms; ++storm) {
    Run([](const auto&) {});
    const bool refuses = RawConfigOf("root").value("refuse", Json()) == true;
    for (int admin = 0; admin < kAdmins; ++admin)
      EXPECT_EQ(Read(DeviceOf(admin)).value("configured", Json()), configurer_.loaded && !refuses) << DeviceOf(admin);
  }
  EXPECT_THAT(losses_.sentences(), IsEmpty());

  // Each of the two has the last word, whole.
  Json shared = Read(kShared);
  shared.erase("configured");
  EXPECT_TRUE(shared == SharedDevice("one", GetParam().rounds) || shared == SharedDevice("other", GetParam().rounds)) << shared;

  // What phones told stays beside what admins wrote.
  for (int admin = 0; admin < kAdmins; ++admin) {
    Lease(admin, 100 + admin);
    EXPECT_EQ(Read(DeviceOf(admin)).value("ip", ""), "192.0.2." + std::to_string(100 + admin));
    CheckSerial(admin, GetParam().rounds);
  }

  // `configured` says what is so now.
  configurer_.loaded = true;
  inventory_->PluginChanged("acme");
  Do("PUT", "/cfg_mgr/configs/root", {{"config", Config("root", {}, {{"refuse", false}})}});
  for (int admin = 0; admin < kAdmins; ++admin) EXPECT_EQ(Read(DeviceOf(admin)).value("configured", Json()), true);
  Do("PUT", "/cfg_mgr/configs/root", {{"config", Config("root", {}, {{"refuse", true}})}});
  for (int admin = 0; admin < kAdmins; ++admin) EXPECT_EQ(Read(DeviceOf(admin)).value("configured", Json()), false);
  EXPECT_THAT(losses_.sentences(), IsEmpty());
}

// The test would notice: a change that is decided on what was read before the turn was taken.
TEST_P(LostUpdateTest, NoticesAChangeThatWasReadBeforeItsTurn) {
  Json device = inventory_->devices().Find(DeviceOf(0))->json;
  Run([&](const auto& done) {
    device["ip"] = "192.0.2.200";
    done.wait(false);
    const auto turn = inventory_->TakeTurn();
    if (!Commit(*store_).Put(inventory_->devices(), std::move(device)).Make()) losses_.Add("the store failed");
  });
  EXPECT_THAT(losses_.sentences(), Contains(HasSubstr("change of device0 was undone")));
}

INSTANTIATE_TEST_SUITE_P(Ways, LostUpdateTest, ::testing::Values(Way{"InThisProcess", false, 25}, Way{"OverHttp", true, 5}),
                         [](const auto& way) { return std::string(way.param.name); });

}  // namespace
}  // namespace provdlab::server
