#pragma once
// The view: what the templates of one phone's files are given, computed from a device and its raw config by documented rules, so
// that templates need no logic.
//
//   auto tables = PhoneTables::Read(manifest["phones"], capabilities, mistakes);
//   Result<Json> view = ComputeView(*tables, &device, raw_config);   // or why this device can't be configured
//   (*view)["lines"][0]["registrar_ip"];                             // of the line, of all lines, or the proxy's
//
// Every value in a view is a string, true, an object, a list, or false for "nothing". docs/packages.md has the rules, and
// entry.py has them in Python: both make the same view. Tables are immutable once read; any thread may compute.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"

namespace provdlab::server {

inline constexpr int kHighestNumber = 999;  // of a line or a function key

// What the plugin says of one model.
struct PhoneModel {
  std::string version;                 // of the firmware that the plugin is made for; empty: any
  int lines = 0;                       // 0: not known, so all
  std::vector<std::string> key_names;  // of function key 1, 2, …
  Json view = Json::object();          // members for the templates
};

// Adds a member to the view: the value of another one, looked up.
struct ValueMap {
  std::string list;             // "lines", "function_keys", or empty for the whole view
  std::vector<std::string> of;  // the name, split at dots
  std::map<std::string, Json> values;
  Json otherwise = false;
};

struct PhoneTables {
  std::set<std::string> device_needs, needs, accepts;
  Json defaults = Json::object();  // of the raw config
  std::map<std::string, PhoneModel> models;
  std::map<std::string, std::string> model_names;                                      // other names of models, to their own
  std::optional<std::map<std::string, std::map<std::string, std::string>>> key_types;  // type to members with {value}, {label}, …
  std::map<std::string, ValueMap> maps;

  // From the member "phones" of a manifest, and from plugin-info's capabilities, which name models, versions and lines. What it
  // returns is of use only if there were no mistakes.
  static PhoneTables Read(const ObjectReader& phones, const Json& capabilities);

  // All names that a template may ask for.
  std::set<std::string> KnownNames() const;
};

// Without a device: the view for the files that all phones share; nothing is needed then.
// kInvalid: the raw config, or the device, can't be used; the sentence says why.
Result<Json> ComputeView(const PhoneTables& tables, const Json* device, const Json& raw_config);

// The member "device" of views: what is a text of it, and its MAC in several spellings. Names of files are made of it.
Json DeviceView(const Json& device);

// Whether a member of a view is something. `name` may be dotted.
bool IsThere(const Json& view, std::string_view name);

}  // namespace provdlab::server
