#pragma once
// The list of packages that a repository offers: its plugins.db, read with care.
//
//   auto catalogue = Catalogue::Parse(text);
//   if (const CatalogueEntry* entry = catalogue->Find("acme-1.0")) Download(entry->filename);
//
// A text that is no JSON object is an error. An entry that can't be used (a member is missing or malformed, its file name would
// lead elsewhere, its id is not allowed) hides only itself and is told in omissions(). A value; any number of threads may read it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

struct CatalogueEntry {
  std::string filename;
  std::string version;
  std::string sha1sum;  // lower case
  std::uint64_t dsize = 0;
  Json shown;  // the entry as the repository has it, without the file name
};

// An entry that was left out, and why.
struct Omission {
  std::string id;
  std::string member;      // the one that is missing or malformed; empty: the id or the entry as a whole
  bool malformed = false;  // the member is there, but can't be used
  std::string sentence;    // for the log
};

class Catalogue {
 public:
  static Result<Catalogue> Parse(std::string_view text);

  const CatalogueEntry* Find(std::string_view id) const;  // null if there is none
  // {ID: {version, description, dsize, sha1sum, capabilities, …}}, localised.
  Json Shown(std::string_view locale) const;
  const std::map<std::string, CatalogueEntry, std::less<>>& entries() const { return entries_; }
  const std::vector<Omission>& omissions() const { return omissions_; }

  void Put(const std::string& id, CatalogueEntry entry) { entries_.insert_or_assign(id, std::move(entry)); }
  void Remove(const std::string& id) { entries_.erase(id); }

 private:
  std::map<std::string, CatalogueEntry, std::less<>> entries_;
  std::vector<Omission> omissions_;
};

// 1 to 255 letters, digits and -._~:@+, but not "." or "..": what may be an id, and so a folder's name and a part of a path.
bool IsAllowedId(std::string_view id);
// 40 hex digits.
bool IsSha1(std::string_view text);
// A file's name that stays in its folder: not empty, no '/', '\' or "..", no control characters, no leading dot, at most 255 bytes.
bool IsPlainFileName(std::string_view name);

}  // namespace provdlab::server
