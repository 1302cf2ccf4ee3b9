#include "server/plugins/raw_config_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::server {
namespace {

TEST(RawConfigSchemaTest, HoldsMembersAgainstTheirNamesTypesAndRanges) {
  struct Case {
    const char *raw_config, *says;  // says: empty if it is fine
  };
  for (const Case& c : {Case{"{}", ""},
                        {R"({"ntp_enabled": true})", ""},
                        {R"({"X_anything": {"a": [1]}, "ntp_ip": null})", ""},
                        {R"({"vlan_id": 4094, "vlan_priority": "0", "sip_proxy_port": 5060, "syslog_port": "514"})", ""},
                        {R"({"sip_lines": {"1": {"username": "a"}}, "funckeys": {}})", ""},
                        {R"({"sip": {"lines": {}}})", "'sip' of 'raw_config' is unknown"},
                        {R"({"x_small": 1})", "begin with X_"},
                        {R"({"ntp_enabled": "yes"})", "'ntp_enabled' of 'raw_config' must be true or false"},
                        {R"({"ntp_ip": []})", "'ntp_ip' of 'raw_config' must be a string"},
                        {R"({"vlan_id": 4095})", "from 1 to 4094"},
                        {R"({"vlan_id": -1})", "from 1 to 4094"},
                        {R"({"vlan_priority": 8})", "from 0 to 7"},
                        {R"({"sip_proxy_port": "x"})", "from 1 to 65535"},
                        {R"({"sip_transport": "pigeon"})", "one of "}}) {
    const auto checked = CheckRawConfigBySchema(Json::parse(c.raw_config));
    EXPECT_EQ(checked.has_value(), c.says[0] == 0) << c.raw_config << (checked ? "" : checked.error().message);
    if (!checked) {
      EXPECT_THAT(checked.error().message, ::testing::HasSubstr(c.says));
    }
  }
}

}  // namespace
}  // namespace provdlab::server
