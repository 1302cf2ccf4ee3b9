#include "simulator/fleet/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/digest.h"
#include "base/http/server.h"
#include "simulator/fleet/testing/site.h"
#include "simulator/network/socket_network.h"
#include "simulator/phone/built_in_profiles.h"

namespace provdlab::fleet {
namespace {

using namespace std::chrono_literals;
using network::Entry;
using network::Station;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ModelShare Model(const std::string& model, std::uint64_t share = 1) {
  const phone::Profile* profile = phone::BuiltInProfileFor(model);
  EXPECT_NE(profile, nullptr) << model;
  return {*profile, model, share};
}

// Phones of three vendors, some of them old.
std::vector<ModelShare> Mixed() { return {Model("6731i", 4), Model("6867i", 2), Model("SPIP335", 3), Model("X1", 2)}; }

// A site and phones in virtual time.
class FleetTest : public testing::Test {
 protected:
  void Make(FleetOptions options) {
    TearDown();
    network = std::make_unique<network::VirtualNetwork>(network::VirtualOptions{.seed = options.seed});
    site = std::make_unique<Site>();
    site->JoinTo(*network);
    service = std::make_unique<dhcp::Service>(*network, Site::DhcpServer("10.1.0.0/16"), Site::Hook());
    fleet = std::make_unique<Fleet>(*network, *service, std::move(options));
  }
  // What stands on something goes before it.
  void TearDown() override {
    fleet.reset();
    service.reset();
    site.reset();
    network.reset();
  }

  std::unique_ptr<network::VirtualNetwork> network;
  std::unique_ptr<Site> site;
  std::unique_ptr<dhcp::Service> service;
  std::unique_ptr<Fleet> fleet;
};

TEST_F(FleetTest, BootsPhonesOfAllVendorsUntilTheyAreRegistered) {
  Make({.models = Mixed(), .count = 220, .registers = true});
  ASSERT_TRUE(fleet->Boot(10min));
  const FleetRecord record = fleet->record();
  for (const FailureRecord& failure : record.failures)
    ADD_FAILURE() << failure.phones << " " << failure.model << " " << failure.stage << " " << failure.display << " " << failure.why << "\n"
                  << (failure.trace.empty() ? "" : failure.trace.back());
  EXPECT_EQ(record.phones, 220u);
  EXPECT_EQ(record.configured, 220u);
  EXPECT_TRUE(record.all_configured());
  EXPECT_EQ(record.ended, "");
  EXPECT_EQ(record.pushes, 220u);
  EXPECT_EQ(record.boot.count, 220u);
  ASSERT_THAT(record.models, SizeIs(4));
  std::map<std::string, std::uint64_t> models;
  for (const ModelRecord& model : record.models) models[model.model] = model.configured;
  EXPECT_EQ(models, (std::map<std::string, std::uint64_t>{{"6731i", 80}, {"6867i", 40}, {"SPIP335", 60}, {"X1", 40}}));
  std::map<std::string, std::uint64_t> steps;
  for (const StepRecord& step : record.steps) steps[step.name] = step.took.count;
  EXPECT_EQ(steps["DHCP push"], 220u);
  EXPECT_EQ(steps["GET /Aastra/{MAC}.cfg"], 120u);
  EXPECT_EQ(steps["GET /Acme/{mac}.cfg"], 40u);
  EXPECT_EQ(steps["registration"], 220u);
  std::uint64_t requests = 0, configured = 0;
  for (const Moment& moment : record.timeline) {
    requests += moment.requests;
    configured += moment.configured;
  }
  EXPECT_EQ(requests, record.requests);
  EXPECT_EQ(configured, 220u);
}

// The whole journal of a run with everything that can happen: noise, clocks that go wrong, notifications, a power cut.
std::string Journal(std::uint64_t seed) {
  network::VirtualNetwork network({.seed = seed});
  Site site;
  site.JoinTo(network);
  dhcp::Service service(network, Site::DhcpServer("10.1.0.0/16"), Site::Hook());
  Fleet fleet(network, service,
              {.models = Mixed(),
               .count = 220,
               .seed = seed,
               .ramp = 50,
               .pauses = true,
               .noise = {.loss = 0.03, .duplication = 0.02, .reordering = 0.05, .delay = 2ms, .jitter = 5ms},
               .clock_ppm = 200,
               .registers = true});
  std::string journal;
  fleet.OnEntry([&](const Station& station, const Entry& entry) {
    OrderedJson json = ToJson(entry);
    json["phone"] = station.phone().unit().mac;
    journal += DumpJson(json) + "\n";
  });
  EXPECT_TRUE(fleet.Boot(30min));
  EXPECT_EQ(fleet.configured(), 220u);
  for (std::size_t i = 0; i < fleet.size(); i += 3) site.Notify(fleet.station(i).phone().ip());
  EXPECT_TRUE(fleet.Stay(1min));
  fleet.SwitchOff();
  EXPECT_TRUE(fleet.Stay(1min));
  return journal;
}

TEST(Determinism, OneSeedIsOneRunToTheLastByte) {
  const std::string first = Journal(7);
  EXPECT_GT(first.size(), 1'000'000u);
  EXPECT_EQ(Sha1Hex(Journal(7)), Sha1Hex(first));
  EXPECT_NE(Sha1Hex(Journal(8)), Sha1Hex(first));
}

TEST_F(FleetTest, SwitchesPhonesOnAtARamp) {
  Make({.models = {Model("X1")}, .count = 20, .ramp = 10});
  std::vector<network::Instant> powered;
  fleet->OnEntry([&](const Station&, const Entry& entry) {
    if (entry.kind == Entry::Kind::kPower) powered.push_back(entry.at);
  });
  ASSERT_TRUE(fleet->Boot(1min));
  ASSERT_THAT(powered, SizeIs(20));
  for (std::size_t i = 0; i < powered.size(); ++i) EXPECT_EQ(powered[i], i * 100ms);
  EXPECT_LT(fleet->record().boot.most, 100'000u) << "counted from the phone's own power";
}

TEST_F(FleetTest, APhoneThatNeedNotRegisterIsDoneWhenItBeginsTo) {
  Make({.models = Mixed(), .count = 11});
  ASSERT_TRUE(fleet->Boot(10min));
  EXPECT_EQ(fleet->configured(), 11u);
  EXPECT_EQ(fleet->done(), 11u);
  EXPECT_LT(network->Now(), 5s);
}

TEST_F(FleetTest, GroupsFailuresByWhatTheyLookLike) {
  Make({.models = {Model("6731i"), Model("X1")}, .count = 10});
  site->before = [](const http::Request& request) {
    if (request.target.starts_with("/Aastra/00085D") && request.target.ends_with(".cfg")) return http::Response{.status = 404};
    return http::Response{.status = 0};
  };
  ASSERT_TRUE(fleet->Boot(10min));
  const FleetRecord record = fleet->record();
  EXPECT_EQ(record.configured, 5u);
  EXPECT_FALSE(record.all_configured());
  ASSERT_THAT(record.failures, SizeIs(1));
  EXPECT_EQ(record.failures[0].phones, 5u);
  EXPECT_EQ(record.failures[0].model, "6731i");
  EXPECT_EQ(record.failures[0].stage, "addressed");
  EXPECT_NE(record.failures[0].display, "");
  EXPECT_THAT(record.failures[0].trace, testing::Contains(HasSubstr(".cfg")));
  std::map<std::string, std::uint64_t> missing;
  for (const StepRecord& step : record.steps) missing[step.name] = step.missing;
  EXPECT_EQ(missing["GET /Aastra/{MAC}.cfg"], 5u);
  EXPECT_EQ(missing["GET /Acme/{mac}.cfg"], 0u);
}

TEST_F(FleetTest, SaysWhichPhonesHadNotSettledInTime) {
  Make({.models = {Model("6731i")}, .count = 3, .pauses = true});
  site->before = [](const http::Request&) { return http::Response{.manner = http::Response::Manner::kHang}; };
  ASSERT_TRUE(fleet->Boot(45s));
  const FleetRecord record = fleet->record();
  EXPECT_EQ(record.configured, 0u);
  EXPECT_EQ(record.took, 45'000'000u);
  EXPECT_THAT(record.ended, HasSubstr("45.00 s"));
  ASSERT_THAT(record.failures, SizeIs(1));
  EXPECT_THAT(record.failures[0].why, HasSubstr("when the time was over"));
}

TEST_F(FleetTest, CountsRetriesAndWhatWasNotAnswered) {
  Make({.models = {Model("6731i")}, .count = 2});
  int hung = 0;
  site->before = [&](const http::Request& request) {
    if (request.target == "/Aastra/aastra.cfg" && ++hung <= 2) return http::Response{.manner = http::Response::Manner::kClose};
    return http::Response{.status = request.target.ends_with(".st") ? 503 : 0};
  };
  ASSERT_TRUE(fleet->Boot(10min));
  const FleetRecord record = fleet->record();
  EXPECT_EQ(record.configured, 2u);
  EXPECT_EQ(record.not_answered, 2u);
  EXPECT_GE(record.server_errors, 2u);
  EXPECT_GE(record.retries, 2u);
}

TEST_F(FleetTest, BootsOnlyOneOfThem) {
  Make({.models = Mixed(), .count = 50, .seed = 3});
  std::map<std::string, std::uint64_t> numbers;
  for (std::size_t i = 0; i < fleet->size(); ++i) numbers[fleet->station(i).phone().unit().mac] = fleet->station(i).number();
  const std::string mac = fleet->station(17).phone().unit().mac;
  const std::string model = fleet->station(17).phone().unit().model;
  Make({.models = Mixed(), .count = 50, .seed = 3, .ramp = 1, .only = mac});
  ASSERT_EQ(fleet->size(), 1u);
  EXPECT_EQ(fleet->station(0).phone().unit().mac, mac);
  EXPECT_EQ(fleet->station(0).phone().unit().model, model);
  EXPECT_EQ(fleet->station(0).number(), numbers[mac]);
  ASSERT_TRUE(fleet->Boot(1min));
  EXPECT_EQ(fleet->configured(), 1u);
}

TEST_F(FleetTest, HoldsSipUntilTheAccountsAreKnown) {
  Make({.models = {Model("X1")}, .count = 1, .registers = true});
  Fleet::Release release;
  std::vector<std::string> users;
  bool sent = false;
  fleet->OnAccounts([&](const Station& station, Fleet::Release given) {
    for (const phone::Line& line : station.phone().knowledge().lines) users.push_back(line.username);
    release = std::move(given);
  });
  fleet->OnEntry([&](const Station&, const Entry& entry) { sent = sent || entry.kind == Entry::Kind::kSends; });
  ASSERT_TRUE(fleet->Boot(300ms));
  EXPECT_THAT(users, ElementsAre(Site::UserOf("00aa55a00001")));
  EXPECT_FALSE(sent);
  ASSERT_TRUE(release);
  release();
  ASSERT_TRUE(fleet->Stay(1s));
  EXPECT_TRUE(sent);
  EXPECT_EQ(fleet->configured(), 1u);
}

// ---- Over real sockets

// What each phone did, without what differs from run to run. Of SIP each message counts once: where a machine under load takes half a
// second, the phone sends its request again.
std::map<std::string, std::string> JournalsOverSockets() {
  Site site;
  site.registrar_ip = "127.0.0.1";
  http::Server files({.threads = 2}, [&](const http::Request& request) { return site.Answer(request); });
  http::Server target({.threads = 2}, [](const http::Request&) { return http::Response{.status = 204}; });
  const std::uint16_t files_port = *files.Start(), target_port = *target.Start();
  network::SocketNetwork network({.sip_port = 0});
  EXPECT_TRUE(network.Open());
  registrar::RegistrarCore core;
  std::unique_ptr<network::Host> registrar;
  registrar = *network.AddHost("127.0.0.1", 0, [&](const network::Datagram& from) {
    const auto request = sip::Parse(from.bytes);
    if (!request) return;
    const auto to = sip::ReadAddress(request->Get("To").value_or(""));
    if (to) static_cast<void>(core.Allow({.user = to->user, .password = Site::PasswordOf(to->user)}));
    const auto reply = core.Handle(*request, {.ip = from.ip, .port = from.port});
    if (reply.message) registrar->Send({from.ip, from.port, reply.message->Text()});
  });
  site.registrar_port = registrar->port();
  dhcp::Service service(
      network, Site::DhcpServer("127.1.0.0/16", "http://127.0.0.1:" + std::to_string(files_port)),
      dhcp::Service::Target{.origin = "http://127.0.0.1:" + std::to_string(target_port), .path = "/provd/dev_mgr/dhcpinfo"});
  Fleet fleet(network, service, {.models = Mixed(), .count = 44, .seed = 5, .sip_port = network.sip_port(), .registers = true});
  std::map<std::string, network::Canonical> canonical;
  std::map<std::string, std::string> journals;
  std::map<std::string, std::set<std::string>> messages;
  fleet.OnEntry([&](const Station& station, const Entry& entry) {
    const std::string& mac = station.phone().unit().mac;
    const std::string line = canonical[mac].Line(entry);
    const bool message = entry.kind == Entry::Kind::kSends || entry.kind == Entry::Kind::kHears;
    if (!message || messages[mac].insert(line).second) journals[mac] += line;
  });
  const Result<> booted = fleet.Boot(60s);
  EXPECT_TRUE(booted) << booted.error().message;
  EXPECT_EQ(fleet.configured(), 44u);
  return journals;
}

TEST(Determinism, OverSocketsEachPhonesOwnJournalIsTheSame) {
  const auto first = JournalsOverSockets(), second = JournalsOverSockets();
  ASSERT_EQ(first.size(), 44u);
  for (const auto& [mac, journal] : first) {
    EXPECT_GT(journal.size(), 1'000u);
    const auto other = second.find(mac);
    ASSERT_NE(other, second.end());
    EXPECT_EQ(journal, other->second) << mac;
  }
}

}  // namespace
}  // namespace provdlab::fleet
