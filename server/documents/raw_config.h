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

// The config and its ancestors in the order in which they are overlaid, the config last. Empty if there is no such config.
std::vector<std::shared_ptr<const Json>> LineageOf(const std::string& id, const ConfigLookup& find);

std::optional<Json> ResolveRawConfig(const std::string& id, const Json& base, const ConfigLookup& find);

// Members of objects one by one, everything else as a whole: lists, null, scalars.
void Overlay(Json& below, const Json& above);

// Whether a phone could be configured by it, as far as that does not depend on the phone. kInvalid.
Result<> CheckRawConfig(const Json& raw_config);
// The same values in the shapes that plugins may rely on: an empty list where a map belongs, as PHP writes it, becomes an empty map.
Json NormaliseRawConfig(Json raw_config);

}  // namespace provdlab::server
