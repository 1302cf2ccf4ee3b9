// What phones understand of the files that our plugins' templates make (fixtures/phones/files), as JSON.

#include "simulator/phone/knowledge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/files.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/testing/trace.h"
#include "simulator/phone/testing/world.h"

namespace provdlab::phone {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Case {
  const char* profile;
  const char* model;
  const char* mac;
  const char* configuration;
  const char* file;
  const char* base;
};

void PrintTo(const Case& of, std::ostream* out) { *out << of.configuration; }

// A phone that got the file as its own, and nothing else.
Phone Told(const Case& of) {
  World world(*BuiltInProfile(of.profile), {.model = of.model, .mac = of.mac, .server = of.base, .pauses = false});
  const Result<std::string> text = ReadFile(std::string("fixtures/phones/files/") + of.configuration + "/" + of.file);
  EXPECT_TRUE(text) << text.error().message;
  std::string name = of.file;
  name = name.substr(name.rfind('/') + 1);
  world.files[std::string(of.base) + "/" + name] = {.text = text.value_or("")};
  // A Polycom finds its own file by the one of all phones.
  world.files[std::string(of.base) + "/000000000000.cfg"] = {.text = R"(<APPLICATION CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg"/>)"};
  world.Happens(PowerOn{});
  world.Run();
  EXPECT_EQ(world.phone.stage(), Stage::kParsed) << world.phone.display();
  return std::move(world.phone);
}

class TheFileOf : public ::testing::TestWithParam<Case> {};

TEST_P(TheFileOf, SaysWhatItsConfigurationSays) {
  const Phone phone = Told(GetParam());
  ExpectFile(std::string("knowledge-") + GetParam().configuration + ".json", ToJson(phone.knowledge()).dump(2) + "\n");
}

constexpr const char* kHttp = "http://192.0.2.10:8667";
constexpr const char* kAastra = "http://192.0.2.10:8667/Aastra";
constexpr const char* kAcme = "http://192.0.2.10:8667/Acme";
constexpr const char* kAastraMac = "00:08:5d:23:74:29";
constexpr const char* kAastraFile = "Aastra/00085D237429.cfg";

INSTANTIATE_TEST_SUITE_P(
    OurPlugins, TheFileOf,
    ::testing::Values(Case{"aastra-67xx", "6731i", kAastraMac, "aastra-6731i", kAastraFile, kAastra},
                      Case{"aastra-67xx", "6757i", kAastraMac, "aastra-6757i", kAastraFile, kAastra},
                      Case{"aastra-67xx", "6739i", kAastraMac, "aastra-hostile", kAastraFile, kAastra},
                      Case{"aastra-67xx", "6755i", kAastraMac, "aastra-tls", kAastraFile, kAastra},
                      Case{"polycom-soundpoint-4.0", "SPIP650", "00:04:f2:a1:b2:c3", "polycom-650", "0004f2a1b2c3-user.cfg", kHttp},
                      Case{"polycom-soundpoint-4.0", "SSIP6000", "00:04:f2:a1:b2:c4", "polycom-6000", "0004f2a1b2c4-user.cfg", kHttp},
                      Case{"acme", "X2", "00:aa:55:00:00:02", "acme-x2", "Acme/00aa55000002.cfg", kAcme},
                      Case{"acme", "X1", "00:aa:55:00:00:01", "acme-zone-lord-howe", "Acme/00aa55000001.cfg", kAcme},
                      Case{"acme", "X1", "00:aa:55:00:00:01", "acme-zone-new-york", "Acme/00aa55000001.cfg", kAcme}),
    [](const auto& of) {
      std::string name = of.param.configuration;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

// The same time zone of the configuration is the same to phones of different vendors.
TEST(TheKnowledge, IsTheSameForAllVendors) {
  const Phone aastra = Told({"aastra-67xx", "6731i", kAastraMac, "aastra-6731i", kAastraFile, kAastra});
  const Phone polycom = Told({"polycom-soundpoint-4.0", "SPIP650", "00:04:f2:a1:b2:c3", "polycom-650", "0004f2a1b2c3-user.cfg", kHttp});
  EXPECT_EQ(aastra.knowledge().time_zone, "<+01>-1<+02>-2,M3.5.0/2,M10.5.0/3");
  EXPECT_EQ(polycom.knowledge().time_zone, aastra.knowledge().time_zone);
  EXPECT_EQ(polycom.knowledge().language, aastra.knowledge().language);
  EXPECT_EQ(polycom.knowledge().ntp_server, aastra.knowledge().ntp_server);
}

TEST(TheKnowledge, LeavesOutWhatNobodySaid) {
  Knowledge knowledge;
  EXPECT_EQ(DumpJson(ToJson(knowledge)), R"({"lines":[],"keys":[]})");
  knowledge.lines.push_back({.number = 2, .username = "je5qtq", .registrar = {"192.0.2.20", 0}});
  knowledge.keys.push_back({.name = "key1", .type = "blf"});
  knowledge.other["vlan"] = "120";
  EXPECT_EQ(DumpJson(ToJson(knowledge)),
            R"({"lines":[{"line":2,"username":"je5qtq","registrar":{"host":"192.0.2.20"},"registered":false}],)"
            R"("keys":[{"key":"key1","type":"blf"}],"vlan":"120"})");
}

}  // namespace
}  // namespace provdlab::phone
