#include "server/plugins/placing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/files.h"
#include "server/plugins/package_cache.h"

namespace provdlab::server {
namespace {

namespace fs = std::filesystem;

class PlacingTest : public ::testing::Test {
 protected:
  PlacingTest() {
    for (const char* folder : {"plugins", "staging", "cache"}) fs::create_directory(folder_.path() / folder);
  }
  fs::path Path(const std::string& name) const { return folder_.path() / name; }
  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(Path(name).parent_path());
    std::ofstream(Path(name), std::ios::trunc) << text;
  }

  TemporaryDirectory folder_{"placing-"};
};

TEST_F(PlacingTest, PutsAFolderInPlaceOfAnother) {
  Write("staging/acme/version", "1");
  ASSERT_TRUE(PlaceFolder(Path("staging/acme"), Path("plugins/acme"), Path("staging"), Durability::kLasting));
  EXPECT_EQ(*ReadFile(Path("plugins/acme/version")), "1");
  Write("staging/acme/version", "2");
  Write("plugins/acme/old", "x");
  ASSERT_TRUE(PlaceFolder(Path("staging/acme"), Path("plugins/acme"), Path("staging"), Durability::kLasting));
  EXPECT_EQ(*ReadFile(Path("plugins/acme/version")), "2");
  EXPECT_FALSE(fs::exists(Path("plugins/acme/old")));
  EXPECT_FALSE(PlaceFolder(Path("staging/none"), Path("plugins/acme"), Path("staging"), Durability::kLasting));
  EXPECT_EQ(*ReadFile(Path("plugins/acme/version")), "2");
}

TEST_F(PlacingTest, RestoresWhatACrashLeftBetweenTwoSteps) {
  Write("staging/previous-acme/version", "old");
  Write("staging/previous-other/version", "old");
  Write("plugins/other/version", "new");
  ASSERT_TRUE(RestorePrevious(Path("staging"), Path("plugins")));
  EXPECT_EQ(*ReadFile(Path("plugins/acme/version")), "old");
  EXPECT_EQ(*ReadFile(Path("plugins/other/version")), "new");
}

TEST_F(PlacingTest, MeasuresFiles) {
  Write("file", "content");
  const auto measured = MeasureFile(Path("file"));
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->bytes, 7u);
  EXPECT_EQ(measured->sha1sum, Sha1Hex("content"));
  EXPECT_EQ(MeasureFile(Path("none")).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(MeasureFile(Path("plugins")));
}

TEST_F(PlacingTest, KeepsPackagesAndGivesOnlyWhatIsExpected) {
  const PackageCache cache(Path("cache"));
  Write("staging/package", "content");
  const Measured expected{7, Sha1Hex("content")};
  EXPECT_EQ(cache.Take("a.tar.bz2", expected, Path("staging/taken")).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(cache.Keep(Path("staging/package"), "a.tar.bz2"));
  EXPECT_TRUE(fs::exists(Path("staging/package")));
  ASSERT_TRUE(cache.Take("a.tar.bz2", expected, Path("staging/taken")));
  EXPECT_EQ(*ReadFile(Path("staging/taken")), "content");
  for (const Measured& other : {Measured{8, expected.sha1sum}, Measured{7, Sha1Hex("other")}}) {
    EXPECT_FALSE(cache.Take("a.tar.bz2", other, Path("staging/wrong")));
    EXPECT_FALSE(fs::exists(Path("staging/wrong")));
  }
  EXPECT_TRUE(cache.Take("a.tar.bz2", {8, ""}, Path("staging/any"), false));
  // What was taken stays as it is when the entry is replaced.
  Write("staging/newer", "newer content");
  ASSERT_TRUE(cache.Keep(Path("staging/newer"), "a.tar.bz2"));
  EXPECT_EQ(*ReadFile(Path("staging/taken")), "content");
}

}  // namespace
}  // namespace provdlab::server
