// `provdlab registrar` as a process of its own: what it prints, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "base/http/client.h"
#include "base/json.h"
#include "base/sip/client_transaction.h"
#include "base/sip/digest.h"
#include "base/text.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// `provdlab registrar` with these options.
class RegistrarProcess : public CommandProcess {
 public:
  explicit RegistrarProcess(std::vector<std::string> options) : CommandProcess(AddRegistrarCommand, WithName(std::move(options))) {}

 private:
  static std::vector<std::string> WithName(std::vector<std::string> options) {
    options.insert(options.begin(), "registrar");
    return options;
  }
};

// The status of the final answer to a phone that registers as alice.
int Register(const std::string& line, const std::string& password) {
  const auto port = static_cast<std::uint16_t>(ParseDecimal(line.substr(line.rfind(':') + 1)).value_or(0));
  const auto ask = [&](const std::string& authorization) {
    return sip::Ask({.ip = "127.0.0.1", .port = port},
                    [&](const std::string& here) {
                      sip::Message request = sip::NewRequest("REGISTER", "sip:alice@registrar", "sip:alice@registrar");
                      request.Add("Contact", "<sip:alice@" + here + ">");
                      request.Add("User-Agent", "Acme phone/1");
                      if (!authorization.empty()) request.Add("Authorization", authorization);
                      return request;
                    },
                    {}, {})
        .value_or(sip::Message{});
  };
  const auto challenge = sip::ReadChallenge(ask("").Get("WWW-Authenticate").value_or(""));
  if (!challenge) return 0;
  return ask(sip::Authorization(*challenge, {"alice", password}, "REGISTER", "sip:alice@registrar", "c", 1)).status;
}

TEST(RegistrarCommand, SaysAtItsEndWhoIsRegisteredAndWhoIsNot) {
  RegistrarProcess process({"--account", "alice:pass:word", "--account", "bob:b0b"});
  const std::string registrar = process.Line();
  ASSERT_THAT(registrar, StartsWith("registrar 127.0.0.1:"));
  EXPECT_THAT(process.Line(), StartsWith("admin http://127.0.0.1:"));
  EXPECT_EQ(Register(registrar, "pass:word"), 200);
  process.Signal(SIGTERM);
  EXPECT_THAT(process.Line(), StartsWith("'alice' is registered at sip:alice@127.0.0.1:"));
  EXPECT_EQ(process.Line(), "'bob' has not asked for it");
  EXPECT_EQ(process.ExitCode(), 0);
}

TEST(RegistrarCommand, PrintsItsJournalAsJson) {
  RegistrarProcess process({"--account", "alice:right", "--json"});
  const std::string registrar = process.Line();
  const std::string admin = process.Line();
  EXPECT_EQ(Register(registrar, "wrong"), 403);
  const auto url = http::ParseUrl(admin.substr(admin.find("http://")));
  ASSERT_TRUE(url);
  http::Request request;
  request.method = "GET";
  request.target = "/v1/journal?after=1";
  const auto seen = http::Client({.host = url->host, .port = url->port}).Send(request, std::chrono::seconds(20));
  ASSERT_TRUE(seen.response) << seen.problem;
  EXPECT_THAT(seen.response->body, HasSubstr("wrong password"));
  process.Signal(SIGINT);
  const auto journal = ParseJson(process.Line());
  ASSERT_TRUE(journal) << journal.error().message;
  ASSERT_EQ(journal->at("entries").size(), 2u);
  EXPECT_EQ(journal->at("entries").at(1).at("outcome"), "wrong password");
  EXPECT_EQ(process.ExitCode(), 0);
}

TEST(RegistrarCommand, NotifiesForAProvd) {
  RegistrarProcess process({"--account", "alice:right", "--ami", "0", "--gateway", "0"});
  process.Line(), process.Line();
  EXPECT_THAT(process.Line(), StartsWith("ami 127.0.0.1:"));
  const std::string gateway = process.Line(), admin = process.Line();
  EXPECT_THAT(admin, StartsWith("notify-admin http://127.0.0.1:"));
  const auto ask = [](const std::string& line, http::Request request) {
    const auto url = http::ParseUrl(line.substr(line.find("http://")));
    request.target = url->path + request.target;
    return http::Client({.host = url->host, .port = url->port}).Send(request, std::chrono::seconds(20)).response.value_or(http::Response{});
  };
  http::Request notify{.method = "POST", .target = "/1.0/action/PJSIPNotify", .body = "Variable=Event%3Dcheck-sync&Endpoint=alice"};
  notify.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_THAT(ask(gateway, notify).body, HasSubstr("\"Error\"")) << "nobody is registered as alice";
  const std::string journal = ask(admin, {.method = "GET", .target = "/journal"}).body;
  EXPECT_THAT(journal, AllOf(HasSubstr("\"alice\""), HasSubstr("\"failed\""))) << admin;
  process.Signal(SIGTERM);
  EXPECT_EQ(process.ExitCode(), 0);
  EXPECT_EQ(RegistrarProcess({"--account", "alice:right", "--ami", "0", "--manager", "provd"}).ExitCode(), 2);
}

TEST(RegistrarCommand, RefusesAccountsAndAddressesThatAreNone) {
  for (const char* account : {"alice", "alice:", ":secret"}) EXPECT_EQ(RegistrarProcess({"--account", account}).ExitCode(), 2) << account;
  EXPECT_EQ(RegistrarProcess({"--account", "alice:right", "--bind", "nowhere"}).ExitCode(), 3);
}

}  // namespace
}  // namespace provdlab::tools
