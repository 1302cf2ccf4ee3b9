#include "grammar/status/status.h"

#include <gtest/gtest.h>

#include <chrono>

#include "grammar/status/examples.h"

namespace provdlab::status {
namespace {

using testing::Accepted;
using testing::Nested;
using testing::Rejected;

// Every member, so that nothing that was read can hide.
std::string Dump(const Status& status) {
  std::string out = (status.label.empty() ? "-" : status.label) + "|" + std::string(StateName(status.state));
  if (!status.other_state.empty()) out += "=" + status.other_state;
  const auto number = [](const std::optional<std::uint64_t>& n) { return n ? std::to_string(*n) : "-"; };
  if (status.current || status.end) out += " [" + number(status.current) + "/" + number(status.end) + "]";
  for (std::size_t i = 0; i < status.parts.size(); ++i) out += (i == 0 ? " {" : ", ") + Dump(status.parts[i]);
  return status.parts.empty() ? out : out + "}";
}

void ExpectAccepted(const Accepted& example, Strictness strictness) {
  SCOPED_TRACE(example.text);
  const auto status = Parse(example.text, strictness);
  ASSERT_TRUE(status) << RenderError(status.error(), example.text, "status");
  EXPECT_EQ(Dump(*status), example.dump);
}

void ExpectRejected(const Rejected& example, Strictness strictness) {
  SCOPED_TRACE(example.text);
  const auto status = Parse(example.text, strictness);
  ASSERT_FALSE(status) << Dump(*status);
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(status.error().message, example.message);
  EXPECT_EQ(status.error().position, (Position{example.column - 1, 1, example.column}));
}

TEST(Parse, AcceptsWhatIsDocumented) {
  for (const Accepted& example : testing::AcceptedTexts()) ExpectAccepted(example, Strictness::kStrict);
}

TEST(Parse, LenientAcceptsAllThatStrictDoesAsTheSame) {
  for (const Accepted& example : testing::AcceptedTexts()) ExpectAccepted(example, Strictness::kLenient);
}

TEST(Parse, LenientAcceptsWhatClientsDo) {
  for (const Accepted& example : testing::LenientTexts()) {
    ExpectAccepted(example, Strictness::kLenient);
    EXPECT_FALSE(Parse(example.text)) << example.text;
  }
}

TEST(Parse, RejectsWithPlaceAndSentence) {
  for (const Rejected& example : testing::RejectedTexts()) ExpectRejected(example, Strictness::kStrict);
}

TEST(Parse, LenientRejectsWithPlaceAndSentence) {
  for (const Rejected& example : testing::RejectedByLenient()) ExpectRejected(example, Strictness::kLenient);
}

TEST(Parse, ErrorsAreRenderedWithACaret) {
  const std::string text = "download|progress(file-1|waiting)";
  EXPECT_EQ(RenderError(Parse(text).error(), text, "status"),
            "status:1:23: expected only letters, digits and '_' in a label, found '-'\n"
            "  download|progress(file-1|waiting)\n"
            "                        ^");
}

TEST(Format, GivesTheTextAgain) {
  for (const Accepted& example : testing::AcceptedTexts()) EXPECT_EQ(Format(Parse(example.text).value()), example.text);
}

TEST(Format, WritesWhatLenientReadSoThatItReadsItAgain) {
  for (const Accepted& example : testing::LenientTexts()) {
    const Status status = Parse(example.text, Strictness::kLenient).value();
    EXPECT_EQ(Parse(Format(status), Strictness::kLenient).value(), status) << example.text;
  }
}

TEST(Format, LeavesOutAnEndWithoutCurrent) { EXPECT_EQ(Format({.label = "a", .end = 5}), "a|waiting"); }

TEST(StateName, NamesEveryState) {
  EXPECT_EQ(StateName(State::kWaiting), "waiting");
  EXPECT_EQ(StateName(State::kProgress), "progress");
  EXPECT_EQ(StateName(State::kSuccess), "success");
  EXPECT_EQ(StateName(State::kFail), "fail");
}

// Limits

TEST(Limits, TheDeepestStatusIsReadOneDeeperIsNot) {
  EXPECT_EQ(Format(Parse(Nested(kDeepest)).value()), Nested(kDeepest));
  EXPECT_FALSE(Parse(Nested(kDeepest + 1)));
}

TEST(Limits, TheLongestStatusIsReadOneByteMoreIsNot) {
  std::string text = "waiting";
  while (text.size() + 9 <= kLongest) text += "(waiting)";
  while (text.size() < kLongest) text.insert(0, text[0] == 'w' ? "l|" : "l");
  if (text.size() > kLongest) text.erase(0, text.size() - kLongest);
  ASSERT_EQ(text.size(), kLongest);
  EXPECT_TRUE(Parse(text));
  const auto refused = Parse(text + " ");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the status has 1048577 bytes; more than 1048576 are not read");
}

TEST(Limits, AMegabyteOfParenthesesIsRefusedWithoutRecursion) {
  std::string text = "waiting";
  while (text.size() < kLongest - 8) text += "(waiting";
  EXPECT_EQ(Parse(text).error().position->column, 7 + 64 * 8 + 1);
  EXPECT_FALSE(Parse("waiting" + std::string(kLongest - 7, '(')));
  EXPECT_FALSE(Parse("waiting" + std::string(kLongest - 7, ')')));
  EXPECT_FALSE(Parse(std::string(kLongest, '(')));
}

// Ten times the text may take ten times as long, not a hundred times; the margin is for a busy machine.
TEST(Limits, TimeIsLinear) {
  struct Shape {
    const char* name;
    std::string unit;
    std::string begin;
  };
  const std::vector<Shape> shapes = {
      {"parts", "(file_1|progress;20/100)", "waiting"},
      {"one word", "x", ""},
      {"digits", "9", "progress;"},
      {"words that end badly", "(progress_)", "waiting"},
      {"labels of another script", "(\u30C0\u30A6\u30F3|waiting)", "waiting"},
  };
  const auto seconds = [](const std::string& text) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      (void)Parse(text, Strictness::kLenient);
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
  };
  for (const Shape& shape : shapes) {
    std::string small = shape.begin;
    std::string large = shape.begin;
    while (small.size() < kLongest / 100) small += shape.unit;
    while (large.size() < small.size() * 10) large += shape.unit;
    EXPECT_LT(seconds(large), 50 * seconds(small) + 0.01) << shape.name;
  }
}

}  // namespace
}  // namespace provdlab::status
