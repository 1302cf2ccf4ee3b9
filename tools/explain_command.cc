// provdlab explain: why a phone got what it got from the reference server, or what one would get.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/http/client.h"
#include "base/http/message.h"
#include "base/json.h"
#include "base/text.h"
#include "server/provisioning/explanation_report.h"
#include "tools/command.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

constexpr int kNotServed = 1;
constexpr int kUsage = 2;
constexpr int kNoServer = 3;
constexpr std::chrono::seconds kDeadline{30};
constexpr std::uint64_t kLongestRecorded = 256 * 1024;

constexpr char kExamples[] = R"(Examples:
  provdlab explain --admin http://127.0.0.1:PORT --mac 00:08:5d:10:00:01      the last request of a phone
  provdlab explain --admin URL --ip 127.1.0.1 --all                           all that are remembered of an address
  provdlab explain --admin URL 'GET /Aastra/00085D100001.cfg' --from 127.1.0.1 \
      --user-agent 'Aastra6731i MAC:00-08-5D-10-00-01 V:3.2.0.70-SIP'         what a phone would get; nothing is changed
  provdlab explain --admin URL --tftp /Acme/00aa55000001.cfg --from 127.1.0.1
  provdlab explain --admin URL --dhcp-option 06041.61 --mac 00:08:5d:10:00:01 --from 127.1.0.1
  provdlab explain --admin URL --recorded request.txt --from 127.1.0.1        the head of an HTTP request, as it was captured
URL is what `provdlab serve --admin-port N` prints. The verdict comes first, then the evidence.
Exit codes: 0 the phone is served (or it is a lease), 1 it is not, 2 usage, 3 there is no such server.)";

struct ExplainOptions {
  std::string admin;
  // What was.
  std::string mac, ip, device;
  bool all = false;
  // What would be.
  std::string request;
  std::string user_agent;
  std::vector<std::string> headers;
  std::string from;
  std::string tftp;
  std::vector<std::string> dhcp_options;
  std::string recorded;

  bool json = false;

  bool is_typed() const { return !request.empty() || !tftp.empty() || !dhcp_options.empty() || !recorded.empty(); }
};

tl::unexpected<Error> Invalid(std::string sentence) { return Fail(ErrorKind::kInvalid, std::move(sentence)); }

// "Name: value" into an object of lists.
Result<> AddHeader(Json& headers, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return Invalid("'" + std::string(line) + "' is no header field: NAME: VALUE");
  headers[std::string(line.substr(0, colon))].push_back(std::string(Trim(line.substr(colon + 1))));
  return {};
}

// "GET /path", "GET /path HTTP/1.1" or "/path".
Result<> AddRequestLine(Json& typed, std::string_view line) {
  std::vector<std::string_view> words = Split(Trim(line), ' ');
  if (!words.empty() && words.back().starts_with("HTTP/")) words.pop_back();
  if (words.size() > 2 || words.empty() || !words.back().starts_with('/'))
    return Invalid("'" + std::string(line) + "' is no request: 'GET /PATH' or '/PATH'");
  if (words.size() == 2) typed["method"] = std::string(words.front());
  typed["path"] = std::string(words.back());
  return {};
}

// The head of a request, with or without what stood around it in the capture.
Result<> AddRecorded(Json& typed, const std::string& file) {
  const auto text = ReadFile(FromHere(file), kLongestRecorded);
  if (!text) return Fail(text.error());
  std::vector<std::string_view> lines = Split(*text, '\n');
  if (auto added = AddRequestLine(typed, lines.front()); !added) return Invalid(file + ": " + added.error().message);
  for (auto line = lines.begin() + 1; line != lines.end() && !Trim(*line).empty(); ++line)
    if (auto added = AddHeader(typed["headers"], Trim(*line)); !added) return Invalid(file + ": " + added.error().message);
  return {};
}

// The request that was typed, as the admin port wants it.
Result<Json> TypedRequest(const ExplainOptions& options) {
  const int kinds = (!options.request.empty() ? 1 : 0) + (!options.tftp.empty() ? 1 : 0) + (!options.dhcp_options.empty() ? 1 : 0) +
                    (!options.recorded.empty() ? 1 : 0);
  if (kinds > 1) return Invalid("one request at a time: REQUEST, --tftp, --dhcp-option or --recorded");
  if (options.from.empty()) return Invalid("who asks? --from ADDR is missing");
  if (!options.ip.empty() || !options.device.empty() || options.all || (options.dhcp_options.empty() && !options.mac.empty()))
    return Invalid("--mac, --ip, --device and --all choose a request that was; this one is only supposed");
  const bool is_http = !options.request.empty() || !options.recorded.empty();
  if (!is_http && (!options.user_agent.empty() || !options.headers.empty()))
    return Invalid("--user-agent and --header belong to requests over HTTP");

  Json typed = {{"ip", options.from}};
  if (!options.tftp.empty()) {
    typed["protocol"] = "tftp";
    typed["file"] = options.tftp;
    return typed;
  }
  if (!options.dhcp_options.empty()) {
    if (options.mac.empty()) return Invalid("whose lease is it? --mac is missing");
    typed["protocol"] = "dhcp";
    typed["mac"] = options.mac;
    typed["options"] = options.dhcp_options;
    return typed;
  }
  typed["protocol"] = "http";
  const auto read = options.recorded.empty() ? AddRequestLine(typed, options.request) : AddRecorded(typed, options.recorded);
  if (!read) return Fail(read.error());
  for (const std::string& header : options.headers)
    if (auto added = AddHeader(typed["headers"], header); !added) return Fail(added.error());
  if (!options.user_agent.empty()) typed["user_agent"] = options.user_agent;
  return typed;
}

Result<std::string> QueryFor(const ExplainOptions& options) {
  if (!options.user_agent.empty() || !options.headers.empty() || !options.from.empty())
    return Invalid("--user-agent, --header and --from belong to a request that is typed, and there is none");
  std::string query;
  for (const auto& [name, value] : {std::pair{"mac", &options.mac}, std::pair{"ip", &options.ip}, std::pair{"device", &options.device}})
    if (!value->empty()) query += (query.empty() ? "?" : "&") + std::string(name) + "=" + http::PercentEncode(*value);
  if (query.empty()) return Invalid("which request? --mac, --ip or --device, or one that is typed");
  return options.all ? query : query + "&last=1";
}

struct Asked {
  int exit_code = 0;
  Json answer;
};

// Asks the admin port; says what is wrong, if so.
Asked Ask(const http::Url& url, http::Request request) {
  request.headers.Add("Content-Type", "application/json");
  const http::Exchange seen = http::Client({.host = url.host, .port = url.port}).Send(request, kDeadline);
  if (!seen.response) {
    Complain(seen.problem, "is that the admin port that `provdlab serve --admin-port N` printed?");
    return {kNoServer, nullptr};
  }
  if (seen.response->status == 200) {
    auto answer = ParseJson(seen.response->body);
    if (answer) return {0, std::move(*answer)};
    Complain(url.Origin() + " answers what is no JSON: " + answer.error().message);
    return {kNoServer, nullptr};
  }
  Complain(url.Origin() + " answered " + std::to_string(seen.response->status) + ": " + std::string(Trim(seen.response->body)),
           seen.response->status == 404 ? "is that the admin port that `provdlab serve --admin-port N` printed?" : "");
  return {seen.response->status == 400 ? kUsage : kNoServer, nullptr};
}

int ExitCodeFor(const Json& report) {
  const auto served = report.is_object() ? report.find("served") : report.end();
  return report.is_object() && served != report.end() && *served == false ? kNotServed : 0;
}

int ExplainTyped(const ExplainOptions& options, const http::Url& url) {
  const auto typed = TypedRequest(options);
  if (!typed) {
    Complain(typed.error().message, "provdlab explain --help");
    return kUsage;
  }
  const Asked asked = Ask(url, {.method = "POST", .target = "/v1/explain", .body = DumpJson(*typed)});
  if (asked.exit_code != 0) return asked.exit_code;
  std::cout << (options.json ? DumpJson(asked.answer) + "\n" : server::provisioning::TextOf(asked.answer));
  return ExitCodeFor(asked.answer);
}

int ExplainRemembered(const ExplainOptions& options, const http::Url& url) {
  const auto query = QueryFor(options);
  if (!query) {
    Complain(query.error().message, "provdlab explain --help");
    return kUsage;
  }
  const Asked asked = Ask(url, {.method = "GET", .target = "/v1/phones" + *query});
  if (asked.exit_code != 0) return asked.exit_code;
  const Json requests = asked.answer.is_object() ? asked.answer.value("requests", Json::array()) : Json::array();
  if (options.json) {
    std::cout << DumpJson(asked.answer) << "\n";
  } else if (requests.empty()) {
    std::cout << "no such request is remembered\n";
  } else {
    for (const Json& request : requests) std::cout << (&request == &requests.front() ? "" : "\n") << server::provisioning::TextOf(request);
  }
  return requests.empty() ? kNotServed : ExitCodeFor(requests.back());
}

int Explain(const ExplainOptions& options) {
  const auto url = http::ParseUrl(options.admin);
  if (!url || url->scheme != "http" || !(url->path.empty() || url->path == "/" || url->path == "/v1" || url->path == "/v1/")) {
    Complain("--admin must be the URL of an admin port, such as http://127.0.0.1:40000/v1");
    return kUsage;
  }
  return options.is_typed() ? ExplainTyped(options, *url) : ExplainRemembered(options, *url);
}

}  // namespace

void AddExplainCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* const command = app.add_subcommand("explain", "Say why a phone got what it got from `serve`, or what one would get");
  command->add_option("--admin", options->admin, "the server's admin port, as it printed it")->type_name("URL")->required();
  command->add_option("REQUEST", options->request, "a request over HTTP that is only supposed: 'GET /PATH' or '/PATH'");
  command->add_option("--mac", options->mac, "requests of the phone with that MAC address; with --dhcp-option, whose lease it is")
      ->type_name("MAC")
      ->check(RefuseEmpty, "");
  command->add_option("--ip", options->ip, "requests from that address")->type_name("ADDR")->check(RefuseEmpty, "");
  command->add_option("--device", options->device, "requests of the device with that id")->type_name("ID")->check(RefuseEmpty, "");
  command->add_flag("--all", options->all, "all that are remembered, not only the last one");
  command->add_option("--user-agent", options->user_agent, "of the supposed request")->type_name("TEXT");
  command->add_option("--header", options->headers, "of the supposed request; may be repeated")
      ->type_name("NAME: VALUE")
      ->allow_extra_args(false);
  command->add_option("--from", options->from, "where the supposed request comes from")->type_name("ADDR")->check(RefuseEmpty, "");
  command->add_option("--tftp", options->tftp, "a file that is supposed to be asked for over TFTP")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_option("--dhcp-option", options->dhcp_options, "an option of a supposed lease, as in dhcpinfo: 06041.61; may be repeated")
      ->type_name("OPTION")
      ->allow_extra_args(false);
  command->add_option("--recorded", options->recorded, "a file with the head of an HTTP request that is supposed to come")
      ->type_name("FILE")
      ->check(RefuseEmpty, "");
  command->add_flag("--json", options->json, "print JSON instead of text");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = Explain(*options); });
}

}  // namespace provdlab::tools
