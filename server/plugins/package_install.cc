#include "server/plugins/package_install.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "server/plugins/manifest.h"

namespace provdlab::server {
namespace {

// Part by part, so that '*' stays in its folder.
bool MatchesFirst(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
  return pattern.size() <= path.size() &&
         std::equal(pattern.begin(), pattern.end(), path.begin(), [](auto each, auto part) { return GlobMatch(each, part); });
}

// Whether one of the patterns is the path, or the path of a folder above it.
bool IsOrIsBelow(const std::vector<std::string>& patterns, const std::vector<std::string_view>& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return MatchesFirst(Split(pattern, '/'), path); });
}

bool Is(const std::vector<std::string>& patterns, const std::vector<std::string_view>& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const auto parts = Split(pattern, '/');
    return parts.size() == path.size() && MatchesFirst(parts, path);
  });
}

// Where the members of an archive go.
class Unpacking {
 public:
  Unpacking(const InstallStep& step, std::string folder) : step_(step), folder_(std::move(folder)) {}

  bool Wants(std::string_view member) const {
    const auto path = Split(member, '/');
    if (IsOrIsBelow(step_.exclude, path)) return false;
    if (step_.to.empty()) return step_.include.empty() || IsOrIsBelow(step_.include, path);
    return step_.include.empty() ? path.size() == 1 : Is(step_.include, path);
  }

  Result<> Place(const std::vector<std::string>& members, const std::string& archive, std::vector<PlacedFile>& placed) const {
    if (members.empty()) return Fail(ErrorKind::kInvalid, "the file '" + archive + "' has nothing of what is to be unpacked");
    std::set<std::string> targets;
    for (const std::string& member : members) {
      std::string to = step_.to.empty() ? member : step_.to;
      if (to.ends_with('/')) to += member.substr(member.rfind('/') + 1);
      if (!targets.insert(to).second)
        return Fail(ErrorKind::kInvalid, "the file '" + archive + "' has several members that would become '" + to + "'");
      placed.push_back({folder_ + "/" + member, std::move(to)});
    }
    return {};
  }

 private:
  const InstallStep& step_;
  const std::string folder_;
};

bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() && EqualIgnoringCase(name.substr(name.size() - ending.size()), ending);
}

}  // namespace

std::optional<ArchiveKind> ArchiveKindOf(std::string_view name) {
  if (EndsWith(name, ".zip")) return ArchiveKind::kZip;
  for (const char* ending : {".tar", ".tar.gz", ".tgz", ".tar.bz2"})
    if (EndsWith(name, ending)) return ArchiveKind::kTar;
  return std::nullopt;
}

Result<std::vector<PlacedFile>> PrepareInstall(const PackageDefinition& package, const std::filesystem::path& staging,
                                               std::stop_token stop) {
  std::vector<PlacedFile> placed;
  if (!package.install) {
    for (const PackageFile& file : package.files) placed.push_back({file.name, file.name});
    return placed;
  }
  for (std::size_t number = 0; number < package.install->size(); ++number) {
    const InstallStep& step = (*package.install)[number];
    for (const PackageFile& file : package.files) {
      if (!GlobMatch(step.files, file.name)) continue;
      if (step.kind == InstallStep::Kind::kCopy) {
        placed.push_back({file.name, step.to.ends_with('/') ? step.to + file.name : step.to});
        continue;
      }
      const std::string folder = ".unpacked-" + package.id + "-" + std::to_string(number) + "-" + file.name;
      if (auto made = MakeFolders(staging / folder); !made) return Fail(made.error());
      const Unpacking unpacking(step, folder);
      auto members = UnpackMembers(
          staging / file.name, *ArchiveKindOf(file.name), staging / folder,
          [&](std::string_view member) { return unpacking.Wants(member); }, stop);
      if (!members) {
        const Error& why = members.error().error;
        return Fail(why.kind, "the file '" + file.name + "' can't be unpacked: " + why.message);
      }
      if (auto fine = unpacking.Place(*members, file.name, placed); !fine) return Fail(fine.error());
    }
  }
  return placed;
}

}  // namespace provdlab::server
