#include "base/admin/fault_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::admin {
namespace {

using ::testing::HasSubstr;

// Takes any action but an empty one.
class FaultListTest : public ::testing::Test {
 protected:
  FaultList faults_{Json::parse(R"([{"name": "status", "breaks": "the answer", "sentence": "…"}])"), [](const Json& action) -> Result<> {
                      if (action.empty()) return Fail(ErrorKind::kInvalid, "an action has a member");
                      return {};
                    }};
};

TEST_F(FaultListTest, AppliesToItsTargetUntilItIsSwitchedOff) {
  const auto id = faults_.Add({.target = "alice", .action = {{"status", 503}}});
  ASSERT_TRUE(id);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(faults_.Apply({"alice", "192.0.2.7"}), Json({{"status", 503}}));
  EXPECT_TRUE(faults_.Apply({"bob"}).is_null());
  EXPECT_TRUE(faults_.Apply({}).is_null());
  EXPECT_TRUE(faults_.Off(*id));
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
  EXPECT_EQ(faults_.Off(*id).error().kind, ErrorKind::kNotFound);
}

TEST_F(FaultListTest, EndsAfterItsTimes) {
  ASSERT_TRUE(faults_.Add({.action = {{"status", 503}}, .times = 2}));
  EXPECT_FALSE(faults_.Apply({"alice"}).is_null());
  EXPECT_EQ(faults_.Active().at(0).at("remaining"), 1);
  EXPECT_FALSE(faults_.Apply({"bob"}).is_null());
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
  EXPECT_EQ(faults_.Active(), Json::array());
}

TEST_F(FaultListTest, AppliesToOneRequestAlone) {
  ASSERT_TRUE(faults_.Add({.target = "alice", .action = {{"status", 503}}, .request = 2}));
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
  EXPECT_TRUE(faults_.Apply({"bob"}).is_null());
  EXPECT_FALSE(faults_.Apply({"alice"}).is_null());
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
  EXPECT_EQ(faults_.Active(), Json::array());
}

TEST_F(FaultListTest, AppliesFromOneRequestOn) {
  ASSERT_TRUE(faults_.Add({.target = "alice", .action = {{"status", 503}}, .times = 2, .request = 2}));
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
  EXPECT_FALSE(faults_.Apply({"alice"}).is_null());
  EXPECT_FALSE(faults_.Apply({"alice"}).is_null());
  EXPECT_TRUE(faults_.Apply({"alice"}).is_null());
}

TEST_F(FaultListTest, JoinsWhatIsMeantForOneRequest) {
  ASSERT_TRUE(faults_.Add({.target = "alice", .action = {{"status", 503}, {"delay", 10}}}));
  ASSERT_TRUE(faults_.Add({.target = "192.0.2.7", .action = {{"status", 403}}}));
  EXPECT_EQ(faults_.Apply({"alice", "192.0.2.7"}), Json({{"status", 403}, {"delay", 10}}));
}

TEST_F(FaultListTest, IsSwitchedOverAnAdminPort) {
  const auto id = faults_.Switch(Json::parse(R"({"target": "alice", "do": {"status": 503}, "times": 3, "request": null})"));
  ASSERT_TRUE(id) << id.error().message;
  faults_.Apply({"alice"});
  EXPECT_EQ(faults_.Active(), Json::array({{{"id", *id},
                                            {"target", "alice"},
                                            {"do", {{"status", 503}}},
                                            {"times", 3},
                                            {"request", nullptr},
                                            {"hits", 1},
                                            {"remaining", 2}}}));
  EXPECT_EQ(faults_.Available().at(0).at("name"), "status");
  faults_.OffAll();
  EXPECT_EQ(faults_.Active(), Json::array());
}

TEST_F(FaultListTest, RefusesWhatItCanNotApply) {
  const struct {
    const char *json, *sentence;
  } rows[] = {
      {"[]", "not an object"},
      {R"({"do": {"status": 1}})", "no target"},
      {R"({"target": "", "do": {"status": 1}})", "target is empty"},
      {R"({"target": "a"})", "do is not an object"},
      {R"({"target": "a", "do": {}})", "do is not an object"},
      {R"({"target": "a", "do": "status"})", "do is not an object"},
      {R"({"target": "a", "do": {"status": 1}, "times": 0})", "times"},
      {R"({"target": "a", "do": {"status": 1}, "request": "2"})", "request"},
      {R"({"target": "a", "do": {"status": 1}, "time": 1})", "'times'"},
  };
  for (const auto& row : rows) {
    const auto id = faults_.Switch(Json::parse(row.json));
    ASSERT_FALSE(id) << row.json;
    EXPECT_EQ(id.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(id.error().message, HasSubstr(row.sentence)) << row.json;
  }
  EXPECT_THAT(faults_.Add({.target = "", .action = {{"status", 1}}}).error().message, HasSubstr("target"));
  EXPECT_THAT(faults_.Add({.action = {{"status", 1}}, .times = 0}).error().message, HasSubstr("from 1"));
  EXPECT_THAT(faults_.Add({.action = Json::object()}).error().message, HasSubstr("has a member"));
}

TEST_F(FaultListTest, IsBounded) {
  for (std::size_t i = 0; i < FaultList::kMostFaults; ++i) ASSERT_TRUE(faults_.Add({.action = {{"status", 1}}}));
  EXPECT_EQ(faults_.Add({.action = {{"status", 1}}}).error().kind, ErrorKind::kConflict);
}

}  // namespace
}  // namespace provdlab::admin
