#pragma once
// Servers that are really out there, as sets of faults: what a known one answers where that is not as the rules have it.
// server/api/presets/*.json have them, and docs/presets.md describes them. What several servers do alike stands once, in
// presets/rows/*.json: a preset that names such rows has them as its own.
//
//   const Preset* preset = FindPreset("xivo-16.15");
//   for (const std::string& fault : preset->faults) server.Misbehave(fault);
//
// Immutable values; any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/api/answer_fault.h"

namespace provdlab::server {

struct Preset {
  std::string name;      // as `serve --as` takes it
  std::string sentence;  // which server it is
  std::string dialect;   // the one that it speaks: xivo or wazo
  // All of its faults by name, in the order in which they apply: those of the ledger's that it has, then its own.
  std::vector<std::string> faults;
  std::vector<AnswerFault> answers;  // its own ones: NAME/what-they-are-about
};

// The text of the rows of a name; nullopt if there are none.
using RowsOfPresets = std::function<std::optional<std::string_view>(std::string_view name)>;

// The built-in ones: presets/rows/NAME.json.
std::optional<std::string_view> BuiltInRows(std::string_view name);

// kInvalid names the member that is wrong.
Result<Preset> ReadPreset(std::string_view text, const RowsOfPresets& rows = BuiltInRows);

const std::vector<Preset>& BuiltInPresets();
const Preset* FindPreset(std::string_view name);  // null if there is none

// The ledger's faults that are visible in an answer, then those of all presets.
const std::vector<AnswerFault>& AnswerFaultsWithPresets();

}  // namespace provdlab::server
