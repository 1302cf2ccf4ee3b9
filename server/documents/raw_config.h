#pragma once
// What a config means together with all that it inherits from.
//
//   auto raw = ResolveRawConfig("user1", {{"ip", "192.0.2.1"}}, find);   // nullopt: there is no such config
//   if (auto valid = CheckRawConfig(*raw); !valid) …                     // the sentence says what is missing
//
// The base values come first, then the ancestors, then the config itself, each overlaying what is there. Parents are taken in
// the order of parent_ids, depth first, and each ancestor once, at its first visit: rings and diamonds end by that rule, and a shared
// ancestor is never brought back over what its children said. Parents that are not there contribute nothing.
//
// Pure functions over a look-up; any thread. A chain may be of any length: nothing here recurses along it.
//
// A Misreading is how another server might read the same configs; the faults about raw configs are made of it.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

// A config's document; null if there is none of that id.
using ConfigLookup = std::function<std::shared_ptr<const Json>(const std::string& id)>;

// What is not as it should be where configs are read; as it is made, everything is.
struct Misreading {
  enum class Visits {
    kFirst,    // each ancestor once, at its first visit, depth first
    kEach,     // each ancestor at every visit that its descendants lead to; what is on the way already is not visited again
    kNearest,  // generation by generation, the nearest last: breadth first
  };
  Visits visits = Visits::kFirst;
  std::size_t generations = static_cast<std::size_t>(-1);  // ancestors further away contribute nothing
  bool own_values_lose = false;                            // the config itself comes before its ancestors
  bool lists_join = false;                                 // a list is put behind the one that it should replace
  bool objects_replace = false;                            // an object replaces the one that it should be merged into
};

// The config and its ancestors in the order in which they are overlaid, the config last. Empty if there is no such config.
std::vector<std::shared_ptr<const Json>> LineageOf(const std::string& id, const ConfigLookup& find, const Misreading& misreading = {});

std::optional<Json> ResolveRawConfig(const std::string& id, const Json& base, const ConfigLookup& find, const Misreading& misreading = {});

// Members of objects one by one, everything else as a whole: lists, null, scalars.
void Overlay(Json& below, const Json& above, const Misreading& misreading = {});

// What is odd in the ancestry of a config.
struct Ancestry {
  bool own_parent = false;      // some config is its own parent
  bool circle = false;          // some config is its own ancestor by way of others
  bool unknown_parent = false;  // some parent is not there
};
Ancestry AncestryOf(const std::string& id, const ConfigLookup& find);

// Whether a phone could be configured by it, as far as that does not depend on the phone. kInvalid.
Result<> CheckRawConfig(const Json& raw_config);
// The same values in the shapes that plugins may rely on: an empty list where a map belongs, as PHP writes it, becomes an empty map.
Json NormaliseRawConfig(Json raw_config);

}  // namespace provdlab::server
