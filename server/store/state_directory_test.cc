#include "server/store/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace provdlab::server {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string FreshFolder(const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name + std::to_string(getpid());
  fs::remove_all(path);
  return path;
}

TEST(StateDirectoryTest, MakesWhatIsMissing) {
  auto directory = StateDirectory::Open(FreshFolder("made") + "/deep/down");
  ASSERT_TRUE(directory) << directory.error().message;
  for (const std::string& folder : {directory->plugins(), directory->data(), directory->cache(), directory->staging()})
    EXPECT_TRUE(fs::is_directory(folder)) << folder;
  EXPECT_FALSE(directory->temporary());
}

TEST(StateDirectoryTest, KeepsASecondServerOut) {
  const std::string path = FreshFolder("locked");
  {
    auto first = StateDirectory::Open(path);
    ASSERT_TRUE(first);
    auto second = StateDirectory::Open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
    EXPECT_THAT(second.error().message, HasSubstr("another server"));
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_TRUE(StateDirectory::Open(path));
}

TEST(StateDirectoryTest, RemovesATemporaryOne) {
  std::string folder;
  {
    auto directory = StateDirectory::Open("");
    ASSERT_TRUE(directory);
    EXPECT_TRUE(directory->temporary());
    folder = fs::path(directory->plugins()).parent_path();
    std::ofstream(directory->cache() + "/something") << "x";
    StateDirectory moved = std::move(*directory);
    EXPECT_TRUE(fs::exists(folder));
  }
  EXPECT_FALSE(fs::exists(folder));
}

TEST(StateDirectoryTest, KnowsWhetherDocumentsWereKeptInIt) {
  const std::string path = FreshFolder("used");
  EXPECT_EQ(StateDirectory::Find(path).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(path));
  auto directory = StateDirectory::Open(path);
  ASSERT_TRUE(directory);
  EXPECT_FALSE(directory->used());
  EXPECT_FALSE(StateDirectory::Find(path));
  ASSERT_TRUE(directory->MarkUsed());
  EXPECT_TRUE(directory->used());
  EXPECT_TRUE(StateDirectory::Find(path));
  ASSERT_TRUE(directory->MarkUsed());

  // Servers of the first versions left no note.
  fs::remove(path + "/used");
  EXPECT_FALSE(directory->used());
  std::ofstream(path + "/state.db-wal") << "x";
  EXPECT_TRUE(directory->used());
  EXPECT_FALSE(StateDirectory::Find(path));
  std::ofstream(path + "/state.db") << "a database";
  EXPECT_TRUE(StateDirectory::Find(path));
  EXPECT_FALSE(directory->used());  // it is there, which is all that matters
  fs::remove(path + "/state.db-wal");
  std::ofstream(path + "/state.db", std::ios::trunc);
  EXPECT_FALSE(directory->used());
  fs::create_directory(directory->plugins() + "/acme");
  EXPECT_TRUE(directory->used());
}

TEST(StateDirectoryTest, SaysWhatStandsInTheWay) {
  const std::string path = FreshFolder("file");
  std::ofstream(path) << "a file";
  auto directory = StateDirectory::Open(path);
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, HasSubstr(path));
}

}  // namespace
}  // namespace provdlab::server
