#include "server/store/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Ids(const std::vector<DocumentPointer>& documents) {
  std::vector<std::string> ids;
  for (const auto& document : documents) ids.push_back(document->id);
  return ids;
}

class DocumentsTest : public ::testing::Test {
 protected:
  DocumentsTest() { Load(); }
  void Load() {
    auto loaded = DocumentCollection::Load(*store_, "things", {{"mac"}, {"parents", Index::Of::kElements}});
    ASSERT_TRUE(loaded) << loaded.error().message;
    things_ = std::move(*loaded);
  }
  void Put(Json document) { ASSERT_TRUE(Commit(*store_).Put(*things_, std::move(document)).Make()); }
  void Remove(const std::string& id) { ASSERT_TRUE(Commit(*store_).Remove(*things_, id).Make()); }

  std::unique_ptr<Store> store_ = MakeMemoryStore();
  std::unique_ptr<DocumentCollection> things_;
};

TEST_F(DocumentsTest, ShowsWhatWasCommitted) {
  Put({{"id", "a"}, {"mac", "m1"}});
  ASSERT_TRUE(things_->Find("a"));
  EXPECT_EQ(things_->Find("a")->text, R"({"id":"a","mac":"m1"})");
  EXPECT_EQ(*store_->Get("things", "a"), things_->Find("a")->json);
  EXPECT_EQ(things_->Find("b"), nullptr);
  EXPECT_EQ(things_->size(), 1u);
  const auto held = things_->Find("a");
  Put({{"id", "a"}, {"mac", "m2"}});
  EXPECT_EQ(held->json.at("mac"), "m1");
  EXPECT_EQ(things_->Find("a")->json.at("mac"), "m2");
  Remove("a");
  EXPECT_EQ(things_->Find("a"), nullptr);
  EXPECT_FALSE(store_->Get("things", "a"));
  Remove("a");
}

TEST_F(DocumentsTest, FollowsChangesInItsIndexes) {
  Put({{"id", "b"}, {"mac", "m"}, {"parents", {"p", "q", "p"}}});
  Put({{"id", "a"}, {"mac", "m"}});
  Put({{"id", "c"}, {"mac", 5}, {"parents", {"q", 5}}});
  EXPECT_THAT(Ids(things_->FindBy("mac", "m")), ElementsAre("a", "b"));
  EXPECT_THAT(Ids(things_->FindBy("parents", "q")), ElementsAre("b", "c"));
  EXPECT_THAT(things_->TextsOf("parents"), UnorderedElementsAre("p", "q"));
  Put({{"id", "b"}, {"mac", "n"}, {"parents", "p"}});
  EXPECT_THAT(Ids(things_->FindBy("mac", "m")), ElementsAre("a"));
  EXPECT_EQ(things_->CountBy("mac", "n"), 1u);
  EXPECT_THAT(things_->FindBy("parents", "p"), IsEmpty());
  Remove("a");
  EXPECT_EQ(things_->CountBy("mac", "m"), 0u);
  EXPECT_THAT(things_->TextsOf("mac"), ElementsAre("n"));
}

TEST_F(DocumentsTest, FindsWhatHasAnyOfSeveralTexts) {
  Put({{"id", "b"}, {"mac", "m"}, {"parents", {"p", "q"}}});
  Put({{"id", "a"}, {"mac", "n"}, {"parents", {"q"}}});
  Put({{"id", "c"}, {"mac", "o"}});
  EXPECT_THAT(Ids(things_->FindBy("mac", std::set<std::string>{"n", "m", "none"})), ElementsAre("a", "b"));
  EXPECT_THAT(Ids(things_->FindBy("parents", std::set<std::string>{"p", "q"})), ElementsAre("a", "b"));
  EXPECT_THAT(things_->FindBy("mac", std::set<std::string>()), IsEmpty());
}

TEST_F(DocumentsTest, WalksInTheOrderOfIds) {
  for (const char* id : {"c", "a", "e", "b", "d"}) Put({{"id", id}});
  EXPECT_THAT(Ids(things_->Behind("", 2)), ElementsAre("a", "b"));
  Remove("b");
  EXPECT_THAT(Ids(things_->Behind("b", 2)), ElementsAre("c", "d"));
  EXPECT_THAT(Ids(things_->Behind("d", 9)), ElementsAre("e"));
  EXPECT_THAT(things_->Behind("e", 9), IsEmpty());
}

TEST_F(DocumentsTest, FindsAgainWhatTheStoreHas) {
  Put({{"id", "a"}, {"mac", "m"}, {"big", 18446744073709551615ull}});
  Load();
  EXPECT_THAT(Ids(things_->FindBy("mac", "m")), ElementsAre("a"));
  EXPECT_EQ(things_->Find("a")->json.at("big"), 18446744073709551615ull);
}

TEST_F(DocumentsTest, RemembersInWhichOrderDocumentsWereMade) {
  const auto number = [&](const char* id) { return things_->Find(id)->number; };
  for (const char* id : {"m", "z", "a"}) ASSERT_TRUE(Commit(*store_).Put(*things_, {{"id", id}}).Make());
  ASSERT_TRUE(Commit(*store_).Put(*things_, {{"id", "m"}, {"x", 1}}).Make());
  EXPECT_LT(number("m"), number("z"));
  EXPECT_LT(number("z"), number("a"));
  Load();
  ASSERT_TRUE(Commit(*store_).Put(*things_, {{"id", "b"}}).Make());
  EXPECT_LT(number("m"), number("z"));
  EXPECT_LT(number("z"), number("a"));
  EXPECT_LT(number("a"), number("b"));
}

TEST_F(DocumentsTest, RefusesADocumentWithoutItsId) {
  ASSERT_TRUE(store_->Put("things", "x", {{"id", "y"}}));
  const auto loaded = DocumentCollection::Load(*store_, "things", {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("'x' in 'things'"));
}

// A store whose disk is full.
class FullStore : public Store {
 public:
  Result<Json> Get(std::string_view, std::string_view) const override { return Fail(ErrorKind::kNotFound, "empty"); }
  Result<> Read(std::string_view, const Visitor&) const override { return {}; }
  Result<> Put(std::string_view, std::string_view, const Json&) override { return Full(); }
  Result<> Remove(std::string_view, std::string_view) override { return Full(); }
  Result<> RemoveAll(std::string_view) override { return Full(); }
  Result<> Apply(const std::vector<Change>&, Lasting) override { return Full(); }

 private:
  static Result<> Full() { return Fail(ErrorKind::kInternal, "the disk is full"); }
};

TEST(CommitTest, ShowsNothingThatWasNotKept) {
  FullStore store;
  const auto things = *DocumentCollection::Load(store, "things", {{"mac"}});
  EXPECT_FALSE(Commit(store).Put(*things, {{"id", "a"}, {"mac", "m"}}).Make());
  EXPECT_EQ(things->size(), 0u);
  EXPECT_EQ(things->CountBy("mac", "m"), 0u);
}

TEST_F(DocumentsTest, AnswersReadersWhileItChanges) {
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      for (const auto& document : things_->FindBy("mac", "m")) EXPECT_EQ(document->json.at("id"), document->id);
      for (const auto& document : things_->Behind("", 10)) EXPECT_FALSE(document->text.empty());
    }
  });
  for (int round = 0; round < 200; ++round) {
    Put({{"id", std::to_string(round % 7)}, {"mac", round % 2 == 0 ? "m" : "n"}});
    if (round % 5 == 0) Remove(std::to_string(round % 7));
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace provdlab::server
