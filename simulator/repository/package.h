#pragma once
// From the folders of fixtures/plugins and the descriptions in fixtures/attacks to packages (docs/packages.md).
//
//   Result<Package> package = Build(EmbeddedFixtures(), {.id = "run7-a", .fixture = "acme", .version = "2.0"});
//   package->archive                  // the bytes of run7-a-2.0.tar.bz2
//   package->files["x1-1.0.bin"]      // what is served as files/run7-a/x1-1.0.bin
//
// Fixtures are read once and never change; Build has no state. Both may be used from any thread. The same recipe gives the same bytes.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::repository {

using Bytes = std::shared_ptr<const std::string>;

// The files beside the archive that a fixture's settings describe. They are the same in every package of it, and made once.
struct DescribedFiles {
  struct File {
    Bytes content;
    std::string sha1sum;
  };
  std::once_flag made;
  std::map<std::string, File> files;
  std::optional<Error> problem;
};

struct Fixture {
  std::string name;
  bool attack = false;                            // described by data in fixtures/attacks
  Json settings = Json::object();                 // fixture.json, or the whole description of an attack
  std::map<std::string, std::string> files = {};  // what goes into the archive, by path below the package's folder
  std::shared_ptr<DescribedFiles> described = std::make_shared<DescribedFiles>();
};

class Fixtures {
 public:
  // From files, each a path such as "acme/plugin-info" and its bytes. The common "entry.py" and "documented-plugins.db.json" stand at the
  // top.
  static Result<Fixtures> Read(const std::vector<std::pair<std::string, std::string>>& plugins,
                               const std::vector<std::pair<std::string, std::string>>& attacks);

  const Fixture* Find(std::string_view name) const;  // nullptr if there is none
  const std::map<std::string, Fixture, std::less<>>& all() const { return all_; }
  const std::string& entry_point() const { return entry_point_; }          // the common entry.py
  const std::string& documented_list() const { return documented_list_; }  // the manual's plugins.db

 private:
  std::map<std::string, Fixture, std::less<>> all_;
  std::string entry_point_;
  std::string documented_list_;
};

// The largest archive that is made on demand: noise is slow to compress.
inline constexpr std::uint64_t kLargestPadding = 64ull * 1024 * 1024;

struct Recipe {
  std::string id;
  std::string fixture;
  std::string version = {};  // empty: the fixture's
  std::uint64_t bytes = 0;   // the archive is padded with noise to at least this size
  std::uint64_t seed = 1;    // of the noise
  int revision = 0;          // another number, other bytes
};

struct Package {
  std::string id;
  std::string version;
  std::string file = {};  // "ID-VERSION.tar.bz2"
  Bytes archive = {};
  Json entry = Json::object();              // of plugins.db
  std::map<std::string, Bytes> files = {};  // served below files/ID/
};

// kNotFound for an unknown fixture, kInvalid for an id that can't name a folder or too many bytes.
Result<Package> Build(const Fixtures& fixtures, const Recipe& recipe);

// A package of somebody's own plugin: its folder has what fixtures/plugins has of ours, and below "files" what its own packages download.
// Those files stay where they are and are only measured; names that begin with a dot are left out. kNotFound, kInvalid.
Result<Package> BuildFolder(const std::filesystem::path& folder, const std::string& id, const std::string& entry_point);

// The entry's members that follow from the bytes.
void SetDigest(Json& entry, std::string_view archive);
// "some_id", "1.0" -> "some-id-1.0.tar.bz2"
std::string ArchiveName(std::string_view id, std::string_view version);

}  // namespace provdlab::repository
