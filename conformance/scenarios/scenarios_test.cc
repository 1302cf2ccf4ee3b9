// The rules by which the suite's own scenarios are written (docs/requirements.md), held against all of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "conformance/requirements/ledger.h"
#include "conformance/runner/examples.h"
#include "conformance/runner/library.h"

namespace provdlab::conformance {
namespace {

using ::testing::IsEmpty;

class ScenariosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ledger = Ledger::Embedded();
    ASSERT_TRUE(ledger) << ledger.error().message;
    ledger_ = std::move(*ledger);
    auto library = Library::Embedded();
    ASSERT_TRUE(library) << library.error().message;
    for (const ScenarioRun& run : library->runs()) files_.emplace(run.file->path, run.file);
    ASSERT_FALSE(files_.empty());
  }

  // The slug's level; a slug that the ledger lacks is another test's business.
  Level LevelOf(const std::string& slug) const {
    const Requirement* requirement = ledger_->Find(slug);
    return requirement != nullptr ? requirement->level : Level::kMust;
  }

  std::optional<Ledger> ledger_;
  std::map<std::string, std::shared_ptr<const ScenarioFile>> files_;
};

// Every slug that a step names as what it stands on.
std::set<std::string> NeededSlugs(const scenario::Scenario& scenario) {
  std::set<std::string> slugs;
  for (const scenario::Step& step : scenario.steps) slugs.insert(step.needs.begin(), step.needs.end());
  return slugs;
}

TEST_F(ScenariosTest, TitlesTellThemApart) {
  std::map<std::string, std::string> first;
  std::vector<std::string> twice;
  for (const auto& [path, file] : files_) {
    const auto [found, is_new] = first.emplace(file->scenario.title, path);
    if (!is_new) twice.push_back(path + " has the title of " + found->second);
  }
  EXPECT_THAT(twice, IsEmpty());
}

TEST_F(ScenariosTest, WhatTheyStandOnIsInTheLedger) {
  std::vector<std::string> unknown;
  for (const auto& [path, file] : files_) {
    for (const std::string& slug : NeededSlugs(file->scenario)) {
      if (ledger_->Find(slug) == nullptr) unknown.push_back(path + ": " + slug);
    }
  }
  EXPECT_THAT(unknown, IsEmpty());
}

TEST_F(ScenariosTest, ARefusalStandsBesideWhatIsAccepted) {
  std::vector<std::string> alone;
  for (const auto& [path, file] : files_) {
    std::set<std::string> seen = CheckedSlugs(file->scenario);
    seen.merge(NeededSlugs(file->scenario));
    for (const std::string& slug : CheckedSlugs(file->scenario)) {
      const Requirement* requirement = ledger_->Find(slug);
      if (requirement == nullptr || requirement->sibling.empty() || seen.contains(requirement->sibling)) continue;
      alone.push_back(path + ": " + slug + " without " + requirement->sibling);
    }
  }
  EXPECT_THAT(alone, IsEmpty());
}

// A check that fails blocks those after it: what is optional must not keep a MUST from being judged.
TEST_F(ScenariosTest, WhatIsOptionalBlocksNoMust) {
  std::vector<std::string> blocking;
  for (const auto& [path, file] : files_) {
    std::string optional;
    for (const scenario::Step& step : file->scenario.steps) {
      if (const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
          follow != nullptr && !follow->blamed.empty() && !optional.empty()) {
        blocking.push_back(path + ": " + optional + " before " + follow->blamed);
      }
      for (const scenario::Check& check : step.checks) {
        if (LevelOf(check.slug) != Level::kMust) {
          optional = check.slug;
        } else if (!optional.empty() && !check.independent) {
          blocking.push_back(path + ": " + optional + " before " + check.slug);
        }
      }
    }
  }
  EXPECT_THAT(blocking, IsEmpty());
}

TEST_F(ScenariosTest, TheExamplesThatTheyCompareWithAreThere) {
  const auto examples = EmbeddedExamples();
  ASSERT_TRUE(examples) << examples.error().message;
  std::vector<std::string> missing;
  for (const auto& [path, file] : files_) {
    for (const scenario::Step& step : file->scenario.steps) {
      for (const scenario::Check& check : step.checks) {
        for (const scenario::Predicate& predicate : check.condition) {
          if (predicate.relation == scenario::Relation::kExample && !examples->contains(predicate.word)) {
            missing.push_back(path + ": " + predicate.word);
          }
        }
      }
    }
  }
  EXPECT_THAT(missing, IsEmpty());
}

}  // namespace
}  // namespace provdlab::conformance
