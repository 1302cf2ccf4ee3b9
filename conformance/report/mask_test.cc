#include "conformance/report/mask.h"

#include <gtest/gtest.h>

#include "conformance/report/sample.h"

namespace provdlab::conformance {
namespace {

TEST(MaskText, MasksSecretsWhereverTheyStand) {
  struct Case {
    std::string text, masked;
  };
  const std::vector<Case> table = {
      // URLs and what looks like their authority.
      {"http://user:pw@host:8080/x", "http://user:***@host:8080/x"},
      {"https:\\/\\/user:pw@host", "https:\\/\\/user:***@host"},
      {"user:pw@proxy:3128", "user:***@proxy:3128"},
      {"(http://u:p@[::1]/) and ftp://a:b@c", "(http://u:***@[::1]/) and ftp://a:***@c"},
      {"\"http://u:p:q@h\"", "\"http://u:***@h\""},
      {"http://u:p/q@h", "http://u:***@h"},
      // Members of JSON, spaced or not, also inside a string of JSON.
      {R"({"password":"x","n":1})", R"({"password":"***","n":1})"},
      {R"({"sip_Password" : "a\"b", "n": 1})", R"({"sip_Password" : "***", "n": 1})"},
      {R"({"token": 12345, "secret": null, "api_key": true})", R"({"token": "***", "secret": null, "api_key": true})"},
      {R"("{\"password\": \"x y\", \"a\": \"b\"}")", R"("{\"password\": \"***\", \"a\": \"b\"}")"},
      {R"({"provisioning_key": "abc)", R"({"provisioning_key": "***)"},
      // Fields and assignments.
      {"> Authorization: Basic abc\r\n> Accept: */*", "> Authorization: ***\r\n> Accept: */*"},
      {"curl -H 'X-Auth-Token: abc' -H 'Accept: b'", "curl -H 'X-Auth-Token: ***' -H 'Accept: b'"},
      {"/x?token=abc&y=1", "/x?token=***&y=1"},
      {"admin_password=abc other=1", "admin_password=*** other=1"},
  };
  for (const Case& c : table) {
    EXPECT_EQ(MaskText(c.text), c.masked);
    EXPECT_EQ(MaskText(c.masked), c.masked) << "masking twice changes nothing more";
  }
}

TEST(MaskText, LeavesAllElse) {
  for (const std::string text :
       {"", "@", ":@", "a@b", "http://host:8080/a@b", "http://host/?q=a", R"({"value": "x", "pass": "y"})", R"({"password": ""})",
        R"({"password": {"a": 1}})", R"("password")", R"("password" "x")", "status: authorization", "12:30 me@home",
        "{\"status\": \"update|progress;5/10\"}", "\"", "\\\"", "token="}) {
    EXPECT_EQ(MaskText(text), text);
  }
}

// The record with every text in it, so that a secret that is left somewhere shows.
TEST(MaskSecrets, LeavesNoSecretInARecord) {
  RunRecord record = testing::RedRun();
  ASSERT_NE(DumpJson(ToJson(record)).find(testing::kSecret), std::string::npos);
  MaskSecrets(record);
  const std::string text = DumpJson(ToJson(record));
  const std::size_t left = text.find(testing::kSecret);
  EXPECT_EQ(left, std::string::npos) << text.substr(left > 100 ? left - 100 : 0, 200);
  EXPECT_NE(text.find("***"), std::string::npos);
}

TEST(MaskSecrets, ChangesNothingInARunWithoutSecrets) {
  RunRecord record = testing::GreenRun();
  const Json before = ToJson(record);
  MaskSecrets(record);
  EXPECT_EQ(ToJson(record), before);
}

TEST(MaskSecrets, MasksCredentialsOfFieldsElsewhereToo) {
  RunRecord record;
  ExchangeRecord exchange;
  exchange.request_headers = {{"authorization", "Bearer abcdefgh-12345"}, {"Cookie", "sid=1"}};
  exchange.response_headers = {{"Set-Cookie", "session=qwertyuiop"}};
  exchange.response_body = "you sent abcdefgh-12345 and session=qwertyuiop";
  record.scenarios.resize(1);
  record.scenarios[0].text = "GET /x\n  header Authorization: Bearer abcdefgh-12345\n";
  record.scenarios[0].steps.resize(1);
  record.scenarios[0].steps[0].exchanges = {exchange};
  MaskSecrets(record);
  const ExchangeRecord& masked = record.scenarios[0].steps[0].exchanges[0];
  EXPECT_EQ(masked.request_headers[0].second, "***");
  EXPECT_EQ(masked.request_headers[1].second, "***");
  EXPECT_EQ(masked.response_headers[0].second, "***");
  EXPECT_EQ(masked.response_body, "you sent *** and ***");
  EXPECT_EQ(record.scenarios[0].text, "GET /x\n  header Authorization: Bearer abcdefgh-12345\n") << "a scenario must stay replayable";
}

TEST(MaskSecrets, MasksTheSameInTheTargetsLog) {
  RunRecord run;
  ExchangeRecord exchange;
  exchange.request_headers = {{"X-Auth-Token", "1f2e3d4c-5b6a"}};
  StepRecord step;
  step.exchanges = {exchange};
  ScenarioRecord scenario;
  scenario.steps = {step};
  run.scenarios = {scenario};
  std::string log = "unknown token 1f2e3d4c-5b6a\npassword=hunter2 refused\nready\n";
  MaskSecrets(run, &log);
  EXPECT_EQ(log, "unknown token ***\npassword=*** refused\nready\n");
}

TEST(MaskText, MasksPasswordsInFilesOfPhones) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"sip line1 password: s3cret\nsip line1 mode: 0\n", "sip line1 password: ***\nsip line1 mode: 0\n"},
      {"line1.password = s3cret\nline1.name = Ada\n", "line1.password = ***\nline1.name = Ada\n"},
      {"<x reg.1.auth.password=\"s3cret\" reg.1.label=\"Ada\"/>", "<x reg.1.auth.password=\"***\" reg.1.label=\"Ada\"/>"},
      {R"({"text":"a.password = s3cret\nb = 1\npassword: s3cret\n"})", R"({"text":"a.password = ***\nb = 1\npassword: ***\n"})"},
      {R"({"text":"<x auth.password=\"s3cret\"/>"})", R"({"text":"<x auth.password=\"***\"/>"})"},
      {"wrong password: try again", "wrong password: try again"},
      {"line2.password = \nline2.name = x", "line2.password = \nline2.name = x"},
  };
  for (const auto& [text, masked] : table) EXPECT_EQ(MaskText(text), masked);
}

TEST(MaskSecrets, MasksPasswordsOfAccountsWhereverTheyAre) {
  RunRecord record;
  ExchangeRecord exchange;
  exchange.request_body = R"({"config": {"raw_config": {"sip_lines": {"1": {"password": "s3cret-of-line-1"}}}}})";
  record.scenarios.resize(1);
  record.scenarios[0].steps.resize(2);
  record.scenarios[0].steps[0].exchanges = {exchange};
  record.scenarios[0].steps[1].trace = {"it knows s3cret-of-line-1"};
  MaskSecrets(record);
  EXPECT_EQ(record.scenarios[0].steps[1].trace[0], "it knows ***");
}

TEST(MaskSecrets, MasksTheValueOfAParameterThatIsASecret) {
  RunRecord record;
  ExchangeRecord exchange;
  exchange.target = "/provd/configure/provisioning_key";
  exchange.request_body = "{\"param\": {\"value\": \"k3y\"}}";
  exchange.response_body = "{\"params\":[{\"id\":\"sip_password\",\"value\":\"s3c\"},{\"id\":\"locale\",\"value\":\"fr_FR\"}]}";
  exchange.curl = "curl --data-binary '{\"param\": {\"value\": \"k3y\"}}'";
  record.scenarios.resize(1);
  record.scenarios[0].steps.resize(1);
  record.scenarios[0].steps[0].exchanges = {exchange};
  MaskSecrets(record);
  const ExchangeRecord& masked = record.scenarios[0].steps[0].exchanges[0];
  EXPECT_EQ(masked.request_body, "{\"param\": {\"value\": \"***\"}}");
  EXPECT_EQ(masked.response_body, "{\"params\":[{\"id\":\"sip_password\",\"value\":\"***\"},{\"id\":\"locale\",\"value\":\"fr_FR\"}]}");
  EXPECT_EQ(masked.curl, "curl --data-binary '{\"param\": {\"value\": \"***\"}}'");
}

}  // namespace
}  // namespace provdlab::conformance
