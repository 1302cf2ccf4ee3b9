#include "server/api/presets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "server/api/preset_data.h"
#include "server/api/preset_rows.h"
#include "server/api/rest_faults.h"
#include "server/application/faults.h"

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

TEST(BuiltInPresets, AreAllReadable) {
  for (const EmbeddedFile& file : PresetData()) {
    const auto preset = ReadPreset(file.bytes);
    EXPECT_TRUE(preset) << file.path << ": " << (preset ? "" : preset.error().message);
    if (preset) {
      EXPECT_EQ(std::string(file.path), preset->name + ".json");
    }
  }
  EXPECT_EQ(BuiltInPresets().size(), PresetData().size());
  EXPECT_EQ(FindPreset("xivo"), nullptr);
}

TEST(BuiltInPresets, HaveOnlyFaultsThatThereAre) {
  for (const Preset& preset : BuiltInPresets()) {
    Faults behaviour;
    RestFaults faults(behaviour);
    for (const std::string& fault : preset.faults) {
      const auto on = faults.SwitchOn(fault);
      EXPECT_TRUE(on) << preset.name << ": " << (on ? "" : on.error().message);
    }
    EXPECT_EQ(faults.Active().size(), preset.faults.size()) << preset.name << " names a fault twice";
  }
}

TEST(BuiltInPresets, AreNotAmongTheLedgersFaults) {
  Faults behaviour;
  EXPECT_THAT(RestFaults(behaviour).Available().dump(), ::testing::Not(HasSubstr("xivo-16.15/")));
}

// Rows are for what several presets do; what one does alone is its own, and what two do stands once.
TEST(BuiltInPresets, DoAlikeWhatStandsOnce) {
  std::map<std::string, std::set<std::string>> presets_by_rows, presets_by_entry;
  for (const EmbeddedFile& file : PresetData()) {
    const Json preset = Json::parse(file.bytes);
    if (preset.contains("rows")) presets_by_rows[preset["rows"]].insert(preset["preset"]);
    for (const Json& fault : preset.value("faults", Json::array())) presets_by_entry[fault.dump()].insert(preset["preset"]);
    for (Json answer : preset.value("answers", Json::array())) {
      answer.erase("name");
      answer.erase("sentence");
      presets_by_entry[answer.dump()].insert(preset["preset"]);
    }
  }
  for (const EmbeddedFile& file : PresetRows()) {
    const std::string name(file.path.substr(0, file.path.find('.')));
    EXPECT_GE(presets_by_rows[name].size(), 2u) << name;
  }
  for (const auto& [entry, names] : presets_by_entry) EXPECT_EQ(names.size(), 1u) << entry;
}

TEST(ReadPreset, HasRowsAsItsOwn) {
  const auto rows = [](std::string_view name) -> std::optional<std::string_view> {
    if (name != "alike") return std::nullopt;
    return R"({"sentence": "s", "faults": ["config.undeletable-stays"],
               "answers": [{"name": "broken", "sentence": "s", "route": "GET /provd", "answer": {"page": true}}]})";
  };
  const auto preset =
      ReadPreset(R"({"preset": "x", "sentence": "y", "dialect": "xivo", "rows": "alike", "page": "Sorry", "faults": ["a.b"]})", rows);
  ASSERT_TRUE(preset) << preset.error().message;
  EXPECT_THAT(preset->faults, ::testing::ElementsAre("config.undeletable-stays", "a.b", "x/broken"));
  http::Response response;
  preset->answers.at(0).ChangeAnswer({}, response);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "Sorry");

  const auto unknown = ReadPreset(R"({"preset": "x", "sentence": "y", "dialect": "xivo", "rows": "none"})", rows);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("no rows none"));
}

TEST(ReadPreset, SaysWhatIsWrong) {
  constexpr std::pair<const char*, const char*> kRows[] = {
      {"[]", "the preset"},
      {R"({"sentence": "x"})", "preset"},
      {R"({"preset": "x"})", "sentence"},
      {R"({"preset": "x", "sentence": "y", "dialect": "z"})", "there are xivo and wazo"},
      {R"({"preset": "x", "sentence": "y", "dialect": "xivo", "fauls": []})", "fauls"},
      {R"({"preset": "x", "sentence": "y", "dialect": "xivo", "answers": 5})", "list"},
      {R"({"preset": "x", "sentence": "y", "dialect": "xivo", "answers": [{"name": "z/a", "sentence": "s", "route": "GET /provd", "answer": {"status": 500}}]})",
       "must begin with its name"},
  };
  for (const auto& [text, problem] : kRows) {
    const auto preset = ReadPreset(text);
    ASSERT_FALSE(preset) << text;
    EXPECT_THAT(preset.error().message, HasSubstr(problem)) << text;
  }
}

}  // namespace
}  // namespace provdlab::server
