#include "conformance/audit/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace provdlab::conformance::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A provd in which nothing is wrong: two devices, each with a transient config below the one for autocreate.
Snapshot Sound() {
  Snapshot snapshot;
  snapshot.loaded = snapshot.installed = {"acme-1.0"};
  snapshot.configs = {{.id = "base", .role = "default"},
                      {.id = "auto", .role = "autocreate", .parents = {"base"}},
                      {.id = "t1", .parents = {"auto"}, .transient = true},
                      {.id = "t2", .parents = {"auto", "base"}, .transient = true}};
  for (const std::string n : {"1", "2"}) {
    snapshot.devices.push_back({.id = "d" + n,
                                .mac = "00:11:22:33:44:0" + n,
                                .ip = "10.0.0." + n,
                                .plugin = "acme-1.0",
                                .config = "t" + n,
                                .vendor = "Acme",
                                .model = "A1",
                                .configured = true});
  }
  return snapshot;
}

std::vector<std::string> Sentences(const Judgement& judgement) {
  std::vector<std::string> sentences;
  for (const Finding& finding : judgement.findings) sentences.push_back(std::string(finding.rule->name) + ": " + finding.sentence);
  return sentences;
}

TEST(Audit, FindsNothingWhereNothingIsWrong) {
  const Judgement judgement = Audit(Sound());
  EXPECT_THAT(Sentences(judgement), IsEmpty());
  EXPECT_THAT(judgement.unchecked, IsEmpty());
  EXPECT_TRUE(judgement.Clean());
}

// Each case breaks one thing of the sound one; all that is then found is listed.
struct Case {
  const char* name;
  void (*damage)(Snapshot& snapshot);
  std::vector<std::string> found;
};

class AuditRules : public ::testing::TestWithParam<Case> {};

TEST_P(AuditRules, FindExactlyWhatIsWrong) {
  Snapshot snapshot = Sound();
  GetParam().damage(snapshot);
  EXPECT_THAT(Sentences(Audit(snapshot)), ElementsAreArray(GetParam().found));
}

const Case kCases[] = {
    {"DanglingConfig",
     [](Snapshot& s) {
       s.devices[0].config = "gone";
       s.devices[0].configured = false;
       s.configs.erase(s.configs.begin() + 2);
     },
     {"device.dangling-config: device \"d1\" names config \"gone\", which is not there"}},
    {"OneConfigMissedByMany",
     [](Snapshot& s) {
       for (Device& device : s.devices) {
         device.config = "gone";
         device.configured = false;
       }
       s.configs.resize(2);
     },
     {"device.dangling-config: devices \"d1\" and \"d2\" name config \"gone\", which is not there"}},
    {"PluginNotInstalled",
     [](Snapshot& s) {
       s.devices[1].plugin = "acme-0.9";
       s.devices[1].configured = false;
     },
     {"device.dangling-plugin: device \"d2\" names plugin \"acme-0.9\", which is not installed"}},
    {"PluginNotLoaded",
     [](Snapshot& s) {
       s.installed.insert("broken-2.0");
       s.devices[1].plugin = "broken-2.0";
       s.devices[1].configured = false;
     },
     {"device.plugin-not-loaded: device \"d2\" names plugin \"broken-2.0\", which is not loaded"}},
    {"ConfiguredWithoutAnything",
     [](Snapshot& s) {
       s.devices[0].plugin = s.devices[0].config = "";
       s.configs.erase(s.configs.begin() + 2);
     },
     {"device.falsely-configured: device \"d1\" says that it is configured, but neither its plugin is loaded nor its config there",
      "device.without-plugin: device \"d1\" has no plugin", "device.without-config: device \"d1\" has no config"}},
    {"ConfiguredWithoutItsConfig",
     [](Snapshot& s) {
       s.devices[0].config = "gone";
       s.configs.erase(s.configs.begin() + 2);
     },
     {"device.dangling-config: device \"d1\" names config \"gone\", which is not there",
      "device.falsely-configured: device \"d1\" says that it is configured, but its config is not there"}},
    {"NotConfiguredForAnUnknownReason",
     [](Snapshot& s) { s.devices[0].configured = false; },
     {"device.not-configured: device \"d1\" is not configured, though plugin \"acme-1.0\" is loaded and config \"t1\" is there; a possible "
      "reason: the plugin may refuse what the config says, or was not asked again after a change"}},
    {"NotConfiguredForWhatAnAncestorSwitchesOn",
     [](Snapshot& s) {
       s.devices[0].configured = false;
       s.configs[0].on[1] = Word::kYes;
     },
     {"device.not-configured: device \"d1\" is not configured, though plugin \"acme-1.0\" is loaded and config \"t1\" is there; a possible "
      "reason: its config has ntp_enabled without ntp_ip"}},
    {"NotConfiguredWithoutAMac",
     [](Snapshot& s) {
       s.devices[0].configured = false;
       s.devices[0].mac = "";
     },
     {"device.not-configured: device \"d1\" is not configured, though plugin \"acme-1.0\" is loaded and config \"t1\" is there; a possible "
      "reason: it has no mac, by which most plugins name a phone's file"}},
    {"NotConfiguredWithoutAModel",
     [](Snapshot& s) {
       s.devices[0].configured = false;
       s.devices[0].model = "";
     },
     {"device.not-configured: device \"d1\" is not configured, though plugin \"acme-1.0\" is loaded and config \"t1\" is there; a possible "
      "reason: its model is not known, which some plugins need"}},
    {"SameMac",
     [](Snapshot& s) { s.devices[1].mac = "00:11:22:33:44:01"; },
     {"device.duplicate-mac: devices \"d1\" and \"d2\" have the same mac, 00:11:22:33:44:01"}},
    {"SameIp",
     [](Snapshot& s) { s.devices[1].ip = "10.0.0.1"; },
     {"device.duplicate-ip: devices \"d1\" and \"d2\" have the same ip, 10.0.0.1"}},
    {"SameIpBehindNat",
     [](Snapshot& s) {
       s.devices[1].ip = "10.0.0.1";
       s.nat = true;
     },
     {}},
    {"Nameless",
     [](Snapshot& s) { s.devices[0].mac = s.devices[0].ip = ""; },
     {"device.nameless: device \"d1\" has neither mac nor ip nor sn"}},
    {"NamedByItsSerialNumber",
     [](Snapshot& s) {
       s.devices[0].mac = s.devices[0].ip = "";
       s.devices[0].sn = "123";
     },
     {}},
    {"UnknownParent",
     [](Snapshot& s) {
       s.configs[1].parents = {"base", "ghost", "spectre"};
     },
     {"config.unknown-parent: config \"auto\" inherits from \"ghost\" and \"spectre\", which are not there"}},
    {"OwnParent", [](Snapshot& s) { s.configs[0].parents = {"base"}; }, {"config.parent-cycle: config \"base\" is its own parent"}},
    {"Circle",
     [](Snapshot& s) { s.configs[0].parents = {"t1"}; },
     {"config.parent-cycle: configs inherit in a circle: \"base\" → \"t1\" → \"auto\" → \"base\""}},
    {"TwoCircles",
     [](Snapshot& s) {
       s.configs.push_back({.id = "x", .parents = {"y"}});
       s.configs.push_back({.id = "y", .parents = {"x", "x"}});
       s.configs[0].parents = {"base"};
     },
     {"config.parent-cycle: config \"base\" is its own parent", "config.parent-cycle: configs inherit in a circle: \"x\" → \"y\" → \"x\""}},
    {"Knot",
     [](Snapshot& s) {
       s.configs.push_back({.id = "x", .parents = {"y", "z"}});
       s.configs.push_back({.id = "y", .parents = {"x"}});
       s.configs.push_back({.id = "z", .parents = {"x"}});
     },
     {"config.parent-cycle: configs inherit in a circle: \"x\" → \"y\" → \"x\"; with others, 3 configs are each other's ancestors"}},
    {"OrphanTransient",
     [](Snapshot& s) { s.configs.push_back({.id = "t3", .transient = true}); },
     {"config.orphan-transient: config \"t3\" is transient, and no device uses it"}},
    {"SharedTransient",
     [](Snapshot& s) {
       s.devices[1].config = "t1";
       s.configs.pop_back();
     },
     {"config.shared-transient: config \"t1\" is transient, and devices \"d1\" and \"d2\" share it"}},
    {"NoAutocreate", [](Snapshot& s) { s.configs[1].role = ""; }, {"config.no-autocreate: no config has the role \"autocreate\""}},
    {"SeveralAutocreate",
     [](Snapshot& s) { s.configs[0].role = "autocreate"; },
     {"config.several-autocreate: configs \"base\" and \"auto\" all have the role \"autocreate\""}},
    {"WithoutPlugin",
     [](Snapshot& s) {
       s.devices[0].plugin = "";
       s.devices[0].configured = false;
     },
     {"device.without-plugin: device \"d1\" has no plugin"}},
    {"WithoutConfig",
     [](Snapshot& s) {
       s.devices[0].config = "";
       s.devices[0].configured = false;
       s.configs.erase(s.configs.begin() + 2);
     },
     {"device.without-config: device \"d1\" has no config"}},
};

INSTANTIATE_TEST_SUITE_P(Every, AuditRules, ::testing::ValuesIn(kCases), [](const auto& test) { return std::string(test.param.name); });

TEST(AuditRulesTable, EveryRuleIsTriedAndHasAName) {
  std::set<std::string_view> names, tried;
  for (const Rule& rule : Rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_TRUE(rule.name.starts_with("device.") || rule.name.starts_with("config.")) << rule.name;
    EXPECT_THAT(std::string(rule.sentence), ::testing::EndsWith(".")) << rule.name;
    EXPECT_FALSE(rule.advice.empty() || rule.needs.empty()) << rule.name;
  }
  for (const Case& c : kCases) {
    for (const std::string& found : c.found) tried.insert(std::string_view(found).substr(0, found.find(':')));
  }
  EXPECT_EQ(tried, names);
}

// The later parent overlays the earlier, the config itself all of them; a shared ancestor counts at its first visit.
TEST(Audit, ResolvesSwitchesAsARawConfigIsResolved) {
  struct Row {
    std::vector<std::string> parents;
    Word own_switch, own_companion;
    bool lacks;
  };
  for (const Row& row : {Row{{"on"}, Word::kNothing, Word::kNothing, true},
                         {{"on", "ip"}, Word::kNothing, Word::kNothing, false},
                         {{"on", "off"}, Word::kNothing, Word::kNothing, false},
                         {{"off", "on"}, Word::kNothing, Word::kNothing, true},
                         {{"on", "over-on"}, Word::kNothing, Word::kNothing, false},
                         {{"over-on", "on"}, Word::kNothing, Word::kNothing, false},
                         {{"on"}, Word::kNo, Word::kNothing, false},
                         {{"on"}, Word::kNothing, Word::kYes, false},
                         {{"ip"}, Word::kYes, Word::kNo, true},
                         {{"ghost", "c"}, Word::kYes, Word::kNothing, true}}) {
    Snapshot snapshot;
    snapshot.loaded = snapshot.installed = {"p"};
    Config on{.id = "on"}, off{.id = "off"}, ip{.id = "ip"}, over{.id = "over-on", .parents = {"on"}},
        config{.id = "c", .role = "autocreate"};
    on.on[0] = Word::kYes;
    off.on[0] = over.on[0] = Word::kNo;
    ip.companion[0] = Word::kYes;
    config.parents = row.parents;
    config.on[0] = row.own_switch;
    config.companion[0] = row.own_companion;
    snapshot.configs = {on, off, ip, over, config};
    snapshot.devices = {{.id = "d", .mac = "00:00:00:00:00:01", .plugin = "p", .config = "c"}};
    std::string sentence;
    for (const Finding& finding : Audit(snapshot).findings) {
      if (finding.rule->name == "device.not-configured") sentence = finding.sentence;
    }
    EXPECT_EQ(sentence.find("dns_enabled without dns_ip") != std::string::npos, row.lacks)
        << ::testing::PrintToString(row.parents) << " " << sentence;
  }
}

TEST(Audit, MacsAreTheSameInAnyCase) {
  Snapshot snapshot = Sound();
  snapshot.devices[0].mac = "AA:BB:CC:DD:EE:FF";
  snapshot.devices[1].mac = "aa:bb:cc:dd:ee:ff";
  EXPECT_THAT(Audit(snapshot).findings, SizeIs(1));
}

TEST(Audit, NamesAFewOfManyAndKeepsAllIds) {
  Snapshot snapshot = Sound();
  for (int n = 3; n <= 9; ++n) {
    snapshot.devices.push_back(snapshot.devices[0]);
    snapshot.devices.back().id = "d" + std::to_string(n);
    snapshot.devices.back().ip = snapshot.devices.back().config = "";
    snapshot.devices.back().configured = false;
  }
  const Judgement judgement = Audit(snapshot);
  ASSERT_THAT(judgement.findings, SizeIs(8));
  EXPECT_EQ(judgement.findings[0].sentence, "devices \"d1\", \"d3\", \"d4\", \"d5\" and 4 more have the same mac, 00:11:22:33:44:01");
  EXPECT_THAT(judgement.findings[0].devices, SizeIs(8));
  EXPECT_EQ(judgement.errors, 1u);
  EXPECT_EQ(judgement.notes, 7u);
}

TEST(Audit, RulesThatNeedWhatWasNotReadAreNotAsked) {
  Snapshot snapshot;
  snapshot.devices = {{.id = "d", .ip = "10.0.0.1", .plugin = "p", .config = "c"}, {.id = "e", .ip = "10.0.0.1", .sn = "1"}};
  for (const Resource resource : kResources) {
    if (resource != Resource::kDevices) snapshot.unread[resource] = "it answered 500";
  }
  const Judgement judgement = Audit(snapshot);
  EXPECT_THAT(Sentences(judgement),
              ElementsAre("device.without-plugin: device \"e\" has no plugin", "device.without-config: device \"e\" has no config"));
  std::vector<std::string> unchecked;
  for (const Unchecked& one : judgement.unchecked) unchecked.emplace_back(one.rule->name);
  EXPECT_THAT(unchecked, ::testing::IsSupersetOf({"device.dangling-config", "device.duplicate-ip", "config.parent-cycle"}));
}

TEST(Audit, WithoutTheListOfInstalledPluginsThoseNotLoadedAreFoundAllTheSame) {
  Snapshot snapshot = Sound();
  snapshot.unread[Resource::kInstalledPlugins] = "it answered 500";
  snapshot.devices[0].plugin = "gone";
  snapshot.devices[0].configured = false;
  EXPECT_THAT(Sentences(Audit(snapshot)), ElementsAre(HasSubstr("device.plugin-not-loaded: device \"d1\"")));
}

TEST(Audit, LongChainsAndManyDocumentsAreNoTrouble) {
  constexpr int kMany = 100'000;
  Snapshot snapshot;
  snapshot.loaded = snapshot.installed = {"p"};
  for (int i = 0; i < kMany; ++i) {
    const std::string n = std::to_string(i);
    // One chain of inheritance through all, closed to a circle at its end.
    snapshot.configs.push_back({.id = "c" + n, .role = i == 0 ? "autocreate" : "", .parents = {"c" + std::to_string((i + 1) % kMany)}});
    snapshot.devices.push_back({.id = "d" + n, .mac = "m" + n, .ip = "i" + n, .plugin = "p", .config = "c" + n, .configured = i > 0});
  }
  const Judgement judgement = Audit(snapshot);
  ASSERT_THAT(judgement.findings, SizeIs(2));
  EXPECT_THAT(judgement.findings[0].sentence, HasSubstr("device \"d0\" is not configured"));
  EXPECT_THAT(judgement.findings[1].sentence, HasSubstr("\"c7\" → 99992 more → \"c0\""));
  EXPECT_THAT(judgement.findings[1].configs, SizeIs(kMany));
}

}  // namespace
}  // namespace provdlab::conformance::audit
