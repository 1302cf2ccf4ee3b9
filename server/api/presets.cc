#include "server/api/presets.h"

#include <algorithm>

#include "base/json.h"
#include "base/object_reader.h"
#include "server/api/preset_data.h"

namespace provdlab::server {

Result<Preset> ReadPreset(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json) return Fail(json.error());
  Mistakes mistakes;
  const ObjectReader reader(*json, "the preset", mistakes);
  Preset preset{.name = reader.Text("preset"),
                .sentence = reader.Text("sentence"),
                .dialect = reader.Text("dialect"),
                .faults = reader.Texts("faults"),
                .answers = {}};
  reader.NothingElse({"preset", "sentence", "dialect", "faults", "answers"});
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, mistakes.Sentence());
  if (preset.dialect != "xivo" && preset.dialect != "wazo")
    return Fail(ErrorKind::kInvalid, "the preset has the dialect " + preset.dialect + "; there are xivo and wazo");
  const Json* const answers = reader.Find("answers");
  auto parsed = ParseAnswerFaults(answers == nullptr ? "[]" : DumpJson(*answers));
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
