#pragma once
// What plugin-info says of the phones that a plugin is for: "Vendor, Model, Version" each, and how many lines they have.
//
//   Mistakes mistakes;
//   for (const Capability& capability : ReadCapabilities(info, mistakes)) Know(capability.model);
//
// Fields that this server has no use for are tolerated: the field's plugins have many. Pure functions; any thread.

#include <string>
#include <vector>

#include "base/json.h"
#include "base/object_reader.h"

namespace provdlab::server {

inline constexpr int kHighestNumber = 999;  // of a line or a function key

struct Capability {
  std::string vendor, model, version;  // "*" stands for all
  int lines = 0;                       // 0: it doesn't say
};

// In the order of their keys.
std::vector<Capability> ReadCapabilities(const Json& info, Mistakes& mistakes);

}  // namespace provdlab::server
