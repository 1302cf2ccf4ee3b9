#include "server/application/document_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "base/files.h"
#include "server/application/provd.h"

namespace provdlab::server {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class DocumentFoldersTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }

  void Write(const std::string& file, const std::string& content) const {
    const auto path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }

  // Every file below a folder with its content.
  std::map<std::string, std::string> FilesOf(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / name))
      if (entry.is_regular_file()) files[entry.path().lexically_relative(folder_.path() / name)] = *ReadFile(entry.path());
    return files;
  }

  std::unique_ptr<Provd> Open(const std::string& state = "") {
    told_.clear();
    auto provd = Provd::Open(
        {.state_directory = state.empty() ? "" : Path(state), .log = [this](const std::string& sentence) { told_.push_back(sentence); }});
    EXPECT_TRUE(provd) << provd.error().message;
    return std::move(*provd);
  }

  const TemporaryDirectory folder_;
  std::vector<std::string> told_;  // to the log
};

TEST_F(DocumentFoldersTest, ReadsADocumentFromEachFile) {
  Write("in/devices/a", R"({"id": "a", "mac": "00:1a:2b:3c:4d:5e"})");
  Write("in/devices/no-id", R"({"vendor": "Acme"})");
  Write("in/configs/base", R"({"id": "base", "parent_ids": [], "raw_config": {}})");
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->devices, ElementsAre(Json{{"id", "a"}, {"mac", "00:1a:2b:3c:4d:5e"}}, Json{{"id", "no-id"}, {"vendor", "Acme"}}));
  EXPECT_THAT(read->configs, SizeIs(1));
  EXPECT_THAT(read->set_aside, IsEmpty());
  EXPECT_THAT(read->ignored, IsEmpty());
}

TEST_F(DocumentFoldersTest, SetsAsideWhatCanNotBeADocument) {
  const std::string long_name(250, 'x');
  struct {
    std::string file, content, why;
  } cases[] = {
      {"devices/empty", "", "empty"},
      {"devices/truncated", R"({"id": "truncated", "mac": "00:1a)", "not JSON"},
      {"devices/list", "[]", "no object"},
      {"devices/other", R"({"id": "another"})", "its id is 'another'"},
      {"devices/number", R"({"id": 7})", "An id must be"},
      {"devices/with blank", R"({"vendor": "Acme"})", "An id must be"},
      {"devices/with\nbreak", R"({"vendor": "Acme"})", "An id must be"},
      {"devices/\xff", R"({"vendor": "Acme"})", "An id must be"},
      {"devices/mac", R"({"mac": "00-1A-2B-3C-4D-5E"})", "'mac'"},
      {"devices/ip", R"({"ip": null})", "'ip'"},
      {"devices/latin", "{\"vendor\": \"\xe9\"}", "UTF-8"},
      {"devices/behind", "{} {}", "not JSON"},
      {"configs/parents", R"({"raw_config": {}})", "'parent_ids'"},
      {"configs/raw", R"({"parent_ids": [], "raw_config": []})", "'raw_config'"},
      {"configs/" + long_name, R"({"id": ")" + long_name + R"(!", "parent_ids": [], "raw_config": {}})", "An id must be"},
  };
  std::map<std::string, std::string> expected, got;
  for (const auto& [file, content, why] : cases) {
    Write("in/" + file, content);
    expected[file] = why;
  }
  const auto before = FilesOf("in");
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->devices, IsEmpty());
  EXPECT_THAT(read->configs, IsEmpty());
  for (const SetAside& file : read->set_aside) got[file.file] = file.why;
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [file, why] : expected) EXPECT_THAT(got[file], HasSubstr(why)) << file;
  EXPECT_EQ(FilesOf("in"), before);
}

TEST_F(DocumentFoldersTest, SaysWhereAFileIsBroken) {
  Write("in/devices/a", "{\n\"id\": \"a\",\n\"mac");
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_THAT(read->set_aside, SizeIs(1));
  EXPECT_THAT(SentenceOf(read->set_aside[0]), AllOf(StartsWith("set aside devices/a: "), HasSubstr("(line 3, column "),
                                                    HasSubstr("of 17 bytes"), EndsWith("; mend it and POST it, or leave it out")));
  EXPECT_EQ(SentenceOf({"devices/a\n\xff", "x"}).find('\n'), std::string::npos);
}

TEST_F(DocumentFoldersTest, SetsAsideWhatIsNoFile) {
  std::filesystem::create_directories(folder_.path() / "in/devices/folder");
  ASSERT_EQ(mkfifo((folder_.path() / "in/devices/pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("nowhere", folder_.path() / "in/devices/dangling");
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->set_aside, SizeIs(3));
  std::filesystem::create_directory(folder_.path() / "staging");
  const auto left_out = CopySetAside(Path("in"), read->set_aside, Path("aside"), Path("staging"));
  ASSERT_TRUE(left_out) << left_out.error().message;
  EXPECT_THAT(*left_out, SizeIs(3));
  EXPECT_THAT(SentenceWithoutCopy(left_out->at(0)), HasSubstr("no copy of devices/dangling"));
  EXPECT_THAT(FilesOf("aside"), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "staging"));
}

TEST_F(DocumentFoldersTest, CopiesFilesThatAreTooLargeToBeRead) {
  Write("in/devices/large", "x");
  const std::uintmax_t bytes = kLargestFileRead + 1;
  std::filesystem::resize_file(folder_.path() / "in/devices/large", bytes);
  Write("in/devices/empty", "");
  auto provd = Open("state");
  const auto imported = provd->Import(Path("in"));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->set_aside, 2u);
  EXPECT_THAT(told_,
              ElementsAre(StartsWith("set aside devices/empty: "), AllOf(StartsWith("set aside devices/large: "), HasSubstr("larger"))));
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "state/set-aside/devices/large"), bytes);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "state/set-aside/devices/empty"), 0u);
}

TEST_F(DocumentFoldersTest, TakesWhatABodyCouldBringAndNothingDeeper) {
  const auto nested = [](const std::string& id, std::size_t levels) {
    return R"({"id":")" + id + R"(","x":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  Write("in/devices/deep", nested("deep", kDeepestJson - 1));
  Write("in/devices/deeper", nested("deeper", kDeepestJson));
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_TRUE(read);
  ASSERT_THAT(read->devices, SizeIs(1));
  EXPECT_TRUE(ParseJson(R"({"device":)" + DumpJson(read->devices[0]) + "}"));
  ASSERT_THAT(read->set_aside, SizeIs(1));
  EXPECT_EQ(read->set_aside[0].file, "devices/deeper");
  EXPECT_THAT(read->set_aside[0].why, HasSubstr("127 levels"));
}

TEST_F(DocumentFoldersTest, RefusesAFolderOfAnotherKind) {
  Write("in/device/a", "{}");
  const auto read = ReadDocumentFolders(Path("in"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(read.error().message, HasSubstr(Path("in")));
  EXPECT_FALSE(ReadDocumentFolders(Path("nowhere")));
  Write("file/devices", "");
  EXPECT_FALSE(ReadDocumentFolders(Path("file")));
}

TEST_F(DocumentFoldersTest, WritesOnlyToAFolderWithoutAnything) {
  std::filesystem::create_directories(folder_.path() / "empty");
  EXPECT_TRUE(WriteDocumentFolders(Path("empty"), {}));
  EXPECT_TRUE(WriteDocumentFolders(Path("new/deep/"), {}));
  const auto again = WriteDocumentFolders(Path("new/deep"), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  Write("file", "mine");
  EXPECT_FALSE(WriteDocumentFolders(Path("file"), {}));
  EXPECT_EQ(*ReadFile(Path("file")), "mine");
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre("empty", "file", "new"));
}

// Where a disk is mounted, or where a link leads, the folder itself can't be replaced.
TEST_F(DocumentFoldersTest, FillsTheFolderThatIsThere) {
  std::filesystem::create_directories(folder_.path() / "disk/lost+found");
  std::filesystem::create_directory_symlink("disk", folder_.path() / "link");
  struct stat before = {}, after = {};
  ASSERT_EQ(stat(Path("disk").c_str(), &before), 0);
  const auto written = WriteDocumentFolders(Path("link"), {});
  ASSERT_TRUE(written) << written.error().message;
  ASSERT_EQ(stat(Path("disk").c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_TRUE(std::filesystem::is_symlink(folder_.path() / "link"));
  EXPECT_THAT(*ListFolder(folder_.path() / "disk"), ElementsAre("configs", "devices", "lost+found"));
  EXPECT_TRUE(ReadDocumentFolders(Path("disk")));
  EXPECT_FALSE(WriteDocumentFolders(Path("disk"), {}));
}

TEST_F(DocumentFoldersTest, RemovesNothingOfOthers) {
  Write(".out.new/mine", "mine");
  ASSERT_TRUE(WriteDocumentFolders(Path("out"), {}));
  EXPECT_EQ(*ReadFile(Path(".out.new/mine")), "mine");
  EXPECT_THAT(*ListFolder(folder_.path()), ElementsAre(".out.new", "out"));
}

// As a crash leaves it.
TEST_F(DocumentFoldersTest, RefusesAnExportThatDidNotEnd) {
  Write("out/devices/a", R"({"id": "a"})");
  Write("out/.unfinished-export/configs/c", "");
  const auto read = ReadDocumentFolders(Path("out"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(read.error().message, HasSubstr("did not end"));
  EXPECT_FALSE(WriteDocumentFolders(Path("out"), {}));
}

TEST_F(DocumentFoldersTest, ImportGivesBackWhatExportWrote) {
  Write("in/devices/plain", R"({"id":"plain","configured":false})");
  Write("in/devices/.hidden", R"({"id":".hidden","configured":false})");
  Write("in/devices/...", R"({"id":"...","configured":false})");
  Write("in/devices/~a+b@c:d-E_9", R"({"id":"~a+b@c:d-E_9","configured":false,"config":"base","plugin":"nobody"})");
  Write("in/devices/" + std::string(255, 'y'), R"({"id":")" + std::string(255, 'y') + R"(","configured":false})");
  Write("in/devices/members", R"({"id":"members","configured":false,"X_unknown":{"deep":[1,null,{"é":"☎ 𝄞"}]},"":" "})");
  Write("in/devices/numbers",
        R"({"id":"numbers","configured":false,"n":[18446744073709551615,-9223372036854775808,9007199254740993,0.1,1e300,-0.0]})");
  Write("in/configs/base", R"({"id":"base","parent_ids":["nobody","base"],"raw_config":{"sip_lines":[]},"deletable":false})");
  {
    auto provd = Open("state");
    const auto imported = provd->Import(Path("in"));
    ASSERT_TRUE(imported) << imported.error().message;
    EXPECT_EQ(imported->devices, 7u);
    EXPECT_EQ(imported->configs, 1u);
    EXPECT_EQ(imported->set_aside, 0u);
    EXPECT_EQ(provd->devices().Find("numbers")->json.at("n").at(0), 18446744073709551615ull);
  }
  auto provd = Open("state");
  const auto exported = provd->Export(Path("out"));
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(exported->devices, 7u);
  EXPECT_EQ(exported->configs, 1u);
  const auto out = FilesOf("out");
  ASSERT_THAT(out, SizeIs(8));
  for (const auto& [file, content] : FilesOf("in")) EXPECT_EQ(*ParseJson(out.at(file)), *ParseJson(content)) << file;

  auto second = Open();
  ASSERT_TRUE(second->Import(Path("out")));
  ASSERT_TRUE(second->Export(Path("out2")));
  EXPECT_EQ(FilesOf("out2"), out);
}

TEST_F(DocumentFoldersTest, ImportTellsAndCopiesWhatItSetsAside) {
  Write("in/devices/a", R"({"id": "a"})");
  Write("in/devices/b", R"({"id": )");
  Write("in/configs/c", "");
  Write("in/app.json", "{}");
  auto provd = Open("state");
  const auto imported = provd->Import(Path("in"));
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->devices, 1u);
  EXPECT_EQ(imported->set_aside, 2u);
  EXPECT_THAT(told_, ElementsAre("not imported: app.json, which is neither devices nor configs", StartsWith("set aside devices/b: "),
                                 StartsWith("set aside configs/c: It is empty")));
  EXPECT_THAT(FilesOf("state/set-aside"), SizeIs(2));
  EXPECT_EQ(FilesOf("state/set-aside").at("devices/b"), R"({"id": )");
  EXPECT_THAT(FilesOf("in"), SizeIs(4));
}

TEST_F(DocumentFoldersTest, ImportGoesOnlyToWhereThereIsNothing) {
  Write("in/devices/a", R"({"id": "a"})");
  Write("other/devices/b", R"({"id": "b"})");
  auto provd = Open("state");
  ASSERT_TRUE(provd->Import(Path("in")));
  const auto again = provd->Import(Path("other"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(again.error().message, HasSubstr("1 devices and 0 configs"));
  EXPECT_FALSE(provd->devices().Find("b"));
}

}  // namespace
}  // namespace provdlab::server
