#include "server/plugins/package_install.h"

#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "server/plugins/manifest.h"
#include "server/plugins/testing/package_builder.h"

namespace provdlab::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PackageBuilder;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

using Kind = InstallStep::Kind;

PackageBuilder Firmware() {
  return PackageBuilder()
      .File("a.st", "A")
      .File("b.st", "B")
      .File("docs/a.st", "no")
      .File("docs/deep/readme.txt", "r")
      .File("lang/fr/menu", "fr");
}

class AnInstallation : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& bytes) { std::ofstream(folder_.path() / name, std::ios::binary) << bytes; }

  // Where the files of the package end up: "to = content".
  Result<std::vector<std::string>> Install(std::vector<std::string> files, std::optional<std::vector<InstallStep>> steps) {
    PackageDefinition package;
    package.id = "p";
    for (const std::string& name : files) package.files.push_back({name, "", 0, ""});
    package.install = std::move(steps);
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      if (entry.path().filename().string().starts_with(".unpacked")) fs::remove_all(entry.path());
    auto placed = PrepareInstall(package, folder_.path(), {});
    if (!placed) return Fail(placed.error());
    std::vector<std::string> shown;
    for (const PlacedFile& file : *placed) shown.push_back(file.to + " = " + ReadFile(folder_.path() / file.from).value_or("nothing"));
    return shown;
  }

  TemporaryDirectory folder_;
};

TEST_F(AnInstallation, CopiesAllFilesWithoutSteps) {
  Put("x", "1");
  Put("y", "2");
  EXPECT_THAT(*Install({"x", "y"}, std::nullopt), ElementsAre("x = 1", "y = 2"));
}

TEST_F(AnInstallation, CopiesWhatMatches) {
  Put("x.bin", "1");
  Put("y.bin", "2");
  EXPECT_THAT(*Install({"x.bin", "y.bin"}, {{{.files = "*.bin", .to = "A/"}, {.files = "y.bin", .to = "z"}}}),
              ElementsAre("A/x.bin = 1", "A/y.bin = 2", "z = 2"));
}

TEST_F(AnInstallation, UnpacksEveryFormat) {
  Put("a.zip", Firmware().ZipBytes());
  Put("a.tar", Firmware().PlainBytes());
  Put("a.tar.gz", Firmware().GzipBytes());
  Put("a.tgz", Firmware().GzipBytes());
  Put("A.TAR.BZ2", Firmware().Bytes());
  for (const char* name : {"a.zip", "a.tar", "a.tar.gz", "a.tgz", "A.TAR.BZ2"}) {
    const auto placed = Install({name}, {{{.kind = Kind::kUnpack, .files = name, .include = {"?.st"}, .to = "Acme/"}}});
    ASSERT_TRUE(placed) << name << ": " << placed.error().message;
    EXPECT_THAT(*placed, UnorderedElementsAre("Acme/a.st = A", "Acme/b.st = B")) << name;
  }
}

TEST_F(AnInstallation, TakesWhatIsIncludedAndNotExcluded) {
  Put("a.zip", Firmware().ZipBytes());
  const struct {
    std::vector<std::string> include, exclude;
    const char* to;
    std::vector<std::string> placed;
  } cases[] = {
      {{}, {}, "", {"a.st = A", "b.st = B", "docs/a.st = no", "docs/deep/readme.txt = r", "lang/fr/menu = fr"}},
      {{}, {"docs"}, "", {"a.st = A", "b.st = B", "lang/fr/menu = fr"}},
      {{"docs"}, {"docs/*.st"}, "", {"docs/deep/readme.txt = r"}},
      {{"lang", "b.*"}, {}, "", {"b.st = B", "lang/fr/menu = fr"}},
      {{}, {}, "X/", {"X/a.st = A", "X/b.st = B"}},
      {{"*/*/menu"}, {}, "X/", {"X/menu = fr"}},
      {{"a.st"}, {}, "X/other", {"X/other = A"}},
      {{"*.st"}, {"b*"}, "X/", {"X/a.st = A"}},
  };
  for (const auto& [include, exclude, to, expected] : cases) {
    const auto placed = Install({"a.zip"}, {{{.kind = Kind::kUnpack, .files = "a.zip", .include = include, .exclude = exclude, .to = to}}});
    ASSERT_TRUE(placed) << placed.error().message;
    EXPECT_THAT(*placed, ::testing::UnorderedElementsAreArray(expected)) << to;
  }
}

TEST_F(AnInstallation, SaysWhyNot) {
  Put("a.zip", Firmware().ZipBytes());
  Put("noise.zip", "noise");
  Put("empty.tar", "");
  Put("climbs.tar", PackageBuilder().File("../x", "x").PlainBytes());
  Put("climbs.zip", PackageBuilder().File("../x", "x").ZipBytes());
  Put("links.tar", PackageBuilder().Symlink("x", "/etc/passwd").PlainBytes());
  Put("links.zip", PackageBuilder().Symlink("x", "/etc/passwd").ZipBytes());
  Put("devices.tar", PackageBuilder().Special("x", AE_IFCHR).PlainBytes());
  Put("bomb.tar.bz2", PackageBuilder().File("x", std::string(20 << 20, '\0')).Bytes());
  const struct {
    const char* file;
    InstallStep step;
    const char* sentence;
  } cases[] = {
      {"a.zip", {.include = {"*.bin"}, .to = "X/"}, "'a.zip' has nothing of what is to be unpacked"},
      {"a.zip", {.include = {"*.st", "docs/*.st"}, .to = "X/"}, "'a.zip' has several members that would become 'X/a.st'"},
      {"a.zip", {.include = {"*.st"}, .to = "X"}, "several members that would become 'X'"},
      {"noise.zip", {}, "'noise.zip' can't be unpacked: it is not a zip archive"},
      {"empty.tar", {}, "'empty.tar' can't be unpacked: it is not a tar archive: it is empty"},
      {"climbs.tar", {}, "'climbs.tar' can't be unpacked: the member '../x' would leave its folder"},
      {"climbs.zip", {}, "would leave its folder"},
      {"links.tar", {}, "the member 'x' is a symbolic link"},
      {"links.zip", {}, "the member 'x' is a symbolic link"},
      {"devices.tar", {}, "the member 'x' is a device"},
      {"bomb.tar.bz2", {}, "unpacks to more than"},
  };
  for (const auto& [file, described, sentence] : cases) {
    InstallStep step = described;
    step.kind = Kind::kUnpack;
    step.files = file;
    const auto placed = Install({file}, {{step}});
    ASSERT_FALSE(placed) << file;
    EXPECT_EQ(placed.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(placed.error().message, HasSubstr(sentence));
    EXPECT_FALSE(fs::exists(folder_.path().parent_path() / "x"));
  }
}

TEST_F(AnInstallation, WritesNothingOfAnArchiveWithOneBadMember) {
  Put("a.tar", PackageBuilder().File("good", "x").File("../bad", "x").PlainBytes());
  EXPECT_FALSE(Install({"a.tar"}, {{{.kind = Kind::kUnpack, .files = "a.tar", .include = {"good"}}}}));
  EXPECT_TRUE(fs::is_empty(folder_.path() / ".unpacked-p-0-a.tar"));
}

TEST_F(AnInstallation, CanBeCancelled) {
  Put("a.zip", Firmware().ZipBytes());
  PackageDefinition package;
  package.files = {{"a.zip", "", 0, ""}};
  package.install = {{{.kind = Kind::kUnpack, .files = "a.zip"}}};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(PrepareInstall(package, folder_.path(), stop.get_token()).error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace provdlab::server
