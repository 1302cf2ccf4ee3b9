// Phones as a person has them: `provdlab phones` against `provdlab serve`, each as a process of its own.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/files.h"
#include "base/http/client.h"
#include "base/http/message.h"
#include "base/json.h"
#include "tools/command.h"
#include "tools/command_process.h"

namespace provdlab::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kDeadline{20};

// Two ports that were free a moment ago, and are not the same one.
std::array<std::uint16_t, 2> FreePorts() {
  const Descriptor sockets[] = {Descriptor(::socket(AF_INET, SOCK_DGRAM, 0)), Descriptor(::socket(AF_INET, SOCK_DGRAM, 0))};
  std::array<std::uint16_t, 2> ports{};
  for (std::size_t i = 0; i < ports.size(); ++i) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    socklen_t size = sizeof here;
    EXPECT_EQ(bind(sockets[i].get(), reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(getsockname(sockets[i].get(), reinterpret_cast<sockaddr*>(&here), &size), 0);
    ports[i] = ntohs(here.sin_port);
  }
  return ports;
}

class PhonesCommandTest : public ::testing::Test {
 protected:
  // A provd with the plugins of three vendors, whose phones are told to register at a port of ours.
  void Serve(std::vector<std::string> options = {}) {
    repository_.emplace(AddRepoCommand, std::vector<std::string>{"repo"});
    const std::string repository = Behind(repository_->Line());
    options.insert(options.begin(),
                   {"serve", "--rest-port", "0", "--http-port", "0", "--tftp-port", "0", "--sip-notify-port", std::to_string(sip_port_)});
    server_.emplace(AddServeCommand, std::move(options));
    rest_ = Behind(server_->Line());
    http_ = Behind(server_->Line());
    tftp_ = Behind(server_->Line());
    Ask("PUT", "/configure/plugin_server", {{"param", {{"value", repository}}}}, 204);
    Operate("/pg_mgr/install/update", Json::object(), "\"update|success");
    for (const char* plugin : {"acme", "xivo-aastra-3.3.1-SP2", "xivo-polycom-4.0.4"})
      Operate("/pg_mgr/install/install", {{"id", plugin}}, "\"install|success");
    const Json line = {{"username", "guest"},
                       {"password", "s3cret"},
                       {"display_name", "Guest"},
                       {"registrar_ip", "127.0.0.1"},
                       {"registrar_port", registrar_port_},
                       {"proxy_ip", "127.0.0.1"},
                       {"proxy_port", registrar_port_}};
    Ask("POST", "/cfg_mgr/configs",
        {{"config",
          {{"id", "base"}, {"role", "autocreate"}, {"parent_ids", Json::array()}, {"raw_config", {{"sip_lines", {{"1", line}}}}}}}},
        201);
  }
  static std::string Behind(const std::string& line) { return line.substr(line.find(' ') + 1); }

  http::Response Ask(const std::string& method, const std::string& path, const Json& body, int status) const {
    const auto parts = http::ParseUrl(rest_);
    const http::Client client({.host = parts->host, .port = parts->port});
    http::Request request{.method = method, .target = parts->path + path};
    if (!body.is_null()) {
      request.headers.Set("Content-Type", "application/vnd.proformatique.provd+json");
      request.body = DumpJson(body);
    }
    const http::Response response = client.Send(request, kDeadline).response.value_or(http::Response{.status = 0});
    EXPECT_EQ(response.status, status) << method << " " << path << ": " << response.body;
    return response;
  }
  // Starts an operation and waits until its status has `end`: a quote first, or the end of what it does underneath would do.
  void Operate(const std::string& service, const Json& body, const std::string& end) const {
    const std::string monitor =
        Ask("POST", service, body, 201).headers.Get("Location").value_or("/provd").substr(std::string("/provd").size());
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    std::string status;
    while (status.find(end) == std::string::npos && std::chrono::steady_clock::now() < deadline)
      status = Ask("GET", monitor, nullptr, 200).body;
    EXPECT_THAT(status, HasSubstr(end));
  }
  // Of the phone with this MAC, what its config says of line 1.
  Json LineOf(const std::string& mac) const {
    const std::string query = http::PercentEncode(DumpJson(Json{{"mac", mac}}));
    const auto devices = ParseJson(Ask("GET", "/dev_mgr/devices?q=" + query, nullptr, 200).body);
    EXPECT_EQ((*devices)["devices"].size(), 1u) << mac;
    if ((*devices)["devices"].size() != 1) return {};
    EXPECT_EQ((*devices)["devices"][0].value("configured", false), true);
    const auto raw = ParseJson(Ask("GET", "/cfg_mgr/configs/" + (*devices)["devices"][0].value("config", "") + "/raw", nullptr, 200).body);
    return (*raw)["raw_config"]["sip_lines"]["1"];
  }

  int Phones(std::vector<std::string> options) {
    if (!rest_.empty()) options.insert(options.begin(), {"--target", rest_});
    options.insert(options.begin(), "phones");
    CommandProcess command(AddPhonesCommand, std::move(options));
    const int exit_code = command.ExitCode();
    output_ = command.output();
    errors_ = command.errors();
    return exit_code;
  }
  Json Output() const {
    const auto json = ParseJson(output_);
    EXPECT_TRUE(json) << output_ << errors_;
    return json.value_or(Json::object());
  }

  const std::array<std::uint16_t, 2> ports_ = FreePorts();
  const std::uint16_t registrar_port_ = ports_[0], sip_port_ = ports_[1];
  std::optional<CommandProcess> repository_, server_;
  std::string rest_, http_, tftp_, output_, errors_;
};

TEST_F(PhonesCommandTest, BootsPhonesOfThreeVendors) {
  Serve();
  for (const char* model : {"6731i", "SPIP335", "X1"}) {
    EXPECT_EQ(Phones({"--model", model, "--json"}), 0) << model << "\n" << output_ << errors_;
    const Json phone = Output();
    EXPECT_EQ(phone["configured"], true);
    EXPECT_EQ(phone["model"], model);
    EXPECT_EQ(phone["stage"], "parsed");
    const Json line = LineOf(phone["mac"]);
    ASSERT_EQ(phone["knows"]["lines"].size(), 1u) << output_;
    EXPECT_EQ(phone["knows"]["lines"][0]["username"], line["username"]);
    EXPECT_EQ(phone["knows"]["lines"][0]["password"], "s3cret");
  }
}

TEST_F(PhonesCommandTest, ShowsTheBootOfOnePhoneLineByLine) {
  Serve();
  EXPECT_EQ(Phones({"--model", "6731i", "--mac", "00:08:5d:10:00:01", "--seed", "7"}), 0) << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("6731i 00:08:5d:10:00:01, firmware "));
  EXPECT_THAT(output_, HasSubstr("  →  DHCP: asks for an address as \"AastraIPPhone6731i\"\n"));
  EXPECT_THAT(output_, HasSubstr("  ←  DHCP: 127.1.0.1 ("));
  EXPECT_THAT(output_, HasSubstr("  →  GET " + http_ + "/Aastra/00085D100001.cfg\n"));
  EXPECT_THAT(output_, HasSubstr("  ←  404, not there ("));
  EXPECT_THAT(output_, HasSubstr("     is now parsed\n"));
  EXPECT_THAT(output_, HasSubstr("\nCONFIGURED  The phone is configured, "));
  EXPECT_THAT(output_, HasSubstr("\"username\": \"guest"));
  EXPECT_THAT(output_, Not(HasSubstr("\033[")));
}

TEST_F(PhonesCommandTest, BootsOverTftp) {
  Serve();
  EXPECT_EQ(Phones({"--model", "X1", "--server", "tftp://" + tftp_ + "/Acme", "--loss", "0.05", "--delay", "1ms"}), 0)
      << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("  →  GET tftp://" + tftp_ + "/Acme/common.cfg\n"));
}

TEST_F(PhonesCommandTest, BootsManyAndRegistersThem) {
  Serve();
  const TemporaryDirectory folder;
  const std::string page = (folder.path() / "phones.html").string(), journal = (folder.path() / "journal").string();
  EXPECT_EQ(Phones({"--count", "40", "--models", "6731i=2,SPIP335=1,X1=1", "--registrar", std::to_string(registrar_port_), "--sip-port",
                    "0", "--html", page, "--journal", journal, "--json"}),
            0)
      << output_ << errors_;
  const Json record = Output();
  EXPECT_EQ(record["phones"], 40);
  EXPECT_EQ(record["configured"], 40) << record["failures"].dump(1);
  EXPECT_EQ(record["registers"], true);
  EXPECT_EQ(record["pushes"]["sent"], 40);
  EXPECT_EQ(record["pushes"]["refused"], 0);
  EXPECT_EQ(record["remarks"], Json::array());
  EXPECT_THAT(*ReadFile(page), HasSubstr("All 40 phones are configured and registered"));
  EXPECT_THAT(*ReadFile(journal), HasSubstr("\"kind\":\"power\""));
  EXPECT_EQ((*ParseJson(Ask("GET", "/dev_mgr/devices", nullptr, 200).body))["devices"].size(), 40u);
}

TEST_F(PhonesCommandTest, InVirtualTimeTheSameSeedGivesTheSameBytes) {
  Serve();
  const TemporaryDirectory folder;
  std::vector<std::string> journals;
  for (const char* name : {"first", "second", "third"}) {
    const std::string journal = (folder.path() / name).string();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(Phones({"--count",
                      "20",
                      "--models",
                      "6731i=2,SPIP335=1,X1=1",
                      "--registrar",
                      std::to_string(registrar_port_),
                      "--virtual-time",
                      "--pauses",
                      "--loss",
                      "0.05",
                      "--delay",
                      "20ms",
                      "--clock-ppm",
                      "200",
                      "--stay",
                      "--for",
                      "24h",
                      "--journal",
                      journal,
                      "--json"}),
              0)
        << output_ << errors_;
    const Json record = Output();
    EXPECT_EQ(record["configured"], 20) << record["failures"].dump(1);
    EXPECT_GT(record["took"], 20.0) << output_;  // of theirs: a Polycom alone takes longer to start
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
    journals.push_back(*ReadFile(journal));
  }
  // The first time they were unknown. A day is long enough to renew leases and registrations.
  EXPECT_THAT(journals[1], HasSubstr("\"kind\":\"asks-lease\""));
  EXPECT_THAT(journals[1], HasSubstr("\"renew\":true"));
  EXPECT_TRUE(journals[1] == journals[2]);
  EXPECT_EQ((*ParseJson(Ask("GET", "/dev_mgr/devices?fields=ip", nullptr, 200).body))["devices"].size(), 20u);
}

TEST_F(PhonesCommandTest, APhoneWithAnotherPasswordThanItsConfigIsNotRegistered) {
  Serve();
  // The file is that of before: the registrar has what the config says now.
  EXPECT_EQ(Phones({"--model", "X1", "--json"}), 0);
  const std::string mac = Output()["mac"];
  EXPECT_EQ(Phones({"--model", "X1", "--registrar", std::to_string(registrar_port_), "--sip-port", "0"}), 0) << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("SIP/2.0 200 OK"));
  EXPECT_EQ(LineOf(mac)["password"], "s3cret");
}

TEST_F(PhonesCommandTest, TellsWhyPhonesFailAndHowToReplayOne) {
  Serve();
  EXPECT_EQ(Phones({"--count", "6", "--models", "57iCT=1,X1=1", "--seed", "3", "--deadline", "5s"}), 1) << output_ << errors_;
  EXPECT_THAT(output_, HasSubstr("FAILED  Of 6 phones 3 are not configured."));
  EXPECT_THAT(output_, HasSubstr("3 phones came as far as "));
  const std::string::size_type replay = output_.find("provdlab phones --target");
  ASSERT_NE(replay, std::string::npos) << output_;
  const std::string line = output_.substr(replay, output_.find('\n', replay) - replay);
  EXPECT_THAT(line, AllOf(HasSubstr("--models 57iCT=1,X1=1"), HasSubstr("--seed 3 --only 00:08:5d:")));
  const std::string mac = line.substr(line.rfind(' ') + 1);
  EXPECT_EQ(Phones({"--count", "6", "--models", "57iCT=1,X1=1", "--seed", "3", "--only", mac, "--deadline", "5s"}), 1);
  EXPECT_THAT(output_, HasSubstr("57iCT " + mac));
  EXPECT_THAT(output_, HasSubstr("\nFAILED  The phone is not configured."));
}

TEST_F(PhonesCommandTest, StaysAndAnswersNotify) {
  Serve();
  CommandProcess phones(AddPhonesCommand,
                        {"phones", "--target", rest_, "--model", "X1", "--sip-port", std::to_string(sip_port_), "--stay", "--json"});
  const Json phone = ParseJson(phones.Line()).value_or(Json());
  ASSERT_EQ(phone.value("configured", false), true) << phones.errors();
  const std::string query = http::PercentEncode(DumpJson(Json{{"mac", phone["mac"]}}));
  const auto devices = ParseJson(Ask("GET", "/dev_mgr/devices?q=" + query, nullptr, 200).body);
  Operate("/dev_mgr/synchronize", {{"id", (*devices)["devices"][0]["id"]}}, "\"success");
  phones.Signal(SIGINT);
  EXPECT_EQ(phones.ExitCode(), 0);
}

TEST_F(PhonesCommandTest, BehindOneAddressOrAProxy) {
  Serve({"--trusted-proxies", "1"});
  EXPECT_EQ(Phones({"--count", "4", "--model", "6731i", "--forwarded-for", "--addresses", "192.0.2.0/24", "--json"}), 0)
      << output_ << errors_;
  const auto devices = ParseJson(Ask("GET", "/dev_mgr/devices?fields=ip", nullptr, 200).body);
  EXPECT_THAT(devices->dump(), AllOf(HasSubstr("192.0.2.1\""), HasSubstr("192.0.2.4\"")));
  EXPECT_EQ(Phones({"--count", "4", "--model", "6731i", "--nat", "--addresses", "192.0.2.0/24", "--json"}), 0) << output_ << errors_;
}

TEST_F(PhonesCommandTest, SaysWhatIsWrongWithItsOptions) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> rows = {
      {{}, "no model is named"},
      {{"--model", "6731x"}, "there is no model \"6731x\""},
      {{"--model", "X1", "--vendor", "Aastra"}, "of Aastra"},
      {{"--models", "6731i=0"}, "MODEL=SHARE"},
      {{"--models", "6731i=x"}, "MODEL=SHARE"},
      {{"--profile", "none.json"}, "neither the name of a profile nor a file"},
      {{"--model", "X1", "--ramp", "fast"}, "--ramp"},
      {{"--model", "X1", "--ramp", "0/s"}, "--ramp"},
      {{"--model", "X1", "--deadline", "soon"}, "--deadline"},
      {{"--model", "X1", "--mac", "00-08-5D-10-00-01"}, "is not a MAC"},
      {{"--model", "X1", "--addresses", "192.0.2.0/24"}, "--nat or --forwarded-for"},
      {{"--model", "X1", "--addresses", "127.1.0.0/30", "--count", "3"}, "for 2 phones"},
      {{"--model", "X1", "--dhcp", "none.json"}, "--dhcp"},
      {{"--model", "X1", "--virtual-time", "--stay"}, "--for 24h"},
      {{"--model", "X1", "--target", "nonsense"}, "nonsense"},
      {{"--model", "X1", "--target", "http://127.0.0.1:1/provd", "--only", "00:00:00:00:00:01", "--http-provisioning",
        "http://127.0.0.1:1"},
       "none of the phones"},
      {{"--model", "X1", "--target", "http://127.0.0.1:1/provd", "--http-provisioning", "http://192.0.2.1:8667"},
       "which is another machine"},
      {{"--model", "X1", "--target", "http://127.0.0.1:1/provd", "--http-provisioning", "ftp://127.0.0.1"}, "--http-provisioning"},
      {{"--model", "X1", "--target", "http://127.0.0.1:1/provd", "--http-provisioning", "http://127.0.0.1:1", "--tftp", "x:y"}, "--tftp"},
  };
  for (const auto& [options, problem] : rows) {
    EXPECT_EQ(Phones(options), 2) << problem;
    EXPECT_THAT(errors_, HasSubstr(problem));
  }
}

TEST_F(PhonesCommandTest, SaysThatTheTargetIsNotThere) {
  EXPECT_EQ(Phones({"--model", "X1", "--target", "http://127.0.0.1:1/provd"}), 3);
  EXPECT_THAT(errors_, HasSubstr("127.0.0.1:1"));
}

TEST_F(PhonesCommandTest, ListsModels) {
  EXPECT_EQ(Phones({"--list-models"}), 0);
  EXPECT_THAT(output_, HasSubstr("Aastra    6731i       aastra-67xx\n"));
  EXPECT_THAT(output_, HasSubstr("Acme      X1          acme\n"));
}

}  // namespace
}  // namespace provdlab::tools
