#include "simulator/registrar/hosted_registrar.h"

#include <gtest/gtest.h>

#include "simulator/network/virtual_network.h"

namespace provdlab::registrar {
namespace {

using namespace std::chrono_literals;

std::string Register(const std::string& user) {
  return "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: <sip:" + user +
         "@127.0.0.1>;tag=a\r\nTo: <sip:" + user + "@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContact: <sip:" + user +
         "@192.0.2.1>\r\nContent-Length: 0\r\n\r\n";
}

struct Phone {
  explicit Phone(network::Network& network)
      : link(network.Attach({.number = 1, .deliver = [this, &network](phone::Event event) {
                               if (auto* sip = std::get_if<phone::SipReceived>(&event))
                                 heard.emplace_back(sip->message.status, network.Now());
                             }})) {
    link->UseAddress("192.0.2.1");
  }
  std::vector<std::pair<int, network::Instant>> heard;
  std::unique_ptr<network::Link> link;
};

TEST(HostedRegistrar, AnswersInTheNetworksTime) {
  network::VirtualNetwork network({});
  const auto registrar = HostedRegistrar::At(network, {.ip = "192.0.2.20"});
  ASSERT_TRUE(registrar) << registrar.error().message;
  ASSERT_TRUE((*registrar)->core().Allow({.user = "ada", .password = "secret"}));
  ASSERT_TRUE((*registrar)->core().faults().Add({.target = "ada", .action = {{"delay", 2'000}}}));
  Phone phone(network);
  phone.link->SendSip({.ip = "192.0.2.20", .text = Register("ada")});
  ASSERT_TRUE(network.RunUntil([&] { return !phone.heard.empty(); }, 10s));
  ASSERT_EQ(phone.heard.size(), 1u);
  EXPECT_EQ(phone.heard[0].first, 401);
  EXPECT_GE(phone.heard[0].second, 2s);
  EXPECT_LT(phone.heard[0].second, 3s);
  EXPECT_EQ((*registrar)->core().LastWord("ada"), "the last request of 'ada' ended in: challenged");
}

TEST(HostedRegistrar, KeepsWhatIsNoMessageInItsJournal) {
  network::VirtualNetwork network({});
  const auto registrar = HostedRegistrar::At(network, {.ip = "192.0.2.20"});
  ASSERT_TRUE(registrar);
  Phone phone(network);
  phone.link->SendSip({.ip = "192.0.2.20", .text = "hello"});
  ASSERT_TRUE(network.RunUntil([] { return false; }, 1s));
  const auto journal = (*registrar)->core().Journal();
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].outcome, "malformed");
  EXPECT_TRUE(phone.heard.empty());
}

TEST(HostedRegistrar, TwoCantBeAtOnePlace) {
  network::VirtualNetwork network({});
  const auto first = HostedRegistrar::At(network, {});
  ASSERT_TRUE(first);
  EXPECT_FALSE(HostedRegistrar::At(network, {}));
}

}  // namespace
}  // namespace provdlab::registrar
