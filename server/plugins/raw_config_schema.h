#pragma once
// Which raw configs a provd takes that holds them against a schema: the parameters of the field, of their types and in their ranges, and
// anything under names that begin with "X_". What is incomplete is fine: it may be completed by what the config inherits.
//
//   CheckRawConfigBySchema({{"ntp_enabled", true}});   // fine
//   CheckRawConfigBySchema({{"sip", {}}});             // kInvalid, a sentence that names the member
//
// Pure; any thread.

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

Result<> CheckRawConfigBySchema(const Json& raw_config);

}  // namespace provdlab::server
