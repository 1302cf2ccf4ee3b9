#include "server/documents/raw_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Configs by id, as a test writes them.
class Family {
 public:
  Family& Add(const std::string& id, const std::vector<std::string>& parents, Json raw_config) {
    configs_[id] = std::make_shared<Json>(Json{{"id", id}, {"parent_ids", parents}, {"raw_config", std::move(raw_config)}});
    return *this;
  }
  ConfigLookup Find() const {
    return [this](const std::string& id) -> std::shared_ptr<const Json> {
      const auto found = configs_.find(id);
      return found == configs_.end() ? nullptr : found->second;
    };
  }
  std::vector<std::string> Lineage(const std::string& id) const {
    std::vector<std::string> ids;
    for (const auto& config : LineageOf(id, Find())) ids.push_back(config->at("id"));
    return ids;
  }
  std::optional<Json> Resolve(const std::string& id, const Json& base = Json::object()) const { return ResolveRawConfig(id, base, Find()); }

 private:
  std::map<std::string, std::shared_ptr<Json>> configs_;
};

TEST(LineageTest, GoesDepthFirstAndVisitsEachOnce) {
  Family family;
  family.Add("top", {}, {}).Add("l", {"top"}, {}).Add("r", {"top"}, {});
  family.Add("diamond", {"l", "r"}, {}).Add("l-top", {"l", "top"}, {}).Add("top-l", {"top", "l"}, {});
  family.Add("a", {"b"}, {}).Add("b", {"a"}, {}).Add("self", {"self"}, {}).Add("ghostly", {"ghost", "l", "ghost"}, {});
  family.Add("twice", {"top", "top"}, {});
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"top", {"top"}},
      {"diamond", {"top", "l", "r", "diamond"}},
      {"l-top", {"top", "l", "l-top"}},
      {"top-l", {"top", "l", "top-l"}},
      {"a", {"b", "a"}},
      {"b", {"a", "b"}},
      {"self", {"self"}},
      {"ghostly", {"top", "l", "ghostly"}},
      {"twice", {"top", "twice"}},
      {"none", {}},
  };
  for (const auto& [id, lineage] : cases) EXPECT_EQ(family.Lineage(id), lineage) << id;
}

TEST(MisreadingTest, GoesOtherWays) {
  Family family;
  family.Add("q", {}, {}).Add("a", {}, {}).Add("b", {"q"}, {}).Add("deep", {"a", "b"}, {});
  family.Add("top", {}, {}).Add("l", {"top"}, {}).Add("r", {"top"}, {}).Add("diamond", {"l", "r"}, {});
  family.Add("one", {"other"}, {}).Add("other", {"one"}, {}).Add("self", {"self"}, {});
  using Visits = Misreading::Visits;
  struct Case {
    const char* id;
    Misreading misreading;
    std::vector<std::string> lineage;
  };
  const Case cases[] = {
      {"deep", {}, {"a", "q", "b", "deep"}},
      {"deep", {.visits = Visits::kNearest}, {"q", "a", "b", "deep"}},
      {"diamond", {.visits = Visits::kEach}, {"top", "l", "top", "r", "diamond"}},
      {"one", {.visits = Visits::kEach}, {"other", "one"}},
      {"self", {.visits = Visits::kEach}, {"self"}},
      {"one", {.visits = Visits::kNearest}, {"other", "one"}},
      {"deep", {.generations = 0}, {"deep"}},
      {"deep", {.generations = 1}, {"a", "b", "deep"}},
      {"none", {.visits = Visits::kNearest}, {}},
  };
  for (const Case& test : cases) {
    std::vector<std::string> ids;
    for (const auto& config : LineageOf(test.id, family.Find(), test.misreading)) ids.push_back(config->at("id"));
    EXPECT_EQ(ids, test.lineage) << test.id;
  }
}

TEST(MisreadingTest, LetsAncestorsWin) {
  Family family;
  family.Add("parent", {}, {{"X", "parent"}}).Add("child", {"parent"}, {{"X", "child"}});
  const Json base = Json::object();
  EXPECT_EQ(ResolveRawConfig("child", base, family.Find())->at("X"), "child");
  EXPECT_EQ(ResolveRawConfig("child", base, family.Find(), {.own_values_lose = true})->at("X"), "parent");
}

TEST(MisreadingTest, OverlaysOtherwise) {
  struct Case {
    Misreading misreading;
    const char* result;
  };
  const Case cases[] = {
      {{}, R"({"list":[3],"object":{"a":1,"b":2},"text":"new"})"},
      {{.lists_join = true}, R"({"list":[1,2,3],"object":{"a":1,"b":2},"text":"new"})"},
      {{.objects_replace = true}, R"({"list":[3],"object":{"b":2},"text":"new"})"},
  };
  for (const Case& test : cases) {
    Json below = *ParseJson(R"({"list": [1, 2], "object": {"a": 1}, "text": "old"})");
    Overlay(below, *ParseJson(R"({"list": [3], "object": {"b": 2}, "text": "new"})"), test.misreading);
    EXPECT_EQ(below, *ParseJson(test.result)) << below;
  }
}

TEST(AncestryTest, SaysWhatIsOdd) {
  Family family;
  family.Add("plain", {"top"}, {}).Add("top", {}, {}).Add("below", {"self"}, {}).Add("self", {"self"}, {});
  family.Add("one", {"two"}, {}).Add("two", {"three"}, {}).Add("three", {"one"}, {}).Add("entry", {"top", "two"}, {});
  family.Add("ghostly", {"ghost"}, {}).Add("l", {"top"}, {}).Add("diamond", {"top", "l"}, {});
  struct Case {
    const char* id;
    bool own_parent, circle, unknown_parent;
  };
  const Case cases[] = {{"plain", false, false, false}, {"diamond", false, false, false}, {"self", true, false, false},
                        {"below", true, false, false},  {"one", false, true, false},      {"entry", false, true, false},
                        {"ghostly", false, false, true}};
  for (const Case& test : cases) {
    const Ancestry found = AncestryOf(test.id, family.Find());
    EXPECT_EQ(found.own_parent, test.own_parent) << test.id;
    EXPECT_EQ(found.circle, test.circle) << test.id;
    EXPECT_EQ(found.unknown_parent, test.unknown_parent) << test.id;
  }
}

TEST(LineageTest, DoesNotRecurseAlongAChain) {
  Family family;
  constexpr int kLength = 100'000;
  for (int i = 0; i < kLength; ++i) family.Add(std::to_string(i), {std::to_string(i + 1)}, Json::object());
  EXPECT_EQ(family.Lineage("0").size(), static_cast<std::size_t>(kLength));
}

TEST(LineageTest, SurvivesDocumentsOfAnotherShape) {
  std::map<std::string, Json> odd = {{"a", 5}, {"b", {{"parent_ids", "a"}}}, {"c", {{"parent_ids", {5, nullptr, "a"}}, {"raw_config", 7}}}};
  const ConfigLookup find = [&](const std::string& id) { return odd.contains(id) ? std::make_shared<Json>(odd[id]) : nullptr; };
  EXPECT_EQ(LineageOf("b", find).size(), 1u);
  EXPECT_EQ(LineageOf("c", find).size(), 2u);
  EXPECT_EQ(ResolveRawConfig("a", Json::object(), find), Json::object());
}

TEST(RawConfigTest, OverlaysBaseAncestorsAndItself) {
  Family family;
  family.Add("top", {}, {{"ip", "192.0.2.1"}, {"m", {{"a", 1}, {"b", {{"c", 1}}}}}, {"l", {1, 2}}, {"n", 1}});
  family.Add("bottom", {"top"}, {{"m", {{"b", {{"d", 2}}}}}, {"l", {3}}, {"n", nullptr}, {"s", {{"x", 1}}}});
  EXPECT_EQ(family.Resolve("bottom", {{"ip", "127.0.0.1"}, {"http_port", 8667}}), (Json{{"ip", "192.0.2.1"},
                                                                                        {"http_port", 8667},
                                                                                        {"m", {{"a", 1}, {"b", {{"c", 1}, {"d", 2}}}}},
                                                                                        {"l", Json::array({3})},
                                                                                        {"n", nullptr},
                                                                                        {"s", {{"x", 1}}}}));
  EXPECT_EQ(family.Resolve("none"), std::nullopt);
}

TEST(RawConfigTest, MergesOnlyObjectsIntoObjects) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {R"({"a": 1})", R"({"a": {"b": 1}})", R"({"a": {"b": 1}})"},
      {R"({"a": {"b": 1}})", R"({"a": 1})", R"({"a": 1})"},
      {R"({"a": {"b": 1}})", R"({"a": []})", R"({"a": []})"},
      {R"({"a": {"b": 1}})", R"({"a": {}})", R"({"a": {"b": 1}})"},
      {R"({"a": {"b": 1}})", R"({"a": null})", R"({"a": null})"},
      {R"({"a": null})", R"({"a": {"b": null}})", R"({"a": {"b": null}})"},
      {R"({})", R"({"a": {}})", R"({"a": {}})"},
  };
  for (const auto& [below, above, merged] : cases) {
    Json value = *ParseJson(below);
    Overlay(value, *ParseJson(above));
    EXPECT_EQ(value, *ParseJson(merged)) << below << " under " << above;
  }
}

RC_GTEST_PROP(RawConfigProperties, EveryAncestorIsThereExactlyOnceAndOnesOwnValueWins, ()) {
  const int count = *rc::gen::inRange(1, 12);
  Family family;
  std::vector<std::vector<int>> parents(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    // Some name configs that are not there.
    parents[static_cast<std::size_t>(i)] = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, count + 2));
    std::vector<std::string> names;
    for (const int parent : parents[static_cast<std::size_t>(i)]) names.push_back(std::to_string(parent));
    family.Add(std::to_string(i), names, {{"all", i}, {"map", {{std::to_string(i), i}}}});
  }
  const auto lineage = family.Lineage("0");
  std::set<int> reachable;
  std::vector<int> open = {0};
  while (!open.empty()) {
    const int id = open.back();
    open.pop_back();
    if (id >= count || !reachable.insert(id).second) continue;
    for (const int parent : parents[static_cast<std::size_t>(id)]) open.push_back(parent);
  }
  RC_ASSERT(std::set<std::string>(lineage.begin(), lineage.end()).size() == lineage.size());
  RC_ASSERT(lineage.size() == reachable.size());
  RC_ASSERT(lineage.back() == "0");
  const auto raw_config = family.Resolve("0");
  RC_ASSERT(raw_config->at("all") == 0);
  RC_ASSERT(raw_config->at("map").size() == reachable.size());
  for (const int id : reachable) RC_ASSERT(raw_config->at("map").contains(std::to_string(id)));
}

TEST(CheckRawConfigTest, WantsCompanionsAndMaps) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", ""},
      {R"({"ntp_enabled": true, "ntp_ip": "192.0.2.1"})", ""},
      {R"({"ntp_enabled": false})", ""},
      {R"({"ntp_enabled": null})", ""},
      {R"({"ntp_enabled": true})", "ntp_ip"},
      {R"({"ntp_enabled": true, "ntp_ip": null})", "ntp_ip"},
      {R"({"vlan_enabled": true})", "vlan_id"},
      {R"({"dns_enabled": true})", "dns_ip"},
      {R"({"syslog_enabled": true})", "syslog_ip"},
      {R"({"sip_lines": {"1": {}}})", ""},
      {R"({"sip_lines": []})", ""},
      {R"({"sip_lines": null})", ""},
      {R"({"sip_lines": [1]})", "sip_lines must be an object"},
      {R"({"funckeys": "x"})", "funckeys"},
      {R"({"sip_lines": {"1": 5}})", "'1' of sip_lines"},
      {R"([])", "no object"},
  };
  for (const auto& [text, what] : cases) {
    const auto valid = CheckRawConfig(*ParseJson(text));
    EXPECT_EQ(valid.has_value(), std::string_view(what).empty()) << text;
    if (!valid) {
      EXPECT_THAT(valid.error().message, HasSubstr(what)) << text;
    }
  }
}

TEST(NormaliseRawConfigTest, TakesAnEmptyListForAnEmptyMap) {
  EXPECT_EQ(NormaliseRawConfig({{"sip_lines", Json::array()}, {"funckeys", Json::array()}, {"other", Json::array()}}),
            (Json{{"sip_lines", Json::object()}, {"funckeys", Json::object()}, {"other", Json::array()}}));
}

}  // namespace
}  // namespace provdlab::server
