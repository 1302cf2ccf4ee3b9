// As boot_test.cc, of phones with two programs: one that loads the firmware, and one that reads the settings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <utility>

#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/phone.h"
#include "simulator/phone/testing/trace.h"
#include "simulator/phone/testing/world.h"

namespace provdlab::phone {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using How = Fetched::How;

const std::string kBase = "http://provd:8667";
const std::string kUser = kBase + "/0004f2a10001-user.cfg";

std::string Account(const std::string& user, const std::string& password = "Zr81mm") {
  return "<polycomConfig reg.1.server.1.address=\"192.0.2.20\" reg.1.server.1.expires=\"600\" reg.1.address=\"" + user +
         "\" reg.1.auth.userId=\"" + user + "\" reg.1.auth.password=\"" + password + "\"/>\n";
}

World Polycom(const std::string& profile, const std::string& model, Unit unit = {}) {
  unit.model = model;
  unit.mac = "00:04:f2:a1:00:01";
  World world(*BuiltInProfile(profile), std::move(unit));
  world.options[66] = kBase + "/000000000000.cfg";
  world.files[kBase + "/000000000000.cfg"] = {
      .text =
          "<?xml version=\"1.0\"?>\n<APPLICATION APP_FILE_PATH=\"sip.ld\" CONFIG_FILES=\"[PHONE_MAC_ADDRESS]-user.cfg, common.cfg\"/>\n"};
  world.files[kBase + "/common.cfg"] = {.text = "<polycomConfig prov.autoConfigUpload.enabled=\"0\"/>"};
  world.files[kUser] = {.text = Account("k3v9p2")};
  world.registrars["192.0.2.20"].accounts = {{"k3v9p2", "Zr81mm"}, {"je5qtq", "s3cret"}};
  return world;
}

// The firmware that a SoundPoint with 4.0 has.
File Combined(const std::string& version) { return {.text = "provdlab-firmware all " + version + "\n" + std::string(100'000, 'x')}; }

void Start(World& world) {
  world.Happens(PowerOn{});
  world.Run();
}

void StartAgain(World& world) {
  world.Happens(PowerOff{});
  Start(world);
}

TEST(APolycom, LoadsWithOneProgramAndReadsWithTheOther) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kBase + "/sip.ld"] = Combined("4.0.4.2906");
  Start(world);
  ExpectTrace("p-soundpoint-4.0", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APolycom, OfFirmware3AsksForItsFiles) {
  World world = Polycom("polycom-soundpoint-3.2", "SPIP335");
  world.files[kBase + "/000000000000.cfg"].text =
      "<APPLICATION APP_FILE_PATH=\"sip.ld\" CONFIG_FILES=\"[MACADDRESS]-user.cfg, common.cfg, phone1.cfg, sip.cfg\"/>";
  // P12: with every start it reads 197 kB.
  std::string large = "<sip>";
  while (large.size() < 197'000) large += "<voice voice.codecPref.G711Mu=\"" + std::to_string(large.size()) + "\"/>";
  world.files[kBase + "/sip.cfg"] = {.text = large + "</sip>"};
  Start(world);
  ExpectTrace("p-soundpoint-3.2", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APolycom, OfTheVvxLineAsksForFurtherFiles) {
  World world = Polycom("polycom-vvx-5", "VVX500");
  Start(world);
  ExpectTrace("p-vvx-5", world.trace());
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APolycom, P1SaysTheVersionOfTheProgramThatAsks) {
  World world = Polycom("polycom-soundpoint-3.2", "SPIP335");
  Start(world);
  for (const Fetch& fetch : world.fetches()) {
    if (fetch.path == "/common.cfg") {
      EXPECT_THAT(fetch.user_agent, EndsWith("-UA/3.2.4.0267"));
    }
  }
  EXPECT_EQ(world.fetches()[2].path, "/000000000000.cfg");
  EXPECT_EQ(world.fetches()[2].user_agent, "FileTransport PolycomSoundPointIP-SPIP_335-UA/4.3.1.0440");
}

TEST(APolycom, P2BeginsWithRequestsThatDoNotTellItsMac) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  Start(world);
  std::size_t first = 0;
  while (first < world.fetches().size() && world.fetches()[first].path.find("0004f2a10001") == std::string::npos) ++first;
  ASSERT_LT(first, world.fetches().size());
  EXPECT_EQ(world.fetches()[2].path, "/000000000000.cfg");
  EXPECT_GT(first, 2u);
  for (std::size_t index = 0; index < first; ++index) EXPECT_THAT(world.fetches()[index].user_agent, Not(HasSubstr("0004f2a10001")));
}

TEST(APolycom, P3TellsItsSerialNumberOnceItIsToldTo) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP550");
  world.files[kBase + "/common.cfg"].text =
      "<polycomConfig device.set=\"1\" device.prov.tagSerialNo.set=\"1\" device.prov.tagSerialNo=\"1\"/>";
  Start(world);
  StartAgain(world);
  EXPECT_EQ(world.fetches().back().user_agent,
            "FileTransport PolycomSoundPointIP-SPIP_550-UA/4.0.4.2906 (SN:0004f2a10001) Type/Application");
  // It lasts, even if no file says so any more.
  world.files[kBase + "/common.cfg"].text = "<polycomConfig/>";
  StartAgain(world);
  StartAgain(world);
  EXPECT_THAT(world.fetches().back().user_agent, HasSubstr("(SN:0004f2a10001)"));
}

TEST(APolycom, DoesNotTellItsSerialNumberBehindAClosedGate) {
  for (const char* gates :
       {"", "device.set=\"1\"", "device.prov.tagSerialNo.set=\"1\"", "device.set=\"1\" device.prov.tagSerialNo.set=\"0\""}) {
    World world = Polycom("polycom-soundpoint-4.0", "SPIP550");
    world.files[kBase + "/common.cfg"].text = std::string("<polycomConfig ") + gates + " device.prov.tagSerialNo=\"1\"/>";
    Start(world);
    StartAgain(world);
    EXPECT_THAT(world.fetches().back().user_agent, Not(HasSubstr("SN:"))) << gates;
  }
}

TEST(APolycom, P5AsksForItsOwnMasterFileWhenTheAddressNamesNone) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.options[66] = kBase;
  Start(world);
  std::vector<std::string> paths;
  for (const Fetch& fetch : world.fetches()) paths.push_back(fetch.path);
  ASSERT_GE(paths.size(), 4u);
  EXPECT_EQ(paths[2], "/0004f2a10001.cfg");
  EXPECT_EQ(paths[3], "/000000000000.cfg");
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APolycom, P6GoesOnWhenItsLogsAreRefused) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kBase + "/0004f2a10001-boot.log"] = {.how = How::kRefused, .status = 405};
  world.files[kBase + "/0004f2a10001-app.log"] = {.how = How::kRefused, .status = 405};
  Start(world);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  EXPECT_THAT(world.asked(), Contains("PUT " + kBase + "/0004f2a10001-boot.log"));
  EXPECT_THAT(world.asked(), Contains("PUT " + kBase + "/0004f2a10001-app.log"));

  // After more than four failures it doesn't try any more.
  const auto uploads = [&] {
    std::size_t count = 0;
    for (const Fetch& fetch : world.fetches()) count += fetch.path == "/0004f2a10001-app.log" ? 1 : 0;
    return count;
  };
  world.Pass(std::chrono::hours(24 * 30));
  EXPECT_EQ(uploads(), 5u);
}

TEST(APolycom, P7AsksWithItsMacInLowerCaseOnly) {
  World world = Polycom("polycom-vvx-5", "VVX500");
  Start(world);
  EXPECT_THAT(world.asked(), Each(Not(HasSubstr("0004F2"))));
}

TEST(APolycom, P8ClosesTheConnectionWhenTheFirmwareIsItsOwn) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kBase + "/sip.ld"] = Combined("4.0.4.2906");
  Start(world);
  EXPECT_THAT(world.trace(), HasSubstr("closes the connection"));
  EXPECT_EQ(world.phone.restarts(), 0);
}

TEST(APolycom, P9AsksForThePartsFirmwareFirst) {
  World split = Polycom("polycom-soundpoint-4.0", "SPIP335");
  split.files[kBase + "/2345-12375-001.sip.ld"] = Combined("4.0.4.2906");
  Start(split);
  EXPECT_THAT(split.asked(), Contains("GET " + kBase + "/2345-12375-001.sip.ld"));
  EXPECT_THAT(split.asked(), Not(Contains("GET " + kBase + "/sip.ld")));

  World combined = Polycom("polycom-soundpoint-4.0", "SPIP335");
  combined.files[kBase + "/sip.ld"] = Combined("4.0.4.2906");
  Start(combined);
  EXPECT_THAT(combined.asked(), Contains("GET " + kBase + "/2345-12375-001.sip.ld"));
  EXPECT_THAT(combined.asked(), Contains("GET " + kBase + "/sip.ld"));
}

TEST(APolycom, P10AsksForADoubledPartNumber) {
  World world = Polycom("polycom-vvx-5", "VVX500");
  world.files[kBase + "/000000000000.cfg"].text =
      "<APPLICATION APP_FILE_PATH=\"[PHONE_PART_NUMBER].sip.ld\" CONFIG_FILES=\"[PHONE_MAC_ADDRESS]-user.cfg\"/>";
  Start(world);
  EXPECT_THAT(world.asked(), Contains("GET " + kBase + "/3111-44500-001.3111-44500-001.sip.ld"));
  EXPECT_THAT(world.asked(), Contains("GET " + kBase + "/3111-44500-001.sip.ld"));
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
}

TEST(APolycom, PrefersTheImageThatIsNamedForItsModel) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kBase + "/000000000000.cfg"].text =
      "<APPLICATION APP_FILE_PATH=\"sip.ld\" CONFIG_FILES=\"[PHONE_MAC_ADDRESS]-user.cfg\">"
      "<APPLICATION_SPIP335 APP_FILE_PATH_SPIP335=\"old.ld\"/><APPLICATION_SPIP450 APP_FILE_PATH_SPIP450=\"other.ld\"/></APPLICATION>";
  Start(world);
  EXPECT_THAT(world.asked(), Contains("GET " + kBase + "/old.ld"));
  EXPECT_THAT(world.asked(), Each(Not(AnyOf(HasSubstr("/sip.ld"), HasSubstr("other.ld")))));
}

TEST(APolycom, P11WithAnOldBootRomDoesNotLoadTheApplication) {
  World world = Polycom("polycom-soundpoint-3.2", "SPIP330", {.firmware = "2.1.0.2708", .boot_firmware = "2.5.0"});
  world.files[kBase + "/sip.ld"] = Combined("3.2.4.0267");
  world.Happens(PowerOn{});
  world.Pass(std::chrono::seconds(16));
  EXPECT_EQ(world.phone.display(), "BootROM 2.5.0 can't load sip.ld");
  world.Run();
  EXPECT_THAT(world.asked(), Each(Not(HasSubstr("sip.ld"))));
  EXPECT_EQ(world.phone.unit().firmware, "2.1.0.2708");
}

TEST(APolycom, P16KeepsItsOldSettingsWhenAFileIsNotWellFormed) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  Start(world);
  world.files[kUser].text = "<polycomConfig reg.1.server.1.address=\"192.0.2.20\" reg.1.address=\"je5qtq\" reg.1.label=\"Lobby \"2\"\"/>";
  StartAgain(world);
  ExpectTrace("p16-broken-file", world.trace());
  EXPECT_THAT(world.phone.display(), HasSubstr("0004f2a10001-user.cfg can't be read: line 1, column "));
  EXPECT_EQ(world.phone.knowledge().lines.at(0).username, "k3v9p2");
  EXPECT_TRUE(world.phone.knowledge().lines.at(0).registered);
  EXPECT_EQ(world.phone.stage(), Stage::kFetched);
}

TEST(APolycom, P17NeverTakesThePseudoMacForItsOwn) {
  World world = Polycom("polycom-vvx-5", "VVX500");
  world.files.erase(kUser);
  Start(world);
  EXPECT_THAT(world.asked(), Contains(HasSubstr("000000000000-license.cfg")));
  EXPECT_EQ(world.phone.stage(), Stage::kAddressed) << "a file for all phones is not its own";
}

TEST(APolycom, P19CountsALargeImageWithoutKeepingIt) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335", {.firmware = "4.0.1.1", .pauses = false});
  world.files[kBase + "/sip.ld"] = Combined("4.0.4.2906");
  Start(world);
  for (const Fetch& fetch : world.fetches()) {
    if (fetch.path == "/sip.ld") {
      EXPECT_LE(fetch.keep, 256u);
    }
  }
  EXPECT_EQ(world.phone.unit().firmware, "4.0.4.2906");
  EXPECT_EQ(world.phone.restarts(), 1);
}

TEST(APolycom, FormatsItsFilesWhenTheBootProgramIsAnother) {
  World world = Polycom("polycom-soundpoint-3.2", "SPIP335");
  Start(world);
  world.files[kBase + "/bootrom.ld"] = {.text = "provdlab-firmware SPIP335 4.4.0.0423\n"};
  world.files.erase(kUser);
  StartAgain(world);
  EXPECT_EQ(world.phone.unit().boot_firmware, "4.4.0.0423");
  EXPECT_EQ(world.phone.unit().firmware, "3.2.4.0267");
  EXPECT_THAT(world.phone.knowledge().lines, IsEmpty());
}

TEST(APolycom, StartsFromWhatItHadWhenThereIsNoMasterFile) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  Start(world);
  world.files.erase(kBase + "/000000000000.cfg");
  StartAgain(world);
  EXPECT_TRUE(world.phone.knowledge().lines.at(0).registered);
  world.unreachable = true;
  StartAgain(world);
  ExpectTrace("p-server-down", world.trace());
  EXPECT_TRUE(world.phone.knowledge().lines.at(0).registered);
}

TEST(APolycom, TakesTheFirstOfTwoFilesAndItsOwnChangesBeforeBoth) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kUser].text =
      "<a reg.1.server.1.address=\"192.0.2.20\" reg.1.address=\"k3v9p2\" reg.1.label=\"user\" reg.1.displayName=\"user\"/>";
  world.files[kBase + "/common.cfg"].text = "<a reg.1.label=\"common\" reg.1.displayName=\"common\" lcl.ml.lang=\"French_France\"/>";
  world.files[kBase + "/0004f2a10001-phone.cfg"] = {.text = "<OVERRIDE reg.1.label=\"phone\"/>"};
  Start(world);
  const Knowledge& knowledge = world.phone.knowledge();
  EXPECT_EQ(knowledge.lines.at(0).label, "phone");
  EXPECT_EQ(knowledge.lines.at(0).display_name, "user");
  EXPECT_EQ(knowledge.language, "fr");
  EXPECT_THAT(world.asked(), Contains(HasSubstr("SoundPointIPLocalization/French_France/SoundPointIP-dictionary.xml")));
}

TEST(APolycom, TriesAsOftenAsItsSettingsSay) {
  World world = Polycom("polycom-soundpoint-4.0", "SPIP335");
  world.files[kBase + "/common.cfg"].text =
      "<a device.set=\"1\" device.prov.redunAttemptLimit.set=\"1\" device.prov.redunAttemptLimit=\"2\""
      " device.prov.redunInterAttemptDelay.set=\"1\" device.prov.redunInterAttemptDelay=\"7\"/>";
  Start(world);
  world.files[kUser].how = How::kServerError;
  const std::size_t before = world.fetches().size();
  StartAgain(world);
  std::size_t attempts = 0;
  for (std::size_t index = before; index < world.fetches().size(); ++index)
    attempts += world.fetches()[index].path == "/0004f2a10001-user.cfg";
  EXPECT_EQ(attempts, 2u);
  EXPECT_THAT(world.trace(), HasSubstr("pause: 7s before attempt 2 at 0004f2a10001-user.cfg"));
}

TEST(APolycom, SaysWhatItIsInTheLayoutOfRfc3925) {
  World world = Polycom("polycom-soundpoint-3.2", "SPIP335", {.boot_firmware = "4.2.2.0710"});
  Start(world);
  const std::string boot = "BR/4.2.2.0710";
  std::string expected("\x00\x00\x36\x3d", 4);
  std::string parts;
  for (const auto& [code, text] :
       {std::pair<char, std::string>(1, "Polycom"), {2, "SoundPointIP-SPIP_335"}, {3, "2345-12375-001,1"}, {4, boot}, {5, boot}})
    parts += std::string(1, code) + static_cast<char>(text.size()) + text;
  expected += static_cast<char>(parts.size());
  const std::vector<Action> actions = [] {
    Phone phone(*BuiltInProfile("polycom-soundpoint-3.2"),
                {.model = "SPIP335", .mac = "00:04:f2:a1:00:01", .boot_firmware = "4.2.2.0710", .pauses = false});
    return phone.Handle(PowerOn{}, Milliseconds(0));
  }();
  EXPECT_EQ(std::get<AskForAddress>(actions.back()).options.at(60), expected + parts);
}

// P15: what the field's server doesn't know can be described in a few lines.
TEST(APhoneOfTheUsers, IsDescribedByWhatIsDifferent) {
  const Result<Profile> profile = ReadProfile(R"({
    "format": 1,
    "based_on": "polycom-vvx-5",
    "names": {"family": "PolyEdge"},
    "models": {"E350": {"lines": 8, "names": {"id": "Edge_E350", "part": "82M87AA"}}},
    "application": {"version": "8.0.0.1234", "user_agent": "FileTransport {family}-{id}-UA/ {version}"}
  })",
                                              "mine");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_THAT(profile->models(), ElementsAre("E350"));
  World world(*profile, {.model = "E350", .mac = "64:16:7f:a0:00:01"});
  world.options[66] = kBase;
  world.Happens(PowerOn{});
  world.Run();
  EXPECT_EQ(world.fetches().back().user_agent, "FileTransport PolyEdge-Edge_E350-UA/ 8.0.0.1234");
}

TEST(AnAcme, GetsItsFilesOverTftp) {
  World world(*BuiltInProfile("acme"), {.model = "X1", .mac = "00:aa:55:a0:00:01"});
  world.options[66] = "192.0.2.10";
  world.files["tftp://192.0.2.10:69/Acme/common.cfg"] = {.text = "server = 192.0.2.10\nfiles = http://192.0.2.10:8667/Acme\n"};
  world.files["tftp://192.0.2.10:69/Acme/00aa55a00001.cfg"] = {
      .text =
          "model = X1\nlanguage = de\ntransport = udp\nline1 = k3v9p2@192.0.2.20:5060\nline1.password = Zr81mm\nline2 = off\nkey1 = watch "
          "1204\n"};
  world.registrars["192.0.2.20"].accounts["k3v9p2"] = "Zr81mm";
  Start(world);
  EXPECT_EQ(world.phone.stage(), Stage::kRegistered);
  world.Note("and over HTTP from then on");
  StartAgain(world);
  ExpectTrace("acme", world.trace());
}

TEST(AnAcme, LoadsTheFirmwareThatItsFileNames) {
  World world(*BuiltInProfile("acme"), {.model = "X1", .mac = "00:aa:55:a0:00:01", .server = "http://192.0.2.10:8667/Acme"});
  world.files["http://192.0.2.10:8667/Acme/00aa55a00001.cfg"] = {.text = "model = X1\nfirmware = x1-1.1.bin\n"};
  world.files["http://192.0.2.10:8667/Acme/x1-1.1.bin"] = {.text = "provdlab-firmware X1 1.1\n" + std::string(1000, 'x')};
  Start(world);
  EXPECT_EQ(world.phone.unit().firmware, "1.1");
  EXPECT_EQ(world.phone.restarts(), 1);
  EXPECT_EQ(world.fetches().back().user_agent, "Acme X1 00-aa-55-a0-00-01 1.1");
}

TEST(AnAcme, KeepsWhatANewFileDoesNotMention) {
  World world(*BuiltInProfile("acme"), {.model = "X1", .mac = "00:aa:55:a0:00:01", .server = "http://192.0.2.10:8667/Acme"});
  File& file = world.files["http://192.0.2.10:8667/Acme/00aa55a00001.cfg"];
  file.text = "zone = 60; summer +60 from 3/5/0 to 10/5/0\nclock = 192.0.2.1\nkey1 = dial 9\n";
  Start(world);
  EXPECT_EQ(world.phone.knowledge().time_zone, "<+01>-1<+02>-2,M3.5.0/2,M10.5.0/2");
  file.text = "zone = 0\nclock =\n";
  StartAgain(world);
  EXPECT_EQ(world.phone.knowledge().time_zone, "<+00>0") << "what stood behind the zone went with it";
  EXPECT_EQ(world.phone.knowledge().ntp_server, "");
  EXPECT_THAT(world.phone.knowledge().keys, SizeIs(1));
}

TEST(AnAcme, IsStrictAboutItsFiles) {
  World world(*BuiltInProfile("acme"), {.model = "X1", .mac = "00:aa:55:a0:00:01", .server = "http://192.0.2.10:8667/Acme"});
  world.files["http://192.0.2.10:8667/Acme/00aa55a00001.cfg"] = {.text = "line1 = k3v9p2@192.0.2.20:5060\nand so on\n"};
  Start(world);
  EXPECT_EQ(world.phone.display(), "00aa55a00001.cfg can't be read: line 2: this is no setting: and so on");
  EXPECT_EQ(world.phone.stage(), Stage::kFetched);
}

}  // namespace
}  // namespace provdlab::phone
