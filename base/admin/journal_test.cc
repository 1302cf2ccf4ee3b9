#include "base/admin/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace provdlab::admin {
namespace {

TEST(Journal, NumbersFromOne) {
  Journal journal;
  EXPECT_EQ(journal.After(0), Json::parse(R"({"entries": [], "last": 0})"));
  EXPECT_EQ(journal.Add({{"a", 1}}), 1u);
  EXPECT_EQ(journal.Add({{"a", 2}}), 2u);
  EXPECT_EQ(journal.After(0), Json::parse(R"({"entries": [{"a": 1, "sequence": 1}, {"a": 2, "sequence": 2}], "last": 2})"));
}

TEST(Journal, GivesWhatCameAfterANumber) {
  Journal journal;
  for (int i = 1; i <= 3; ++i) journal.Add({{"a", i}});
  EXPECT_EQ(journal.After(2).at("entries"), Json::parse(R"([{"a": 3, "sequence": 3}])"));
  EXPECT_EQ(journal.After(3).at("entries"), Json::array());
  EXPECT_EQ(journal.After(1'000'000).at("entries"), Json::array()) << "a number from the future is no error";
}

TEST(Journal, AmendsAnEntryThatIsStillThere) {
  Journal journal;
  const std::uint64_t number = journal.Add({{"status", 0}});
  journal.Amend(number, {{"status", 200}, {"whole", true}});
  EXPECT_EQ(*journal.Find(number), Json::parse(R"({"status": 200, "whole": true, "sequence": 1})"));
  journal.Amend(17, {{"status", 1}});
  EXPECT_FALSE(journal.Find(17));
  EXPECT_FALSE(journal.Find(0));
}

TEST(Journal, KeepsTheNewest) {
  Journal journal(2);
  for (int i = 1; i <= 5; ++i) journal.Add({{"a", i}});
  EXPECT_EQ(journal.After(0).at("entries"), Json::parse(R"([{"a": 4, "sequence": 4}, {"a": 5, "sequence": 5}])"));
  EXPECT_EQ(journal.After(4).at("entries"), Json::parse(R"([{"a": 5, "sequence": 5}])"));
  journal.Amend(3, {{"a", 0}});
  EXPECT_FALSE(journal.Find(3));
}

TEST(Journal, KeepsOnlySoMuchOfATextThatAClientMayHaveSent) {
  Journal journal;
  const std::string most(Journal::kLongestText, 'x'), accents = std::string(Journal::kLongestText - 1, 'x') + "\u00e9";
  const std::uint64_t number = journal.Add({{"target", most + "x"}, {"whole", most}, {"headers", {{{"name", accents}}}}});
  EXPECT_EQ(journal.Find(number)->at("target"), most + "...");
  EXPECT_EQ(journal.Find(number)->at("whole"), most);
  EXPECT_EQ(journal.Find(number)->at("headers").at(0).at("name"), std::string(Journal::kLongestText - 1, 'x') + "...");
  journal.Amend(number, {{"whole", most + most}});
  EXPECT_EQ(journal.Find(number)->at("whole"), most + "...");
}

TEST(Journal, NeverReusesANumberAlsoAfterClear) {
  Journal journal;
  journal.Add({});
  journal.Clear();
  EXPECT_EQ(journal.After(0), Json::parse(R"({"entries": [], "last": 1})"));
  EXPECT_EQ(journal.Add(Json::object()), 2u);
  EXPECT_EQ(journal.After(0).at("entries").size(), 1u);
}

TEST(Journal, CountsRightFromManyThreads) {
  Journal journal(1000);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&journal] {
      for (int i = 0; i < 250; ++i) journal.Amend(journal.Add(Json::object()), {{"done", true}});
    });
  }
  threads.clear();
  const Json all = journal.After(0);
  ASSERT_EQ(all.at("last"), 1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(all.at("entries").at(i).at("sequence"), i + 1);
    EXPECT_EQ(all.at("entries").at(i).at("done"), true);
  }
}

}  // namespace
}  // namespace provdlab::admin
