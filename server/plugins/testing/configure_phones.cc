// Configures and identifies phones as the reference server does, and reads plugins as it does, for a test that compares that with entry.py.
//
//   configure_phones FOLDER < questions   each line {"device", "raw_config", "installed"}, {"raw_config", "installed"}, or a request:
//                                         {"protocol", "user_agent", "path", "file_name", "mac", "options"}
//   configure_phones < questions          each line a plugin to be read: {"files": {path: text}}
//
// Answers each with a line: {"files": {path: bytes in hex}}, {"error": sentence}, {"identity": {…} or null, "score": n or null}, or
// {"mistakes": […]}.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "base/files.h"
#include "base/json.h"
#include "server/plugins/manifest.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {
namespace {

std::string Hex(const std::string& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Json Answer(const PhoneSupport& phones, const Json& question) {
  if (question.contains("raw_config")) {
    const auto installed = question.value("installed", InstalledPackages());
    const auto files = question.contains("device") ? phones.Configure(question.at("device"), question.at("raw_config"), installed)
                                                   : phones.ConfigureCommon(question.at("raw_config"), installed);
    if (!files) return {{"error", files.error().message}};
    Json by_path = Json::object();
    for (const RenderedFile& file : *files) by_path[file.path] = Hex(file.bytes);
    return {{"files", by_path}};
  }
  PhoneRequest request;
  const std::string protocol = question.value("protocol", "http");
  request.protocol = protocol == "dhcp"   ? PhoneRequest::Protocol::kDhcp
                     : protocol == "tftp" ? PhoneRequest::Protocol::kTftp
                                          : PhoneRequest::Protocol::kHttp;
  request.user_agent = question.value("user_agent", "");
  request.path = question.value("path", "");
  request.file_name = question.value("file_name", "");
  request.mac = question.value("mac", "");
  const Json options = question.value("options", Json::object());
  for (const auto& [code, value] : options.items()) request.options[std::stoi(code)] = value;
  const auto identity = phones.Identify(request);
  if (!identity) return {{"identity", nullptr}, {"score", nullptr}};
  Json members = Json::object();
  for (const auto& [name, member] : Identity::kMembers)
    if ((*identity).*member) members[std::string(name)] = *((*identity).*member);
  return {{"identity", members}, {"score", phones.Score(*identity)}};
}

// The plugin's files are written to a folder of their own, in which it is read.
Json Check(const Json& question) {
  const TemporaryDirectory folder;
  for (const auto& [path, text] : question.at("files").items()) {
    std::filesystem::create_directories((folder.path() / path).parent_path());
    std::ofstream(folder.path() / path, std::ios::binary) << text.get_ref<const std::string&>();
  }
  return {{"mistakes", MistakesIn(folder.path())}};
}

template <typename AnswerTo>
int AnswerAll(AnswerTo answer_to) {
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = ParseJson(line);
    if (!question) return std::cerr << question.error().message << "\n", 2;
    std::cout << DumpJson(answer_to(*question)) << "\n";
  }
  return 0;
}

int Run(const std::string& folder) {
  const auto manifest = ReadFile(folder + "/manifest.json").and_then([](const std::string& text) { return ParseJson(text); });
  const auto info = ReadFile(folder + "/plugin-info").and_then([](const std::string& text) { return ParseJson(text); });
  if (!manifest || !info) return std::cerr << "there is no plugin in " << folder << "\n", 2;
  std::vector<std::string> packages;
  for (const Json& package : manifest->value("packages", Json::array())) packages.push_back(package.at("id"));
  const auto phones = PhoneSupport::Load(folder, folder, manifest->at("phones"), *info, std::move(packages));
  if (!phones) return std::cerr << phones.error().message << "\n", 2;
  return AnswerAll([&](const Json& question) { return Answer(**phones, question); });
}

}  // namespace
}  // namespace provdlab::server

int main(int count, char** arguments) {
  using namespace provdlab::server;
  if (count > 2) {
    std::cerr << "usage: configure_phones [FOLDER] < QUESTIONS\n";
    return 2;
  }
  return count == 2 ? Run(arguments[1]) : AnswerAll(Check);
}
