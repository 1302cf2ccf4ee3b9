#include "simulator/dhcp/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"
#include "simulator/dhcp/embedded_rules.h"
#include "simulator/network/virtual_network.h"

namespace provdlab::dhcp {
namespace {

using namespace std::chrono_literals;
using network::Instant;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kPhone[] = "00:08:5d:10:00:01";
const Options kSent = {{60, "AastraIPPhone6731i"}};

// A site with a target that answers as it is told.
class ServiceTest : public testing::Test {
 protected:
  void Start(std::optional<PushTime> when, http::Response answer = {.status = 204}) {
    network.Serve("192.0.2.10", 8666, [this, answer](const http::Request& request) {
      events.push_back("told");
      request_ = request;
      return answer;
    });
    service = std::make_unique<Service>(
        network, Server(XivoRules(), {.pool = *PoolFrom("192.0.2.128/30"), .site = *SiteAt("http://192.0.2.10:8667", "", 69)}),
        Service::Target{
            .origin = "http://192.0.2.10:8666", .path = "/provd/dev_mgr/dhcpinfo", .headers = {{"X-Auth-Token", "t"}}, .when = when});
    service->OnPush([this](const Push& push) { pushes.push_back(push); });
  }
  void Ask(const std::string& mac = kPhone) {
    service->Ask(mac, kSent, [this](const std::optional<Lease>& lease) { events.push_back(lease ? lease->ip : "none"); });
  }
  void Run() {
    ASSERT_TRUE(network.RunUntil([] { return false; }, network.Now() + 1h));
  }

  network::VirtualNetwork network{{}};
  std::unique_ptr<Service> service;
  std::vector<std::string> events;
  std::vector<Push> pushes;
  http::Request request_;
};

TEST_F(ServiceTest, TellsTheTargetBeforeTheClientHearsOfItsLease) {
  Start({});
  Ask();
  EXPECT_THAT(events, SizeIs(0)) << "nothing happens within the call";
  Run();
  EXPECT_THAT(events, ElementsAre("told", "192.0.2.129"));
  EXPECT_EQ(request_.method, "POST");
  EXPECT_EQ(request_.target, "/provd/dev_mgr/dhcpinfo");
  EXPECT_EQ(request_.headers.Get("Content-Type"), "application/vnd.proformatique.provd+json");
  EXPECT_EQ(request_.headers.Get("X-Auth-Token"), "t");
  EXPECT_EQ(request_.body, CommitBody("192.0.2.129", kPhone, kSent, {60}));
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_TRUE(pushes[0].accepted());
  EXPECT_EQ(pushes[0].mac, kPhone);
  EXPECT_GT(pushes[0].took, Instant(0));
}

TEST_F(ServiceTest, TellsTheTargetBesideOrNever) {
  Start(PushTime::kBeside);
  Ask();
  Run();
  EXPECT_THAT(events, ElementsAre("192.0.2.129", "told"));
  events.clear();
  Start(PushTime::kNever);
  Ask();
  Run();
  EXPECT_THAT(events, ElementsAre("192.0.2.129"));
}

TEST_F(ServiceTest, TellsOfEveryRenewal) {
  Start({});
  for (int i = 0; i < 3; ++i) {
    Ask();
    Run();
  }
  EXPECT_EQ(service->counts().pushed, 3u);
  EXPECT_THAT(events, ElementsAre("told", "192.0.2.129", "told", "192.0.2.129", "told", "192.0.2.129"));
}

TEST_F(ServiceTest, NoFailureOfTheTargetKeepsAClientFromItsAddress) {
  struct Row {
    http::Response answer;
    int status;
    std::uint64_t refused, failed;
    const char* problem;
  };
  for (const auto& [answer, status, refused, failed, problem] :
       {Row{{.status = 400, .body = "Bad MAC"}, 400, 1, 0, "Bad MAC"}, Row{{.status = 500}, 500, 1, 0, ""},
        Row{{.manner = http::Response::Manner::kHang}, 0, 0, 1, "in time"},
        Row{{.manner = http::Response::Manner::kClose}, 0, 0, 1, "closed"}}) {
    events.clear();
    pushes.clear();
    Start({}, answer);
    Ask();
    Run();
    EXPECT_THAT(events, ElementsAre("told", "192.0.2.129"));
    EXPECT_EQ(service->counts().refused, refused);
    EXPECT_EQ(service->counts().failed, failed);
    ASSERT_THAT(pushes, SizeIs(1));
    EXPECT_EQ(pushes[0].status, status);
    EXPECT_THAT(pushes[0].problem, HasSubstr(problem));
    EXPECT_FALSE(pushes[0].accepted());
  }
}

TEST_F(ServiceTest, SaysWhenNoAddressIsLeft) {
  Start({});
  for (const char* mac : {"00:08:5d:10:00:01", "00:08:5d:10:00:02", "00:08:5d:10:00:03"}) Ask(mac);
  Run();
  EXPECT_THAT(events, testing::UnorderedElementsAre("told", "told", "none", "192.0.2.129", "192.0.2.130"));
  EXPECT_EQ(service->counts().not_given, 1u);
  service->Release("00:08:5d:10:00:01");
  events.clear();
  Ask("00:08:5d:10:00:03");
  Run();
  EXPECT_THAT(events, ElementsAre("told", "192.0.2.129"));
}

TEST_F(ServiceTest, MayGoWhileTheTargetIsStillThinking) {
  Start({}, {.status = 204, .delay = 5s});
  Ask();
  ASSERT_TRUE(network.RunUntil([&] { return !events.empty(); }, 1min));
  service.reset();
  Run();
  EXPECT_THAT(events, ElementsAre("told"));
}

}  // namespace
}  // namespace provdlab::dhcp
