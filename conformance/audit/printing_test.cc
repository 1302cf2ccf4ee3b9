#include "conformance/audit/printing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::conformance::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kTarget[] = "http://127.0.0.1:8666/provd";

Snapshot WithDangling(int count) {
  Snapshot snapshot;
  snapshot.configs = {{.id = "auto", .role = "autocreate"}};
  for (int i = 0; i < count; ++i)
    snapshot.devices.push_back(
        {.id = "d" + std::to_string(i), .mac = "m" + std::to_string(i), .plugin = "p", .config = "gone" + std::to_string(i)});
  snapshot.loaded = snapshot.installed = {"p"};
  return snapshot;
}

std::string Text(const Snapshot& snapshot, TerminalAuditOptions options = {}) {
  return TerminalAudit(kTarget, snapshot, Audit(snapshot), options);
}

TEST(TerminalAudit, SaysTheVerdictFirst) {
  EXPECT_THAT(Text(WithDangling(0)), StartsWith("SOUND  Nothing is wrong in 0 devices and 1 config.\n"));
  EXPECT_THAT(Text(WithDangling(2)), StartsWith("FOUND  2 errors in 2 devices and 1 config.\n"));
  Snapshot noted = WithDangling(1);
  noted.devices[0].config = "";
  EXPECT_THAT(Text(noted), StartsWith("SOUND  Nothing is wrong in 1 device and 1 config, but 1 note.\n"));
  Snapshot partial = WithDangling(0);
  partial.unread[Resource::kNat] = "it answered 500";
  EXPECT_THAT(Text(partial), StartsWith("NOT PROVEN  Nothing found in 0 devices and 1 config, but not everything could be read.\n"));
  EXPECT_THAT(Text(partial), HasSubstr("not read  /configure/NAT: it answered 500\nunchecked device.duplicate-ip\n"));
}

TEST(TerminalAudit, ShowsAFewFindingsOfARuleAndWhatToDo) {
  const std::string text = Text(WithDangling(7));
  EXPECT_THAT(text, HasSubstr("\nerror  device.dangling-config  7\n"
                              "            A device names a config that is not there, so it can't be configured.\n"
                              "  found     device \"d0\" names config \"gone0\", which is not there\n"));
  EXPECT_THAT(text, HasSubstr("            … and 2 more; --json has all\n"
                              "  do        make that config, or give the device another one\n"));
}

TEST(TerminalAudit, ShowsNoControlCharactersAndColoursOnlyWhenTold) {
  Snapshot snapshot = WithDangling(1);
  snapshot.devices[0].config = "\033[31mred\r\n\xC2\x9B";
  const std::string text = Text(snapshot);
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_THAT(text, Not(HasSubstr("\xC2\x9B")));
  EXPECT_THAT(Text(snapshot, {.color = true}), HasSubstr("\033[1;31mFOUND"));
}

TEST(AuditJson, HasEveryFinding) {
  Snapshot snapshot = WithDangling(1000);
  snapshot.unread[Resource::kNat] = "it answered 500";
  const OrderedJson json = AuditJson(kTarget, snapshot, Audit(snapshot));
  EXPECT_EQ(json.at("target"), kTarget);
  EXPECT_EQ(json.at("errors"), 1000);
  EXPECT_EQ(json.at("read").at("devices"), 1000);
  EXPECT_FALSE(json.at("read").contains("nat"));
  EXPECT_EQ(json.at("unread").at(0).at("resource"), "/configure/NAT");
  EXPECT_EQ(json.at("unchecked").at(0).at("rule"), "device.duplicate-ip");
  ASSERT_EQ(json.at("findings").size(), 1000u);
  const OrderedJson& finding = json.at("findings").at(999);
  EXPECT_EQ(finding.at("rule"), "device.dangling-config");
  EXPECT_EQ(finding.at("severity"), "error");
  EXPECT_EQ(finding.at("devices"), OrderedJson::array({"d999"}));
  EXPECT_EQ(finding.at("configs"), OrderedJson::array({"gone999"}));
}

}  // namespace
}  // namespace provdlab::conformance::audit
