#include "simulator/repository/package.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "simulator/repository/archive.h"

namespace provdlab::repository {
namespace {

constexpr std::string_view kSettings = "fixture.json";
constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kPluginInfo = "plugin-info";
constexpr std::string_view kEntryPoint = "entry.py";
constexpr std::string_view kServedFolder = "files/";

std::string ReplaceAll(std::string text, std::string_view token, std::string_view value) {
  for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at + value.size()))
    text.replace(at, token.size(), value);
  return text;
}

std::string WithTokens(std::string text, const Recipe& recipe, std::string_view version) {
  return ReplaceAll(ReplaceAll(std::move(text), "@ID@", recipe.id), "@VERSION@", version);
}

bool IsText(std::string_view bytes) { return bytes.find('\0') == std::string_view::npos; }

std::string Pretty(const OrderedJson& document) { return document.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n"; }

Result<> CheckId(const std::string& id) {
  if (id.empty() || id == "." || id == ".." || id.size() > 200 || id.find('/') != std::string::npos || id.find('\0') != std::string::npos) {
    return Fail(ErrorKind::kInvalid, "a package's id is 1 to 200 characters without '/', and not '.' or '..'");
  }
  return {};
}

// The version that plugin-info states, if it does.
std::optional<std::string> StatedVersion(const Fixture& fixture) {
  const auto info = fixture.files.find(std::string(kPluginInfo));
  if (info != fixture.files.end()) {
    const Result<Json> document = ParseJson(info->second);
    if (document && document->is_object() && document->contains("version") && document->at("version").is_string())
      return document->at("version");
  }
  const Json entry = fixture.settings.value("entry", Json::object());
  if (entry.contains("version") && entry.at("version").is_string()) return entry.at("version");
  return std::nullopt;
}

// What a fixture's "files" say of one file, made: noise, a text, or an archive of such files. `name` tells the noise of one from that of
// others.
Result<std::string> ContentOf(const std::string& name, const Json& description, int depth = 0) {
  constexpr int kDeepest = 4;
  const auto malformed = [&](const std::string& what) { return Fail(ErrorKind::kInvalid, "the file \"" + name + "\" " + what); };
  if (depth > kDeepest) return malformed("is in archives in archives in archives");
  static const std::set<std::string> kinds = {"bytes", "tar", "tar.bz2", "tar.gz", "text", "zip"};
  std::vector<std::string> found;
  for (const auto& [member, value] : description.items()) {
    if (kinds.contains(member)) found.push_back(member);
    if (!kinds.contains(member) && member != "first_line") return malformed("can't have a \"" + member + "\"");
  }
  if (found.size() != 1) return malformed("needs one of " + Join({kinds.begin(), kinds.end()}, ", "));
  if (description.contains("text")) return description.at("text").get<std::string>();
  if (description.contains("bytes")) {
    std::string content = description.contains("first_line") ? description.at("first_line").get<std::string>() + "\n" : "";
    const auto bytes = description.at("bytes").get<std::uint64_t>();
    if (bytes < content.size()) return malformed("is shorter than its first line");
    return content + Noise(0, name, bytes - content.size());
  }
  const std::string& kind = found.front();
  std::vector<Member> members;
  for (const auto& [path, inner] : description.at(kind).items()) {
    Result<std::string> content = ContentOf(name + "/" + path, inner, depth + 1);
    if (!content) return content;
    members.push_back({.name = path, .content = std::move(*content)});
  }
  if (kind == "zip") return Zip(members);
  std::string tar;
  for (const Member& member : members) tar += TarMember(member);
  tar += TarEnd();
  if (kind == "tar.gz") return Gzip(tar);
  return kind == "tar.bz2" ? Bzip2(tar) : tar;
}

// What a manifest says of a file that the repository itself serves.
struct Measured {
  std::uint64_t size = 0;
  std::string sha1sum;
};
using Served = std::map<std::string, Measured>;

// Adds size and sum of the served files. A manifest that is not one stays as it is.
std::string CompleteManifest(const std::string& text, const std::string& id, const Served& served) {
  Result<OrderedJson> manifest = ParseOrderedJson(text);
  if (!manifest || !manifest->is_object() || !manifest->contains("packages") || !(*manifest)["packages"].is_array()) return text;
  bool changed = false;
  for (OrderedJson& package : (*manifest)["packages"]) {
    if (!package.is_object() || !package.contains("files") || !package["files"].is_array()) continue;
    for (OrderedJson& file : package["files"]) {
      if (!file.is_object() || !file.contains("url") || !file["url"].is_string()) continue;
      const std::string url = file["url"];
      const std::string below = "files/" + id + "/";
      if (!url.starts_with(below)) continue;
      const auto found = served.find(url.substr(below.size()));
      if (found == served.end()) continue;
      if (!file.contains("size")) changed = true, file["size"] = found->second.size;
      if (!file.contains("sha1sum")) changed = true, file["sha1sum"] = found->second.sha1sum;
    }
  }
  return changed ? Pretty(*manifest) : text;
}

// What the archive of a folder holds, by name. Every folder on the way is a member of its own.
std::map<std::string, Member> MembersOf(const Fixtures& fixtures, const Fixture& fixture, const Recipe& recipe, const std::string& version,
                                        const Served& served) {
  std::map<std::string, Member> members;
  const std::string top = recipe.id + "/";
  const auto add_folders = [&](const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string name = path.substr(0, slash + 1);
      members[name] = {.name = name, .type = MemberType::kFolder};
    }
  };
  const auto add = [&](const std::string& path, std::string content) {
    add_folders(top + path);
    members[top + path] = {.name = top + path, .type = MemberType::kFile, .content = std::move(content)};
  };

  for (const auto& [path, bytes] : fixture.files) {
    std::string content = IsText(bytes) ? WithTokens(bytes, recipe, version) : bytes;
    if (path == kManifest) content = CompleteManifest(content, recipe.id, served);
    if (path == kPluginInfo && !recipe.version.empty()) {
      if (Result<OrderedJson> info = ParseOrderedJson(content); info && info->is_object()) {
        (*info)["version"] = recipe.version;
        content = Pretty(*info);
      }
    }
    add(path, std::move(content));
  }
  for (const Json& folder : fixture.settings.value("folders", Json::array())) add_folders(top + folder.get<std::string>() + "/");
  if (fixture.settings.value("entry_point", true) && !fixture.files.contains(std::string(kEntryPoint)) && !fixtures.entry_point().empty()) {
    add(std::string(kEntryPoint), fixtures.entry_point());
  }
  if (recipe.revision > 0) add("revision", std::to_string(recipe.revision) + "\n");
  return members;
}

Result<MemberType> TypeOf(const std::string& name) {
  static const std::map<std::string, MemberType> types = {{"file", MemberType::kFile},
                                                          {"folder", MemberType::kFolder},
                                                          {"symlink", MemberType::kSymlink},
                                                          {"hardlink", MemberType::kHardlink},
                                                          {"fifo", MemberType::kFifo},
                                                          {"character-device", MemberType::kCharacterDevice},
                                                          {"block-device", MemberType::kBlockDevice}};
  const auto found = types.find(name);
  if (found == types.end()) return Fail(ErrorKind::kInvalid, "a member can't be of type \"" + name + "\"");
  return found->second;
}

// One member of an attack's description, as tar blocks; many if it has a number.
Result<std::string> TarOf(const Json& description, const Recipe& recipe, const std::string& version) {
  const Result<MemberType> type = TypeOf(description.value("type", "file"));
  if (!type) return Fail(type.error());
  Member member{.name = WithTokens(description.value("name", ""), recipe, version),
                .type = *type,
                .content = WithTokens(description.value("text", ""), recipe, version),
                .target = WithTokens(description.value("target", ""), recipe, version),
                .mode = static_cast<unsigned>(std::stoul("0" + description.value("mode", ""), nullptr, 8))};
  if (description.contains("zeros")) member.content.assign(description.at("zeros").get<std::size_t>(), '\0');
  if (!description.contains("number")) return TarMember(member);
  std::string tar;
  const std::string name = member.name;
  for (int i = 0; i < description.at("number").get<int>(); ++i) {
    member.name = ReplaceAll(name, "#", std::to_string(i));
    tar += TarMember(member);
  }
  return tar;
}

Result<std::string> AttackArchive(const Json& settings, std::string honest_members, const Recipe& recipe, const std::string& version) {
  if (settings.contains("instead")) return settings.at("instead").get<std::string>();
  // Members that are repeated are a bzip2 stream of their own, compressed once.
  std::string archive;
  std::string plain = std::move(honest_members);
  for (const Json& description : settings.value("members", Json::array())) {
    Result<std::string> tar = TarOf(description, recipe, version);
    if (!tar) return tar;
    const int chunks = description.value("chunks", 1);
    if (chunks <= 1) {
      plain += *tar;
      continue;
    }
    if (!plain.empty()) {
      const Result<std::string> stream = Bzip2(plain);
      if (!stream) return stream;
      archive += *stream;
      plain.clear();
    }
    const Result<std::string> stream = Bzip2(*tar);
    if (!stream) return stream;
    for (int i = 0; i < chunks; ++i) archive += *stream;
  }
  const Result<std::string> stream = Bzip2(plain + TarEnd());
  if (!stream) return stream;
  archive += *stream;
  const std::size_t cut = settings.value("cut", std::size_t{0});
  archive.resize(archive.size() - std::min(cut, archive.size()));
  return archive;
}

Result<std::string> Archive(const Fixtures& fixtures, const Fixture& fixture, const Recipe& recipe, const std::string& version,
                            const Served& served) {
  const Fixture* source = &fixture;
  if (fixture.attack) {
    const std::string with = fixture.settings.value("with", "");
    source = with.empty() ? nullptr : fixtures.Find(with);
    if (!with.empty() && source == nullptr) return Fail(ErrorKind::kInvalid, fixture.name + ".json: there is no fixture \"" + with + "\"");
  }
  std::map<std::string, Member> members;
  if (source != nullptr) members = MembersOf(fixtures, *source, recipe, version, served);
  const auto write = [&]() -> Result<std::string> {
    std::string tar;
    for (const auto& [name, member] : members) tar += TarMember(member);
    return fixture.attack ? AttackArchive(fixture.settings, std::move(tar), recipe, version) : Bzip2(tar + TarEnd());
  };
  Result<std::string> archive = write();
  if (archive && archive->size() < recipe.bytes && !members.empty()) {
    const std::string name = recipe.id + "/padding";
    members[name] = {.name = name,
                     .type = MemberType::kFile,
                     .content = Noise(recipe.seed, recipe.id + "\n" + std::to_string(recipe.revision), recipe.bytes - archive->size())};
    archive = write();
  }
  return archive;
}

}  // namespace

Result<Fixtures> Fixtures::Read(const std::vector<std::pair<std::string, std::string>>& plugins,
                                const std::vector<std::pair<std::string, std::string>>& attacks) {
  Fixtures fixtures;
  for (const auto& [path, bytes] : plugins) {
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos) {
      if (path == kEntryPoint) fixtures.entry_point_ = bytes;
      if (path == "documented-plugins.db.json") fixtures.documented_list_ = bytes;
      continue;
    }
    const std::string name = path.substr(0, slash);
    const std::string inside = path.substr(slash + 1);
    Fixture& fixture = fixtures.all_[name];
    fixture.name = name;
    if (inside != kSettings) {
      fixture.files[inside] = bytes;
      continue;
    }
    Result<Json> settings = ParseJson(bytes);
    if (!settings || !settings->is_object()) {
      return Fail(ErrorKind::kInvalid, path + " is not a JSON object" + (settings ? "" : ": " + settings.error().message));
    }
    fixture.settings = std::move(*settings);
  }
  for (const auto& [path, bytes] : attacks) {
    if (!path.ends_with(".json")) continue;
    const std::string name = path.substr(0, path.size() - 5);
    Result<Json> settings = ParseJson(bytes);
    if (!settings || !settings->is_object()) {
      return Fail(ErrorKind::kInvalid, path + " is not a JSON object" + (settings ? "" : ": " + settings.error().message));
    }
    if (fixtures.all_.contains(name)) return Fail(ErrorKind::kInvalid, "there is a plugin and an attack named \"" + name + "\"");
    fixtures.all_[name] = {.name = name, .attack = true, .settings = std::move(*settings)};
  }
  return fixtures;
}

const Fixture* Fixtures::Find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

std::string ArchiveName(std::string_view id, std::string_view version) {
  return ReplaceAll(std::string(id), "_", "-") + "-" + std::string(version) + ".tar.bz2";
}

void SetDigest(Json& entry, std::string_view archive) {
  entry["dsize"] = archive.size();
  entry["sha1sum"] = Sha1Hex(archive);
}

namespace {

// kInvalid: the settings are malformed.
Result<const DescribedFiles*> FilesOf(const Fixture& fixture) {
  DescribedFiles& described = *fixture.described;
  std::call_once(described.made, [&] {
    const Json settings = fixture.settings.value("files", Json::object());
    for (const auto& [name, each] : settings.items()) {
      Result<std::string> content = ContentOf(name, each);
      if (!content) {
        described.problem = content.error();
        return;
      }
      std::string sum = Sha1Hex(*content);
      described.files[name] = {std::make_shared<const std::string>(std::move(*content)), std::move(sum)};
    }
  });
  if (described.problem) return Fail(*described.problem);
  return &described;
}

// `served`: files that are there already, besides those that the fixture's settings describe.
Result<Package> BuildOf(const Fixtures& fixtures, const Fixture& fixture, const Recipe& recipe, Served served) try {
  if (const Result<> fine = CheckId(recipe.id); !fine) return Fail(fine.error());
  if (recipe.bytes > kLargestPadding) {
    return Fail(ErrorKind::kInvalid, "a package can't be padded to more than " + std::to_string(kLargestPadding) + " bytes");
  }
  Package package{
      .id = recipe.id,
      .version = recipe.version.empty() ? StatedVersion(fixture).value_or("1.0") : recipe.version,
  };
  if (package.version.find('/') != std::string::npos || package.version.find('\0') != std::string::npos) {
    return Fail(ErrorKind::kInvalid, "a version has no '/': it becomes part of a file's name");
  }
  package.file = ArchiveName(package.id, package.version);
  const Result<const DescribedFiles*> described = FilesOf(fixture);
  if (!described) return Fail(ErrorKind::kInvalid, "the fixture \"" + recipe.fixture + "\" is malformed: " + described.error().message);
  for (const auto& [name, file] : (*described)->files) {
    served[name] = {file.content->size(), file.sha1sum};
    package.files[name] = file.content;
  }
  Result<std::string> archive = Archive(fixtures, fixture, recipe, package.version, served);
  if (!archive) return Fail(archive.error());
  package.archive = std::make_shared<const std::string>(std::move(*archive));

  if (const auto info = fixture.files.find(std::string(kPluginInfo)); info != fixture.files.end()) {
    if (Result<Json> document = ParseJson(WithTokens(info->second, recipe, package.version)); document && document->is_object()) {
      package.entry = std::move(*document);
    }
  }
  package.entry.update(fixture.settings.value("entry", Json::object()));
  package.entry["version"] = package.version;
  package.entry["filename"] = package.file;
  SetDigest(package.entry, *package.archive);
  return package;
} catch (const std::exception& error) {
  // nlohmann's exceptions about members of the wrong type, and numbers that std::stoul can't read: a mistake in the fixture.
  return Fail(ErrorKind::kInvalid, "the fixture \"" + recipe.fixture + "\" is malformed: " + error.what());
}

Result<Measured> Measure(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Digest digest(Digest::Algorithm::kSha1);
  Measured measured;
  std::array<char, 64 * 1024> block;
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    digest.Update({block.data(), static_cast<std::size_t>(in.gcount())});
    measured.size += static_cast<std::uint64_t>(in.gcount());
  }
  if (in.bad() || !in.eof()) return Fail(ErrorKind::kInternal, file.string() + " can't be read");
  measured.sha1sum = digest.Hex();
  return measured;
}

}  // namespace

Result<Package> Build(const Fixtures& fixtures, const Recipe& recipe) {
  const Fixture* fixture = fixtures.Find(recipe.fixture);
  if (fixture == nullptr) return Fail(ErrorKind::kNotFound, "there is no fixture \"" + recipe.fixture + "\"");
  return BuildOf(fixtures, *fixture, recipe, {});
}

Result<Package> BuildFolder(const std::filesystem::path& folder, const std::string& id, const std::string& entry_point) try {
  constexpr std::size_t kMostFiles = 10'000;
  if (!std::filesystem::is_directory(folder)) return Fail(ErrorKind::kNotFound, "there is no folder " + folder.string());
  std::vector<std::pair<std::string, std::string>> sources = {{std::string(kEntryPoint), entry_point}};
  Served served;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder); entry != std::filesystem::recursive_directory_iterator();
       ++entry) {
    const std::string path = entry->path().lexically_relative(folder).generic_string();
    const bool hidden = entry->path().filename().string().starts_with(".");
    if (entry->is_directory() && !entry->is_symlink()) {
      if (hidden) entry.disable_recursion_pending();
      continue;
    }
    if (hidden) continue;
    if (!entry->is_regular_file() || entry->is_symlink())
      return Fail(ErrorKind::kInvalid, path + " is no file: a package has only files and folders");
    if (sources.size() + served.size() > kMostFiles)
      return Fail(ErrorKind::kInvalid, "there are more than " + std::to_string(kMostFiles) + " files");
    if (path.starts_with(kServedFolder)) {
      Result<Measured> measured = Measure(entry->path());
      if (!measured) return Fail(measured.error());
      served[path.substr(kServedFolder.size())] = std::move(*measured);
      continue;
    }
    Result<std::string> bytes = ReadFile(entry->path());
    if (!bytes) return Fail(bytes.error());
    sources.emplace_back(id + "/" + path, std::move(*bytes));
  }
  const Result<Fixtures> fixtures = Fixtures::Read(sources, {});
  if (!fixtures) return Fail(fixtures.error());
  const Fixture* fixture = fixtures->Find(id);
  if (fixture == nullptr) return Fail(ErrorKind::kInvalid, folder.string() + " is empty");
  return BuildOf(*fixtures, *fixture, {.id = id, .fixture = id}, std::move(served));
} catch (const std::filesystem::filesystem_error& error) {
  return Fail(ErrorKind::kInternal, std::string("the folder can't be read: ") + error.what());
}

}  // namespace provdlab::repository
