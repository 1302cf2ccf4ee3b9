#include "server/application/finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FindingTest : public ::testing::Test {
 protected:
  FindingTest() : things_(*DocumentCollection::Load(*store_, "things", {{"mac"}, {"plugin"}, {"parents", Index::Of::kElements}})) {
    for (const char* document : {R"({"id": "a", "mac": "m1", "plugin": "p", "n": 10, "parents": ["x"]})",
                                 R"({"id": "b", "mac": "m2", "plugin": "p", "n": 9, "parents": ["x", "y"]})",
                                 R"({"id": "c", "mac": "m1", "plugin": "q", "n": 100})", R"({"id": "d", "plugin": "p"})"})
      Put(*ParseJson(document));
  }
  void Put(Json document) { ASSERT_TRUE(Commit(*store_).Put(*things_, std::move(document)).Make()); }

  std::vector<std::string> Find(const std::string& raw_query) const {
    const auto query = Query::Parse(http(raw_query), {"id", "mac", "plugin"});
    EXPECT_TRUE(query) << raw_query << ": " << (query ? "" : query.error().message);
    if (!query) return {};
    Finding finding(*things_, *query, &faults_);
    std::vector<std::string> found;
    while (const auto document = finding.Next()) found.push_back(query->projects() ? document->text : document->id);
    EXPECT_EQ(finding.Next(), nullptr);
    return found;
  }
  // Quotation marks as a client would send them.
  static std::string http(const std::string& text) {
    std::string encoded;
    for (const char c : text) encoded += c == '"' ? "%22" : std::string(1, c);
    return encoded;
  }

  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<DocumentCollection> things_;
  mutable Faults faults_;
};

TEST_F(FindingTest, FindsWithAndWithoutAnIndex) {
  EXPECT_THAT(Find(""), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Find(R"(q={"n":9})"), ElementsAre("b"));
  EXPECT_THAT(Find(R"(q={"id":"c"})"), ElementsAre("c"));
  EXPECT_THAT(Find(R"(q={"id":{"$in":["c","a","none","c"]}})"), ElementsAre("a", "c"));
  EXPECT_THAT(Find(R"(q={"id":"c","mac":"m2"})"), IsEmpty());
  EXPECT_THAT(Find(R"(q={"mac":"m1"})"), ElementsAre("a", "c"));
  EXPECT_THAT(Find(R"(q={"mac":{"$in":["m2","m1"]}})"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Find(R"(q={"mac":"m1","plugin":"p"})"), ElementsAre("a"));
  EXPECT_THAT(Find(R"(q={"mac":"m1","n":{"$gt":50}})"), ElementsAre("c"));
  EXPECT_THAT(Find(R"(q={"mac":"none"})"), IsEmpty());
  EXPECT_THAT(Find(R"(q={"mac":{"$in":[]}})"), IsEmpty());
  EXPECT_THAT(Find(R"(q={"parents":{"$contains":"x"}})"), ElementsAre("a", "b"));
  EXPECT_THAT(Find(R"(q={"parents":["x"]})"), ElementsAre("a"));
  EXPECT_THAT(Find(R"(q={"mac":{"$contains":"m"}})"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Find(R"(q={"mac":{"$exists":false}})"), ElementsAre("d"));
}

TEST_F(FindingTest, SkipsAndLimits) {
  EXPECT_THAT(Find("skip=1&limit=2"), ElementsAre("b", "c"));
  EXPECT_THAT(Find("skip=3"), ElementsAre("d"));
  EXPECT_THAT(Find("skip=4"), IsEmpty());
  EXPECT_THAT(Find("skip=18446744073709551615&limit=18446744073709551615"), IsEmpty());
  EXPECT_THAT(Find("limit=0"), SizeIs(4));
  EXPECT_THAT(Find(R"(q={"plugin":"p"}&skip=1&limit=1)"), ElementsAre("b"));
}

TEST_F(FindingTest, SortsBeforeItCutsAndProjects) {
  EXPECT_THAT(Find("sort=n"), ElementsAre("d", "b", "a", "c"));
  EXPECT_THAT(Find("sort=n&sort_ord=DESC&limit=2"), ElementsAre("c", "a"));
  EXPECT_THAT(Find("sort=n&skip=1&limit=2&fields=mac"), ElementsAre(R"({"id":"b","mac":"m2"})", R"({"id":"a","mac":"m1"})"));
  EXPECT_THAT(Find(R"(q={"plugin":"p"}&sort=n)"), ElementsAre("d", "b", "a"));
  EXPECT_THAT(Find("sort=plugin"), ElementsAre("a", "b", "d", "c"));
  EXPECT_THAT(Find("sort=plugin&sort_ord=DESC"), ElementsAre("c", "a", "b", "d"));
  EXPECT_THAT(Find("sort=plugin&skip=1&limit=2"), ElementsAre("b", "d"));
  EXPECT_THAT(Find("sort=plugin&skip=9&limit=2"), IsEmpty());
  EXPECT_THAT(Find("sort=n&skip=2&limit=18446744073709551615"), ElementsAre("a", "c"));
}

TEST_F(FindingTest, CanBreakEachRuleOnDemand) {
  const char* const sorted = "sort=n";
  const char* const projected = "sort=n&fields=mac";
  const std::vector<std::string> by_value = Find(projected);
  EXPECT_THAT(Find(sorted), ElementsAre("d", "b", "a", "c"));
  faults_.sort_numbers_by_value.On(1);
  EXPECT_THAT(Find(sorted), ElementsAre("d", "a", "c", "b"));
  faults_.sort_before_projection.On();
  EXPECT_NE(Find(projected), by_value);
  EXPECT_THAT(Find(sorted), ElementsAre("d", "b", "a", "c"));
  EXPECT_THAT(Find(R"(q={"n":{"$lt":10}})"), ElementsAre("b"));
  faults_.missing_matches_no_order.On(1);
  EXPECT_THAT(Find(R"(q={"n":{"$lt":10}})"), ElementsAre("b", "d"));
  faults_.order_needs_one_type.On(4);
  EXPECT_THAT(Find(R"(q={"mac":{"$gt":10}})"), ElementsAre("a", "b", "c"));
}

TEST_F(FindingTest, FailsAsAnotherServerAtValuesOfTwoTypes) {
  Put({{"id", "a"}, {"n", 5}});
  Put({{"id", "b"}, {"n", "5"}});
  const auto fails = [&](const char* text) { return Finding(*things_, *Query::Parse(text, {"mac"}), &faults_).fails(); };
  EXPECT_FALSE(fails(R"(q={"n":{"$gt":1}})"));
  faults_.fails_at_types.On();
  EXPECT_TRUE(fails(R"(q={"n":{"$gt":1}})"));
  EXPECT_TRUE(fails(R"(q={"n":{"$gt":1}}&sort=n)"));
  EXPECT_FALSE(fails(R"(q={"id":"a","n":{"$gt":1}})"));
  EXPECT_FALSE(fails("sort=n"));
  EXPECT_EQ(faults_.fails_at_types.hits(), 2u);
}

TEST_F(FindingTest, FindsEachOnceThatStaysWhileOthersChange) {
  for (int i = 1000; i < 2000; ++i) Put({{"id", std::to_string(i)}});
  Finding finding(*things_, Query());
  std::multiset<std::string> found;
  int round = 0;
  while (const auto document = finding.Next()) {
    found.insert(document->id);
    if (++round % 100 != 0) continue;
    Put({{"id", "0" + std::to_string(round)}});
    Put({{"id", "z" + std::to_string(round)}});
    ASSERT_TRUE(Commit(*store_).Remove(*things_, "z" + std::to_string(round - 100)).Make());
  }
  for (int i = 1000; i < 2000; ++i) EXPECT_EQ(found.count(std::to_string(i)), 1u) << i;
}

// Between the looks at two texts a document may go from one to the other. There are so many that it takes a while.
TEST_F(FindingTest, FindsWhatMatchesAllTheTimeWhileItChanges) {
  Json texts = {"a first", "z last"};
  for (int i = 0; i < 50'000; ++i) texts.push_back("in between " + std::to_string(i));
  Query query;
  query.selector = *Selector::Parse({{"mac", {{"$in", texts}}}}, {"mac"});
  Put({{"id", "x"}, {"mac", "a first"}});
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; !done; ++i) Put({{"id", "x"}, {"mac", i % 2 == 0 ? "z last" : "a first"}});
  });
  int found = 0;
  for (int i = 0; i < 15; ++i) found += Finding(*things_, query).Next() ? 1 : 0;
  done = true;
  writer.join();
  EXPECT_EQ(found, 15);
}

}  // namespace
}  // namespace provdlab::server
