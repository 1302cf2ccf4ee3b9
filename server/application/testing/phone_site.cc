#include "server/application/testing/phone_site.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace provdlab::server::testing {
namespace {

std::string Hex(int phone) {
  char text[13];
  std::snprintf(text, sizeof text, "00aa55%06x", static_cast<unsigned>(phone) & 0xffffffu);
  return text;
}

void Check(const Result<>& done) {
  if (done) return;
  std::cerr << done.error().message << std::endl;
  std::abort();
}

void Write(const std::filesystem::path& path, const std::string& content) {
  Check(MakeFolders(path.parent_path()));
  Check(WriteFileAtomically(path, content));
}

Json AcmePhones() {
  return *ParseJson(R"json({
    "format": 1,
    "serves": ["http", "tftp"],
    "identification": [
      {"protocol": "http", "user_agent": "Acme (?P<model>X\\d) (?P<mac>[\\da-f:]{17}) (?P<version>[\\w.]+)", "gives": {"vendor": "Acme"}},
      {"protocol": "tftp", "file_name": "/?Acme/(?P<mac>00aa55[\\da-f]{6})\\.(?:cfg|log)", "gives": {"vendor": "Acme", "model": "X1"}},
      {"protocol": "dhcp", "option_60": "Acme (?P<model>X\\d)", "gives": {"vendor": "Acme"}}
    ],
    "association": {"vendor": "Acme"},
    "device": {"needs": ["mac"]},
    "raw_config": {"needs": ["ip"], "accepts": ["ip", "http_port", "sip_lines", "sip_servers_root_and_intermediate_certificates"]},
    "files": {
      "common": [{"path": "Acme/common.cfg", "template": "common.cfg"}],
      "device": [
        {"path": "Acme/{{device.mac_hex}}.cfg", "template": "phone.cfg"},
        {"path": "Acme/{{device.mac_hex}}.crt", "template": "phone.crt", "when": "sip_servers_root_and_intermediate_certificates"}
      ]
    },
    "trigger": "{{device.mac_hex}}.cfg",
    "sensitive": ["[\\da-f]{12}\\.cfg"]
  })json");
}

Json QuietPhones() {
  return *ParseJson(R"json({
    "format": 1,
    "serves": [],
    "identification": [{"protocol": "http", "user_agent": "Quiet (?P<model>Q\\d)", "gives": {"vendor": "Quiet"}}],
    "association": {"vendor": "Quiet", "other_model": "probable"}
  })json");
}

void WritePlugin(const std::filesystem::path& folder, const Json& capabilities, const Json& phones) {
  Write(folder / "plugin-info", DumpJson(Json{{"version", "1.0"}, {"description", "A plugin for tests."}, {"capabilities", capabilities}}));
  Write(folder / "manifest.json", DumpJson(Json{{"format", 1}, {"phones", phones}}));
}

}  // namespace

std::string UserAgent(int phone, const std::string& version) { return "Acme X1 " + Mac(phone) + " " + version; }

std::string Mac(int phone) {
  std::string mac = Hex(phone);
  for (std::size_t at = 2; at < mac.size(); at += 3) mac.insert(at, ":");
  return mac;
}

std::string OwnFile(int phone) { return "Acme/" + Hex(phone) + ".cfg"; }

PhoneSite::PhoneSite() : folder("phone-site-") {
  const auto acme = plugin_folder();
  WritePlugin(acme, {{"Acme, X1, 1.0", Json::object()}}, AcmePhones());
  Write(acme / "phone.cfg", "mac {{device.mac}}\n{{#lines}}user {{username}}\n{{/lines}}");
  Write(acme / "phone.crt",
        "{{#sip_servers_root_and_intermediate_certificates}}{{value}}\n{{/sip_servers_root_and_intermediate_certificates}}");
  Write(acme / "common.cfg", "server {{ip}}:{{http_port}}\n");
  Put("Acme/lang.bin", std::string(70'000, 'l'));
  Put("Acme/empty", "");
  Put("top.bin", "0123456789");
  WritePlugin(folder.path() / "plugins" / "quiet-1.0", {{"Quiet, Q1, 1.0", Json::object()}}, QuietPhones());

  ProvdOptions options;
  options.state_directory = folder.path().string();
  options.faults = &faults;
  options.log = [](const std::string& sentence) { std::cerr << sentence << "\n"; };
  options.sensitive_log = [this](const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    sensitive_.push_back(sentence);
  };
  options.remembered_requests = 100;
  options.clock = &clock;
  auto opened = Provd::Open(std::move(options));
  if (!opened) Check(Fail(opened.error()));
  provd = std::move(*opened);
  const auto base = provd->configs().Create(*ParseJson(R"({"id": "base", "role": "autocreate", "parent_ids": [],
                     "raw_config": {"sip_lines": {"1": {"username": "apabcdefgh", "proxy_ip": "192.0.2.9"}}}})"));
  if (!base) Check(Fail(base.error()));
}

Json PhoneSite::Device(int phone) const {
  const auto found = provd->devices().collection().FindBy("mac", Mac(phone));
  return found.empty() ? Json() : found.front()->json;
}

void PhoneSite::Put(const std::string& file, const std::string& bytes) const { Write(plugin_folder() / "var" / "tftpboot" / file, bytes); }

std::vector<std::string> PhoneSite::sensitive_log() {
  const std::lock_guard lock(mutex_);
  return sensitive_;
}

}  // namespace provdlab::server::testing
