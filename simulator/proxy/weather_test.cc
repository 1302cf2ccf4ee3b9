#include "simulator/proxy/weather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace provdlab::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kMany = 2'000;
const std::string kRequest = "POST /provd/dev_mgr/devices HTTP/1.1\r\nHost: provd\r\nContent-Length: 2\r\n\r\n{}";
const std::string kAnswer = "HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n{\"id\": \"a\"}";

std::unique_ptr<Weather> Make(std::vector<std::string> kinds, std::uint64_t seed = 7, std::optional<std::uint64_t> one_in = 1) {
  auto weather = Weather::Make({.kinds = std::move(kinds), .seed = seed, .one_in = one_in});
  EXPECT_TRUE(weather) << weather.error().message;
  return std::move(*weather);
}

// What became of one exchange: what each side got, and how each direction ended.
struct Course {
  std::string request{}, answer{};  // as far as it was forwarded
  std::string request_end = "open", answer_end = "open";
  std::size_t pieces = 0;
  std::chrono::milliseconds last{0};  // the longest delay
  bool reset = false;
};

void Carry(const std::vector<Act>& acts, std::string& bytes, std::string& end, Course& course) {
  for (const Act& act : acts) {
    if (course.reset || end != "open") return;
    course.last = std::max(course.last, act.after);
    switch (act.kind) {
      case Act::Kind::kForward:
        bytes += act.bytes;
        ++course.pieces;
        break;
      case Act::Kind::kHalfClose:
        end = "closed";
        break;
      case Act::Kind::kHold:
        end = "held";
        break;
      case Act::Kind::kReset:
        course.reset = true;
        break;
    }
  }
}

// The request in one piece, and what an upstream answers that has got anything of it.
Course Play(Passage& passage) {
  Course course;
  Carry(passage.Take(Direction::kRequest, kRequest), course.request, course.request_end, course);
  if (!course.reset && course.request_end == "open")
    Carry(passage.Take(Direction::kAnswer, kAnswer), course.answer, course.answer_end, course);
  return course;
}

std::uint64_t FirstOf(const Weather& weather, Fate fate) {
  for (std::uint64_t connection = 1; connection <= kMany; ++connection) {
    if (weather.FateOf(connection) == fate) return connection;
  }
  ADD_FAILURE() << "no connection meets " << FateName(fate);
  return 1;
}

TEST(Weather, DoesToAnExchangeWhatItsNameSays) {
  enum Much { kNone, kSome, kAll };
  const auto much = [](const std::string& part, const std::string& whole) {
    EXPECT_EQ(part, whole.substr(0, part.size())) << "what goes through is the beginning, unchanged";
    return part.empty() ? kNone : part.size() == whole.size() ? kAll : kSome;
  };
  const struct {
    const char* kind;
    Fate fate;
    Much request, answer;
    const char* request_end;
    const char* answer_end;
    bool reset;
  } cases[] = {
      {"slow", Fate::kSlow, kAll, kAll, "open", "open", false},
      {"sliced", Fate::kSliced, kAll, kAll, "open", "open", false},
      {"resets", Fate::kResetBeforeRequest, kNone, kNone, "open", "open", true},
      {"resets", Fate::kResetWithinRequest, kSome, kNone, "open", "open", true},
      {"resets", Fate::kResetAtAnswer, kAll, kNone, "open", "open", true},
      {"resets", Fate::kResetWithinAnswer, kAll, kSome, "open", "open", true},
      {"half-closed", Fate::kRequestHalfClosed, kSome, kNone, "closed", "open", false},
      {"half-closed", Fate::kAnswerHalfClosed, kAll, kSome, "open", "closed", false},
      {"hanging", Fate::kRequestHeld, kNone, kNone, "held", "open", false},
      {"hanging", Fate::kAnswerHeld, kAll, kNone, "open", "held", false},
  };
  for (const auto& one : cases) {
    for (const char* kind : {one.kind, "storm"}) {
      SCOPED_TRACE(std::string(kind) + ": " + std::string(FateName(one.fate)));
      const auto weather = Make({kind});
      const Course course = Play(*weather->Open(FirstOf(*weather, one.fate)));
      EXPECT_EQ(much(course.request, kRequest), one.request);
      EXPECT_EQ(much(course.answer, kAnswer), one.answer);
      EXPECT_EQ(course.request_end, one.request_end);
      EXPECT_EQ(course.answer_end, one.answer_end);
      EXPECT_EQ(course.reset, one.reset);
      EXPECT_EQ(weather->counts().Of(one.fate), 1u);
      EXPECT_EQ(weather->counts().struck(), 1u);
    }
  }
}

TEST(Weather, NeverForwardsTheWholeOfWhatItCuts) {
  for (const Fate fate : {Fate::kResetWithinRequest, Fate::kRequestHalfClosed}) {
    const auto weather = Make({"storm"});
    for (std::uint64_t connection = 1; connection <= kMany; ++connection) {
      if (weather->FateOf(connection) != fate) continue;
      for (const std::string bytes : {"P", "PO", "POST"}) {
        std::size_t forwarded = 0;
        for (const Act& act : weather->Open(connection)->Take(Direction::kRequest, bytes)) forwarded += act.bytes.size();
        ASSERT_LT(forwarded, bytes.size()) << FateName(fate) << ", connection " << connection;
      }
    }
  }
}

TEST(Weather, SlowsBothWaysByLatencyAndJitter) {
  auto weather = *Weather::Make({.kinds = {"slow"}, .latency = std::chrono::milliseconds(50), .jitter = std::chrono::milliseconds(10)});
  const auto passage = weather->Open(1);
  std::chrono::milliseconds least{1'000}, most{0};
  for (int i = 0; i < 500; ++i) {
    for (const Direction direction : {Direction::kRequest, Direction::kAnswer}) {
      const std::vector<Act> acts = passage->Take(direction, "x");
      ASSERT_EQ(acts.size(), 1u);
      least = std::min(least, acts[0].after);
      most = std::max(most, acts[0].after);
    }
  }
  EXPECT_EQ(least.count(), 50);
  EXPECT_EQ(most.count(), 60);
  EXPECT_GE(passage->End(Direction::kAnswer).at(0).after.count(), 50) << "an end is no quicker";
}

TEST(Weather, SlicesTheHeadFinelyAndTheBodyLess) {
  const auto weather = Make({"sliced"});
  const auto passage = weather->Open(1);
  std::size_t carried = 0;
  std::chrono::milliseconds before{-1};
  const std::vector<Act> acts = passage->Take(Direction::kAnswer, std::string(16 * 1024, 'x'));
  for (const Act& act : acts) {
    EXPECT_LE(act.bytes.size(), carried < 256 ? 8u : 1024u);
    EXPECT_GT(act.after, before) << "pieces that are sent at once come as one";
    before = act.after;
    carried += act.bytes.size();
  }
  EXPECT_EQ(carried, 16u * 1024);
}

TEST(Weather, ReplaysASeed) {
  const auto met = [](Weather& weather) {
    std::string text;
    for (std::uint64_t connection = 1; connection <= 200; ++connection) {
      const Course course = Play(*weather.Open(connection));
      text += std::string(FateName(weather.FateOf(connection))) + " " + std::to_string(course.request.size()) + " " +
              std::to_string(course.answer.size()) + " " + std::to_string(course.pieces) + " " + std::to_string(course.last.count()) + "\n";
    }
    return text;
  };
  const std::string once = met(*Make({"storm"}, 7));
  EXPECT_EQ(once, met(*Make({"storm"}, 7)));
  EXPECT_NE(once, met(*Make({"storm"}, 8)));
}

TEST(Weather, StrikesAsManyAsItsRateSays) {
  const auto struck = [](std::optional<std::uint64_t> one_in) {
    const auto weather = Make({"resets"}, 3, one_in);
    std::uint64_t count = 0;
    for (std::uint64_t connection = 1; connection <= kMany; ++connection) count += weather->FateOf(connection) != Fate::kFair;
    return static_cast<double>(count) / kMany;
  };
  EXPECT_EQ(struck(1), 1);
  EXPECT_NEAR(struck(20), 0.05, 0.015);
  EXPECT_NEAR(struck(std::nullopt), 0.25, 0.03) << "the rate of the kind itself";
  const auto every = Make({"storm"}, 3, 1), some = Make({"storm"}, 3, 5);
  for (std::uint64_t connection = 1; connection <= kMany; ++connection) {
    if (some->FateOf(connection) != Fate::kFair) {
      EXPECT_EQ(some->FateOf(connection), every->FateOf(connection)) << "a rate decides how many, not what";
    }
  }
}

TEST(Weather, CountsOnlyWhatHappened) {
  const auto weather = Make({"resets"});
  const auto passage = weather->Open(FirstOf(*weather, Fate::kResetWithinAnswer));
  passage->Take(Direction::kRequest, kRequest);
  EXPECT_EQ(weather->counts().struck(), 0u) << "there is no answer yet";
  passage->Take(Direction::kAnswer, kAnswer);
  EXPECT_EQ(weather->counts().struck(), 1u);
  passage->Take(Direction::kAnswer, kAnswer);
  EXPECT_EQ(weather->counts().struck(), 1u) << "it is one connection";
}

TEST(Weather, SaysHowManyItLoses) {
  const auto share = [](const WeatherOptions& options) { return Weather::Make(options).value()->ShareLost(); };
  EXPECT_DOUBLE_EQ(share({.kinds = {"slow", "sliced"}, .one_in = 1}), 0);
  EXPECT_DOUBLE_EQ(share({.kinds = {"resets"}}), 1.0 / 4);
  EXPECT_DOUBLE_EQ(share({.kinds = {"resets", "hanging"}, .one_in = 20}), 1.0 / 20);
  EXPECT_DOUBLE_EQ(share({.kinds = {"resets", "sliced"}, .one_in = 20}), 1.0 / 40) << "half of them draw what loses nothing";
  EXPECT_DOUBLE_EQ(share({.kinds = {"storm"}, .one_in = 50}), 3.0 / 5 / 50);
}

TEST(Weather, RefusesKindsAndRatesThatAreNone) {
  const auto refusal = [](WeatherOptions options) {
    const auto weather = Weather::Make(options);
    return weather ? std::string("accepted") : weather.error().message;
  };
  EXPECT_THAT(refusal({.kinds = {"reset"}}), HasSubstr("is it 'resets'?"));
  EXPECT_THAT(refusal({.kinds = {""}}), HasSubstr("there are storm, slow, "));
  EXPECT_THAT(refusal({.kinds = {}}), HasSubstr("no kind"));
  EXPECT_THAT(refusal({.one_in = 0}), HasSubstr("the least is 1"));
  EXPECT_THAT(refusal({.latency = std::chrono::milliseconds(-1)}), HasSubstr("below 0"));
  EXPECT_EQ(refusal({.kinds = {"slow", "storm", "slow"}}), "accepted");
}

}  // namespace
}  // namespace provdlab::proxy
