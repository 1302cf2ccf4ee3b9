// Any manifest and any template: reading them ends and says what is wrong, and what is found good makes files of any device and looks at
// any request. The input is the member "phones" as JSON, NUL, the template "t", NUL, what a phone says of itself.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/text.h"
#include "server/plugins/phone_support.h"

namespace {

using provdlab::Json;
using provdlab::server::PhoneRequest;
using provdlab::server::PhoneSupport;

constexpr std::string_view kCapabilities = R"({"capabilities": {"Acme, X1, 1.0": {"sip.lines": 2}, "Acme, X2, 1.1": {"lines": 3}}})";
constexpr std::string_view kRawConfig = R"({
  "ip": "192.0.2.10", "http_port": 80, "locale": "fr_FR", "timezone": "Europe/Paris", "ntp_enabled": true, "ntp_ip": "192.0.2.1", "X_own": {"a": [1, "b"]},
  "sip_lines": {"1": {"username": "u\n#\"", "password": "<&>", "proxy_ip": "192.0.2.20"}}, "funckeys": {"2": {"type": "blf", "value": "1"}}
})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const provdlab::TemporaryDirectory folder;
  static const Json info = *provdlab::ParseJson(kCapabilities), raw_config = *provdlab::ParseJson(kRawConfig);
  const auto parts = provdlab::Split({reinterpret_cast<const char*>(data), size}, '\0');
  const auto phones = provdlab::ParseJson(parts[0]);
  if (!phones) return 0;
  std::ofstream(folder.path() / "t", std::ios::binary | std::ios::trunc) << (parts.size() > 1 ? parts[1] : "");
  const auto support = PhoneSupport::Load(folder.path(), "p", *phones, info, {"lang"});
  if (!support) {
    if (support.error().message.empty()) __builtin_trap();
    return 0;
  }
  const Json device = {{"mac", "00:08:5d:23:74:29"}, {"model", "X1"}};
  const auto names = (*support)->FilesOf(device);
  for (const auto& files : {(*support)->Configure(device, raw_config, {{"lang", "1"}}), (*support)->ConfigureCommon(raw_config)}) {
    if (!files) continue;
    for (const auto& file : *files)
      if (file.path.empty() || file.path.front() == '/' || file.path.find("..") == 0) __builtin_trap();
  }
  PhoneRequest request;
  request.user_agent = request.path = request.file_name = parts.size() > 2 ? std::string(parts[2]) : "";
  for (const auto protocol : {PhoneRequest::Protocol::kHttp, PhoneRequest::Protocol::kTftp, PhoneRequest::Protocol::kDhcp}) {
    request.protocol = protocol;
    request.options[60] = request.user_agent;
    if (const auto identity = (*support)->Identify(request)) static_cast<void>((*support)->Score(*identity));
  }
  return 0;
}
