#include "simulator/repository/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/digest.h"
#include "base/files.h"
#include "simulator/repository/embedded_fixtures.h"

namespace provdlab::repository {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::SizeIs;

// What an unsuspecting reader finds in an archive.
struct Seen {
  std::string name;
  unsigned type = 0;
  std::string target;
  std::string content;
  unsigned mode = 0;
  std::int64_t time = -1, owner = -1;
};

struct Listing {
  std::vector<Seen> members;
  std::string problem;  // what ended the reading early
};

Listing ReadAll(const std::string& bytes, std::size_t most_members = 200) {
  Listing listing;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  int step = archive_read_open_memory(reader.get(), bytes.data(), bytes.size());
  archive_entry* entry = nullptr;
  while (step >= ARCHIVE_WARN && listing.members.size() < most_members) {
    step = archive_read_next_header(reader.get(), &entry);
    if (step == ARCHIVE_EOF || step < ARCHIVE_WARN) break;
    Seen seen;
    if (const char* name = archive_entry_pathname(entry)) seen.name = name;
    seen.type = archive_entry_filetype(entry);
    if (const char* target = archive_entry_symlink(entry)) seen.target = target;
    if (const char* target = archive_entry_hardlink(entry)) seen.target = target;
    seen.mode = archive_entry_perm(entry);
    seen.time = archive_entry_mtime(entry);
    seen.owner = archive_entry_uid(entry);
    char buffer[65536];
    la_ssize_t got = 0;
    while (seen.content.size() < 1'000'000 && (got = archive_read_data(reader.get(), buffer, sizeof buffer)) > 0) {
      seen.content.append(buffer, static_cast<std::size_t>(got));
    }
    listing.members.push_back(std::move(seen));
    if (got < 0) step = static_cast<int>(got);
  }
  if (step != ARCHIVE_EOF && step < ARCHIVE_WARN) listing.problem = archive_error_string(reader.get());
  return listing;
}

Package Make(const Recipe& recipe) {
  Result<Package> package = Build(EmbeddedFixtures(), recipe);
  EXPECT_TRUE(package) << package.error().message;
  return package.value_or(Package());
}

std::string ContentOf(const Package& package, const std::string& name) {
  for (const Seen& seen : ReadAll(*package.archive).members) {
    if (seen.name == name) return seen.content;
  }
  ADD_FAILURE() << name << " is not in the archive";
  return "";
}

bool Has(const Listing& listing, const std::string& name) {
  for (const Seen& seen : listing.members) {
    if (seen.name == name) return true;
  }
  return false;
}

TEST(Fixtures, AllAreWellFormed) {
  const auto& all = EmbeddedFixtures().all();
  EXPECT_GT(all.size(), 40u);
  for (const auto& [name, fixture] : all) {
    SCOPED_TRACE(name);
    EXPECT_NE(fixture.settings.value("about", ""), "");
    const Package package = Make({.id = "tried", .fixture = name});
    EXPECT_EQ(package.entry.value("sha1sum", ""), Sha1Hex(*package.archive));
    EXPECT_EQ(package.entry.value("dsize", std::uint64_t{0}), package.archive->size());
    for (const char* member : {"version", "description", "capabilities", "filename"}) EXPECT_TRUE(package.entry.contains(member)) << member;
    EXPECT_EQ(package.file, "tried-" + package.version + ".tar.bz2");
  }
}

TEST(Fixtures, TheDocumentedOnesAreThoseOfTheManual) {
  const Json documented = Json::parse(EmbeddedFixtures().documented_list());
  EXPECT_EQ(documented.size(), 2u);
  for (const char* id : {"null", "xivo-aastra-3.3.1-SP2"}) {
    const Package package = Make({.id = id, .fixture = id});
    for (const char* member : {"version", "description", "capabilities", "filename"})
      EXPECT_EQ(package.entry.at(member), documented.at(id).at(member)) << id;
    EXPECT_NE(package.entry.at("sha1sum"), documented.at(id).at("sha1sum")) << "nobody has those bytes any more";
  }
  const Package polycom = Make({.id = "xivo-polycom-4.0.4", .fixture = "xivo-polycom-4.0.4"});
  EXPECT_THAT(polycom.entry.at("capabilities"), SizeIs(11));
  EXPECT_EQ(polycom.entry.at("capabilities").at("Polycom, SPIP650, 4.0.4.2906").at("sip.lines"), 6);
}

TEST(Build, GivesTheSameBytesTwice) {
  for (const char* fixture : {"acme", "minimal", "xivo-aastra-3.3.1-SP2", "bomb", "truncated"}) {
    const Recipe recipe{.id = "run1-a", .fixture = fixture, .version = "3.0", .bytes = 80'000};
    EXPECT_EQ(*Make(recipe).archive, *Make(recipe).archive) << fixture;
  }
}

TEST(Build, GivesTheBytesThatBazelPackaged) {
  for (const char* fixture : {"acme", "null", "xivo-aastra-3.3.1-SP2", "xivo-polycom-4.0.4"}) {
    const Result<std::string> file = ReadFile("fixtures/plugins/" + std::string(fixture) + ".tar.bz2");
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(Sha1Hex(*file), Sha1Hex(*Make({.id = fixture, .fixture = fixture}).archive)) << fixture;
  }
}

TEST(Build, MembersAreSortedAndHaveNeitherTimeNorOwner) {
  const Listing listing = ReadAll(*Make({.id = "run1-a", .fixture = "acme"}).archive);
  EXPECT_EQ(listing.problem, "");
  std::vector<std::string> names;
  for (const Seen& seen : listing.members) {
    names.push_back(seen.name);
    EXPECT_EQ(seen.time, 0) << seen.name;
    EXPECT_EQ(seen.owner, 0) << seen.name;
    EXPECT_EQ(seen.mode, seen.type == AE_IFDIR ? 0755u : 0644u) << seen.name;
  }
  EXPECT_THAT(names, ElementsAre("run1-a/", "run1-a/entry.py", "run1-a/manifest.json", "run1-a/plugin-info", "run1-a/templates/",
                                 "run1-a/templates/common.cfg", "run1-a/templates/phone.cfg", "run1-a/var/", "run1-a/var/cache/",
                                 "run1-a/var/installed/"));
}

TEST(Build, PutsIdAndVersionIn) {
  const Package package = Make({.id = "run_1", .fixture = "acme", .version = "2.5"});
  EXPECT_EQ(package.file, "run-1-2.5.tar.bz2");
  EXPECT_EQ(package.entry.at("filename"), "run-1-2.5.tar.bz2");
  EXPECT_EQ(package.entry.at("version"), "2.5");
  EXPECT_EQ(Json::parse(ContentOf(package, "run_1/plugin-info")).at("version"), "2.5");
}

TEST(Build, CompletesSizesAndSumsOfItsOwnFiles) {
  const Package package = Make({.id = "run1-a", .fixture = "acme"});
  const Json manifest = Json::parse(ContentOf(package, "run1-a/manifest.json"));
  ASSERT_THAT(package.files, Contains(Key("x1-1.0.bin")));
  int files = 0;
  for (const Json& one : manifest.at("packages")) {
    for (const Json& file : one.at("files")) {
      ++files;
      const std::string name = file.at("name");
      EXPECT_EQ(file.at("url"), "files/run1-a/" + name);
      EXPECT_EQ(file.at("size"), package.files.at(name)->size());
      EXPECT_EQ(file.at("sha1sum"), Sha1Hex(*package.files.at(name)));
    }
  }
  EXPECT_EQ(files, 7);
}

TEST(Build, LeavesStatedSumsAlone) {
  const Json manifest = Json::parse(ContentOf(Make({.id = "run1-a", .fixture = "odd-packages"}), "run1-a/manifest.json"));
  for (const Json& one : manifest.at("packages")) {
    const std::string id = one.at("id");
    if (id == "wrong-sum") {
      EXPECT_EQ(one.at("files").at(0).at("sha1sum"), std::string(40, '0'));
    } else if (id == "wrong-size") {
      EXPECT_EQ(one.at("files").at(0).at("size"), 4999);
    }
  }
}

// What a reader that knows all formats finds in a file of a fixture: names and contents.
std::map<std::string, std::string> MembersOf(const std::string& bytes) {
  std::map<std::string, std::string> members;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_all(reader.get());
  EXPECT_EQ(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader.get(), content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
    members[archive_entry_pathname(entry)] = std::move(content);
  }
  EXPECT_EQ(archive_errno(reader.get()), 0) << archive_error_string(reader.get());
  return members;
}

TEST(Build, MakesArchivesOfFiles) {
  const std::string members = R"({"fw/x.st": {"bytes": 300, "first_line": "provdlab-firmware X 1.0"}, "lang_fr.txt": {"text": "fr\n"},
                                  "inner.zip": {"zip": {"y": {"bytes": 10}}}})";
  std::string files;
  for (const char* kind : {"zip", "tar", "tar.gz", "tar.bz2"})
    files += (files.empty() ? "" : ", ") + std::string("\"a.") + kind + "\": {\"" + kind + "\": " + members + "}";
  const Result<Fixtures> fixtures = Fixtures::Read({{"a/plugin-info", "{}"}, {"a/fixture.json", "{\"files\": {" + files + "}}"}}, {});
  ASSERT_TRUE(fixtures) << fixtures.error().message;
  const Result<Package> package = Build(*fixtures, {.id = "x", .fixture = "a"});
  ASSERT_TRUE(package) << package.error().message;
  for (const char* kind : {"zip", "tar", "tar.gz", "tar.bz2"}) {
    SCOPED_TRACE(kind);
    const auto found = MembersOf(*package->files.at(std::string("a.") + kind));
    ASSERT_THAT(found, SizeIs(3));
    EXPECT_EQ(found.at("lang_fr.txt"), "fr\n");
    EXPECT_EQ(found.at("fw/x.st").size(), 300u);
    EXPECT_EQ(found.at("fw/x.st").substr(0, 24), "provdlab-firmware X 1.0\n");
    EXPECT_THAT(MembersOf(found.at("inner.zip")), ElementsAre(Key("y")));
  }
  EXPECT_EQ(*package->files.at("a.tar.gz"), *Build(*fixtures, {.id = "x", .fixture = "a"})->files.at("a.tar.gz"));
}

TEST(Build, RefusesFilesThatCantBeMade) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"bytes": 5, "text": "x"})", "needs one of"},
      {R"({"first_line": "x"})", "needs one of"},
      {R"({"byts": 5})", "can't have a \"byts\""},
      {R"({"bytes": 5, "first_line": "longer than that"})", "shorter than its first line"},
      {R"({"zip": {"a": {"zip": {"a": {"zip": {"a": {"zip": {"a": {"zip": {"a": {"text": ""}}}}}}}}}}})", "in archives in archives"},
  };
  for (const auto& [description, sentence] : cases) {
    const auto fixtures =
        Fixtures::Read({{"a/plugin-info", "{}"}, {"a/fixture.json", "{\"files\": {\"f\": " + std::string(description) + "}}"}}, {});
    EXPECT_THAT(Build(*fixtures, {.id = "x", .fixture = "a"}).error().message, HasSubstr(sentence)) << description;
  }
}

TEST(Build, PadsWithNoise) {
  const Package plain = Make({.id = "run1-a", .fixture = "minimal"});
  const Package padded = Make({.id = "run1-a", .fixture = "minimal", .bytes = 100'000});
  EXPECT_LT(plain.archive->size(), 60'000u);
  EXPECT_GE(padded.archive->size(), 100'000u);
  EXPECT_LT(padded.archive->size(), 110'000u);
  EXPECT_NE(*padded.archive, *Make({.id = "run1-a", .fixture = "minimal", .bytes = 100'000, .seed = 2}).archive);
  EXPECT_EQ(ReadAll(*padded.archive).problem, "");
}

TEST(Build, AnotherRevisionHasOtherBytesAndTheSameName) {
  const Package first = Make({.id = "run1-a", .fixture = "minimal"});
  const Package second = Make({.id = "run1-a", .fixture = "minimal", .revision = 1});
  EXPECT_EQ(first.file, second.file);
  EXPECT_NE(*first.archive, *second.archive);
}

TEST(Build, RefusesWhatCantBeMade) {
  const struct {
    Recipe recipe;
    ErrorKind kind;
    const char* sentence;
  } cases[] = {
      {{.id = "a", .fixture = "nothing"}, ErrorKind::kNotFound, "no fixture \"nothing\""},
      {{.id = "", .fixture = "minimal"}, ErrorKind::kInvalid, "id"},
      {{.id = "..", .fixture = "minimal"}, ErrorKind::kInvalid, "id"},
      {{.id = "a/b", .fixture = "minimal"}, ErrorKind::kInvalid, "id"},
      {{.id = std::string(201, 'a'), .fixture = "minimal"}, ErrorKind::kInvalid, "id"},
      {{.id = "a", .fixture = "minimal", .version = "1/2"}, ErrorKind::kInvalid, "version"},
      {{.id = "a", .fixture = "minimal", .bytes = kLargestPadding + 1}, ErrorKind::kInvalid, "padded"},
  };
  for (const auto& one : cases) {
    const Result<Package> package = Build(EmbeddedFixtures(), one.recipe);
    ASSERT_FALSE(package) << one.sentence;
    EXPECT_EQ(package.error().kind, one.kind);
    EXPECT_THAT(package.error().message, HasSubstr(one.sentence));
  }
}

TEST(Build, SaysWhichFixtureIsMalformed) {
  const Result<Fixtures> fixtures =
      Fixtures::Read({{"a/plugin-info", "{}"}, {"a/fixture.json", R"({"files": {"x": 5}})"}},
                     {{"b.json", R"({"members": [{"type": "door"}]})"}, {"c.json", R"({"members": [{"name": 5}]})"}});
  ASSERT_TRUE(fixtures) << fixtures.error().message;
  EXPECT_THAT(Build(*fixtures, {.id = "x", .fixture = "a"}).error().message, HasSubstr("\"a\" is malformed"));
  EXPECT_THAT(Build(*fixtures, {.id = "x", .fixture = "b"}).error().message, HasSubstr("\"door\""));
  EXPECT_THAT(Build(*fixtures, {.id = "x", .fixture = "c"}).error().message, HasSubstr("\"c\" is malformed"));
  EXPECT_FALSE(Fixtures::Read({{"a/fixture.json", "{"}}, {}));
  EXPECT_FALSE(Fixtures::Read({{"a/x", ""}}, {{"a.json", "{}"}})) << "one name, two fixtures";
}

// Attacks: that each holds what its name says. Whether a server refuses it is for the conformance suite.
TEST(Attacks, HoldWhatTheySay) {
  const struct {
    const char *fixture, *name;
    unsigned type;
    const char* target;
  } cases[] = {
      {"path-traversal", "ID/../../ID-escaped", AE_IFREG, ""},
      {"path-traversal-sibling", "ID/../null/ID-escaped", AE_IFREG, ""},
      {"absolute-path", "/tmp/ID-escaped", AE_IFREG, ""},
      {"symlink-out", "ID/out", AE_IFLNK, "/tmp"},
      {"symlink-out", "ID/out/ID-escaped", AE_IFREG, ""},
      {"symlink-relative", "ID/out", AE_IFLNK, "../.."},
      {"symlink-read", "ID/var/tftpboot/passwd", AE_IFLNK, "/etc/passwd"},
      {"symlink-top", "ID", AE_IFLNK, "/tmp"},
      {"hardlink-out", "ID/passwd", 0, "/etc/passwd"},
      {"hardlink-climbs", "ID/state", 0, "ID/../../state"},
      {"character-device", "ID/zero", AE_IFCHR, ""},
      {"block-device", "ID/disk", AE_IFBLK, ""},
      {"fifo", "ID/plugin-info.d", AE_IFIFO, ""},
      {"other-folder", "another/plugin-info", AE_IFREG, ""},
      {"two-folders", "ID-second/plugin-info", AE_IFREG, ""},
      {"no-folder", "plugin-info", AE_IFREG, ""},
      {"top-level-file", "ID-escaped", AE_IFREG, ""},
      {"folder-is-file", "ID", AE_IFREG, ""},
      {"newline-name", "ID/two\nlines\033[2J", AE_IFREG, ""},
      {"setuid", "ID/tool", AE_IFREG, ""},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.fixture);
    const Listing listing = ReadAll(*Make({.id = "ID", .fixture = one.fixture}).archive);
    EXPECT_EQ(listing.problem, "");
    bool found = false;
    for (const Seen& seen : listing.members) {
      if (seen.name != one.name) continue;
      found = true;
      if (one.type != 0) {
        EXPECT_EQ(seen.type, one.type);
      }
      EXPECT_EQ(seen.target, one.target);
      if (std::string(one.fixture) == "setuid") {
        EXPECT_EQ(seen.mode, 06755u);
      }
    }
    EXPECT_TRUE(found) << one.name;
  }
}

TEST(Attacks, LongAndDeepNamesSurviveTheHeader) {
  EXPECT_TRUE(Has(ReadAll(*Make({.id = "ID", .fixture = "long-name"}).archive), "ID/" + std::string(5000, 'n')));
  const Listing deep = ReadAll(*Make({.id = "ID", .fixture = "deep"}).archive);
  EXPECT_EQ(deep.problem, "");
  EXPECT_TRUE(std::any_of(deep.members.begin(), deep.members.end(), [](const Seen& seen) { return seen.name.size() >= 4000; }));
}

TEST(Attacks, TheBombIsSmallAndUnpacksToHalfAGigabyte) {
  const Package bomb = Make({.id = "ID", .fixture = "bomb"});
  EXPECT_LT(bomb.archive->size(), 60'000u);
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_format_tar(reader.get());
  ASSERT_EQ(archive_read_open_memory(reader.get(), bomb.archive->data(), bomb.archive->size()), ARCHIVE_OK);
  const Json& zeros = EmbeddedFixtures().Find("bomb")->settings.at("members").at(0);
  EXPECT_GE(zeros.at("zeros").get<std::uint64_t>() * zeros.at("chunks").get<std::uint64_t>(), 512ull * 1024 * 1024);
  // libarchive inflates what it skips: the first chunks follow one another, so that all do, and a test of all would take long.
  std::uint64_t total = 0;
  archive_entry* entry = nullptr;
  while (total < 60'000'000 && archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    total += static_cast<std::uint64_t>(archive_entry_size(entry));
  }
  EXPECT_GE(total, 60'000'000u);
}

TEST(Attacks, TheCrowdIsSmallAndHasManyMembers) {
  const Package crowd = Make({.id = "ID", .fixture = "crowd"});
  EXPECT_LT(crowd.archive->size(), 20'000'000u);
  const Listing beginning = ReadAll(*crowd.archive, 25'020);  // two chunks and what stands before them
  EXPECT_EQ(beginning.problem, "");
  EXPECT_EQ(beginning.members.size(), 25'020u);
}

TEST(Attacks, BrokenArchivesAreBroken) {
  EXPECT_NE(ReadAll(*Make({.id = "ID", .fixture = "truncated"}).archive).problem, "");
  EXPECT_THAT(ReadAll(*Make({.id = "ID", .fixture = "empty-archive"}).archive).members, SizeIs(0));
  EXPECT_EQ(Make({.id = "ID", .fixture = "empty-file"}).archive->size(), 0u);
  EXPECT_THAT(*Make({.id = "ID", .fixture = "not-an-archive"}).archive, HasSubstr("not an archive"));
}

TEST(Attacks, TheNulStandsInTheHeader) {
  const Package package = Make({.id = "ID", .fixture = "nul-name"});
  EXPECT_EQ(ReadAll(*package.archive).problem, "");
}

}  // namespace
}  // namespace provdlab::repository
