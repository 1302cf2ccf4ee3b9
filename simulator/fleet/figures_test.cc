#include "simulator/fleet/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace provdlab::fleet {
namespace {

using namespace std::chrono_literals;
using network::Entry;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;
using How = phone::Fetched::How;

TEST(FileName, PutsANameForTheMac) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"http://127.0.0.1:8667/Aastra/00085D10000A.cfg", "/Aastra/{MAC}.cfg"},
      {"http://127.0.0.1:8667/00085d10000a-user.cfg", "/{mac}-user.cfg"},
      {"http://127.0.0.1:8667/000000000000.cfg", "/000000000000.cfg"},
      {"tftp://127.0.0.1:69/Acme/x1-1.0.boot", "/Acme/x1-1.0.boot"},
      {"http://127.0.0.1:8667", ""},
      {"nonsense", "nonsense"},
  };
  for (const auto& [url, name] : rows) EXPECT_EQ(FileName(url, "00:08:5d:10:00:0a"), name);
}

TEST(DistributionOf, TakesTheNearestRank) {
  std::vector<std::uint32_t> values;
  for (std::uint32_t i = 100; i >= 1; --i) values.push_back(i);
  Distribution distribution = DistributionOf(values);
  EXPECT_EQ(distribution.count, 100u);
  EXPECT_EQ(distribution.p50, 50u);
  EXPECT_EQ(distribution.p90, 90u);
  EXPECT_EQ(distribution.p99, 99u);
  EXPECT_EQ(distribution.most, 100u);
  values = {7};
  distribution = DistributionOf(values);
  EXPECT_EQ(distribution.p50, 7u);
  EXPECT_EQ(distribution.p99, 7u);
  values = {};
  EXPECT_EQ(DistributionOf(values).most, 0u);
}

Entry Fetched(const std::string& file, How how, std::uint64_t size, network::Instant took) {
  return {.kind = Entry::Kind::kFetched, .at = 1s, .method = "GET", .url = "http://h/" + file, .how = how, .size = size, .took = took};
}

TEST(Figures, AreGatheredByStep) {
  Figures figures;
  const std::string mac = "00:aa:55:00:00:01";
  figures.NotePush({.mac = mac, .status = 204, .took = 5ms});
  figures.NotePush({.mac = mac, .status = 400, .took = 7ms});
  figures.Note(mac, Fetched("a", How::kWhole, 100, 1ms));
  figures.Note(mac, Fetched("a", How::kMissing, 9, 3ms));
  figures.Note(mac, Fetched("b", How::kTimedOut, 0, 10s));
  figures.Note(mac, Fetched("b", How::kServerError, 0, 1ms));
  figures.Note(mac, Fetched("b", How::kStopped, 50, 1ms));
  figures.NoteRegistered(20ms);
  figures.NoteRetry();
  FleetRecord record;
  figures.Into(record);
  ASSERT_THAT(record.steps, SizeIs(4));
  EXPECT_EQ(record.steps[0].name, "DHCP push");
  EXPECT_EQ(record.steps[0].failed, 1u);
  EXPECT_EQ(record.steps[1].name, "GET /a");
  EXPECT_EQ(record.steps[1].missing, 1u);
  EXPECT_EQ(record.steps[1].failed, 0u);
  EXPECT_EQ(record.steps[1].bytes, 109u);
  EXPECT_EQ(record.steps[1].took.most, 3'000u);
  EXPECT_EQ(record.steps[2].failed, 2u);
  EXPECT_EQ(record.steps[3].name, "registration");
  EXPECT_EQ(record.bytes, 159u);
  EXPECT_EQ(record.not_answered, 1u);
  EXPECT_EQ(record.server_errors, 1u);
  EXPECT_EQ(record.retries, 1u);
}

TEST(Figures, BootTimesComeInClasses) {
  Figures figures;
  for (const auto& [took, count] : {std::pair(95ms, 3), std::pair(100ms, 1), std::pair(230ms, 2)}) {
    for (int i = 0; i < count; ++i) figures.NoteConfigured(took, 1s);
  }
  FleetRecord record;
  figures.Into(record);
  EXPECT_EQ(record.boot.p50, 95'000u);
  std::uint64_t phones = 0;
  for (const auto& [end, count] : record.histogram) phones += count;
  EXPECT_EQ(phones, 6u);
  EXPECT_THAT(record.histogram.front(), Pair(100'000u, 3u));
  EXPECT_THAT(record.histogram[1], Pair(110'000u, 1u));
  EXPECT_THAT(record.histogram.back(), Pair(240'000u, 2u));
}

TEST(Figures, ALongRunHasWiderMoments) {
  Figures figures;
  const auto ask = [&](network::Instant at) {
    figures.Note("00:aa:55:00:00:01", {.kind = Entry::Kind::kFetches, .at = at, .method = "GET", .url = "http://h/a"});
  };
  for (int second = 0; second < 240; ++second) ask(second * 1s);
  FleetRecord record;
  figures.Into(record);
  EXPECT_EQ(record.moment_width, 1'000'000u);
  EXPECT_THAT(record.timeline, SizeIs(240));
  ask(1000s);
  figures.Into(record);
  EXPECT_EQ(record.moment_width, 8'000'000u);
  ASSERT_THAT(record.timeline, SizeIs(126));
  EXPECT_EQ(record.timeline[0].requests, 8u);
  EXPECT_EQ(record.timeline[29].requests, 8u);
  EXPECT_EQ(record.timeline[30].requests, 0u);
  EXPECT_EQ(record.timeline[125].requests, 1u);
  EXPECT_EQ(record.requests, 241u);
}

TEST(Figures, NamesOfStepsHaveALimit) {
  Figures figures;
  for (std::size_t i = 0; i < 2 * Figures::kMostSteps; ++i)
    figures.Note("00:aa:55:00:00:01", Fetched(std::to_string(i), How::kWhole, 1, 1ms));
  FleetRecord record;
  figures.Into(record);
  ASSERT_THAT(record.steps, SizeIs(Figures::kMostSteps + 1));
  EXPECT_EQ(record.steps.back().name, "further files");
  EXPECT_EQ(record.steps.back().took.count, Figures::kMostSteps);
}

TEST(InWords, ChoosesTheUnit) {
  EXPECT_EQ(InWords(850), "850 µs");
  EXPECT_EQ(InWords(1'500), "1.5 ms");
  EXPECT_EQ(InWords(37'000), "37 ms");
  EXPECT_EQ(InWords(1'240'000), "1.24 s");
  EXPECT_EQ(InWords(240'000'000), "240 s");
  EXPECT_EQ(Grouped(1), "1");
  EXPECT_EQ(Grouped(1'234'567), "1,234,567");
  EXPECT_EQ(BytesInWords(999), "999 B");
  EXPECT_EQ(BytesInWords(148'000'000), "148.0 MB");
}

}  // namespace
}  // namespace provdlab::fleet
