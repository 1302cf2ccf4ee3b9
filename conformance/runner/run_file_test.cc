#include "conformance/runner/run_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/files.h"

namespace provdlab::conformance {
namespace {

TEST(RunFileTest, IsThereUntilEverythingWasPutBack) {
  const TemporaryDirectory folder;
  const auto runs = folder.path() / "state" / "runs";
  EXPECT_TRUE(ReadRuns(runs)->empty()) << "there is no folder yet";
  auto file = RunFile::Begin(runs, "k3x0a1b", "http://h/provd");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(RunFile::Begin(runs, "k3x0a1b", "http://h/provd")) << "two runs of one id";
  EXPECT_TRUE((*file)->Add({{"sets", "NAT"}, {"to", 1}}));
  auto read = ReadRuns(runs);
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ((*read)[0].run, "k3x0a1b");
  EXPECT_EQ((*read)[0].target, "http://h/provd");
  EXPECT_TRUE((*read)[0].going_on);
  ASSERT_EQ((*read)[0].lines.size(), 1u);
  EXPECT_EQ((*read)[0].lines[0], Json({{"sets", "NAT"}, {"to", 1}}));
  struct stat seen {};
  ASSERT_EQ(::stat((*read)[0].path.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0600u) << "values may be secret";

  file->reset();
  read = ReadRuns(runs);
  ASSERT_EQ(read->size(), 1u) << "it ended without putting things back";
  EXPECT_FALSE((*read)[0].going_on);
  file = RunFile::Begin(runs, "other00", "http://h/provd");
  (*file)->Remove();
  EXPECT_EQ(ReadRuns(runs)->size(), 1u);
}

TEST(RunFileTest, ALastLineThatWasCutIsLeftOut) {
  const TemporaryDirectory folder;
  std::ofstream(folder.path() / "a.run") << R"({"format": 1, "run": "a", "target": "t"})"
                                         << "\n"
                                         << R"({"mac": "x"})"
                                         << "\n"
                                         << R"({"ip": "1)";
  std::ofstream(folder.path() / "b.run") << "no file of a run\n";
  std::ofstream(folder.path() / "c.run") << R"({"format": 2, "run": "c", "target": "t"})"
                                         << "\n";
  const auto read = ReadRuns(folder.path());
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ((*read)[0].lines.size(), 1u);
}

}  // namespace
}  // namespace provdlab::conformance
