// The phones' side as a person has it: `provdlab repo`, `serve` with both ports and `explain`, each as a process of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/http/message.h"
#include "base/json.h"
#include "base/tftp/client.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::seconds kDeadline{20};
constexpr char kAgent[] = "Acme X1 00-aa-55-00-00-01 1.0";
constexpr char kPhone[] = "127.1.0.1";

class ExplainCommandTest : public ::testing::Test {
 protected:
  void Serve(std::vector<std::string> options = {"--http-port", "0", "--tftp-port", "0"}) {
    repository_.emplace(AddRepoCommand, std::vector<std::string>{"repo"});
    const std::string repository = Behind(repository_->Line());
    repository_->Line();  // its admin port
    options.insert(options.begin(), {"serve", "--rest-port", "0", "--admin-port", "0"});
    server_.emplace(AddServeCommand, std::move(options));
    rest_ = Behind(server_->Line());
    admin_ = Behind(server_->Line());
    Put("/configure/plugin_server", R"({"param": {"value": ")" + repository + R"("}})");
    Operate("/pg_mgr/install/update", "{}");
    Operate("/pg_mgr/install/install", R"({"id": "acme"})");
    const auto made = Send("POST", rest_ + "/cfg_mgr/configs",
                           R"({"config": {"id": "auto", "role": "autocreate", "parent_ids": [], "raw_config": {"sip_lines":
                               {"1": {"username": "guest", "password": "guest", "proxy_ip": "192.0.2.1", "display_name": "Guest"}}}}})");
    ASSERT_EQ(made.status, 201) << made.body;
  }
  static std::string Behind(const std::string& line) { return line.substr(line.find(' ') + 1); }

  static http::Response Send(const std::string& method, const std::string& url, const std::string& body = "", http::Headers headers = {},
                             const std::string& from = "") {
    const auto parts = http::ParseUrl(url);
    if (!parts) return {.status = 0};
    if (!body.empty()) headers.Set("Content-Type", "application/vnd.proformatique.provd+json");
    const http::Client client({.host = parts->host, .port = parts->port, .local_address = from});
    return client.Send({.method = method, .target = parts->path, .headers = headers, .body = body}, kDeadline)
        .response.value_or(http::Response{.status = 0});
  }
  void Put(const std::string& path, const std::string& body) const {
    const auto answer = Send("PUT", rest_ + path, body);
    ASSERT_EQ(answer.status, 204) << answer.body;
  }
  // Starts an operation and waits for its end.
  void Operate(const std::string& service, const std::string& body) const {
    const auto started = Send("POST", rest_ + service, body);
    ASSERT_EQ(started.status, 201) << started.body;
    const std::string monitor = started.headers.Get("Location").value_or("").substr(std::string("/provd").size());
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    std::string status;
    while (status.find("|success") == std::string::npos && std::chrono::steady_clock::now() < end) {
      status = Send("GET", rest_ + monitor).body;
      status.resize(std::min(status.find('('), status.size()));
    }
    ASSERT_THAT(status, HasSubstr("|success"));
  }
  http::Response Get(const std::string& http, const std::string& path, const std::string& from = kPhone) const {
    return Send("GET", http + path, "", {{"User-Agent", kAgent}}, from);
  }

  int Explain(std::vector<std::string> options) {
    options.insert(options.begin(), {"explain", "--admin", admin_});
    CommandProcess command(AddExplainCommand, std::move(options));
    const int exit_code = command.ExitCode();
    output_ = command.output();
    errors_ = command.errors();
    return exit_code;
  }

  std::optional<CommandProcess> repository_, server_;
  std::string rest_, admin_, output_, errors_;
};

TEST_F(ExplainCommandTest, ServesPhonesOverBothPortsAndSaysWhy) {
  Serve();
  const std::string http = Behind(server_->Line()), tftp = Behind(server_->Line());
  EXPECT_THAT(http, MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_THAT(tftp, MatchesRegex("127\\.0\\.0\\.1:[0-9]+"));

  const http::Response own = Get(http, "/Acme/00aa55000001.cfg");
  ASSERT_EQ(own.status, 200) << own.body;
  EXPECT_THAT(own.body, HasSubstr("guest1@192.0.2.1:5060\n"));
  // What phones are told is where the server really is.
  EXPECT_THAT(Get(http, "/Acme/common.cfg").body, HasSubstr(http.substr(http.rfind(':') + 1)));
  EXPECT_THAT(Send("GET", rest_ + "/cfg_mgr/configs/auto/raw").body, HasSubstr("\"tftp_port\":" + tftp.substr(tftp.rfind(':') + 1)));
  const auto over_tftp =
      tftp::Fetch({.port = static_cast<std::uint16_t>(std::stoi(tftp.substr(tftp.rfind(':') + 1))), .local_address = kPhone},
                  {.file = "/Acme/00aa55000001.cfg", .mode = "octet"}, kDeadline);
  ASSERT_TRUE(over_tftp) << over_tftp.error().message;
  EXPECT_EQ(over_tftp->result.bytes, own.body);

  EXPECT_EQ(Explain({"--mac", "00:aa:55:00:00:01"}), 0) << errors_;
  EXPECT_THAT(output_, MatchesRegex("served Acme/00aa55000001.cfg of device [0-9a-f]+ \\(found by mac\\)\n(.|\n)*"));
  EXPECT_THAT(output_, HasSubstr("  asked      RRQ /Acme/00aa55000001.cfg from 127.1.0.1 at "));
  EXPECT_EQ(Explain({"--ip", kPhone, "--all"}), 0);
  EXPECT_THAT(output_, AllOf(HasSubstr("(made for it)"), HasSubstr("\n\nserved Acme/common.cfg of device")));
  EXPECT_EQ(Get(http, "/Acme/00AA55000001.cfg").status, 404);
  EXPECT_EQ(Explain({"--ip", kPhone}), 1);
  EXPECT_THAT(output_, StartsWith("404: acme has no file Acme/00AA55000001.cfg for device "));
  EXPECT_THAT(output_, HasSubstr("  there is   Acme/00aa55000001.cfg\n"));
  EXPECT_EQ(Explain({"--ip", kPhone, "--json"}), 1);
  const Json answer = ParseJson(output_).value_or(Json());
  EXPECT_EQ(answer["requests"][0]["status"], 404) << output_;
  EXPECT_EQ(Explain({"--device", answer["requests"][0]["device"].get<std::string>()}), 1);
  EXPECT_EQ(Explain({"--ip", "127.9.9.9"}), 1);
  EXPECT_EQ(output_, "no such request is remembered\n");

  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->ExitCode(), 0);
  EXPECT_EQ(Explain({"--ip", kPhone}), 3);
}

TEST_F(ExplainCommandTest, SaysWhatATypedRequestWouldGet) {
  Serve();
  const std::vector<std::string> from = {"--from", "127.1.0.2"};
  const auto explain = [&](std::vector<std::string> options) {
    options.insert(options.end(), from.begin(), from.end());
    return Explain(std::move(options));
  };
  EXPECT_EQ(explain({"GET /Acme/00aa55000001.cfg", "--user-agent", kAgent}), 0) << errors_;
  EXPECT_THAT(output_, StartsWith("would serve Acme/00aa55000001.cfg of a device that would be made\n"));
  EXPECT_EQ(explain({"/Acme/none", "--header", std::string("User-Agent: ") + kAgent, "--json"}), 1);
  EXPECT_EQ(ParseJson(output_).value_or(Json())["status"], 404);
  EXPECT_EQ(explain({"HEAD /Acme/common.cfg", "--user-agent", kAgent}), 1);
  EXPECT_THAT(output_, StartsWith("405: "));
  EXPECT_EQ(explain({"--tftp", "/Acme/00aa55000001.cfg"}), 0);
  EXPECT_THAT(output_, StartsWith("would serve Acme/00aa55000001.cfg of a device that would be made\n"));
  EXPECT_EQ(explain({"--tftp", "none"}), 1);
  EXPECT_THAT(output_, StartsWith("error 1: no plugin recognises a device that would be made\n"));
  EXPECT_EQ(explain({"--dhcp-option", "06041.63.6d.65.20.58.31", "--mac", "00:aa:55:00:00:01"}), 0);
  EXPECT_THAT(output_,
              AllOf(StartsWith("a lease of a device that would be made\n"), HasSubstr("option 60: Acme X1"), HasSubstr("model X1")));

  const TemporaryDirectory folder;
  const std::string recorded = (folder.path() / "request").string();
  std::ofstream(recorded) << "GET /Acme/00aa55000001.cfg HTTP/1.1\r\nHost: x\r\nUser-Agent: " << kAgent << "\r\n\r\nand more";
  EXPECT_EQ(explain({"--recorded", recorded}), 0) << errors_;
  EXPECT_THAT(output_, StartsWith("would serve Acme/00aa55000001.cfg"));
  // Nothing of it happened.
  EXPECT_EQ(Send("GET", rest_ + "/dev_mgr/devices").body, R"({"devices":[]})");
  EXPECT_THAT(Send("GET", admin_ + "/phones").body, HasSubstr("\"last\":0"));
}

TEST_F(ExplainCommandTest, SaysWhatIsWrongWithTheQuestion) {
  const std::string admin = "http://127.0.0.1:1/v1";
  const std::pair<std::vector<std::string>, const char*> usage[] = {
      {{}, "--admin"},
      {{"--admin", "127.0.0.1"}, "URL of an admin port"},
      {{"--admin", "http://127.0.0.1:1/provd"}, "URL of an admin port"},
      {{"--admin", admin}, "which request?"},
      {{"--admin", admin, "/x"}, "--from ADDR is missing"},
      {{"--admin", admin, "GET x", "--from", "127.0.0.1"}, "'GET x' is no request"},
      {{"--admin", admin, "/x", "--from", "127.0.0.1", "--mac", "00:aa:55:00:00:01"}, "only supposed"},
      {{"--admin", admin, "/x", "--from", "127.0.0.1", "--tftp", "y"}, "one request at a time"},
      {{"--admin", admin, "/x", "--from", "127.0.0.1", "--header", "nothing"}, "no header field"},
      {{"--admin", admin, "--tftp", "y", "--from", "127.0.0.1", "--user-agent", "z"}, "belong to requests over HTTP"},
      {{"--admin", admin, "--dhcp-option", "06041", "--from", "127.0.0.1"}, "--mac is missing"},
      {{"--admin", admin, "--ip", "127.0.0.1", "--user-agent", "z"}, "there is none"},
      {{"--admin", admin, "--recorded", "/no/such/file", "--from", "127.0.0.1"}, "/no/such/file"},
      {{"--admin", admin, "--mac", ""}, "--mac"},
  };
  for (auto [options, sentence] : usage) {
    options.insert(options.begin(), "explain");
    CommandProcess command(AddExplainCommand, options);
    EXPECT_EQ(command.ExitCode(), 2) << ::testing::PrintToString(options);
    EXPECT_THAT(command.output() + command.errors(), HasSubstr(sentence)) << ::testing::PrintToString(options);
  }
  CommandProcess nobody(AddExplainCommand, {"explain", "--admin", admin, "--ip", "127.0.0.1"});
  EXPECT_EQ(nobody.ExitCode(), 3);
  EXPECT_THAT(nobody.errors(), HasSubstr("--admin-port"));
}

TEST_F(ExplainCommandTest, ServerSideMistakesAreUsage) {
  CommandProcess serve(AddServeCommand, {"serve", "--rest-port", "0", "--admin-port", "0"});
  serve.Line();
  admin_ = Behind(serve.Line());
  EXPECT_EQ(Explain({"--mac", "nonsense"}), 2);
  EXPECT_THAT(errors_, HasSubstr("'nonsense' is no MAC address"));
  EXPECT_EQ(Explain({"/x", "--from", "here"}), 2);
  EXPECT_THAT(errors_, HasSubstr("'ip' must be an IPv4 address"));
  CommandProcess repo(AddRepoCommand, {"repo"});
  repo.Line();
  admin_ = Behind(repo.Line());
  EXPECT_EQ(Explain({"--ip", "127.0.0.1"}), 3);  // another admin port
}

TEST_F(ExplainCommandTest, HasHelpWithExamples) {
  CommandProcess command(AddExplainCommand, {"explain", "--help"});
  EXPECT_EQ(command.ExitCode(), 0);
  EXPECT_THAT(command.output(), HasSubstr("Examples:"));
}

}  // namespace
}  // namespace provdlab::tools
