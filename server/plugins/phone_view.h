#pragma once
// The view: what the templates of one phone's files are given, computed from a device and its raw config by documented rules, so
// that templates need no logic.
//
//   auto tables = PhoneTables::Read(phones, capabilities);
//   Shape shape = tables.ShapeOf(PhoneTables::Scope::kDevice);      // what there can be in it
//   Result<Json> view = ComputeView(tables, &device, raw_config, {{"lang", "3.3.1"}});   // or why this device can't be configured
//   (*view)["lines"][0]["registrar_ip"];                           // of the line, of all lines, or the proxy's
//
// Every value in a view is a string, true, an object, a list, or false for "nothing". docs/packages.md has the rules, and
// entry.py has them in Python: both make the same view. Tables are immutable once read; any thread may compute.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"
#include "base/result.h"
#include "server/plugins/capabilities.h"
#include "server/plugins/view_shape.h"

namespace provdlab::server {

// The packages of the plugin that are installed, by id, and their versions.
using InstalledPackages = std::map<std::string, std::string>;

// One function key.
struct PhoneKey {
  std::string name;
  std::shared_ptr<const Json> view;  // members for the templates that all keys of its block have
};

// What the plugin says of one model.
struct PhoneModel {
  std::set<std::string> versions;  // of the firmware that the plugin is made for; empty: any
  int lines = 0;                   // 0: not known, so all
  std::vector<PhoneKey> keys;      // function key 1, 2, …
  Json view = Json::object();      // members for the templates
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
  std::vector<std::string> packages;  // ids of the plugin's packages

  // From the member "phones" of a manifest, plugin-info's capabilities, which name models, versions and lines, and the ids of the
  // plugin's packages. What it returns is of use only if there were no mistakes.
  static PhoneTables Read(const ObjectReader& phones, const std::vector<Capability>& capabilities, std::vector<std::string> packages);

  // What the views can have: of a device, or of the files that all phones share.
  enum class Scope { kDevice, kCommon };
  Shape ShapeOf(Scope scope) const;
  // Names that a plugin adds to views: of models, of their keys, of kinds of keys and of maps, and where each comes from.
  std::vector<std::pair<std::string, std::string>> AddedNames() const;
};

// Without a device: the view for the files that all phones share; nothing is needed then.
// kInvalid: the raw config, or the device, can't be used; the sentence says why.
Result<Json> ComputeView(const PhoneTables& tables, const Json* device, const Json& raw_config, const InstalledPackages& installed);

// The member "device" of views: what is a text of it, and its MAC in several spellings. Names of files are made of it.
Json DeviceView(const Json& device);
Shape ShapeOfDevice();

// A member of a view; null if it is not there. `name` is split at dots.
const Json* FindInView(const Json& view, const std::vector<std::string>& name);
// Whether it counts as there.
bool IsThere(const Json* value);

// A dotted name in a manifest.
std::vector<std::string> SplitName(std::string_view name);

}  // namespace provdlab::server
