#include "server/api/presets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api/preset_data.h"
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
