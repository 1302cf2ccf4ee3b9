#include "server/plugins/capabilities.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::server {

std::vector<Capability> ReadCapabilities(const Json& info, Mistakes& mistakes) {
  std::vector<Capability> capabilities;
  ObjectReader(info, "plugin-info", mistakes)
      .EachIn("capabilities", [&](const std::string& key, const Json& value, const std::string& where) {
        const ObjectReader reader(value, where, mistakes);
        Capability capability;
        // Of two plugin generations, of which each has a name of its own for this.
        for (const char* name : {"sip.lines", "lines"})
          capability.lines = std::max(capability.lines, static_cast<int>(reader.Integer(name, 0, kHighestNumber, 0)));
        std::vector<std::string> parts;
        for (std::string_view part : Split(key, ',')) parts.emplace_back(Trim(part));
        if (parts.size() != 3 || std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); }))
          return reader.Mistake("it is not written 'Vendor, Model, Version'");
        capability.vendor = parts[0];
        capability.model = parts[1];
        capability.version = parts[2];
        capabilities.push_back(std::move(capability));
      });
  return capabilities;
}

}  // namespace provdlab::server
