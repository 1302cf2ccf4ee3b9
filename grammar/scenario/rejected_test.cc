// Every mistake has a message in terms of the language, at its place. testdata/rejected.txt holds the mistakes and what is
// said about them, as people see it.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammar/scenario/parse.h"

namespace provdlab::scenario {
namespace {

constexpr std::string_view kData = "grammar/scenario/testdata/rejected.txt";
constexpr std::string_view kBetweenCases = "\n====\n";
constexpr std::string_view kBetweenTextAndMessage = "\n----\n";
// What `...` stands for in the first line of a text.
constexpr std::string_view kHeader = "scenario x\nformat 1\npackage PKG\nfor WHAT in 1, 2\n";
// What `...phones` stands for.
constexpr std::string_view kPhones =
    "scenario x\nformat 1\noffers http-provisioning, tftp, notify, addresses\nphone desk is an Aastra 6731i\nphone stranger is nobody\n"
    "phones crowd are 5 Aastra 6731i\naccount alice\n";

struct Case {
  std::string text, message;
};

std::vector<Case> Cases() {
  std::ifstream file{std::string(kData)};
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string_view rest = all;
  std::vector<Case> cases;
  while (!rest.empty()) {
    const std::size_t end = rest.find(kBetweenCases);
    const std::string_view one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kBetweenCases.size());
    const std::size_t middle = one.find(kBetweenTextAndMessage);
    if (middle == std::string_view::npos) {
      ADD_FAILURE() << "no line ---- in this case: " << one;
      continue;
    }
    std::string text(one.substr(0, middle));
    if (const std::size_t header = text.find("...\n"); header != std::string::npos) text.replace(header, 4, kHeader);
    if (text.starts_with("...phones\n")) text.replace(0, 10, kPhones);
    cases.push_back({text + "\n", std::string(one.substr(middle + kBetweenTextAndMessage.size()))});
  }
  return cases;
}

TEST(RejectedScenarios, EachHasItsMessageAtItsPlace) {
  const std::vector<Case> cases = Cases();
  ASSERT_GT(cases.size(), 200u);
  for (const Case& one : cases) {
    const Result<Scenario> scenario = ParseScenario(one.text);
    if (scenario) {
      ADD_FAILURE() << "accepted:\n" << one.text;
      continue;
    }
    EXPECT_EQ(scenario.error().kind, ErrorKind::kInvalid);
    ASSERT_TRUE(scenario.error().position.has_value());
    EXPECT_EQ(RenderError(scenario.error(), one.text, "x.scenario"), one.message) << one.text;
  }
}

TEST(RejectedScenarios, FormattingRefusesThemWithTheSameWords) {
  for (const Case& one : Cases()) {
    const Result<std::string> formatted = FormatText(one.text);
    ASSERT_FALSE(formatted) << one.text;
    EXPECT_EQ(RenderError(formatted.error(), one.text, "x.scenario"), one.message);
  }
}

}  // namespace
}  // namespace provdlab::scenario
