#include "server/plugins/catalogue.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "server/plugins/limits.h"
#include "server/plugins/localise.h"

namespace provdlab::server {
namespace {

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Reads one entry; after a failure, `member` names what was wrong.
struct EntryReader {
  const Json& json;
  std::string member;
  bool malformed = false;

  Result<const Json*> Find(const char* name) {
    member = name;
    const auto found = json.find(name);
    malformed = found != json.end();
    if (!malformed) return Fail(ErrorKind::kInvalid, "it has no " + member);
    return &*found;
  }

  Result<std::string> Text(const char* name) {
    auto found = Find(name);
    if (!found) return Fail(found.error());
    if (!(*found)->is_string()) return Fail(ErrorKind::kInvalid, "its " + member + " is not a string");
    return (*found)->get<std::string>();
  }

  Result<CatalogueEntry> Read(const std::string& id) {
    if (!IsAllowedId(id)) return Fail(ErrorKind::kInvalid, "its id is not 1 to 255 letters, digits and -._~:@+");
    if (!json.is_object()) return Fail(ErrorKind::kInvalid, "it is not an object");
    CatalogueEntry entry;
    if (auto description = Text("description"); !description) return Fail(description.error());
    auto version = Text("version");
    if (!version) return Fail(version.error());
    entry.version = std::move(*version);
    auto filename = Text("filename");
    if (!filename) return Fail(filename.error());
    if (!IsPlainFileName(*filename)) return Fail(ErrorKind::kInvalid, "its filename is not the plain name of a file");
    entry.filename = std::move(*filename);
    auto sha1sum = Text("sha1sum");
    if (!sha1sum) return Fail(sha1sum.error());
    if (!IsSha1(*sha1sum)) return Fail(ErrorKind::kInvalid, "its sha1sum is not 40 hex digits");
    entry.sha1sum = Lower(*sha1sum);
    auto dsize = Find("dsize");
    if (!dsize) return Fail(dsize.error());
    if (!(*dsize)->is_number_unsigned()) return Fail(ErrorKind::kInvalid, "its dsize is not a number of bytes");
    entry.dsize = (*dsize)->get<std::uint64_t>();
    if (entry.dsize > kLargestPackage)
      return Fail(ErrorKind::kInvalid, "its dsize is more than the " + std::to_string(kLargestPackage) + " bytes that a package may have");
    auto capabilities = Find("capabilities");
    if (!capabilities) return Fail(capabilities.error());
    if (!(*capabilities)->is_object()) return Fail(ErrorKind::kInvalid, "its capabilities are not an object");
    entry.shown = json;
    entry.shown.erase("filename");
    return entry;
  }
};

}  // namespace

bool IsAllowedId(std::string_view id) {
  if (id.empty() || id.size() > kLongestId || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return IsLetterOrDigit(c) || std::string_view("-._~:@+").find(c) != std::string_view::npos; });
}

bool IsSha1(std::string_view text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool IsPlainFileName(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '.' || name.find("..") != std::string_view::npos) return false;
  return std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || IsControl(c); });
}

Result<Catalogue> Catalogue::Parse(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return Fail(ErrorKind::kInvalid, "plugins.db is not JSON: " + json.error().message);
  if (!json->is_object()) return Fail(ErrorKind::kInvalid, "plugins.db is not an object of packages");
  Catalogue catalogue;
  for (const auto& [id, value] : json->items()) {
    EntryReader reader{value, "", false};
    auto entry = reader.Read(id);
    if (entry)
      catalogue.entries_.emplace(id, std::move(*entry));
    else
      catalogue.omissions_.push_back(
          {id, reader.member, reader.malformed, "the entry '" + id + "' of plugins.db is left out: " + entry.error().message});
  }
  return catalogue;
}

const CatalogueEntry* Catalogue::Find(std::string_view id) const {
  const auto entry = entries_.find(id);
  return entry == entries_.end() ? nullptr : &entry->second;
}

Json Catalogue::Shown(std::string_view locale) const {
  Json shown = Json::object();
  for (const auto& [id, entry] : entries_) shown[id] = Localise(entry.shown, locale);
  return shown;
}

}  // namespace provdlab::server
