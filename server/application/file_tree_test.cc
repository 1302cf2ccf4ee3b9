#include "server/application/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Kind = TreeEntry::Kind;
using Path = std::vector<std::string>;
using std::string_literals::operator""s;
namespace fs = std::filesystem;

class FileTreeTest : public ::testing::Test {
 protected:
  FileTreeTest() {
    fs::create_directories(root() / "a" / "b");
    fs::create_directories(folder_.path() / "tree-secret");
    Write(folder_.path() / "secret", "outside");
    Write(folder_.path() / "tree-secret" / "x", "outside");
    Write(root() / "a" / "file", "hello");
    Write(root() / "a" / "b" / "empty", "");
    Write(root() / "top", "top");
    Write(root() / "\xc3\xa9", "utf-8");
  }
  static void Write(const fs::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }
  fs::path root() const { return folder_.path() / "tree"; }
  TreeEntry Open(const Path& path) const { return OpenInTree(root().string(), path); }

  TemporaryDirectory folder_;
};

TEST_F(FileTreeTest, OpensFilesAndKnowsFolders) {
  const TreeEntry file = Open({"a", "file"});
  ASSERT_EQ(file.kind, Kind::kFile);
  EXPECT_EQ(file.bytes, 5u);
  std::string bytes(5, '\0');
  EXPECT_EQ(pread(file.file->get(), bytes.data(), 5, 0), 5);
  EXPECT_EQ(bytes, "hello");
  EXPECT_EQ(Open({"a", "b", "empty"}).kind, Kind::kFile);
  EXPECT_EQ(Open({"\xc3\xa9"}).kind, Kind::kFile);
  EXPECT_EQ(Open({"a"}).kind, Kind::kFolder);
  EXPECT_EQ(Open({"a", "b"}).kind, Kind::kFolder);
}

TEST_F(FileTreeTest, FindsNothingElse) {
  fs::create_symlink(folder_.path() / "secret", root() / "link");
  fs::create_symlink("file", root() / "a" / "inner-link");
  fs::create_symlink(folder_.path() / "tree-secret", root() / "linked-folder");
  fs::create_symlink("a", root() / "inner-folder");
  ASSERT_EQ(mkfifo((root() / "fifo").c_str(), 0600), 0);
  const Path paths[] = {
      {},
      {""},
      {"none"},
      {"a", "none"},
      {"A", "file"},
      {"a", "FILE"},
      {"a", "file", "below"},
      {"."},
      {".", "top"},
      {"..", "secret"},
      {"a", "..", "..", "secret"},
      {"a", ".."},
      {"../secret"},
      {"a/file"},
      {"/etc/passwd"},
      {"a", "", "file"},
      {"a", "file\0.cfg"s},
      {"\0"s},
      {"link"},
      {"a", "inner-link"},
      {"linked-folder"},
      {"linked-folder", "x"},
      {"inner-folder", "file"},
      {"fifo"},
      {"..", "tree-secret", "x"},
      {std::string(300, 'x')},
      Path(100, "a"),
  };
  for (const Path& path : paths) EXPECT_EQ(Open(path).kind, Kind::kNothing) << ::testing::PrintToString(path);
  EXPECT_EQ(OpenInTree((folder_.path() / "gone").string(), {"x"}).kind, Kind::kNothing);
  EXPECT_EQ(OpenInTree((root() / "top").string(), {"x"}).kind, Kind::kNothing);
}

TEST_F(FileTreeTest, WhatIsOpenStays) {
  const TreeEntry file = Open({"a", "file"});
  fs::rename(root(), folder_.path() / "elsewhere");
  fs::remove_all(folder_.path() / "elsewhere");
  EXPECT_EQ(Open({"a", "file"}).kind, Kind::kNothing);
  std::string bytes(5, '\0');
  EXPECT_EQ(pread(file.file->get(), bytes.data(), 5, 0), 5);
  EXPECT_EQ(bytes, "hello");
}

// What was packed long ago is placed when it is unpacked, and again when another file takes its name.
TEST_F(FileTreeTest, KnowsWhenAFileWasPlaced) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  fs::last_write_time(root() / "top", fs::file_time_type::clock::now() - std::chrono::hours(1000));
  const auto placed = Open({"top"}).placed;
  EXPECT_GE(placed, now - std::chrono::seconds(60));
  EXPECT_LE(placed, now + std::chrono::seconds(60));
}

TEST_F(FileTreeTest, ListsFilesBelowAFolder) {
  fs::create_symlink("file", root() / "a" / "inner-link");
  fs::create_symlink(folder_.path() / "tree-secret", root() / "linked-folder");
  EXPECT_THAT(FilesInTree(root().string(), {}, 100), UnorderedElementsAre("a/file", "a/b/empty", "top", "\xc3\xa9"));
  EXPECT_THAT(FilesInTree(root().string(), {"a"}, 100), UnorderedElementsAre("file", "b/empty"));
  EXPECT_EQ(FilesInTree(root().string(), {}, 2).size(), 2u);
  for (const Path& path : {Path{"none"}, Path{".."}, Path{"top"}, Path{"linked-folder"}})
    EXPECT_THAT(FilesInTree(root().string(), path, 100), IsEmpty()) << path[0];
}

}  // namespace
}  // namespace provdlab::server
