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

TEST(StateDirectoryTest, SaysWhatStandsInTheWay) {
  const std::string path = FreshFolder("file");
  std::ofstream(path) << "a file";
  auto directory = StateDirectory::Open(path);
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, HasSubstr(path));
}

}  // namespace
}  // namespace provdlab::server
