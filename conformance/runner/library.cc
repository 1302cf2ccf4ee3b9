#include "conformance/runner/library.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "conformance/scenarios/files.h"
#include "grammar/scenario/evaluate.h"
#include "grammar/scenario/parse.h"

namespace provdlab::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestScenario = 1024 * 1024;

Result<std::string> ReadScenario(const fs::path& path) {
  std::error_code problem;
  const std::uintmax_t size = fs::file_size(path, problem);
  if (problem) return Fail(ErrorKind::kNotFound, "cannot read " + path.string() + ": " + problem.message());
  if (size > kLargestScenario) return Fail(ErrorKind::kInvalid, path.string() + " has more than 1 MiB; that is no scenario");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Fail(ErrorKind::kNotFound, "cannot read " + path.string());
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// Spreads a scenario over the rows of its table.
Result<std::vector<ScenarioRun>> Spread(const std::shared_ptr<const ScenarioFile>& file) {
  const auto& table = file->scenario.table;
  if (!table) return std::vector{ScenarioRun{file, "", {}}};
  std::vector<ScenarioRun> runs;
  for (const scenario::Value& row : table->rows) {
    ScenarioRun run{file, scenario::Spell(row), {}};
    const auto value = scenario::Substitute(row, {});
    if (!value) return Fail(ErrorKind::kInvalid, file->path + ": the row " + run.row + ": " + value.error().message);
    if (table->names.size() == 1) {
      run.values[table->names[0]] = *value;
    } else {
      if (!value->is_array() || value->size() != table->names.size()) {
        return Fail(ErrorKind::kInvalid,
                    file->path + ": the row " + run.row + " does not have " + std::to_string(table->names.size()) + " values");
      }
      for (std::size_t i = 0; i < table->names.size(); ++i) run.values[table->names[i]] = (*value)[i];
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

const scenario::RepositoryStep* AsRepository(const scenario::Step& step) { return std::get_if<scenario::RepositoryStep>(&step.does); }

}  // namespace

Result<Library> Library::Parse(const std::vector<std::pair<std::string, std::string>>& files) {
  Library library;
  for (const auto& [path, text] : files) {
    auto scenario = scenario::ParseScenario(text);
    if (!scenario) return Fail(ErrorKind::kInvalid, RenderError(scenario.error(), text, path));
    auto file = std::make_shared<ScenarioFile>();
    file->path = path;
    file->area = fs::path(path).parent_path().filename().string();
    file->text = text;
    file->scenario = std::move(*scenario);
    auto runs = Spread(file);
    if (!runs) return Fail(runs.error());
    std::move(runs->begin(), runs->end(), std::back_inserter(library.runs_));
  }
  return library;
}

Result<Library> Library::Embedded() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const EmbeddedFile& file : ScenarioFiles()) {
    if (file.path.ends_with(".scenario")) files.emplace_back(file.path, file.bytes);
  }
  return Parse(files);
}

Result<Library> Library::Folder(const std::string& directory) {
  std::error_code problem;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator at(directory, problem), end; !problem && at != end; at.increment(problem)) {
    if (at->path().extension() == ".scenario" && at->is_regular_file(problem)) paths.push_back(at->path());
  }
  if (problem) return Fail(ErrorKind::kNotFound, "cannot read the folder " + directory + ": " + problem.message());
  std::sort(paths.begin(), paths.end());
  std::vector<std::pair<std::string, std::string>> files;
  for (const fs::path& path : paths) {
    auto text = ReadScenario(path);
    if (!text) return Fail(text.error());
    files.emplace_back(path.lexically_relative(directory).string(), std::move(*text));
  }
  return Parse(files);
}

Result<Library> Library::File(const std::string& path) {
  auto text = ReadScenario(path);
  if (!text) return Fail(text.error());
  return Parse({{path, std::move(*text)}});
}

std::set<std::string> CheckedSlugs(const scenario::Scenario& scenario) {
  std::set<std::string> slugs;
  for (const scenario::Step& step : scenario.steps) {
    for (const scenario::Check& check : step.checks) slugs.insert(check.slug);
    const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
    if (follow != nullptr && !follow->blamed.empty()) slugs.insert(follow->blamed);
  }
  return slugs;
}

bool RunsAlone(const scenario::Scenario& scenario) {
  return !scenario.exclusive.empty() || scenario.proxies ||
         std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const scenario::Step& step) {
           if (std::holds_alternative<scenario::RestartStep>(step.does)) return true;
           const auto* repository = AsRepository(step);
           return repository != nullptr && repository->file == "plugins.db" &&
                  repository->action != scenario::RepositoryStep::Action::kAsked;
         });
}

bool Upgrades(const scenario::Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const scenario::Step& step) {
    const auto* restart = std::get_if<scenario::RestartStep>(&step.does);
    return restart != nullptr && restart->upgrade;
  });
}

bool NeedsRepository(const scenario::Scenario& scenario) {
  return !scenario.packages.empty() || std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const scenario::Step& step) {
    return AsRepository(step) != nullptr || std::holds_alternative<scenario::BarrierStep>(step.does);
  });
}

bool NeedsPhones(const scenario::Scenario& scenario) { return !scenario.phones.empty() || !scenario.accounts.empty(); }

std::size_t CountControls(const scenario::Scenario& scenario) {
  std::size_t count = 0;
  for (const scenario::Step& step : scenario.steps) {
    count += static_cast<std::size_t>(
        std::count_if(step.checks.begin(), step.checks.end(), [](const scenario::Check& check) { return check.control.has_value(); }));
  }
  return count;
}

}  // namespace provdlab::conformance
