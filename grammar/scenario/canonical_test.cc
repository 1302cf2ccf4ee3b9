// The scenarios that come with the suite are in their canonical form, so that a change of one line is a diff of one line.

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/result.h"
#include "grammar/scenario/parse.h"

namespace provdlab::scenario {
namespace {

TEST(Scenarios, AreCanonical) {
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("conformance/scenarios")) {
    if (entry.path().extension() != ".scenario") continue;
    ++seen;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Result<std::string> formatted = FormatText(text);
    if (!formatted) {
      ADD_FAILURE() << RenderError(formatted.error(), text, entry.path().string());
    } else {
      EXPECT_EQ(*formatted, text) << "provdlab scenario format --write " << entry.path().string() << " mends it";
    }
  }
  EXPECT_GT(seen, 0u);
}

}  // namespace
}  // namespace provdlab::scenario
