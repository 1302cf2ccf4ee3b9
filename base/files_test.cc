#include "base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace provdlab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  std::filesystem::path In(const std::string& name) const { return folder_.path() / name; }
  void Write(const std::string& name, std::string_view content) { ASSERT_TRUE(WriteFileAtomically(In(name), content)); }
  std::string Read(const std::string& name) { return ReadFile(In(name)).value_or("(none)"); }

  TemporaryDirectory folder_;
};

TEST_F(FilesTest, ReadsWhatWasWritten) {
  const std::string content("two\nlines\0and a nul", 19);
  Write("file", content);
  EXPECT_EQ(Read("file"), content);
  Write("file", "");
  EXPECT_EQ(Read("file"), "");
}

TEST_F(FilesTest, WritingLeavesNothingBesideTheFile) {
  Write("file", "one");
  Write("file", "two");
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre("file"));
}

TEST_F(FilesTest, RefusesWhatIsTooLarge) {
  Write("file", "12345");
  EXPECT_EQ(ReadFile(In("file"), 5).value_or(""), "12345");
  const Result<std::string> read = ReadFile(In("file"), 4);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(read.error().message, HasSubstr("is larger than 4 bytes"));
}

TEST_F(FilesTest, ReadsFilesWhoseSizeTheSystemGivesAsNone) {
  const Result<std::string> read = ReadFile("/proc/self/status");
  ASSERT_TRUE(read);
  EXPECT_THAT(*read, HasSubstr("Pid:"));
}

TEST_F(FilesTest, RefusesWhatIsNoFile) {
  ASSERT_EQ(::mkfifo(In("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(In("pipe")).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(ReadFile(folder_.path()).error().kind, ErrorKind::kInvalid);
  const Error missing = ReadFile(In("missing")).error();
  EXPECT_EQ(missing.kind, ErrorKind::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr("missing: No such file"));
}

TEST_F(FilesTest, WritingIntoNoFolderFails) { EXPECT_EQ(WriteFileAtomically(In("no/file"), "x").error().kind, ErrorKind::kNotFound); }

TEST_F(FilesTest, AFolderInTheWayIsKept) {
  ASSERT_TRUE(MakeFolders(In("taken")));
  EXPECT_FALSE(WriteFileAtomically(In("taken"), "x"));
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre("taken"));
}

TEST_F(FilesTest, ConcurrentWritersLeaveOneWholeContent) {
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c) {
    writers.emplace_back([this, c] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(WriteFileAtomically(In("file"), std::string(100'000, c)));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string content = Read("file");
  EXPECT_EQ(content, std::string(100'000, content.front()));
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre("file"));
}

TEST_F(FilesTest, ListsInOrderAndNamesWhatIsMissing) {
  for (const char* const name : {"b", "a", ".hidden"}) Write(name, "");
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre(".hidden", "a", "b"));
  EXPECT_EQ(ListFolder(In("missing")).error().kind, ErrorKind::kNotFound);
}

TEST_F(FilesTest, MakesFoldersOverAgain) {
  EXPECT_TRUE(MakeFolders(In("a/b/c")));
  EXPECT_TRUE(MakeFolders(In("a/b/c")));
  Write("file", "");
  EXPECT_FALSE(MakeFolders(In("file")));
  EXPECT_FALSE(MakeFolders(In("file/below")));
}

TEST_F(FilesTest, RemovingATreeDoesNotFollowLinks) {
  ASSERT_TRUE(MakeFolders(In("kept")));
  Write("kept/file", "precious");
  ASSERT_TRUE(MakeFolders(In("tree/below")));
  std::filesystem::create_directory_symlink(In("kept"), In("tree/below/link"));
  EXPECT_TRUE(RemoveTree(In("tree")));
  EXPECT_TRUE(RemoveTree(In("tree")));
  EXPECT_EQ(Read("kept/file"), "precious");
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre("kept"));
}

TEST(TemporaryDirectory, IsRemovedWithItsContents) {
  std::filesystem::path path;
  {
    TemporaryDirectory folder("named-");
    path = folder.path();
    EXPECT_THAT(path.filename().string(), testing::StartsWith("named-"));
    ASSERT_TRUE(MakeFolders(path / "a/b"));
    TemporaryDirectory moved = std::move(folder);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryDirectory, MayBeGivenUp) {
  std::filesystem::path path;
  {
    TemporaryDirectory folder;
    path = folder.Release();
  }
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(RemoveTree(path));
}

}  // namespace
}  // namespace provdlab
