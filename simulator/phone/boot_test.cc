// How phones start, as traces that people can read: one for each situation of the field that a phone shows by itself.

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

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using How = Fetched::How;

const std::string kBase = "http://provd:8667/Aastra";

// A line's settings in an Aastra's file.
std::string Account(const std::string& user, const std::string& password = "Zr81mm", const std::string& registrar = "192.0.2.20") {
  return "sip line1 registrar ip: " + registrar + "\nsip line1 user name: " + user + "\nsip line1 auth name: " + user +
         "\nsip line1 password: " + password + "\n";
}

// As DHCP tells an Aastra where its files are.
std::string Option43(const std::string& url) {
  return std::string("\x02") + static_cast<char>(url.size()) + url + std::string("\x03\x01\x00", 3);
}

World Aastra(const std::string& profile, const std::string& model, Unit unit = {}) {
  unit.model = model;
  unit.mac = "00:08:5d:a1:00:01";
  World world(*BuiltInProfile(profile), std::move(unit));
  world.options[43] = Option43(kBase);
  world.files[kBase + "/aastra.cfg"] = {.text = "contact rcs: 0\nsip xml notify event: 1\n"};
  world.files[kBase + "/00085DA10001.cfg"] = {.text = Account("k3v9p2")};
  world.registrars["192.0.2.20"].accounts = {{"k3v9p2", "Zr81mm"}, {"je5qtq", "s3cret"}};
  return world;
}

void Start(World& world) {
  world.Happens(PowerOn{});
  world.Run();
}

// The lines of a trace with one of these words.
std::vector<std::string> Only(const World& world, const std::string& word) {
  std::vector<std::string> lines;
  std::string rest = world.trace();
  for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    const std::string line = rest.substr(0, end);
    rest.erase(0, end + 1);
    if (line.find(word) != std::string::npos) lines.push_back(line.substr(line.find_first_not_of(' ')));
  }
  return lines;
}

TEST(AnAastra, A1AsksForManyFilesThatAreNotThereAndRegisters) {
  World world = Aastra("aastra-68xx", "6867i");
  Start(world);
  ExpectTrace("a1-68xx", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(AnAastra, A2DoesNotAskForAastraCfgWhenThereIsAStartupCfg) {
  World world = Aastra("aastra-68xx", "6867i");
  world.files[kBase + "/startup.cfg"] = {.text = "contact rcs: 0\n"};
  Start(world);
  ExpectTrace("a2-startup-cfg", world.trace());
  EXPECT_THAT(world.asked(), Not(Contains(HasSubstr("aastra.cfg"))));
}

TEST(AnAastra, A3AsksForItsFilesInTheOldOrder) {
  World world = Aastra("aastra-67xx", "6731i");
  world.files[kBase + "/00085DA10001.cfg"].text += "language 1: i18n/lang_fr.txt\nlanguage: 1\n";
  world.files[kBase + "/i18n/lang_fr.txt"] = {.text = "Bonjour"};
  Start(world);
  ExpectTrace("a3-67xx", world.trace());
  EXPECT_THAT(world.asked(), Not(Contains(HasSubstr("startup.cfg"))));
  EXPECT_EQ(world.phone.knowledge().language, "fr");
}

TEST(AnAastra, OfOldFirmwareDoesNotAskForItsModelsFile) {
  World world = Aastra("aastra-67xx", "53i", {.firmware = "2.4.0.96"});
  Start(world);
  ExpectTrace("a3-firmware-2", world.trace());
  EXPECT_THAT(world.asked(), Not(Contains(HasSubstr("53i.cfg"))));
}

TEST(AnAastra, A4SaysItsShortName) {
  World world = Aastra("aastra-67xx", "6757i");
  Start(world);
  EXPECT_THAT(world.asked(), Contains("GET " + kBase + "/57i.st"));
  EXPECT_THAT(world.asked(), Not(Contains(HasSubstr("6757i"))));
  EXPECT_THAT(world.fetches().front().user_agent, StartsWith("Aastra57i MAC:00-08-5D-A1-00-01 "));
}

TEST(AnAastra, A5ThatNobodyToldAServerHasNoService) {
  World world = Aastra("aastra-67xx", "57iCT");
  world.options.clear();
  Start(world);
  ExpectTrace("a5-ct-without-server", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kStarting);
  EXPECT_TRUE(world.phone.settled());

  World told = Aastra("aastra-67xx", "57iCT", {.server = kBase});
  told.files.erase(kBase + "/00085DA10001.cfg");
  Start(told);
  EXPECT_THAT(told.fetches().front().user_agent, StartsWith("Aastra57iCT MAC:"));
  EXPECT_EQ(told.phone.stage(), Stage::kAddressed);
  EXPECT_EQ(told.phone.display(), "no service");
}

TEST(AnAastra, A6OfTheOldestFirmwareDoesNotSaySip) {
  World world = Aastra("aastra-67xx", "57i", {.firmware = "2.0.1.1055"});
  Start(world);
  EXPECT_EQ(world.fetches().front().user_agent, "Aastra57i MAC:00-08-5D-A1-00-01 V:2.0.1.1055-0035-00-A1");
}

TEST(AnAastra, A7IsCalledMitelLater) {
  World world = Aastra("mitel-69xx", "6930");
  Start(world);
  EXPECT_EQ(world.fetches().front().user_agent, "Mitel6930 MAC:00-08-5D-A1-00-01 V:6.4.0.140-SIP");
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(AnAastra, A9FindsLanguagesFromTheRootOnlyWithLaterFirmware) {
  World world = Aastra("aastra-68xx", "6867i");
  world.files[kBase + "/00085DA10001.cfg"].text += "language 1: Aastra/i18n/lang_fr.txt\nlanguage: 1\n";
  Start(world);
  EXPECT_THAT(world.asked(), Contains("GET " + kBase + "/i18n/lang_fr.txt"));
  EXPECT_THAT(world.asked(), Not(Contains(HasSubstr("Aastra/Aastra"))));

  World older = Aastra("aastra-67xx", "6731i");
  older.files[kBase + "/00085DA10001.cfg"].text += "language 1: i18n/lang_fr.txt\nlanguage: 1\n";
  Start(older);
  EXPECT_THAT(older.asked(), Contains("GET " + kBase + "/i18n/lang_fr.txt"));
}

TEST(AnAastra, A11MovesWhereItsFileSaysAfterTheFirstStart) {
  World world = Aastra("aastra-67xx", "6731i");
  Start(world);
  EXPECT_EQ(world.phone.knowledge().provisioning_url, "");
  world.Happens(PowerOff{});
  world.files[kBase + "/00085DA10001.cfg"].text += "download protocol: HTTP\nhttp server: 192.0.2.1\nhttp path: Aastra\nhttp port: 8667\n";
  Start(world);
  EXPECT_EQ(world.phone.knowledge().provisioning_url, "http://192.0.2.1:8667/Aastra");
  EXPECT_THAT(world.asked(), Each(HasSubstr("provd")));
  world.Happens(PowerOff{});
  const std::size_t before = world.fetches().size();
  Start(world);
  EXPECT_EQ(world.fetches()[before].host, "192.0.2.1");
  ExpectTrace("a11-moves", world.trace());
}

TEST(AnAastra, A12KnowsAPasswordThatCanNotBeTyped) {
  World world = Aastra("aastra-67xx", "6731i");
  world.files[kBase + "/00085DA10001.cfg"].text += "admin password: sesame\n";
  Start(world);
  EXPECT_EQ(world.phone.knowledge().admin_password, "sesame");
}

TEST(AnAastra, A13LoadsOtherFirmwareOnceAndStartsAgain) {
  World world = Aastra("aastra-68xx", "6867i");
  world.files[kBase + "/6867i.st"] = {.text = "provdlab-firmware 6867i 4.3.0.2036\n" + std::string(100'000, 'x')};
  Start(world);
  ExpectTrace("a13-firmware", world.trace());
  EXPECT_EQ(world.phone.unit().firmware, "4.3.0.2036");
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_THAT(world.fetches().back().user_agent, HasSubstr("V:4.3.0.2036-SIP"));
}

TEST(AnAastra, A13LoadsFirmwareThatItCanNotNameWheneverItIsAnother) {
  World world = Aastra("aastra-67xx", "6731i");
  world.files[kBase + "/6731i.st"] = {.text = std::string("\x01\x02opaque")};
  Start(world);
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_EQ(world.phone.unit().firmware, "3.3.1.4305");
  world.Happens(PowerOff{});
  Start(world);
  EXPECT_EQ(world.phone.restarts(), 0);
}

TEST(AnAastra, LeavesFirmwareOfOtherPhonesAlone) {
  World world = Aastra("aastra-67xx", "6731i");
  world.files[kBase + "/6731i.st"] = {.text = "provdlab-firmware 6730i 9.9\n"};
  Start(world);
  EXPECT_THAT(Only(world, "firmware:"), ElementsAre("firmware: 6731i.st: it is not for this phone"));
  EXPECT_EQ(world.phone.restarts(), 0);
}

TEST(AnAastra, A15AsksWithItsMacInUpperCaseOnly) {
  World world = Aastra("aastra-68xx", "6867i");
  Start(world);
  EXPECT_THAT(world.asked(), Each(Not(HasSubstr("00085da1"))));
}

TEST(AnAastra, A20RegistersWithWhatItHadWhenTheServerIsDown) {
  World world = Aastra("aastra-67xx", "6731i");
  Start(world);
  world.Happens(PowerOff{});
  world.unreachable = true;
  Start(world);
  ExpectTrace("a20-server-down", world.trace());
  EXPECT_TRUE(world.phone.knowledge().lines.at(0).registered);
  EXPECT_EQ(world.phone.stage(), Stage::kAddressed);

  world.Note("the server is back, with another account");
  world.unreachable = false;
  world.files[kBase + "/00085DA10001.cfg"].text = Account("je5qtq", "s3cret");
  world.Notify("check-sync", "192.0.2.20");
  world.Run();
  EXPECT_EQ(world.phone.knowledge().lines.at(0).username, "je5qtq");
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(AnAastra, TriesAgainWhileTheServerFails) {
  for (const auto& [how, status] : {std::pair(How::kServerError, 503), std::pair(How::kTimedOut, 0), std::pair(How::kCut, 200)}) {
    World world = Aastra("aastra-67xx", "6731i");
    world.files[kBase + "/00085DA10001.cfg"] = {.how = how, .status = status};
    Start(world);
    EXPECT_THAT(Only(world, "00085DA10001.cfg"), SizeIs(3 + 2)) << world.trace();  // three attempts, and two waits between them
    EXPECT_EQ(world.phone.stage(), Stage::kAddressed);
  }
}

TEST(AnAastra, S1TakesTwoSlashesForAMissingFile) {
  World world = Aastra("aastra-67xx", "6731i", {.server = "http://provd:8667/"});
  for (const char* name : {"security.tuz", "aastra.cfg", "6731i.cfg", "00085DA10001.cfg", "6731i.st"})
    world.files[std::string("http://provd:8667//") + name] = {.how = How::kRefused, .status = 403};
  Start(world);
  EXPECT_THAT(world.asked(), Each(StartsWith("GET http://provd:8667//")));
  EXPECT_EQ(world.phone.stage(), Stage::kAddressed);
  EXPECT_TRUE(world.phone.settled());
}

TEST(AnAastra, KeepsItsSettingsWhenAFileIsNoFileOfSettings) {
  World world = Aastra("aastra-67xx", "6731i");
  Start(world);
  world.Happens(PowerOff{});
  world.files[kBase + "/00085DA10001.cfg"].text = "<html>\n<body>Sorry</body>\n</html>\n";
  Start(world);
  EXPECT_THAT(world.phone.display(), HasSubstr("00085DA10001.cfg can't be read: line 1: nothing in it is a setting"));
  EXPECT_EQ(world.phone.stage(), Stage::kFetched);
  EXPECT_TRUE(world.phone.knowledge().lines.at(0).registered);
}

// What field bug 78 tells of: a phone that starts again and again until it gets what it can't do without.
TEST(AnAastra, StartsAgainWithoutAastraCfgButNotForEver) {
  World world = Aastra("aastra-67xx", "57i");
  world.files.erase(kBase + "/aastra.cfg");
  Start(world);
  EXPECT_EQ(world.phone.restarts(), 20);
  EXPECT_TRUE(world.phone.settled());
  EXPECT_THAT(world.phone.display(),
              HasSubstr("it restarted 20 times without coming into service; the last time because there is no aastra.cfg"));
  EXPECT_THAT(world.asked(), SizeIs(21 * 2));  // each time the same two files

  World healed = Aastra("aastra-67xx", "57i");
  const File there = std::exchange(healed.files[kBase + "/aastra.cfg"], {.how = How::kMissing, .status = 404});
  healed.Happens(PowerOn{});
  healed.Pass(std::chrono::minutes(3));
  EXPECT_GT(healed.phone.restarts(), 0);
  healed.files[kBase + "/aastra.cfg"] = there;
  healed.Run();
  EXPECT_EQ(healed.phone.stage(), Stage::kRegistered);
}

TEST(APhone, WaitsForAnAddress) {
  World world = Aastra("aastra-67xx", "6731i", {.pauses = false});
  world.has_addresses = false;
  world.Happens(PowerOn{});
  world.Pass(std::chrono::seconds(30));
  EXPECT_FALSE(world.phone.settled());
  EXPECT_EQ(world.phone.display(), "no address");
  world.has_addresses = true;
  world.Run();
  ExpectTrace("without-address", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_EQ(world.phone.display(), "");
}

TEST(APhone, RenewsItsAddressAndTellsTheRegistrarOfAnotherOne) {
  World world = Aastra("aastra-67xx", "6731i", {.pauses = false});
  Start(world);
  const auto renewed = [&](const std::string& ip) {
    world.Happens(Leased{.ip = ip, .options = world.options});
    world.Run();
  };
  world.Pass(std::chrono::hours(12) + std::chrono::minutes(1));
  EXPECT_THAT(Only(world, "renews its address"), SizeIs(1));
  const std::size_t registered = Only(world, "REGISTER").size();
  renewed("127.1.0.77");
  EXPECT_EQ(world.phone.ip(), "127.1.0.1") << "nobody asked for an address";

  world.lease = std::chrono::seconds(600);
  world.Pass(std::chrono::hours(13));
  EXPECT_GT(Only(world, "renews its address").size(), 2u);
  EXPECT_GT(Only(world, "REGISTER").size(), registered);
  EXPECT_EQ(world.phone.restarts(), 0);
}

TEST(APhone, TakesNoTimeOverAnythingIfItIsToldSo) {
  World world = Aastra("aastra-68xx", "6867i", {.pauses = false});
  Start(world);
  EXPECT_LT(world.now(), Milliseconds(50));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APhone, HasNothingUnderWayOnceItIsOff) {
  World world = Aastra("aastra-68xx", "6867i");
  world.Happens(PowerOn{});
  world.Pass(std::chrono::seconds(31));
  world.Happens(PowerOff{});
  EXPECT_EQ(world.phone.stage(), Stage::kOff);
  const std::size_t lines = world.whole().size();
  world.Happens(TimerRang{.timer = 1});
  world.Happens(Fetched{.fetch = 2, .how = How::kWhole});
  world.Happens(Leased{.ip = "127.1.0.9"});
  world.Happens(CallBegan{});
  EXPECT_EQ(world.whole().size(), lines);
}

}  // namespace
}  // namespace provdlab::phone
