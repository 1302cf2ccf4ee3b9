#include "conformance/known/divergences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFile[] = R"(# Of the server on the third floor.
known     xivo-provd 16.15
format    1

# Comments are kept.
device.put-of-malformed-mac-refused
  reason  an invalid document raises (rest-api.md 12)
  # also seen on 16.14
  until   2027-12-31
  got     500
    in    device/malformed-macs.scenario for "zz"
    in    device/malformed-macs.scenario for "00:11"
  got     no answer
    in    device/malformed-macs.scenario for "é"

finding.sort-before-projection
  reason  it projects first
  until   ever
  got     ["a","b"]
    in    finding/sorting.scenario
)";

KnownDivergences Read(const std::string& text) {
  auto known = KnownDivergences::Parse(text);
  EXPECT_TRUE(known) << (known ? "" : RenderError(known.error(), text, "known"));
  return known ? *known : KnownDivergences::Empty("");
}

TEST(KnownDivergences, AreReadFromAFile) {
  const KnownDivergences known = Read(kFile);
  EXPECT_EQ(known.target(), "xivo-provd 16.15");
  ASSERT_EQ(known.divergences().size(), 2u);
  const Divergence& first = known.divergences()[0];
  EXPECT_EQ(first.slug, "device.put-of-malformed-mac-refused");
  EXPECT_EQ(first.reason, "an invalid document raises (rest-api.md 12)");
  EXPECT_EQ(first.until, "2027-12-31");
  EXPECT_EQ(first.line, 6);
  ASSERT_EQ(first.instead.size(), 2u);
  EXPECT_EQ(first.instead[0].got, "500");
  EXPECT_THAT(first.instead[0].places,
              ElementsAre(Place{"device/malformed-macs.scenario", "\"zz\""}, Place{"device/malformed-macs.scenario", "\"00:11\""}));
  EXPECT_THAT(first.GotsAt({"device/malformed-macs.scenario", "\"é\""}), ElementsAre("no answer"));
  EXPECT_THAT(first.GotsAt({"device/malformed-macs.scenario", ""}), IsEmpty());
  EXPECT_THAT(known.Find("finding.sort-before-projection")->GotsAt({"finding/sorting.scenario", ""}), ElementsAre("[\"a\",\"b\"]"));
  EXPECT_EQ(known.Find("finding.sort"), nullptr);
}

TEST(KnownDivergences, EndAfterTheirLastDay) {
  const KnownDivergences known = Read(kFile);
  EXPECT_FALSE(known.divergences()[0].ExpiredOn("2027-12-31"));
  EXPECT_TRUE(known.divergences()[0].ExpiredOn("2028-01-01"));
  EXPECT_FALSE(known.divergences()[1].ExpiredOn("2999-01-01"));
}

TEST(KnownDivergences, SayWhatIsWrongAndWhere) {
  const std::string head = "known x\nformat 1\n";
  const std::string entry = "a.b\n  reason r\n  until ever\n  got 500\n    in x.scenario\n";
  struct Row {
    std::string text, problem;
    int line;
  };
  const Row rows[] = {
      {"", "whose divergences", 1},
      {"format 1\n", "whose divergences", 1},
      {"known x\n", "format 1", 1},
      {"known x\nformat 2\n", "format 2 is none", 2},
      {"known x\nknown y\nformat 1\n", "is there twice", 2},
      {"known\nformat 1\n", "needs a value", 1},
      {head + "nonsense\n", "is no requirement's slug", 3},
      {head + "a.b stray\n", "is no requirement's slug", 3},
      {head + "A.b\n", "is no requirement's slug", 3},
      {head + "  reason r\n", "there is none yet", 3},
      {head + entry + "known y\n", "stands before all entries", 8},
      {head + entry + entry, "has an entry already, at line 3", 8},
      {head + "a.b\n  until ever\n  got 500\n    in x\n", "lacks a reason", 6},
      {head + "a.b\n  reason r\n  got 500\n    in x\n", "lacks an end", 6},
      {head + "a.b\n  reason r\n  until ever\n", "lacks what is got", 5},
      {head + "a.b\n  reason r\n  until ever\n  got 500\n" + "c.d\n", "lacks the place", 7},
      {head + "a.b\n  reason r\n  until ever\n  got 500\n  got 501\n", "has no place", 7},
      {head + "a.b\n  reason r\n  reason s\n", "\"reason\" is there twice", 5},
      {head + "a.b\n  until soon\n", "is no day", 4},
      {head + "a.b\n  until 2027-13-01\n", "is no day", 4},
      {head + "a.b\n  reason\n", "needs a value", 4},
      {head + "a.b\n  in x\n", "follows what is got", 4},
      {head + "a.b\n  wants 5\n", "none of reason, until, seen, got, in", 4},
      {head + "a.b\n  seen often\n", "neither sometimes nor always", 4},
      {head + "a.b\n  got 500\n    in x for 1\n    in x for 1\n", "\"x for 1\" is there twice", 6},
      {head + "a.\xff\n", "UTF-8", 3},
      {head + std::string(5'000, 'a') + "\n", "longer than", 3},
  };
  for (const Row& row : rows) {
    const auto known = KnownDivergences::Parse(row.text);
    ASSERT_FALSE(known) << row.text;
    EXPECT_EQ(known.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(known.error().message, HasSubstr(row.problem)) << row.text;
    ASSERT_TRUE(known.error().position) << row.text;
    EXPECT_EQ(known.error().position->line, static_cast<std::size_t>(row.line)) << row.text << known.error().message;
  }
  EXPECT_FALSE(KnownDivergences::Parse(std::string(KnownDivergences::kMostBytes + 1, '\n')));
}

TEST(KnownDivergences, StayAsTheyAreWrittenWhenNothingHasChanged) {
  const KnownDivergences known = Read(kFile);
  std::vector<Divergence> same = known.divergences();
  // In whichever order they come, and whatever reason somebody would give now.
  std::reverse(same.begin(), same.end());
  std::reverse(same.back().instead.begin(), same.back().instead.end());
  for (Divergence& divergence : same) divergence.reason = "another";
  EXPECT_EQ(known.Rewritten(same), kFile);
}

TEST(KnownDivergences, KeepReasonsAndCommentsWhenTheyChange) {
  const KnownDivergences known = Read(kFile);
  std::vector<Divergence> divergences = known.divergences();
  divergences[0].instead = {{.got = "400", .places = {{"device/malformed-macs.scenario", "\"zz\""}}}};
  divergences[0].reason = "not looked into yet";
  divergences.erase(divergences.begin() + 1);
  divergences.push_back({.slug = "oip.get-answers-200",
                         .reason = "not looked into yet",
                         .until = "2026-12-31",
                         .instead = {{.got = "203", .places = {{"oip/reading.scenario", ""}}}},
                         .line = 0});
  EXPECT_EQ(known.Rewritten(divergences), R"(# Of the server on the third floor.
known     xivo-provd 16.15
format    1

# Comments are kept.
device.put-of-malformed-mac-refused
  # also seen on 16.14
  reason  an invalid document raises (rest-api.md 12)
  until   2027-12-31
  got     400
    in    device/malformed-macs.scenario for "zz"

oip.get-answers-200
  reason  not looked into yet
  until   2026-12-31
  got     203
    in    oip/reading.scenario
)");
  EXPECT_THAT(Read(known.Rewritten(divergences)).divergences()[1].GotsAt({"oip/reading.scenario", ""}), ElementsAre("203"));
  EXPECT_EQ(known.Rewritten({}), "# Of the server on the third floor.\nknown     xivo-provd 16.15\nformat    1\n");
}

TEST(KnownDivergences, BeginWithAnEmptyFile) {
  const KnownDivergences empty = KnownDivergences::Empty("http://127.0.0.1:8666/provd");
  EXPECT_EQ(empty.text(), "known     http://127.0.0.1:8666/provd\nformat    1\n");
  EXPECT_THAT(empty.divergences(), IsEmpty());
}

TEST(Canonical, IsTheSameInEachRun) {
  constexpr std::pair<const char*, const char*> kRows[] = {
      {"404: No such resource", "404"},
      {"404", "404"},
      {"400: é", "400"},
      {"4040", "4040"},
      {"\"plab-uvqaa7t-1\"", "\"ID\""},
      {"[{\"id\":\"plab-qfwrzvf-d28\",\"X_v\":1}]", "[{\"id\":\"ID\",\"X_v\":1}]"},
      {"mac 02:00:5e:00:53:01 at 127.64.0.7", "mac MAC at ADDRESS"},
      {"http://127.0.0.1:40123/x", "http://ADDRESS/x"},
      {"id 0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f", "id HEX"},
      {"autoprov0a1b2c3d4e5f", "autoprov0a1b2c3d4e5f"},  // shapes begin where words do
      {"0 members: []", "0 members: []"},
      {"version 16.15.1", "version 16.15.1"},
      {"install|progress(download|progress;4096/202009)", "install|progress(download|progress;N)"},
      {"update|success;3792", "update|success;N"},
      {"a; b", "a; b"},
      {"two\nlines\tand a tab", "two lines and a tab"},
      {"9223372036854775808", "HEX"},
      {"", "nothing"},
  };
  for (const auto& [got, canonical] : kRows) EXPECT_EQ(Canonical(got), canonical) << got;
  const std::string longer = Canonical(std::string(119, 'x') + "ééé");
  EXPECT_EQ(longer, std::string(119, 'x') + "…");
}

}  // namespace
}  // namespace provdlab::conformance
