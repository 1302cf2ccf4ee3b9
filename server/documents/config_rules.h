#pragma once
// What a config's document may be, and what an autocreated one is made of.
//
//   if (auto valid = CheckConfig(config); !valid) return Fail(valid.error());   // kInvalid, a sentence that names the member
//   auto child = ConfigBelow(base, raw_config_of_base, 17);                     // kInvalid: the base's line 1 has no username
//
// Members that nobody defined are kept as they are. Pure functions; any thread.

#include <cstdint>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

// parent_ids must be a list of strings, raw_config an object.
Result<> CheckConfig(const Json& config);

// Goes with the last device that uses it.
bool IsTransient(const Json& config);
// "deletable": false protects a config from clients.
bool IsDeletable(const Json& config);

// A transient config below `base`: it inherits everything and only gets a username of its own for line 1, the base's with `number` behind
// it, and '-' between two digits: as long as numbers don't come twice, neither do usernames, whatever the bases are. `raw_config` is what
// `base` means with all its ancestors. Without an id yet. kInvalid if there is no username.
Result<Json> ConfigBelow(const Json& base, const Json& raw_config, std::uint64_t number);
// The number behind the username of such a config; 0 for any other one.
std::uint64_t NumberOf(const Json& config);

}  // namespace provdlab::server
