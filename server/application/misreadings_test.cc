#include "server/application/misreadings.h"

#include <gtest/gtest.h>

#include "server/application/configs.h"

namespace provdlab::server {
namespace {

// Configurer of a server without plugins.
class NoPlugins : public DeviceConfigurer {
 public:
  std::string StateOf(const std::string&) const override { return ""; }
  Result<> Configure(const std::string&, const Json&, const Json&) override { return Fail(ErrorKind::kNotFound, "not loaded"); }
  void Deconfigure(const std::string&, const Json&) override {}
};

class MisreadingsTest : public ::testing::Test {
 protected:
  void Config(const std::string& id, const std::vector<std::string>& parents, Json raw_config) {
    Json config = {{"id", id}, {"parent_ids", parents}, {"raw_config", std::move(raw_config)}};
    const auto done = configs_.Find(id) ? configs_.Replace(id, std::move(config)) : configs_.Create(std::move(config)).map([](auto) {});
    ASSERT_TRUE(done) << done.error().message;
  }
  Json Raw(const std::string& id) const {
    const auto raw_config = inventory_->RawConfigOf(id);
    EXPECT_TRUE(raw_config) << id;
    const auto shown = misreadings_.Read(id, raw_config.value_or(Json()));
    return shown ? *shown : Json("refused: " + shown.error().message);
  }

  NoPlugins configurer_;
  std::unique_ptr<Store> store_ = MakeMemoryStore();
  Faults faults_;
  std::unique_ptr<Inventory> inventory_ = *Inventory::Open({*store_, configurer_, Json::object(), [](const std::string&) {}, &faults_});
  Configs configs_{*inventory_};
  Misreadings misreadings_{*inventory_};
};

TEST_F(MisreadingsTest, StrikesWhereTheReadingDiffersAndNowhereElse) {
  Config("q", {}, {{"X", "q"}});
  Config("a", {}, {{"X", "a"}});
  Config("b", {"q"}, Json::object());
  Config("c", {"a", "b"}, Json::object());
  faults_.raw_goes_depth_first.On();
  EXPECT_EQ(Raw("b"), (Json{{"X", "q"}}));
  EXPECT_EQ(faults_.raw_goes_depth_first.hits(), 0u);
  EXPECT_EQ(Raw("c"), (Json{{"X", "a"}}));
  EXPECT_EQ(faults_.raw_goes_depth_first.hits(), 1u);
}

TEST_F(MisreadingsTest, RefusesOddParents) {
  Config("one", {"two"}, Json::object());
  Config("two", {"one"}, Json::object());
  Config("self", {"self"}, Json::object());
  Config("ghostly", {"ghost"}, Json::object());
  for (FaultSwitch* fault : {&faults_.raw_ends_in_a_cycle, &faults_.raw_ends_with_itself_as_parent, &faults_.raw_ignores_unknown_parents}) {
    faults_.AllOff();
    fault->On();
    int refused = 0;
    for (const char* id : {"one", "self", "ghostly"}) refused += Raw(id).is_string() ? 1 : 0;
    EXPECT_EQ(refused, 1) << fault->name();
  }
}

TEST_F(MisreadingsTest, ShowsAgainWhatWasShownBefore) {
  const auto set_up = [this] {
    Config("parent", {}, {{"X", 1}});
    Config("other", {}, {{"X", 5}});
    Config("child", {"parent"}, Json::object());
    EXPECT_EQ(Raw("child").at("X"), 1);
  };
  faults_.raw_follows_change_of_parent.On();
  set_up();
  Config("parent", {}, {{"X", 2}});
  EXPECT_EQ(Raw("child").at("X"), 1) << "the parent has changed";
  faults_.AllOff();
  EXPECT_EQ(Raw("child").at("X"), 2);

  faults_.raw_follows_new_parents.On();
  set_up();
  Config("parent", {}, {{"X", 2}});
  EXPECT_EQ(Raw("child").at("X"), 2) << "its parents are the same";
  Config("child", {"other"}, Json::object());
  EXPECT_EQ(Raw("child").at("X"), 2);
  faults_.AllOff();

  faults_.raw_follows_deleted_parent.On();
  Config("child", {"parent"}, Json::object());
  EXPECT_EQ(Raw("child").at("X"), 2);
  ASSERT_TRUE(configs_.Remove("parent"));
  EXPECT_EQ(Raw("child").at("X"), 2);
  faults_.AllOff();
  EXPECT_FALSE(Raw("child").contains("X"));
}

}  // namespace
}  // namespace provdlab::server
