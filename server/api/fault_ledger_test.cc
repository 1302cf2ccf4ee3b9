// Every MUST of the ledger has a fault that breaks it, every fault breaks a requirement that there is, and the ledger names them all.
// It is read as data, for the server knows nothing of the suite.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/json.h"
#include "server/api/rest_faults.h"

namespace provdlab::server {
namespace {

struct Entry {
  std::string level;
  std::set<std::string> faults;
};

std::map<std::string, Entry> EntriesBySlug(const std::filesystem::path& folder) {
  std::map<std::string, Entry> entries;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path());
    const auto requirements = ParseJson(std::string(std::istreambuf_iterator<char>(in), {}));
    EXPECT_TRUE(requirements) << file.path();
    for (const Json& requirement : requirements.value_or(Json::array()))
      entries[requirement.at("slug")] = {requirement.at("level"), requirement.at("faults")};
  }
  return entries;
}

TEST(FaultsAndLedger, EveryFaultBreaksARequirement) {
  Faults behaviour;
  const auto entries = EntriesBySlug("conformance/requirements");
  ASSERT_FALSE(entries.empty());
  for (const Json& fault : RestFaults(behaviour).Available()) {
    EXPECT_TRUE(entries.contains(fault["breaks"])) << fault["name"] << " breaks " << fault["breaks"] << ", which is not in the ledger";
  }
}

TEST(FaultsAndLedger, EveryMustHasAFault) {
  Faults behaviour;
  std::set<std::string> broken;
  for (const Json& fault : RestFaults(behaviour).Available()) broken.insert(fault["breaks"].get<std::string>());
  for (const auto& [slug, entry] : EntriesBySlug("conformance/requirements")) {
    if (entry.level != "must") continue;
    EXPECT_TRUE(broken.contains(slug)) << "no fault breaks " << slug;
  }
}

TEST(FaultsAndLedger, TheLedgerNamesTheFaultsOfEachRequirement) {
  Faults behaviour;
  std::map<std::string, std::set<std::string>> faults;
  for (const Json& fault : RestFaults(behaviour).Available()) faults[fault["breaks"]].insert(fault["name"].get<std::string>());
  for (const auto& [slug, entry] : EntriesBySlug("conformance/requirements")) EXPECT_EQ(entry.faults, faults[slug]) << slug;
}

TEST(FaultsAndLedger, NoTwoFaultsHaveOneName) {
  Faults behaviour;
  std::set<std::string> names;
  for (const Json& fault : RestFaults(behaviour).Available()) {
    EXPECT_TRUE(names.insert(fault["name"].get<std::string>()).second) << fault["name"];
  }
}

}  // namespace
}  // namespace provdlab::server
