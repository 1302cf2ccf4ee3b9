#pragma once
// What a phone has understood of its files, in one neutral form for all vendors: the proof that a plugin's file says what the config says.
//
//   const Knowledge& knows = phone.knowledge();
//   knows.lines[0].username;               // "je5qtq"
//   DumpJson(ToJson(knows));               // as `provdlab phones` prints it
//
// Only what files said is in it, never what the phone has from the factory. Values; any thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace provdlab::phone {

struct Server {
  std::string host{};      // empty: none
  std::uint16_t port = 0;  // 0: the protocol's own
  friend bool operator==(const Server&, const Server&) = default;
};

// An account that the phone is to register. Lines that a file switches off are not there.
struct Line {
  int number = 0;
  std::string username{}, auth_username{}, password{}, display_name{}, label{}, voicemail{};
  Server registrar{}, proxy{}, backup_registrar{}, backup_proxy{};
  std::string transport{};  // "udp", "tcp", "tls"
  bool registered = false;
  friend bool operator==(const Line&, const Line&) = default;
};

// A function key that does something.
struct Key {
  std::string name{};  // the vendor's: "prgkey3", "attendant.resourceList.1"
  std::string type{};  // "speeddial", "blf", …: neutral where the profile maps it, else the vendor's word
  std::string value{}, label{};
  int line = 0;  // 0: none was said
  friend bool operator==(const Key&, const Key&) = default;
};

struct Knowledge {
  std::vector<Line> lines{};  // by number
  std::vector<Key> keys{};    // in the phone's own order
  std::string language{};     // "fr": as the profile maps it, else the vendor's word
  std::string time_zone{};    // as POSIX has it, with numbers as names: "<+01>-1<+02>-2,M3.5.0/2,M10.5.0/3"
  std::string ntp_server{};
  std::string admin_password{};
  std::string provisioning_url{};              // where it will fetch its files next time, if a file said so
  std::map<std::string, std::string> other{};  // further named facts of the profile: "syslog", "vlan", …
  friend bool operator==(const Knowledge&, const Knowledge&) = default;
};

// {"lines": [{"line", "username", …, "registered"}], "keys": [{"key", "type", "value", "label", "line"}], "language", …}; members without
// a value are left out. Passwords are in it: who prints it decides about them.
OrderedJson ToJson(const Knowledge& knowledge);

}  // namespace provdlab::phone
