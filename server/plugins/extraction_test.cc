#include "server/plugins/extraction.h"

#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "server/plugins/limits.h"
#include "server/plugins/testing/package_builder.h"

namespace provdlab::server {
namespace {

using testing::PackageBuilder;
namespace fs = std::filesystem;

class ExtractionTest : public ::testing::Test {
 protected:
  tl::expected<void, UnpackFailure> Unpack(const std::string& bytes, std::stop_token stop = {}) {
    std::ofstream(folder_.path() / "package", std::ios::binary | std::ios::trunc) << bytes;
    fs::remove_all(folder_.path() / "in");
    fs::create_directory(folder_.path() / "in");
    return server::Unpack(folder_.path() / "package", folder_.path() / "in", "acme", std::move(stop));
  }
  fs::path In(const std::string& name) const { return folder_.path() / "in" / name; }
  bool WroteNothing() const { return fs::is_empty(folder_.path() / "in"); }

  TemporaryDirectory folder_{"extraction-"};
};

TEST_F(ExtractionTest, UnpacksFilesAndFoldersPlainOrCompressed) {
  const auto builder =
      PackageBuilder().Folder(".").Folder("./acme").Folder("acme/empty").File("acme/deep/er/file", "content").File("acme/é", "x");
  for (const std::string& bytes : {builder.Bytes(), builder.PlainBytes()}) {
    const auto unpacked = Unpack(bytes);
    ASSERT_TRUE(unpacked) << unpacked.error().error.message;
    EXPECT_TRUE(fs::is_directory(In("acme/empty")));
    EXPECT_EQ(*ReadFile(In("acme/deep/er/file")), "content");
    EXPECT_TRUE(fs::exists(In("acme/é")));
  }
}

TEST_F(ExtractionTest, DropsEveryBitOfTheModeButExecutable) {
  ASSERT_TRUE(Unpack(PackageBuilder().Folder("acme").File("acme/setuid", "x", 06777).File("acme/plain", "x", 0600).Bytes()));
  const mode_t mask = umask(022);
  umask(mask);
  struct stat status;
  ASSERT_EQ(stat(In("acme/setuid").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u & ~mask);
  ASSERT_EQ(stat(In("acme/plain").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u & ~mask);
}

TEST_F(ExtractionTest, RefusesWhatIsNotPlainlyAPluginsFolder) {
  const auto good = [] { return PackageBuilder().Folder("acme").File("acme/plugin-info", "{}"); };
  std::string deep = "acme";
  for (std::size_t level = 0; level < kDeepestMember; ++level) deep += "/d";
  const struct {
    const char* what;
    std::string bytes;
    Refusal refusal;
  } cases[] = {
      {"climbs out", good().File("acme/../../pwned", "x").Bytes(), Refusal::kHostile},
      {"climbs out below", good().File("acme/a/../../../pwned", "x").Bytes(), Refusal::kHostile},
      {"absolute", good().File("/tmp/provdlab-pwned", "x").Bytes(), Refusal::kHostile},
      {"beside the folder", good().File("other", "x").Bytes(), Refusal::kHostile},
      {"second folder", good().Folder("other").File("other/file", "x").Bytes(), Refusal::kHostile},
      {"another folder", PackageBuilder().Folder("other").File("other/plugin-info", "{}").Bytes(), Refusal::kHostile},
      {"longer name", PackageBuilder().Folder("acme2").File("acme2/plugin-info", "{}").Bytes(), Refusal::kHostile},
      {"file instead of folder", PackageBuilder().File("acme", "x").Bytes(), Refusal::kHostile},
      {"link out", good().Symlink("acme/link", "/etc").Bytes(), Refusal::kHostile},
      {"link inside", good().Symlink("acme/link", "plugin-info").Bytes(), Refusal::kHostile},
      {"folder as link", PackageBuilder().Symlink("acme", "/etc").Bytes(), Refusal::kHostile},
      {"write through a link", good().Symlink("acme/out", "/tmp").File("acme/out/provdlab-pwned", "x").Bytes(), Refusal::kHostile},
      {"hard link", good().Hardlink("acme/hard", "/etc/passwd").Bytes(), Refusal::kHostile},
      {"character device", good().Special("acme/null", AE_IFCHR).Bytes(), Refusal::kHostile},
      {"block device", good().Special("acme/disk", AE_IFBLK).Bytes(), Refusal::kHostile},
      {"fifo", good().Special("acme/fifo", AE_IFIFO).Bytes(), Refusal::kHostile},
      {"twice", good().File("acme/plugin-info", "other").Bytes(), Refusal::kHostile},
      {"file then folder", good().File("acme/plugin-info/x", "other").Bytes(), Refusal::kHostile},
      {"control character", good().File("acme/a\nb", "x").Bytes(), Refusal::kHostile},
      {"backslash", good().File("acme\\..\\x", "x").Bytes(), Refusal::kHostile},
      {"deep", good().File(deep + "/x", "x").Bytes(), Refusal::kHostile},
      {"bomb", good().File("acme/zeros", std::string(kRatioFreeBytes + 4'000'000, '\0')).Bytes(), Refusal::kBomb},
      {"empty", "", Refusal::kNotAnArchive},
      {"no members", PackageBuilder().Bytes(), Refusal::kNotAnArchive},
      {"page", "<html><body>not found</body></html>", Refusal::kNotAnArchive},
      {"cut", good().File("acme/big", std::string(100'000, 'x')).Bytes().substr(0, 150), Refusal::kNotAnArchive},
      {"cut and plain", good().File("acme/big", std::string(100'000, 'x')).PlainBytes().substr(0, 5'000), Refusal::kNotAnArchive},
  };
  for (const auto& [what, bytes, refusal] : cases) {
    const auto unpacked = Unpack(bytes);
    ASSERT_FALSE(unpacked) << what;
    EXPECT_EQ(unpacked.error().refusal, refusal) << what << ": " << unpacked.error().error.message;
    EXPECT_FALSE(unpacked.error().error.message.empty());
    EXPECT_TRUE(WroteNothing()) << what;
  }
  EXPECT_FALSE(fs::exists("/tmp/provdlab-pwned"));
  EXPECT_FALSE(fs::exists(folder_.path() / "pwned"));
}

TEST_F(ExtractionTest, RefusesMoreMembersThanAPackageMayHave) {
  PackageBuilder builder;
  builder.Folder("acme");
  for (std::size_t member = 0; member < kMostMembers; ++member) builder.File("acme/" + std::to_string(member), "");
  const auto unpacked = Unpack(builder.PlainBytes());
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().refusal, Refusal::kBomb);
}

TEST_F(ExtractionTest, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  const auto unpacked = Unpack(PackageBuilder().Folder("acme").Bytes(), stop.get_token());
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().error.kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace provdlab::server
