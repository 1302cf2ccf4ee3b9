#include "base/result.h"

#include <gtest/gtest.h>

namespace provdlab {
namespace {

TEST(RenderError, ShowsTheLineAndACaretBelowTheColumn) {
  const std::string text = "first\nse cond\nthird";
  const Error error{ErrorKind::kInvalid, "a blank is not allowed here", Position{8, 2, 3}};
  EXPECT_EQ(RenderError(error, text, "file"), "file:2:3: a blank is not allowed here\n  se cond\n    ^");
}

TEST(RenderError, CountsCharactersNotBytesBeforeTheCaret) {
  const std::string text = "\xC3\xA9\xC3\xA9x";
  const Error error{ErrorKind::kInvalid, "x", Position{4, 1, 5}};
  EXPECT_EQ(RenderError(error, text, "f"), "f:1:5: x\n  \xC3\xA9\xC3\xA9x\n    ^");
}

TEST(RenderError, CutsLongLinesAroundThePosition) {
  const std::string text = std::string(1000, 'a') + "!" + std::string(1000, 'b');
  const std::string shown = RenderError({ErrorKind::kInvalid, "m", Position{1000, 1, 1001}}, text, "f");
  EXPECT_LT(shown.size(), 400u);
  const std::size_t line = shown.find('\n') + 1;
  const std::size_t caret = shown.rfind('\n') + 1;
  EXPECT_EQ(shown[line + (shown.find('^') - caret)], '!');
}

TEST(RenderError, WithoutAPositionIsNameAndMessage) {
  EXPECT_EQ(RenderError({ErrorKind::kNotFound, "no such file", {}}, "", "x.scenario"), "x.scenario: no such file");
}

TEST(RenderError, PositionAtTheEndOfTheTextIsShown) {
  EXPECT_EQ(RenderError({ErrorKind::kInvalid, "ends too early", Position{3, 1, 4}}, "abc", "f"), "f:1:4: ends too early\n  abc\n     ^");
}

}  // namespace
}  // namespace provdlab
