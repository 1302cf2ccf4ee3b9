#include "simulator/phone/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "simulator/phone/built_in_profiles.h"
#include "simulator/phone/embedded_profiles.h"
#include "simulator/phone/profile_data.h"

namespace provdlab::phone {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

// A whole profile, as small as one can be.
constexpr const char* kSmall = R"json({
  "format": 1,
  "vendor": "Borealis",
  "ouis": ["00:bb:66"],
  "models": {"T40": {"lines": 3}},
  "application": {
    "version": "4.2",
    "user_agent": "Borealis/{model}-{version} ({mac})",
    "steps": [{"get": "{mac}.xml", "as": "settings"}]
  },
  "settings": {"syntax": "attributes", "own_files": ["{mac}.xml"]}
})json";

Result<Profile> With(const char* pointer, const char* value) {
  Json json = *ParseJson(kSmall);
  json[Json::json_pointer(pointer)] = *ParseJson(value);
  return Profile::Read(DumpJson(json), "mine");
}

TEST(TheBuiltInProfiles, CanBeRead) {
  for (const EmbeddedFile& file : EmbeddedProfiles()) {
    const Result<Profile> profile = ReadProfile(file.bytes, std::string(file.path));
    EXPECT_TRUE(profile) << profile.error().message;
  }
}

TEST(TheBuiltInProfiles, AreFoundByNameAndByModel) {
  EXPECT_EQ(BuiltInProfile("acme")->vendor(), "Acme");
  EXPECT_EQ(BuiltInProfile("nobody"), nullptr);
  EXPECT_EQ(BuiltInProfileFor("6867i")->name(), "aastra-68xx");
  EXPECT_EQ(BuiltInProfileFor("VVX500")->name(), "polycom-vvx-5");
  EXPECT_EQ(BuiltInProfileFor("SPIP335")->name(), "polycom-soundpoint-4.0") << "3.2 has it too";
  EXPECT_EQ(BuiltInProfileFor("T1000"), nullptr);
  EXPECT_THAT(BuiltInProfile("aastra-67xx")->models(), IsSupersetOf({"51i", "53i", "55i", "57i", "57iCT", "6730i", "6731i", "6735i",
                                                                     "6737i", "6739i", "6753i", "6755i", "6757i", "9143i", "9480i"}));
}

TEST(TheBuiltInProfiles, SayWhatIsAssumed) {
  bool attempts = false;
  for (const Assumption& assumption : BuiltInProfile("aastra-68xx")->assumptions()) attempts |= assumption.what == "/fetching/attempts";
  EXPECT_TRUE(attempts);
  EXPECT_TRUE(BuiltInProfile("acme")->assumptions().empty()) << "what is made up needs no source";
}

TEST(AMintedMac, IsOfTheVendorAndOfNoRealPhone) {
  const Profile& aastra = *BuiltInProfile("aastra-67xx");
  EXPECT_THAT(MintMac(aastra, 1), StartsWith("00:08:5d:a"));
  std::set<std::string> minted;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) minted.insert(MintMac(aastra, seed));
  EXPECT_EQ(minted.size(), 20'000u);
  for (const std::string& mac : minted) ASSERT_EQ(mac.size(), 17u) << mac;
  EXPECT_EQ(MintMac(aastra, 7), MintMac(aastra, 7));
}

TEST(AProfile, CanBeSmall) {
  const Result<Profile> profile = Profile::Read(kSmall, "mine");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_THAT(profile->models(), ElementsAre("T40"));
}

TEST(AProfile, TakesTheRestFromTheOneThatItIsBasedOn) {
  const Result<Profile> profile = ReadProfile(R"({
    "based_on": "aastra-67xx",
    "models": {"6799i": {"lines": 2}},
    "application": {"version": "9.9"},
    "assumed": {"/application/version": "Nobody has such a phone."}
  })",
                                              "mine");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->vendor(), "Aastra");
  EXPECT_THAT(profile->models(), ElementsAre("6799i"));
  EXPECT_EQ(profile->data().models.at("6799i").version, "9.9");
  for (const Assumption& assumption : profile->assumptions()) EXPECT_NE(assumption.what, "/models/6757iCT") << "it isn't there any more";
  EXPECT_EQ(ReadProfile(R"({"based_on": "nobody"})", "mine").error().message, "mine: there is no profile nobody to be based on");
  EXPECT_EQ(Profile::Read(R"({"based_on": "acme"})", "mine").error().message, "mine: there is no profile acme to be based on");
  const auto itself = [](std::string_view) { return std::optional<std::string_view>(R"({"based_on": "itself"})"); };
  EXPECT_EQ(Profile::Read(R"({"based_on": "itself"})", "mine", itself).error().message,
            "itself: it is based on too many others, one upon the other");
}

struct Slip {
  const char* where;
  const char* value;
  const char* sentence;
};

class ASlip : public ::testing::TestWithParam<Slip> {};

TEST_P(ASlip, IsASentenceThatSaysWhatAndWhere) {
  const Result<Profile> profile = With(GetParam().where, GetParam().value);
  ASSERT_FALSE(profile) << GetParam().where << " = " << GetParam().value << " was taken";
  EXPECT_THAT(profile.error().message, StartsWith(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, ASlip,
    ::testing::Values(
        Slip{"/format", "2", "mine: format is not 1, which is the only one known here"},
        Slip{"/aplication", "{}", "mine: 'aplication' is not a member that is known here"},
        Slip{"/vendor", "7", "mine: vendor is not a string"}, Slip{"/ouis", "[]", "mine: there are no ouis"},
        Slip{"/ouis/0", "\"00-BB-66\"", "mine: ouis: \"00-BB-66\" is not written like \"00:08:5d\""},
        Slip{"/models", "{}", "mine: there are no models"},
        Slip{"/models/T40/lines", "0", "mine, models.T40: lines is not an integer from 1 to 100"},
        Slip{"/models/T40/keys", R"([{"name": "key", "count": 4}])", "mine, models.T40, keys 1: name has not exactly one '#'"},
        Slip{"/models/T40/keys", R"([{"name": "key#"}])", "mine, models.T40, keys 1: there is no count"},
        Slip{"/models/T40/names", R"({"said": "t40"})", "mine, models.T40, names.said: the profile's names don't have it"},
        Slip{"/names", R"({"mac": "x"})", "mine, names.mac: this word has its meaning already"},
        Slip{"/names", R"({"a": "{b}", "b": "{a}"})", "mine: names.b needs itself, or too many others"},
        Slip{"/names", R"({"a": [{"text": "x", "wenn": {}}]})", "mine, names.a 1: 'wenn' is not a member that is known here"},
        Slip{"/application/version", "\"\"", "mine, application: version is empty"},
        Slip{"/application/user_agent", "\"{modell}\"", "mine, application, user_agent: {modell} is not known here"},
        Slip{"/application/user_agent", "\"{model\"", "mine, application, user_agent: \"{model\": there is no '}' for {model"},
        Slip{"/application/starts_after", "\"5 parsecs\"",
             "mine, application: starts_after is not a time of at most a year like \"500ms\", \"5s\" or \"2m\""},
        Slip{"/application/steps/0/as", "\"text\"", "mine, application, steps 1: as is neither file nor settings"},
        Slip{"/application/steps/0/put", "\"x\"", "mine, application, steps 1: it does two things, get and put"},
        Slip{"/application/steps/0", "{}",
             "mine, application, steps 1: it does nothing: a step has one of get, head, put, firmware, pause, do, each, restart, show, "
             "halt, "
             "leave, apply"},
        Slip{"/application/steps/0/missing", R"([{"do": "more"}])", "mine, application, steps: there is no group more"},
        Slip{"/application/steps/0/missing", R"([{"leave": "more"}])", "mine, application, steps: there is no group more to leave"},
        Slip{"/application/steps/0/found", R"([{"get": "{item}"}])", "mine, application, steps 1, found 1, get: {item} is not known here"},
        Slip{"/application/steps/0/wins", "true", "mine: wins is for profiles in which the first file counts; here the last one does"},
        Slip{"/application/steps/0/when", R"({"setting": "a", "is": ["1"], "iss": "2"})",
             "mine, application, steps 1, when: 'iss' is not a member that is known here"},
        Slip{"/application/steps/0/when", "{}", "mine, application, steps 1, when: there is no condition in it"},
        Slip{"/application/steps/0/when", R"({"is": "1"})",
             "mine, application, steps 1, when: there is an 'is' without a setting or a word"},
        Slip{"/application/steps/0/when", R"({"setting": "a{mac}"})", "mine: the name of a setting can't have {mac} in it, only {model}"},
        Slip{"/application/steps/0", R"({"each": "a#b#", "steps": [{"get": "{item}"}]})",
             "mine, application, steps 1: each has more than one '#'"},
        Slip{"/application/steps/0", R"({"firmware": "x", "reads": "half"})",
             "mine, application, steps 1: reads is neither whole nor head"},
        Slip{"/address", R"({"sources": [{"sub_option": 2}]})", "mine, address, sources 1: there is no option"},
        Slip{"/address", R"({"vendor_class": {"enterprise": 13885, "parts": {"0": "x"}}})",
             "mine, address, vendor_class, parts.0 is not a sub-option from 1 to 254 with a text"},
        Slip{"/address", R"({"vendor_class": {}})", "mine, address, vendor_class: it has to have either text or enterprise"},
        Slip{"/fetching", R"({"attempts": 0})", "mine, fetching: attempts is not an integer from 1 to 20"},
        Slip{"/fetching", R"({"wait": {"seconds": "{setting:x}", "least": 5, "most": 3}})",
             "mine, fetching, wait: most is less than least"},
        Slip{"/fetching", R"({"headers": {"X": 1}})", "mine, fetching, headers.X is not a string"},
        Slip{"/firmware", R"({"first_line": "fw"})", "mine, firmware: first_line: \"fw\": it has no part in braces"},
        Slip{"/firmware", R"({"first_line": "fw {v}"})", "mine, firmware: first_line has no {version}"},
        Slip{"/settings/syntax", "\"yaml\"", "mine, settings: syntax is neither \"attributes\" nor an object for files of lines"},
        Slip{"/settings/syntax", R"({"comment": "#"})", "mine, settings, syntax: there is no separator"},
        Slip{"/settings/counts", "\"both\"", "mine, settings: counts is neither first nor last"},
        Slip{"/settings/own_files", "[]", "mine, settings: there are no own_files"},
        Slip{"/settings/gates", R"([{"settings": "x.*"}])", "mine, settings, gates 1: there is no opened_by"},
        Slip{"/knowledge", R"({"lines": {"username": "u#"}})", "mine, knowledge, lines: there is no registrar"},
        Slip{"/knowledge", R"({"lines": {"username": "u#u#", "registrar": {"host": "r"}}})",
             "mine, knowledge, lines, username: \"u#u#\" has more than one '#'"},
        Slip{"/knowledge", R"({"language": {"values": {}}})", "mine, knowledge, language: it has to have either of or always"},
        Slip{"/knowledge", R"({"split": {"a": "plain"}})", "mine, knowledge, split.a: \"plain\": it has no part in braces"},
        Slip{"/knowledge", R"({"summer": {"start": {"month": "m", "week": "w"}}})", "mine, knowledge, summer: there is no end"},
        Slip{"/sip", R"({"renew": "often"})", "mine, sip, renew is not an object"},
        Slip{"/sip", R"({"lower_sequence": 200})", "mine, sip: lower_sequence is not an integer from 400 to 699"},
        Slip{"/notify", R"([{"event": "check-sync", "then": "explode"}])",
             "mine, notify 1: then is none of nothing, apply, restart if changed, restart"},
        Slip{"/notify", R"([{"event": "check-sync;reboot"}])", "mine, notify 1: event has a parameter without '='"},
        Slip{"/periodic", R"([{"name": "polling"}])", "mine, periodic 1: there is no every"},
        Slip{"/assumed", R"({"/fetching/tries": "x"})",
             "mine, assumed./fetching/tries: there is nothing there; it is written like /fetching/attempts"}));

TEST(AProfile, WhoseGroupsGoInARingIsRefused) {
  Json json = *ParseJson(kSmall);
  json["groups"] = *ParseJson(R"({"a": [{"do": "b"}], "b": [{"get": "x", "missing": [{"do": "a"}]}]})");
  json["application"]["steps"] = *ParseJson(R"([{"do": "a"}])");
  EXPECT_EQ(Profile::Read(DumpJson(json), "mine").error().message, "mine, application, steps: the group a comes to do itself");
}

TEST(AProfile, IsRefusedIfItIsTooLargeOrTooDeepOrNoJson) {
  EXPECT_THAT(Profile::Read("{", "mine").error().message, StartsWith("mine: "));
  EXPECT_THAT(Profile::Read("[]", "mine").error().message, StartsWith("mine"));
  EXPECT_THAT(Profile::Read(std::string(2'000'000, ' '), "mine").error().message, HasSubstr("larger than"));
  std::string steps = R"([{"get": "x"}])";
  for (int depth = 0; depth < 20; ++depth) steps = R"([{"get": "x", "missing": )" + steps + "}]";
  EXPECT_THAT(With("/application/steps", steps.c_str()).error().message, EndsWith("steps stand deeper in one another than 12"));
  // Groups that do others twice double what there is to do.
  std::string groups = R"({"g0": [{"get": "x"}])";
  for (int number = 1; number < 30; ++number) {
    const std::string before = "{\"do\": \"g" + std::to_string(number - 1) + "\"}";
    groups += ", \"g" + std::to_string(number) + "\": [" + before + ", " + before + "]";
  }
  Json json = *ParseJson(kSmall);
  json["groups"] = *ParseJson(groups + "}");
  json["application"]["steps"] = *ParseJson(R"([{"do": "g29"}])");
  EXPECT_EQ(Profile::Read(DumpJson(json), "mine").error().message, "mine, application, steps: there are more than 5000 steps in all");
}

}  // namespace
}  // namespace provdlab::phone
