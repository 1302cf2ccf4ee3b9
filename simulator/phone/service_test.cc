// What phones do once they are in service: registering, being told that there is something new, calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/testing/trace.h"
#include "simulator/phone/testing/world.h"

namespace provdlab::phone {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using How = Fetched::How;

const std::string kAastra = "http://provd:8667/Aastra";
const std::string kOwn = kAastra + "/00085DA10001.cfg";

std::string Line1(const std::string& user, const std::string& password) {
  return "sip line1 registrar ip: 192.0.2.20\nsip line1 proxy ip: 192.0.2.20\nsip line1 user name: " + user +
         "\nsip line1 password: " + password + "\n";
}

class InService : public ::testing::Test {
 protected:
  // An Aastra that is registered, and settled.
  World Aastra(std::string own = Line1("k3v9p2", "Zr81mm")) {
    World world(*BuiltInProfile("aastra-67xx"), {.model = "6731i", .mac = "00:08:5d:a1:00:01", .server = kAastra, .pauses = false});
    world.files[kAastra + "/aastra.cfg"] = {.text = "sip xml notify event: 1\n"};
    world.files[kOwn] = {.text = std::move(own)};
    Accounts(world);
    Start(world);
    return world;
  }
  World Polycom(const std::string& own = R"(reg.1.label="1")") {
    World world(*BuiltInProfile("polycom-soundpoint-4.0"),
                {.model = "SPIP335", .mac = "00:04:f2:a1:00:01", .server = "http://provd:8667", .pauses = false});
    world.files["http://provd:8667/000000000000.cfg"] = {.text = R"(<APPLICATION CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg"/>)"};
    PolycomFile(world, own);
    Accounts(world);
    Start(world);
    return world;
  }
  static void PolycomFile(World& world, const std::string& own) {
    world.files["http://provd:8667/0004f2a10001-user.cfg"] = {
        .text = R"(<c reg.1.server.1.address="192.0.2.20" reg.1.address="k3v9p2" reg.1.auth.password="Zr81mm" )" + own + "/>"};
  }
  World Acme(const std::string& own) {
    World world(*BuiltInProfile("acme"), {.model = "X2", .mac = "00:aa:55:a0:00:01", .server = "http://provd:8667/Acme", .pauses = false});
    world.files["http://provd:8667/Acme/00aa55a00001.cfg"] = {.text = own};
    Accounts(world);
    Start(world);
    return world;
  }
  static void Accounts(World& world) { world.registrars["192.0.2.20"].accounts = {{"k3v9p2", "Zr81mm"}, {"je5qtq", "s3cret"}}; }
  static void Start(World& world) {
    world.Happens(PowerOn{});
    world.Run();
  }
  static std::size_t Count(const World& world, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = world.trace().find(text); at != std::string::npos; at = world.trace().find(text, at + 1)) ++count;
    return count;
  }
  static std::string Answer(const World& world) {
    const std::size_t at = world.trace().rfind("sip to ");
    return world.trace().substr(at, world.trace().find('\n', at) - at);
  }
};

// ---- Registering

TEST_F(InService, RegistersWithItsPasswordAndRenewsInTime) {
  World world = Aastra();
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 2);
  world.Pass(seconds(3580));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 2);
  world.Pass(seconds(10));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 4);
  world.Pass(hours(24));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, RenewsAtHalfTimeIfThatIsItsVendorsWay) {
  World world = Polycom(R"(reg.1.server.1.expires="600")");
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 2);
  world.Pass(seconds(301));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 4);
}

TEST_F(InService, AuthenticatesTowardsAProxyToo) {
  World world = Aastra("");
  world.registrars["192.0.2.20"].by_proxy = true;
  world.files[kOwn].text = Line1("k3v9p2", "Zr81mm");
  world.Happens(PowerOff{});
  Start(world);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, WaitsAfterAWrongPassword) {
  World world = Aastra(Line1("k3v9p2", "wrong"));
  EXPECT_TRUE(world.phone.settled());
  EXPECT_EQ(world.phone.stage(), Stage::kParsed);
  EXPECT_THAT(world.trace(), HasSubstr("register: line 1: k3v9p2 is not registered at 192.0.2.20: 401, the password is not right"));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 2);
  world.Pass(minutes(29));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 2);
  world.registrars["192.0.2.20"].accounts["k3v9p2"] = "wrong";
  world.Pass(minutes(2));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, WaitsAfterARefusalAndShorterAfterSilence) {
  World refused = Aastra("");
  refused.registrars["192.0.2.20"].status = 403;
  refused.files[kOwn].text = Line1("k3v9p2", "Zr81mm");
  refused.Happens(PowerOff{});
  Start(refused);
  EXPECT_EQ(refused.registrars["192.0.2.20"].requests, 1);
  refused.Pass(seconds(1799));
  EXPECT_EQ(refused.registrars["192.0.2.20"].requests, 1);

  World silent = Aastra("");
  silent.registrars["192.0.2.20"].silent = true;
  silent.files[kOwn].text = Line1("k3v9p2", "Zr81mm");
  silent.Happens(PowerOff{});
  silent.Happens(PowerOn{});
  silent.Pass(seconds(31));
  EXPECT_FALSE(silent.phone.settled());
  // RFC 3261: at 0, 0.5, 1.5, 3.5, 7.5 and then every 4 seconds until 32.
  EXPECT_EQ(silent.registrars["192.0.2.20"].requests, 10);
  silent.Pass(seconds(5));
  EXPECT_TRUE(silent.phone.settled());
  EXPECT_EQ(silent.registrars["192.0.2.20"].requests, 11);
  silent.registrars["192.0.2.20"].silent = false;
  silent.Pass(seconds(120));
  EXPECT_EQ(silent.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, AsksForALongerTimeIfItHasTo) {
  World world = Polycom(R"(reg.1.server.1.expires="60")");
  world.registrars["192.0.2.20"].least = 300;
  world.Pass(seconds(31));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_THAT(world.trace(), HasSubstr("423"));
  EXPECT_EQ(Count(world, "expires 300, with its password"), 1u);
}

TEST_F(InService, AsksTheBackupWhenItsRegistrarFails) {
  World world = Aastra("");
  world.registrars["192.0.2.20"].status = 503;
  world.registrars["192.0.2.21"].accounts["k3v9p2"] = "Zr81mm";
  world.files[kOwn].text = Line1("k3v9p2", "Zr81mm") + "sip line1 backup registrar ip: 192.0.2.21\nsip line1 backup registrar port: 5070\n";
  world.Happens(PowerOff{});
  Start(world);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_THAT(world.trace(), HasSubstr("sip to 192.0.2.21:5070/udp"));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 1);
  // An hour later the first one has rested long enough.
  world.registrars["192.0.2.20"].status = 0;
  world.Pass(hours(1));
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, 3);
}

TEST_F(InService, RegistersEveryLineByItself) {
  World world =
      Aastra(Line1("k3v9p2", "Zr81mm") +
             "sip transport protocol: 2\nsip line2 registrar ip: 192.0.2.20\nsip line2 registrar port: 5080\nsip line2 user name: je5qtq\n"
             "sip line2 auth name: je5qtq\nsip line2 password: no\nsip line3 registrar ip: 0.0.0.0\nsip line3 user name: x\n");
  const Knowledge& knowledge = world.phone.knowledge();
  ASSERT_THAT(knowledge.lines, SizeIs(2));
  EXPECT_TRUE(knowledge.lines[0].registered);
  EXPECT_FALSE(knowledge.lines[1].registered);
  EXPECT_EQ(world.phone.stage(), Stage::kParsed);
  EXPECT_THAT(world.trace(), HasSubstr("sip to 192.0.2.20:5080/tcp: REGISTER sip:192.0.2.20:5080 by je5qtq@192.0.2.20"));
}

TEST_F(InService, AsksThroughTheProxyIfThatIsItsVendorsWay) {
  World world = Polycom(R"(reg.1.outboundProxy.address="192.0.2.40" reg.1.outboundProxy.port="5070")");
  EXPECT_THAT(world.trace(), HasSubstr("sip to 192.0.2.40:5070/udp: REGISTER sip:192.0.2.20 by k3v9p2@192.0.2.20"));
  EXPECT_EQ(Count(world, "sip to 192.0.2.20"), 0u);
}

TEST_F(InService, RefusesToAskWhatIsNoHost) {
  World world = Aastra("sip line1 registrar ip: 192.0.2.20> b\nsip line1 user name: k3v9p2\n");
  EXPECT_EQ(Count(world, "sip to"), 0u);
  EXPECT_THAT(world.trace(), HasSubstr("192.0.2.20> b is no host"));
  EXPECT_TRUE(world.phone.settled());
}

TEST_F(InService, SendsOnlyWellFormedMessagesWhateverItsSettingsAre) {
  World world =
      Aastra("sip line1 registrar ip: 192.0.2.20\nsip line1 user name: a\"<b>;c\\ @\xc3\xa9\nsip line1 display name: x\" <sip:y>\\\n");
  EXPECT_EQ(Count(world, "MALFORMED"), 0u) << world.trace();
  EXPECT_GE(Count(world, "REGISTER"), 2u);
}

// ---- Being told

TEST_F(InService, A16ReadsItsFilesAgainAndGoesOnIfNothingChanged) {
  World world = Aastra();
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  ExpectTrace("a16-unchanged", world.trace());
  EXPECT_EQ(world.phone.restarts(), 0);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, A17StartsAgainIfSomethingChanged) {
  World world = Aastra();
  world.files[kOwn].text = Line1("je5qtq", "s3cret");
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  ExpectTrace("a17-changed", world.trace());
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_EQ(world.phone.knowledge().lines.at(0).username, "je5qtq");
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST_F(InService, A17StartsAgainForOtherFirmware) {
  World world = Aastra();
  world.files[kAastra + "/6731i.st"] = {.text = "provdlab-firmware 6731i 3.3.1.4365\n"};
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 2) << "once to look, once more with the other firmware";
  EXPECT_EQ(world.phone.unit().firmware, "3.3.1.4365");
}

TEST_F(InService, A18WaitsForTheEndOfACall) {
  World world = Aastra();
  world.Happens(CallBegan{});
  world.files[kOwn].text = Line1("je5qtq", "s3cret");
  world.Notify("check-sync", "192.0.2.20");
  world.Pass(minutes(10));
  EXPECT_EQ(world.phone.restarts(), 0);
  EXPECT_FALSE(world.phone.settled());
  EXPECT_EQ(world.asked().size(), 5u) << "it doesn't look before the call is over";
  world.Happens(CallEnded{});
  world.Run();
  ExpectTrace("a18-in-a-call", world.trace());
  EXPECT_EQ(world.phone.restarts(), 1);
}

TEST_F(InService, WaitsForTheEndOfACallThatBeganWhileItLooked) {
  World world = Aastra();
  world.files[kOwn].text = Line1("je5qtq", "s3cret");
  world.Notify("check-sync", "192.0.2.20");
  world.Happens(CallBegan{});
  world.Pass(minutes(1));
  EXPECT_EQ(world.phone.restarts(), 0);
  EXPECT_THAT(world.trace(), HasSubstr("it restarts when the call is over"));
  world.Happens(CallEnded{});
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 1);
}

TEST_F(InService, A19ListensOnlyToItsProxyIfItIsToldSo) {
  World world = Aastra(Line1("k3v9p2", "Zr81mm") + "sip whitelist: 1\n");
  world.Notify("check-sync", "192.0.2.99");
  EXPECT_THAT(Answer(world), HasSubstr("403 Forbidden"));
  EXPECT_TRUE(world.phone.settled());
  world.Notify("check-sync", "192.0.2.20", 2);
  EXPECT_THAT(Answer(world), HasSubstr("200 OK"));
}

TEST_F(InService, P13DoesNotRestartWithoutAChangeUnlessItAlwaysDoes) {
  World world = Polycom();
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 0);
  PolycomFile(world, R"(reg.1.label="2")");
  world.Notify("check-sync", "192.0.2.20", 2);
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_EQ(world.phone.knowledge().lines.at(0).label, "2");

  World always = Polycom(R"(voIpProt.SIP.specialEvent.checkSync.alwaysReboot="1")");
  always.Notify("check-sync", "192.0.2.20");
  always.Run();
  EXPECT_EQ(always.phone.restarts(), 1);
}

TEST_F(InService, RefusesALowerCSeqIfThatIsItsVendorsWay) {
  World polycom = Polycom();
  polycom.Notify("check-sync", "192.0.2.20", 7);
  polycom.Run();
  polycom.Notify("check-sync", "192.0.2.20", 6);
  EXPECT_THAT(Answer(polycom), HasSubstr("500 CSeq is lower than before"));
  polycom.Notify("check-sync", "192.0.2.20", 1, "another@provd");
  EXPECT_THAT(Answer(polycom), HasSubstr("200 OK"));

  World aastra = Aastra();
  aastra.Notify("check-sync", "192.0.2.20", 7);
  aastra.Run();
  aastra.Notify("check-sync", "192.0.2.20", 6);
  EXPECT_THAT(Answer(aastra), HasSubstr("200 OK"));
}

TEST_F(InService, AnswersARepeatedNotifyWithoutFollowingItTwice) {
  World world = Aastra();
  world.Notify("check-sync", "192.0.2.20", 3);
  world.Notify("check-sync", "192.0.2.20", 3);
  world.Run();
  EXPECT_EQ(Count(world, "200 OK to NOTIFY"), 2u);
  EXPECT_EQ(Count(world, "nothing changed"), 1u);
}

TEST_F(InService, LooksOnceMoreIfItIsToldWhileItLooks) {
  World world = Aastra();
  world.Notify("check-sync", "192.0.2.20", 1);
  world.Notify("check-sync", "192.0.2.20", 2);
  world.Notify("check-sync", "192.0.2.20", 3);
  world.Run();
  EXPECT_EQ(Count(world, "nothing changed"), 2u);
  EXPECT_TRUE(world.phone.settled());
}

TEST_F(InService, FollowsEventsThatItKnowsOnly) {
  World world = Aastra();
  world.Notify("", "192.0.2.20", 1);
  EXPECT_THAT(Answer(world), HasSubstr("489 Bad Event"));
  world.Notify("message-summary", "192.0.2.20", 2);
  EXPECT_THAT(Answer(world), HasSubstr("489 Bad Event"));
  world.Notify("Check-Sync;reboot=true", "192.0.2.20", 3);
  EXPECT_THAT(Answer(world), HasSubstr("200 OK"));
  world.Run();
  // Its file allows this one.
  world.Notify("aastra-xml", "192.0.2.20", 4);
  EXPECT_THAT(Answer(world), HasSubstr("200 OK"));
}

TEST_F(InService, AnswersWhatItDoesNotKnow) {
  World world = Aastra();
  for (const auto& [method, to, expected] :
       {std::tuple("OPTIONS", "<sip:a@127.1.0.1>", "200 OK"), std::tuple("INVITE", "<sip:a@127.1.0.1>", "405 Method Not Allowed"),
        std::tuple("BYE", "<sip:a@127.1.0.1>;tag=x", "481 "), std::tuple("NOTIFY", "<sip:a@127.1.0.1>;tag=x", "481 "),
        std::tuple("FLY", "<sip:a@127.1.0.1>", "405 ")}) {
    sip::Message request{.method = method, .uri = "sip:a@127.1.0.1"};
    request.Add("Via", "SIP/2.0/UDP 192.0.2.20:5070;branch=z9hG4bKx");
    request.Add("From", "<sip:b@192.0.2.20>;tag=t");
    request.Add("To", to);
    request.Add("Call-ID", "c");
    request.Add("CSeq", std::string("1 ") + method);
    request.Add("Event", "check-sync");
    world.Happens(SipReceived{request, "192.0.2.20", 4711});
    EXPECT_THAT(Answer(world), HasSubstr(expected)) << method;
    EXPECT_THAT(Answer(world), HasSubstr("192.0.2.20:5070/udp")) << "without rport, the port of the Via";
  }
  const std::size_t lines = world.whole().size();
  sip::Message ack{.method = "ACK", .uri = "sip:a@127.1.0.1"};
  world.Happens(SipReceived{ack, "192.0.2.20", 4711});
  EXPECT_EQ(world.whole().size(), lines);
}

TEST_F(InService, AppliesWhatIsNewWithoutARestartIfThatIsItsVendorsWay) {
  const std::string first = "line1 = k3v9p2@192.0.2.20:5060\nline1.password = Zr81mm\n";
  World world = Acme(first + "line2 = je5qtq@192.0.2.20:5060\nline2.password = s3cret\nkey1 = watch 1204\n");
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  const int requests = world.registrars["192.0.2.20"].requests;
  world.files["http://provd:8667/Acme/00aa55a00001.cfg"].text =
      first + "line2 = off\nline2.password =\nline3 = je5qtq@192.0.2.20:5060\nline3.password = s3cret\nkey1 = dial 9\n";
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  ExpectTrace("acme-applies", world.trace());
  EXPECT_EQ(world.phone.restarts(), 0);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_EQ(world.registrars["192.0.2.20"].requests, requests + 2) << "the line that is as it was stays registered";
  ASSERT_THAT(world.phone.knowledge().lines, SizeIs(2));
  EXPECT_EQ(world.phone.knowledge().lines[1].number, 3);
  EXPECT_EQ(world.phone.knowledge().keys.at(0).type, "speeddial");
  world.Pass(hours(2));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);

  world.Notify("reboot", "192.0.2.20", 9);
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 1);
}

TEST_F(InService, LooksByItselfIfItIsToldTo) {
  World world = Polycom(R"(prov.polling.enabled="1" prov.polling.mode="rel" prov.polling.period="7200")");
  const std::size_t asked = world.asked().size();
  world.Pass(seconds(7201));
  EXPECT_EQ(world.asked().size(), asked + 5);
  PolycomFile(world, R"(reg.1.label="9")");
  world.Pass(seconds(7200));
  world.Run();
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_EQ(world.phone.knowledge().lines.at(0).label, "9");

  World silent = Polycom();
  const std::size_t before = silent.asked().size();
  silent.Pass(hours(40));
  EXPECT_EQ(silent.asked().size(), before);
}

TEST_F(InService, DoesTheSameWithTheSameSeed) {
  const auto run = [&](std::uint64_t seed) {
    World world(*BuiltInProfile("aastra-67xx"), {.model = "6731i", .mac = "00:08:5d:a1:00:01", .server = kAastra, .seed = seed});
    world.files[kOwn] = {.text = Line1("k3v9p2", "Zr81mm")};
    Accounts(world);
    Start(world);
    world.Notify("check-sync", "192.0.2.20");
    world.Pass(hours(5));
    return world.whole();
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

}  // namespace
}  // namespace provdlab::phone
