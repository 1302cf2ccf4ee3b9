#pragma once
// Descriptions in a reader's language, as plugins.db, plugin-info and manifests carry them.
//
//   Localise({{"description", "Firmware"}, {"description_fr", "Micrologiciel"}}, "fr_CA");   // {"description": "Micrologiciel"}
//
// For fr_CA: description_fr_CA, else description_fr, else description. Pure functions; any thread.

#include <string>
#include <string_view>

#include "base/json.h"

namespace provdlab::server {

// Empty if the object has no description at all.
std::string DescriptionOf(const Json& object, std::string_view locale);

// The object with that description and without any description_* member. Anything but an object stays as it is.
Json Localise(Json object, std::string_view locale);

}  // namespace provdlab::server
