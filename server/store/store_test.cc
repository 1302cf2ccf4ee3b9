#include "server/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;

std::string FreshPath(const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name + std::to_string(getpid()) + ".db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  return path;
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

void Sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Store>()> make;
};

class EveryStore : public ::testing::TestWithParam<Kind> {};

TEST_P(EveryStore, GivesBackWhatWasPut) {
  auto store = GetParam().make();
  const Json document = {{"text", "é\n\"\0x"}, {"big", 18446744073709551615ull}, {"list", {1, nullptr, true}}};
  ASSERT_TRUE(store->Put("a", "1", document));
  EXPECT_EQ(*store->Get("a", "1"), document);
}

TEST_P(EveryStore, KeepsCollectionsApart) {
  auto store = GetParam().make();
  ASSERT_TRUE(store->Put("a", "1", "in a"));
  ASSERT_TRUE(store->Put("b", "1", "in b"));
  EXPECT_EQ(*store->Get("a", "1"), "in a");
  ASSERT_TRUE(store->RemoveAll("b"));
  EXPECT_EQ(store->Get("b", "1").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(store->List("a")->size(), 1u);
  EXPECT_TRUE(store->List("b")->empty());
}

TEST_P(EveryStore, ReplacesAndRemoves) {
  auto store = GetParam().make();
  ASSERT_TRUE(store->Put("a", "1", 1));
  ASSERT_TRUE(store->Put("a", "1", 2));
  EXPECT_EQ(*store->Get("a", "1"), 2);
  ASSERT_TRUE(store->Remove("a", "1"));
  ASSERT_TRUE(store->Remove("a", "1"));
  EXPECT_EQ(store->Get("a", "1").error().kind, ErrorKind::kNotFound);
}

TEST_P(EveryStore, AppliesSeveralChangesInTheirOrder) {
  auto store = GetParam().make();
  ASSERT_TRUE(store->Put("a", "old", 1));
  for (const auto lasting : {Store::Lasting::kNow, Store::Lasting::kWithLater}) {
    ASSERT_TRUE(store->Apply({{"a", "old", std::nullopt}, {"a", "1", "1"}, {"b", "1", R"({"x": "\u00e9"})"}, {"a", "1", "2"}}, lasting));
    EXPECT_EQ(*store->Get("a", "1"), 2);
    EXPECT_EQ(*store->Get("b", "1"), (Json{{"x", "é"}}));
    EXPECT_FALSE(store->Get("a", "old"));
  }
  ASSERT_TRUE(store->Apply({}));
}

std::vector<std::string> InOrderOfNumbers(const Store& store, std::string_view collection) {
  std::map<std::uint64_t, std::string> ids;
  EXPECT_TRUE(store.Read(collection, [&](Store::Kept kept) {
    EXPECT_TRUE(ids.emplace(kept.number, kept.id).second);
    return Result<>();
  }));
  std::vector<std::string> in_order;
  for (const auto& [number, id] : ids) in_order.push_back(id);
  return in_order;
}

TEST_P(EveryStore, KnowsInWhichOrderDocumentsCame) {
  auto store = GetParam().make();
  for (const char* id : {"m", "z", "a", "m"}) ASSERT_TRUE(store->Put("a", id, 1));
  EXPECT_EQ(InOrderOfNumbers(*store, "a"), (std::vector<std::string>{"m", "z", "a"}));
  ASSERT_TRUE(store->Apply({{"a", "z", "2"}, {"a", "m", std::nullopt}, {"a", "b", "1"}}));
  ASSERT_TRUE(store->Put("a", "m", 1));
  EXPECT_EQ(InOrderOfNumbers(*store, "a"), (std::vector<std::string>{"z", "a", "b", "m"}));
}

INSTANTIATE_TEST_SUITE_P(Stores, EveryStore,
                         ::testing::Values(Kind{"memory", MakeMemoryStore},
                                           Kind{"sqlite", [] { return std::move(*OpenStore(FreshPath("every"))); }}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(OpenStoreTest, FindsWhatAnEarlierOneKept) {
  const std::string path = FreshPath("kept");
  { ASSERT_TRUE((*OpenStore(path))->Put("parameters", "NAT", 1)); }
  EXPECT_EQ(*(*OpenStore(path))->Get("parameters", "NAT"), 1);
}

TEST(OpenStoreTest, TakesOverWhatTheFirstVersionKept) {
  const std::string path = FreshPath("version-1");
  { ASSERT_TRUE((*OpenStore(path))->Put("a", "gone", 1)); }
  Sql(path,
      "DROP TABLE documents; CREATE TABLE documents (collection TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, "
      "PRIMARY KEY (collection, id)) WITHOUT ROWID; PRAGMA user_version = 1;"
      "INSERT INTO documents VALUES ('a', 'y', '[1]'), ('a', 'x', '{}'), ('parameters', 'NAT', '1')");
  for (int times = 0; times < 2; ++times) {
    auto store = OpenStore(path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(*(*store)->Get("parameters", "NAT"), 1);
    EXPECT_EQ((*store)->Get("a", "y")->at(0), 1);
    ASSERT_TRUE((*store)->Put("a", "new", 1));
    EXPECT_EQ(InOrderOfNumbers(**store, "a"), (std::vector<std::string>{"x", "y", "new"}));
  }
}

TEST(OpenStoreTest, LosesNoAcknowledgedWriteWhenKilled) {
  const std::string path = FreshPath("killed");
  int acknowledged[2];
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = OpenStore(path);
    for (int number = 0;; ++number) {
      if (!store || !(*store)->Put("a", std::to_string(number), number)) _exit(1);
      if (write(acknowledged[1], "x", 1) != 1) _exit(1);
    }
  }
  char byte;
  int count = 0;
  for (; count < 50; ++count) ASSERT_EQ(read(acknowledged[0], &byte, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(acknowledged[1]);
  while (read(acknowledged[0], &byte, 1) == 1) ++count;
  close(acknowledged[0]);
  auto store = OpenStore(path);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_GE((*store)->List("a")->size(), static_cast<std::size_t>(count));
}

TEST(OpenStoreTest, AppliesAllChangesOrNone) {
  const std::string path = FreshPath("all-or-none");
  auto store = OpenStore(path);
  ASSERT_TRUE(store);
  Sql(path, "CREATE TRIGGER refusal BEFORE INSERT ON documents WHEN NEW.id = 'refused' BEGIN SELECT RAISE(ABORT, 'no'); END");
  EXPECT_FALSE((*store)->Apply({{"a", "1", "1"}, {"a", "refused", "1"}, {"a", "2", "1"}}));
  EXPECT_TRUE((*store)->List("a")->empty());
  EXPECT_TRUE((*store)->Apply({{"a", "1", "1"}}));
  EXPECT_EQ((*store)->List("a")->size(), 1u);
}

TEST(OpenStoreTest, LeavesFilesAloneThatItDoesNotUnderstand) {
  const std::string newer = FreshPath("newer"), foreign = FreshPath("foreign"), text = FreshPath("text"), cut = FreshPath("cut");
  { ASSERT_TRUE(OpenStore(newer)); }
  Sql(newer, "PRAGMA user_version = 99");
  Sql(foreign, "CREATE TABLE somebody_elses (x)");
  Write(text, "this is no database, but a text that is long enough to be looked at by a careful reader of files; so it is.");
  {
    auto store = OpenStore(cut);
    for (int number = 0; number < 200; ++number) ASSERT_TRUE((*store)->Put("a", std::to_string(number), std::string(1000, 'x')));
  }
  Write(cut, Bytes(cut).substr(0, 6'000));
  struct {
    std::string path, message;
  } cases[] = {{newer, "newer version"}, {foreign, "another program"}, {text, "not a database"}, {cut, "malformed"}};
  for (const auto& [path, message] : cases) {
    const std::string before = Bytes(path);
    auto store = OpenStore(path);
    ASSERT_FALSE(store) << path;
    EXPECT_EQ(store.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(store.error().message, HasSubstr(path));
    EXPECT_THAT(store.error().message, HasSubstr(message));
    EXPECT_EQ(Bytes(path), before);
  }
}

// Documents are found by the index, so one flipped bit there would lose some without a word.
TEST(OpenStoreTest, RefusesADamagedIndex) {
  const std::string path = FreshPath("index");
  {
    auto store = OpenStore(path);
    for (int number = 0; number < 300; ++number) ASSERT_TRUE((*store)->Put("things", "d" + std::to_string(number), std::string(100, 'x')));
  }
  std::string bytes = Bytes(path);
  const std::size_t key = bytes.rfind("thingsd150");
  ASSERT_NE(key, bytes.find("thingsd150")) << "once in the table, once in the index";
  bytes[key] ^= 1;
  Write(path, bytes);
  auto store = OpenStore(path);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(store.error().message, HasSubstr("index"));
  EXPECT_EQ(Bytes(path), bytes);
}

TEST(OpenStoreTest, NoticesThatAUsedStoreHasBeenLost) {
  const std::string path = FreshPath("lost");
  const auto refused = [&](const char* how) {
    auto store = OpenStore(path, true);
    ASSERT_FALSE(store) << how;
    EXPECT_EQ(store.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(store.error().message, HasSubstr(path + " is " + how));
  };
  refused("missing");
  EXPECT_FALSE(std::filesystem::exists(path));
  Write(path, "");
  Write(path + "-wal", "what is left of it");
  refused("empty");
  EXPECT_EQ(Bytes(path + "-wal"), "what is left of it");
  std::filesystem::remove(path + "-wal");
  // As a copy without the write-ahead log may be.
  Sql(path, "PRAGMA journal_mode = WAL");
  ASSERT_FALSE(Bytes(path).empty());
  refused("empty");
  std::filesystem::remove(path);
  { ASSERT_TRUE(OpenStore(path)); }
  EXPECT_TRUE(OpenStore(path, true));
}

TEST(OpenStoreTest, SaysWhyItCannotOpen) {
  auto store = OpenStore("/nowhere/at/all/state.db");
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("/nowhere/at/all/state.db"));
}

}  // namespace
}  // namespace provdlab::server
