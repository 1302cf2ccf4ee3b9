#include "simulator/repository/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "simulator/repository/embedded_fixtures.h"

namespace provdlab::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ADirectory : public ::testing::Test {
 protected:
  // Packs a fixture under an id, as a file of that name.
  void Add(const std::string& file, const Recipe& recipe) {
    Result<Package> package = Build(EmbeddedFixtures(), recipe);
    ASSERT_TRUE(package) << package.error().message;
    Write(file, *package->archive);
  }
  void Write(const std::string& file, const std::string& bytes) { std::ofstream(folder_.path() / file, std::ios::binary) << bytes; }
  Directory Read() {
    Result<Directory> directory = ReadDirectory(folder_.path());
    EXPECT_TRUE(directory) << directory.error().message;
    return directory.value_or(Directory());
  }

  TemporaryDirectory folder_;
};

TEST_F(ADirectory, TakesIdAndEntryFromTheArchiveNotFromItsName) {
  Add("whatever.tar.bz2", {.id = "mine", .fixture = "acme", .version = "7.1"});
  const Directory directory = Read();
  ASSERT_THAT(directory.packages, SizeIs(1));
  const Package& package = directory.packages[0];
  EXPECT_EQ(package.id, "mine");
  EXPECT_EQ(package.version, "7.1");
  EXPECT_EQ(package.file, "whatever.tar.bz2");
  EXPECT_EQ(package.entry.at("filename"), "whatever.tar.bz2");
  EXPECT_EQ(package.entry.at("description_fr"), "Greffon pour Acme X1 et X2.");
  EXPECT_EQ(package.entry.at("dsize"), package.archive->size());
  EXPECT_THAT(directory.problems, IsEmpty());
}

TEST_F(ADirectory, SortsVersionsInNaturalOrder) {
  for (const char* version : {"1.10", "1.9", "1.9.1", "1.2"})
    Add(std::string(version) + ".tar.bz2", {.id = "mine", .fixture = "minimal", .version = version});
  std::vector<std::string> versions;
  for (const Package& package : Read().packages) versions.push_back(package.version);
  EXPECT_THAT(versions, ElementsAre("1.2", "1.9", "1.9.1", "1.10"));
}

TEST_F(ADirectory, LeavesOutWhatCantBeReadAndSaysWhy) {
  Add("good.tar.bz2", {.id = "good", .fixture = "minimal"});
  Add("no-info.tar.bz2", {.id = "a", .fixture = "no-plugin-info"});
  Add("broken-info.tar.bz2", {.id = "b", .fixture = "broken-plugin-info"});
  Add("incomplete.tar.bz2", {.id = "c", .fixture = "incomplete-plugin-info"});
  Add("two.tar.bz2", {.id = "d", .fixture = "two-folders"});
  Add("flat.tar.bz2", {.id = "e", .fixture = "no-folder"});
  Add("cut.tar.bz2", {.id = "f", .fixture = "truncated"});
  Add("empty.tar.bz2", {.id = "g", .fixture = "empty-archive"});
  Add("absolute.tar.bz2", {.id = "h", .fixture = "absolute-path"});
  Write("text.tar.bz2", "not an archive");
  Write("nothing.tar.bz2", "");
  std::filesystem::create_directory(folder_.path() / "folder.tar.bz2");
  mkfifo((folder_.path() / "fifo.tar.bz2").c_str(), 0600);  // who opens it waits for ever
  const Directory directory = Read();
  ASSERT_THAT(directory.packages, SizeIs(1));
  EXPECT_EQ(directory.packages[0].id, "good");
  const std::pair<const char*, const char*> expected[] = {{"absolute.tar.bz2", "leads out"},
                                                          {"broken-info.tar.bz2", "not JSON"},
                                                          {"cut.tar.bz2", "is not"},
                                                          {"empty.tar.bz2", ""},
                                                          {"fifo.tar.bz2", "regular"},
                                                          {"flat.tar.bz2", "at its top"},
                                                          {"folder.tar.bz2", "regular"},
                                                          {"incomplete.tar.bz2", "\"description\""},
                                                          {"no-info.tar.bz2", "plugin-info"},
                                                          {"nothing.tar.bz2", ""},
                                                          {"text.tar.bz2", ""},
                                                          {"two.tar.bz2", "at its top"}};
  ASSERT_THAT(directory.problems, SizeIs(std::size(expected)));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_THAT(directory.problems[i], HasSubstr(expected[i].first));
    EXPECT_THAT(directory.problems[i], HasSubstr(expected[i].second));
  }
}

TEST_F(ADirectory, LooksAtArchivesOnly) {
  Write("plugins.db", "{}");
  Write("README", "");
  Write(".hidden.tar.bz2", "");
  const Directory directory = Read();
  EXPECT_THAT(directory.packages, IsEmpty());
  EXPECT_THAT(directory.problems, IsEmpty());
}

TEST_F(ADirectory, LooksNoFurtherIntoABomb) {
  Add("bomb.tar.bz2", {.id = "bomb", .fixture = "bomb"});
  EXPECT_THAT(Read().problems, ElementsAre(HasSubstr("unpacks to more than")));
}

TEST(NoDirectory, IsAnError) {
  const Result<Directory> directory = ReadDirectory("/nowhere/at/all");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(directory.error().message, HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace provdlab::repository
