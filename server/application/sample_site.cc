#include "server/application/sample_site.h"

#include <cstdio>
#include <utility>

#include "base/json.h"

namespace provdlab::server {

std::string SampleDevice(int number) { return "device" + std::to_string(number); }
std::string SampleConfig(int number) { return "config" + std::to_string(number); }

std::string SampleMac(int number) {
  char text[18];
  std::snprintf(text, sizeof text, "00:1a:2b:%02x:%02x:%02x", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff);
  return text;
}

std::string SampleIp(int number) {
  return "10." + std::to_string(number >> 16 & 0xff) + "." + std::to_string(number >> 8 & 0xff) + "." + std::to_string(number & 0xff);
}

std::vector<Store::Change> SampleSite(int devices) {
  std::vector<Store::Change> changes;
  const auto config = [&](const std::string& id, Json parents, Json raw_config) {
    const Json document = {{"id", id}, {"parent_ids", std::move(parents)}, {"raw_config", std::move(raw_config)}};
    changes.push_back({"configs", id, DumpJson(document)});
  };
  config("root", Json::array(), {{"ntp_enabled", true}, {"ntp_ip", "192.0.2.1"}, {"locale", "fr_FR"}});
  for (int group = 0; group < 10; ++group) config("group" + std::to_string(group), {"root"}, {{"sip_proxy_ip", "192.0.2.2"}});
  const Json lines = {{"1", {{"username", "alice"}, {"password", "secret"}, {"display_name", "Alice"}}}};
  for (int number = 0; number < devices; ++number) {
    config(SampleConfig(number), {"group" + std::to_string(number % 10)}, {{"sip_lines", lines}});
    const Json device = {{"id", SampleDevice(number)},
                         {"mac", SampleMac(number)},
                         {"ip", SampleIp(number)},
                         {"vendor", "Acme"},
                         {"model", "A1"},
                         {"version", "1.0"},
                         {"plugin", "acme-1.0"},
                         {"config", SampleConfig(number)},
                         {"configured", true},
                         {"added", "auto"}};
    changes.push_back({"devices", SampleDevice(number), DumpJson(device)});
  }
  return changes;
}

}  // namespace provdlab::server
