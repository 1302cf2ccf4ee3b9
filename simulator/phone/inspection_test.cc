#include "simulator/phone/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/profile.h"

namespace provdlab::phone {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

constexpr const char* kAastra = "aastra-67xx";
constexpr const char* kAcme = "acme";
constexpr const char* kPolycom = "polycom-soundpoint-4.0";

std::vector<std::string> Sentences(const char* profile, std::string_view text) {
  std::vector<std::string> sentences;
  for (const Oddity& oddity : Inspect(BuiltInProfile(profile)->data(), text)) sentences.push_back(oddity.sentence);
  return sentences;
}

struct Row {
  const char* profile;
  const char* text;
  std::vector<std::string> sentences;
};

TEST(Inspection, FindsWhatNoFileShouldSay) {
  const Row rows[] = {
      {kAastra, "sip line1 password: None\n", {"sip line1 password is None"}},
      {kAastra, "http server: null\n", {"http server is null"}},
      {kAastra, "upgrade uri: http://None:8667/Aastra\n", {"upgrade uri is http://None:8667/Aastra"}},
      {kAastra, "upgrade uri: http:///Aastra\n", {"upgrade uri has no host in http:///Aastra"}},
      {kAastra, "upgrade uri: http://:8667/Aastra\n", {"upgrade uri has no host in http://:8667/Aastra"}},
      {kAastra, "upgrade uri: http://\n", {"upgrade uri has no host in http://"}},
      {kAastra, "http server:\n", {"http server names no host"}},
      {kAastra, "time server1:\ntime server disabled: 0\n", {"time server1 names no host"}},
      {kAastra, "sip line2 registrar ip:\nsip line2 user name: ada\n", {"sip line2 registrar ip names no host"}},
      {kAcme, "server =\n", {"server names no host"}},
      {kAcme, "line1 = ada@:5060\n", {"line1 has no host in ada@:5060"}},
      {kAcme, "line1 = ada@None:5060\n", {"line1 is ada@None:5060"}},
      {kPolycom, R"(<x device.prov.serverName=":8667"/>)", {"device.prov.serverName has no host in :8667"}},
      {kPolycom, R"(<x reg.1.address="ada" reg.1.server.1.address=""/>)", {"reg.1.server.1.address names no host"}},
      {kPolycom, R"(<x reg.1.displayName="None"/>)", {"reg.1.displayName is None"}},
  };
  for (const Row& row : rows) EXPECT_THAT(Sentences(row.profile, row.text), ElementsAreArray(row.sentences)) << row.text;
}

TEST(Inspection, LeavesAloneWhatMayBeSo) {
  const Row rows[] = {
      {kAastra, "prgkey1 type: none\nprgkey1 value:\n", {}},
      {kAastra, "time server1:\ntime server disabled: 1\n", {}},
      {kAastra, "sip line2 registrar ip:\nsip line2 user name:\n", {}},
      {kAastra, "sip line1 display name: None Shall Pass\nsip line1 screen name: 12:30\n", {}},
      {kAastra, "sip line1 screen name: see http:// for more\n", {}},
      {kAcme, "line1 = off\nclock =\nline1.password = secret@\n", {}},
      {kPolycom, R"(<x device.syslog.transport="None" reg.2.address="" reg.2.server.1.address=""/>)", {}},
      {kPolycom, R"(<x tcpIpApp.sntp.address="" tcpIpApp.sntp.address.overrideDHCP="0"/>)", {}},
  };
  for (const Row& row : rows) EXPECT_THAT(Sentences(row.profile, row.text), IsEmpty()) << row.text;
}

TEST(Inspection, TellsABrokenFile) {
  const auto odd = Inspect(BuiltInProfile(kPolycom)->data(), "<polycomConfig");
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd.front().kind, Oddity::Kind::kUnreadable);
}

TEST(Inspection, EndsAfterAFew) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "x" + std::to_string(i) + ": None\n";
  EXPECT_THAT(Sentences(kAastra, text), SizeIs(5));
}

// What our own plugins make of the configurations of fixtures/phones is as it should be.
TEST(Inspection, FindsNothingInTheFilesOfOurPlugins) {
  int looked = 0;
  for (const auto& entry : fs::recursive_directory_iterator("fixtures/phones/files")) {
    if (entry.path().extension() != ".cfg") continue;
    const std::string path = entry.path().string();
    const char* const profile = path.find("/Aastra/") != std::string::npos ? kAastra
                                : path.find("/Acme/") != std::string::npos ? kAcme
                                                                           : kPolycom;
    const Result<std::string> text = ReadFile(path);
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_THAT(Sentences(profile, *text), IsEmpty()) << path;
    ++looked;
  }
  EXPECT_GT(looked, 10);
}

}  // namespace
}  // namespace provdlab::phone
