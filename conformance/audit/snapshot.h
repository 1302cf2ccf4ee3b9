#pragma once
// What a provd held when it was asked, as far as the audit's rules look at it: plain values, filled by ReadSnapshot, judged by Audit.
//
//   Snapshot snapshot;
//   snapshot.devices.push_back({.id = "d1", .mac = "00:11:22:33:44:55", .config = "gone"});
//   snapshot.unread[Resource::kNat] = "it answered 500";

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace provdlab::conformance::audit {

// What is read, one GET each.
enum class Resource { kDevices, kConfigs, kLoadedPlugins, kInstalledPlugins, kNat };
inline constexpr std::array<Resource, 5> kResources = {Resource::kDevices, Resource::kConfigs, Resource::kLoadedPlugins,
                                                       Resource::kInstalledPlugins, Resource::kNat};
std::string_view PathOf(Resource resource);  // below the target's prefix: "/dev_mgr/devices"

// Members that are missing, null or of another type are empty.
struct Device {
  std::string id{}, mac{}, ip{}, sn{}, plugin{}, config{}, vendor{}, model{};
  bool configured = false;
};

// What a raw config switches on, and what that needs: a config that says one without the other can't be used by any phone.
struct Switch {
  std::string_view name, companion;
};
inline constexpr std::array<Switch, 4> kSwitches = {
    {{"dns_enabled", "dns_ip"}, {"ntp_enabled", "ntp_ip"}, {"syslog_enabled", "syslog_ip"}, {"vlan_enabled", "vlan_id"}}};

// A raw config's own word on one member; the ancestors may have said something before.
enum class Word : unsigned char { kNothing, kNo, kYes };

struct Config {
  std::string id{}, role{};
  std::vector<std::string> parents{};
  bool transient = false;
  std::array<Word, kSwitches.size()> on{}, companion{};  // for each switch
};

struct Snapshot {
  std::vector<Device> devices{};
  std::vector<Config> configs{};
  std::set<std::string, std::less<>> loaded{}, installed{};  // ids of plugins
  bool nat = false;
  std::map<Resource, std::string> unread{};  // and why: the rest of a sentence, "it answered 500"

  bool Has(Resource resource) const { return !unread.contains(resource); }
};

}  // namespace provdlab::conformance::audit
