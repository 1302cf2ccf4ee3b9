// Configures and identifies phones as the reference server does, for a test that compares that with entry.py.
//
//   configure_phones FOLDER < questions      each line {"device", "raw_config"}, {"raw_config"} or {"protocol", "user_agent", "path"}
//
// Answers each with a line: {"files": {path: bytes in hex}}, {"error": sentence}, or {"identity": {…} or null, "score": n or null}.

#include <iostream>
#include <string>

#include "base/files.h"
#include "base/json.h"
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
    const auto files = question.contains("device") ? phones.Configure(question.at("device"), question.at("raw_config"))
                                                   : phones.ConfigureCommon(question.at("raw_config"));
    if (!files) return {{"error", files.error().message}};
    Json by_path = Json::object();
    for (const RenderedFile& file : *files) by_path[file.path] = Hex(file.bytes);
    return {{"files", by_path}};
  }
  PhoneRequest request;
  request.user_agent = question.value("user_agent", "");
  request.path = question.value("path", "");
  const auto identity = phones.Identify(request);
  if (!identity) return {{"identity", nullptr}, {"score", nullptr}};
  Json members = Json::object();
  for (const auto& [name, member] : Identity::kMembers)
    if ((*identity).*member) members[std::string(name)] = *((*identity).*member);
  return {{"identity", members}, {"score", phones.Score(*identity)}};
}

int Run(const std::string& folder) {
  const auto manifest = ReadFile(folder + "/manifest.json").and_then([](const std::string& text) { return ParseJson(text); });
  const auto info = ReadFile(folder + "/plugin-info").and_then([](const std::string& text) { return ParseJson(text); });
  if (!manifest || !info) return std::cerr << "there is no plugin in " << folder << "\n", 2;
  const auto phones = PhoneSupport::Load(folder, folder, manifest->at("phones"), *info);
  if (!phones) return std::cerr << phones.error().message << "\n", 2;
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = ParseJson(line);
    if (!question) return std::cerr << question.error().message << "\n", 2;
    std::cout << DumpJson(Answer(**phones, *question)) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace provdlab::server

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: configure_phones FOLDER\n";
    return 2;
  }
  return provdlab::server::Run(arguments[1]);
}
