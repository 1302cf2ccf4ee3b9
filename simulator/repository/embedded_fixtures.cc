#include "simulator/repository/embedded_fixtures.h"

#include <string>
#include <utility>
#include <vector>

#include "base/embedded.h"
#include "fixtures/attacks/attacks.h"
#include "fixtures/plugins/sources.h"

namespace provdlab::repository {

const Fixtures& EmbeddedFixtures() {
  static const Fixtures fixtures = [] {
    std::vector<std::pair<std::string, std::string>> plugins, attacks;
    for (const EmbeddedFile& file : PluginSources()) plugins.emplace_back(file.path, file.bytes);
    for (const EmbeddedFile& file : AttackDescriptions()) attacks.emplace_back(file.path, file.bytes);
    // A test reads them all, so that what is compiled in is known to be well formed.
    return Fixtures::Read(plugins, attacks).value_or(Fixtures());
  }();
  return fixtures;
}

}  // namespace provdlab::repository
