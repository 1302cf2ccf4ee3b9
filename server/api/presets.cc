#include "server/api/presets.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/object_reader.h"
#include "server/api/preset_data.h"
#include "server/api/preset_rows.h"

namespace provdlab::server {

namespace {

// What several presets have: faults of the ledger's, and entries whose names have no preset in front yet.
struct Rows {
  std::vector<std::string> faults;
  Json answers = Json::array();
};

Result<Rows> ReadRows(const std::string& name, std::string_view text, const std::string& preset) {
  const auto json = ParseJson(text);
  if (!json) return Fail(json.error());
  Mistakes mistakes;
  const ObjectReader reader(*json, "the rows " + name, mistakes);
  static_cast<void>(reader.Text("sentence"));
  Rows rows{.faults = reader.Texts("faults")};
  reader.EachOf("answers", [&](const Json& answer, const std::string& where) {
    if (!answer.is_object() || !answer.contains("name") || !answer["name"].is_string()) return mistakes.Add(where + " has no name");
    rows.answers.push_back(answer);
    rows.answers.back()["name"] = preset + "/" + answer["name"].get<std::string>();
  });
  reader.NothingElse({"sentence", "faults", "answers"});
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  return rows;
}

}  // namespace

std::optional<std::string_view> BuiltInRows(std::string_view name) {
  for (const EmbeddedFile& file : PresetRows())
    if (file.path == std::string(name) + ".json") return file.bytes;
  return std::nullopt;
}

Result<Preset> ReadPreset(std::string_view text, const RowsOfPresets& rows) {
  const auto json = ParseJson(text);
  if (!json) return Fail(json.error());
  Mistakes mistakes;
  const ObjectReader reader(*json, "the preset", mistakes);
  Preset preset{
      .name = reader.Text("preset"), .sentence = reader.Text("sentence"), .dialect = reader.Text("dialect"), .faults = {}, .answers = {}};
  Json answers = Json::array();
  for (const std::string& name : reader.TextOrTexts("rows")) {
    const auto found = rows(name);
    if (!found) {
      reader.Mistake("there are no rows " + name);
      continue;
    }
    const auto shared = ReadRows(name, *found, preset.name);
    if (!shared) return Fail(shared.error());
    preset.faults.insert(preset.faults.end(), shared->faults.begin(), shared->faults.end());
    answers.insert(answers.end(), shared->answers.begin(), shared->answers.end());
  }
  for (std::string& fault : reader.Texts("faults")) preset.faults.push_back(std::move(fault));
  reader.EachOf("answers", [&](const Json& answer, const std::string&) { answers.push_back(answer); });
  const std::string page = reader.Text("page", kErrorPage);
  reader.NothingElse({"preset", "sentence", "dialect", "rows", "page", "faults", "answers"});
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  if (preset.dialect != "xivo" && preset.dialect != "wazo")
    return Fail(ErrorKind::kInvalid, "the preset has the dialect " + preset.dialect + "; there are xivo and wazo");
  auto parsed = ParseAnswerFaults(DumpJson(answers), page);
  if (!parsed) return Fail(parsed.error());
  for (const AnswerFault& fault : *parsed) {
    if (!fault.name.starts_with(preset.name + "/"))
      return Fail(ErrorKind::kInvalid,
                  "the fault " + fault.name + " of the preset " + preset.name + " must begin with its name and a slash");
    preset.faults.push_back(fault.name);
  }
  preset.answers = std::move(*parsed);
  return preset;
}

const std::vector<Preset>& BuiltInPresets() {
  // A test parses the same texts, so that a released binary never comes here with a bad one.
  static const std::vector<Preset> presets = [] {
    std::vector<Preset> all;
    for (const EmbeddedFile& file : PresetData()) {
      if (auto preset = ReadPreset(file.bytes)) all.push_back(std::move(*preset));
    }
    return all;
  }();
  return presets;
}

const Preset* FindPreset(std::string_view name) {
  const std::vector<Preset>& presets = BuiltInPresets();
  const auto found = std::find_if(presets.begin(), presets.end(), [&](const Preset& preset) { return preset.name == name; });
  return found == presets.end() ? nullptr : &*found;
}

const std::vector<AnswerFault>& AnswerFaultsWithPresets() {
  static const std::vector<AnswerFault> faults = [] {
    std::vector<AnswerFault> all = BuiltInAnswerFaults();
    for (const Preset& preset : BuiltInPresets()) all.insert(all.end(), preset.answers.begin(), preset.answers.end());
    return all;
  }();
  return faults;
}

}  // namespace provdlab::server
