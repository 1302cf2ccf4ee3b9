#include "server/plugins/manifest.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/http/message.h"
#include "base/object_reader.h"
#include "base/text.h"
#include "server/plugins/capabilities.h"
#include "server/plugins/catalogue.h"
#include "server/plugins/limits.h"
#include "server/plugins/package_install.h"

namespace provdlab::server {
namespace {

constexpr int kManifestFormat = 1;
constexpr std::size_t kLongestText = 1 << 20;  // of a parameter's value, in bytes

tl::unexpected<Error> Invalid(std::string message) { return Fail(ErrorKind::kInvalid, std::move(message)); }

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool IsLocalId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && id != "." && id != ".." &&
         std::all_of(id.begin(), id.end(), [](char c) { return IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.'; });
}

// Names and paths are written without blanks, so that they can stand in the lists that a Python provd has of packages.
constexpr std::string_view kNameCharacters = "._+~@-", kPathCharacters = "._+~@-/", kPatternCharacters = "._+~@-/*?";

bool IsMadeOf(std::string_view text, std::string_view characters) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return IsLetterOrDigit(c) || characters.find(c) != std::string_view::npos; });
}

bool IsFileName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name[0] != '.' && name[0] != '-' && IsMadeOf(name, kNameCharacters) &&
         name.find("..") == std::string_view::npos;
}

// A relative path that stays below where it is put, of these characters besides letters and digits.
bool StaysBelow(std::string_view path, std::string_view characters) {
  if (path.empty() || path.size() > kLongestMemberName || path[0] == '-' || !IsMadeOf(path, characters)) return false;
  if (path.ends_with('/')) path.remove_suffix(1);
  const auto segments = Split(path, '/');
  return segments.size() <= kDeepestMember && std::none_of(segments.begin(), segments.end(), [](std::string_view s) {
           return s.empty() || s == "." || s == ".." || s.size() > 255;
         });
}

bool IsOneLine(std::string_view text) {
  return Trim(text) == text &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

constexpr char kNotOneLine[] = " is more than one line, or has blanks at its ends";

std::string ReadOneLine(const ObjectReader& reader, const char* name) {
  const std::string text = reader.Text(name);
  if (!IsOneLine(text)) reader.Mistake(std::string(name) + kNotOneLine);
  return text;
}

// What every provd needs of a plugin-info.
void CheckInfo(const ObjectReader& info) {
  for (const char* name : {"version", "description"}) {
    if (info.Find(name) == nullptr) info.Mistake(std::string("there is no ") + name);
    info.Text(name, "");
  }
  const Json* capabilities = info.Find("capabilities");
  if (capabilities == nullptr)
    info.Mistake("there is no capabilities");
  else if (!capabilities->is_object())
    info.Mistake("capabilities is not an object");
}

// An object.
Result<Json> ParseInfo(std::string_view text) {
  auto info = ParseJson(text);
  if (!info) return Invalid("plugin-info is not JSON: " + info.error().message);
  if (!info->is_object()) return Invalid("plugin-info is not an object");
  return info;
}

std::string ReadId(const ObjectReader& reader, std::set<std::string>& taken) {
  const std::string id = reader.Text("id");
  if (id.empty()) return id;
  if (!IsLocalId(id)) reader.Mistake("the id '" + id + "' is not made of letters, digits, '_', '-' and '.'");
  if (!taken.insert(id).second) reader.Mistake("the id '" + id + "' is there twice");
  return id;
}

// description and description_LOCALE.
Json ReadDescriptions(const ObjectReader& reader) {
  Json descriptions = Json::object();
  for (const auto& [name, value] : reader.json().items())
    if (name.starts_with("description_")) descriptions[name] = ReadOneLine(reader, name.c_str());
  descriptions["description"] = ReadOneLine(reader, "description");
  return descriptions;
}

// As ObjectReader::NothingElse, but that descriptions may be in many languages.
void NothingButDescriptionsAnd(const ObjectReader& reader, std::vector<std::string> known) {
  known.emplace_back("description");
  for (const auto& [name, value] : reader.json().items()) {
    if (IsRemark(name) || name.starts_with("description_") || std::find(known.begin(), known.end(), name) != known.end()) continue;
    reader.Mistake("'" + name + "' is not a member that is known here" + Meaning(name, known));
  }
}

ParameterDefinition ReadParameter(const ObjectReader& reader, std::set<std::string>& taken) {
  NothingButDescriptionsAnd(reader, {"choices", "default", "id", "kind", "least", "most", "secret"});
  ParameterDefinition parameter;
  parameter.id = ReadId(reader, taken);
  parameter.descriptions = ReadDescriptions(reader);
  using Kind = ParameterDefinition::Kind;
  static const std::map<std::string, Kind> kinds = {
      {"text", Kind::kText}, {"integer", Kind::kInteger}, {"boolean", Kind::kBoolean}, {"choice", Kind::kChoice}};
  const std::string kind = reader.Text("kind", "text");
  if (const auto known = kinds.find(kind); known != kinds.end())
    parameter.kind = known->second;
  else
    reader.Mistake("the kind '" + kind + "' is none of text, integer, boolean and choice" +
                   Meaning(kind, {"boolean", "choice", "integer", "text"}));
  parameter.choices = reader.Texts("choices");
  if (parameter.kind == Kind::kChoice && parameter.choices.empty()) reader.Mistake("it is a choice without choices");
  if (parameter.kind != Kind::kChoice && reader.Find("choices") != nullptr) reader.Mistake("choices are for the kind choice only");
  for (auto [name, bound] : {std::pair{"least", &parameter.least}, {"most", &parameter.most}}) {
    if (reader.Find(name) == nullptr) continue;
    if (parameter.kind != Kind::kInteger) reader.Mistake(std::string(name) + " is for integers only");
    *bound = reader.Integer(name, INT64_MIN, INT64_MAX, 0);
  }
  parameter.secret = reader.Boolean("secret", false);
  if (const Json* value = reader.Find("default")) {
    if (auto fits = CheckValue(parameter, *value); !fits) reader.Mistake("the default does not fit: " + fits.error().message);
    parameter.default_value = *value;
  }
  return parameter;
}

PackageFile ReadFileEntry(const ObjectReader& reader) {
  reader.NothingElse({"name", "url", "size", "sha1sum"});
  PackageFile file{.name = reader.Text("name"), .url = {}, .size = 0, .sha1sum = Lower(reader.Text("sha1sum"))};
  if (!file.name.empty() && !IsFileName(file.name))
    reader.Mistake("'" + file.name + "' is not a file's name of letters, digits and " + std::string(kNameCharacters));
  if (!file.sha1sum.empty() && !IsSha1(file.sha1sum)) reader.Mistake("sha1sum is not 40 hex digits");
  if (reader.Find("url") == nullptr) reader.Mistake("there is no url");
  file.url = reader.Text("url", "");
  const bool absolute = file.url.find("://") != std::string::npos;
  if (absolute ? !http::ParseUrl(file.url).has_value() : (!file.url.empty() && !StaysBelow(file.url, kPathCharacters)))
    reader.Mistake("url is neither an http or https URL, nor a path below plugin_server, nor empty");
  if (reader.Find("size") == nullptr) reader.Mistake("there is no size");
  file.size = static_cast<std::uint64_t>(reader.Integer("size", 0, static_cast<std::int64_t>(kLargestPackage), 0));
  return file;
}

InstallStep ReadStep(const ObjectReader& reader, const std::vector<PackageFile>& files) {
  InstallStep step;
  const bool copies = reader.Find("copy") != nullptr, unpacks = reader.Find("unpack") != nullptr;
  if (copies == unpacks) {
    reader.NothingElse({"copy", "to", "unpack", "include", "exclude"});
    reader.Mistake("it needs copy or unpack, and not both");
    return step;
  }
  const char* what = copies ? "copy" : "unpack";
  if (copies) {
    reader.NothingElse({"copy", "to"});
  } else {
    step.kind = InstallStep::Kind::kUnpack;
    reader.NothingElse({"unpack", "include", "exclude", "to"});
  }
  step.files = reader.Text(what);
  std::vector<std::string> names;
  std::size_t matches = 0;
  for (const PackageFile& file : files) {
    names.push_back(file.name);
    if (!GlobMatch(step.files, file.name)) continue;
    ++matches;
    if (unpacks && !ArchiveKindOf(file.name))
      reader.Mistake("unpack: '" + file.name + "' is none of .zip, .tar, .tar.gz, .tgz and .tar.bz2");
  }
  if (!step.files.empty() && matches == 0)
    reader.Mistake(std::string(what) + ": no file of the package is called '" + step.files + "'" + Meaning(step.files, names));
  for (auto [name, patterns] : {std::pair{"include", &step.include}, {"exclude", &step.exclude}}) {
    *patterns = reader.Texts(name);
    for (const std::string& pattern : *patterns)
      if (!StaysBelow(pattern, kPatternCharacters) || pattern.ends_with('/'))
        reader.Mistake(std::string(name) + ": '" + pattern + "' is not a pattern of paths in the archive");
  }
  if (copies || reader.Find("to") != nullptr) step.to = reader.Text("to");
  if (!step.to.empty() && !StaysBelow(step.to, kPathCharacters))
    reader.Mistake("to: '" + step.to + "' is not a path below the folder that files are copied to");
  if (copies && matches > 1 && !step.to.ends_with('/'))
    reader.Mistake("several files are called '" + step.files + "', and to names one; a folder ends in '/'");
  return step;
}

PackageDefinition ReadPackage(const ObjectReader& reader, std::set<std::string>& taken) {
  NothingButDescriptionsAnd(reader, {"depends", "files", "id", "install", "version"});
  PackageDefinition package;
  package.id = ReadId(reader, taken);
  package.shown = ReadDescriptions(reader);
  package.shown["version"] = ReadOneLine(reader, "version");
  package.depends = reader.Texts("depends");
  reader.EachOf("files", [&](const Json& json, const std::string& where) {
    package.files.push_back(ReadFileEntry(ObjectReader(json, where, reader.mistakes())));
  });
  if (reader.Find("install") == nullptr) return package;
  package.install.emplace();
  reader.EachOf("install", [&](const Json& json, const std::string& where) {
    package.install->push_back(ReadStep(ObjectReader(json, where, reader.mistakes()), package.files));
  });
  if (package.install->empty()) reader.Mistake("install has no steps; without install, all files are copied");
  return package;
}

void CheckReferences(const std::vector<PackageDefinition>& packages, const std::string& where, Mistakes& mistakes) {
  std::vector<std::string> ids;
  for (const PackageDefinition& package : packages) ids.push_back(package.id);
  std::map<std::string, const PackageFile*> files;
  for (const PackageDefinition& package : packages) {
    for (const std::string& other : package.depends)
      if (std::find(ids.begin(), ids.end(), other) == ids.end())
        mistakes.Add(where + ": the package '" + package.id + "' depends on '" + other + "', which is not there" + Meaning(other, ids));
    for (const PackageFile& file : package.files) {
      const auto [known, fresh] = files.emplace(file.name, &file);
      if (!fresh && (known->second->sha1sum != file.sha1sum || known->second->size != file.size))
        mistakes.Add(where + ": the file '" + file.name + "' is named twice with different contents");
    }
  }
}

Result<std::string> ReadMember(const std::filesystem::path& folder, const char* name) {
  auto text = ReadFile(folder / name, kLongestPluginInfo);
  if (text) return text;
  if (text.error().kind == ErrorKind::kNotFound) return Fail(ErrorKind::kNotFound, std::string("it has no ") + name);
  return Invalid(std::string(name) + " is no file, or has more than " + std::to_string(kLongestPluginInfo) + " bytes");
}

// Whether this server has the interface that the plugin asks for.
Result<> CheckInterface(const Json& info) {
  for (const auto& [name, least] : {std::pair{"plugin_iface_version_min", true}, {"plugin_iface_version_max", false}}) {
    const auto member = info.find(name);
    if (member == info.end() || member->is_null()) continue;
    if (!member->is_string()) return Invalid(std::string("plugin-info: ") + name + " is not a string");
    const int order = CompareNaturally(kPluginInterface, member->get_ref<const std::string&>());
    if (least ? order < 0 : order > 0)
      return Invalid("it needs the plugin interface " + std::string(least ? "from " : "up to ") + member->get<std::string>() +
                     ", this server has " + std::string(kPluginInterface));
  }
  return {};
}

// An object of the format that is read here.
Result<Json> ParseManifest(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return Invalid("manifest.json is not JSON: " + json.error().message);
  if (!json->is_object()) return Invalid("manifest.json is not an object");
  const auto format = json->find("format");
  if (format == json->end()) return Invalid("manifest.json has no format");
  if (!format->is_number_integer() || *format != kManifestFormat)
    return Invalid("manifest.json has the format " + DumpJson(*format) + "; format " + std::to_string(kManifestFormat) + " is read here");
  return json;
}

Manifest ReadMembers(const std::filesystem::path& folder, const Json& json, const Json& info, Mistakes& mistakes) {
  Manifest manifest;
  const ObjectReader reader(json, "manifest.json", mistakes);
  reader.NothingElse({"format", "packages", "parameters", "phones"});
  if (reader.Find("parameters") != nullptr) manifest.parameters.emplace();
  std::set<std::string> parameters, packages;
  reader.EachOf("parameters", [&](const Json& each, const std::string& where) {
    manifest.parameters->push_back(ReadParameter(ObjectReader(each, where, mistakes), parameters));
  });
  if (reader.Find("packages") != nullptr) manifest.packages.emplace();
  reader.EachOf("packages", [&](const Json& each, const std::string& where) {
    manifest.packages->push_back(ReadPackage(ObjectReader(each, where, mistakes), packages));
  });
  if (manifest.packages) CheckReferences(*manifest.packages, reader.where(), mistakes);

  const ObjectReader info_reader(info, "plugin-info", mistakes);
  CheckInfo(info_reader);
  for (const char* name : {"version", "description"})
    if (!IsOneLine(info_reader.Text(name, ""))) info_reader.Mistake(std::string(name) + kNotOneLine);
  const auto capabilities = ReadCapabilities(info, mistakes);
  if (const Json* phones = reader.Find("phones"))
    manifest.phones = PhoneSupport::Read(folder, *phones, capabilities, {packages.begin(), packages.end()}, mistakes);
  return manifest;
}

// What keeps everything else from being read is an error, what can be told together are mistakes.
Result<Manifest> ReadManifest(const std::filesystem::path& folder, const Json& info, Mistakes& mistakes) {
  if (auto fits = CheckInterface(info); !fits) return Fail(fits.error());
  auto text = ReadMember(folder, "manifest.json");
  if (!text && text.error().kind == ErrorKind::kNotFound)
    return Invalid("it has no manifest.json, so it can be loaded by a Python provd only; docs/packages.md describes the file");
  if (!text) return Fail(text.error());
  auto json = ParseManifest(*text);
  if (!json) return Fail(json.error());
  return ReadMembers(folder, *json, info, mistakes);
}

}  // namespace

std::uint64_t PackageDefinition::size() const {
  std::uint64_t sum = 0;
  for (const PackageFile& file : files) sum += file.size;
  return sum;
}

Result<> CheckValue(const ParameterDefinition& parameter, const Json& value) {
  if (value.is_null()) return {};
  switch (parameter.kind) {
    case ParameterDefinition::Kind::kText:
      if (!value.is_string()) return Invalid(parameter.id + " must be a string or null");
      if (value.get_ref<const std::string&>().size() > kLongestText)
        return Invalid(parameter.id + " is longer than " + std::to_string(kLongestText) + " bytes");
      return {};
    case ParameterDefinition::Kind::kBoolean:
      if (!value.is_boolean()) return Invalid(parameter.id + " must be true, false or null");
      return {};
    case ParameterDefinition::Kind::kChoice:
      if (!value.is_string() ||
          std::find(parameter.choices.begin(), parameter.choices.end(), value.get<std::string>()) == parameter.choices.end())
        return Invalid(parameter.id + " must be one of " + Join(parameter.choices, ", ") + ", or null");
      return {};
    case ParameterDefinition::Kind::kInteger:
      break;
  }
  if (!value.is_number_integer()) return Invalid(parameter.id + " must be an integer or null");
  const bool beyond = value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  const std::int64_t number = beyond ? INT64_MAX : value.get<std::int64_t>();
  if (parameter.least && number < *parameter.least) return Invalid(parameter.id + " must be at least " + std::to_string(*parameter.least));
  if (parameter.most && (beyond || number > *parameter.most))
    return Invalid(parameter.id + " must be at most " + std::to_string(*parameter.most));
  return {};
}

Result<Json> ParsePluginInfo(std::string_view text) {
  auto info = ParseInfo(text);
  if (!info) return info;
  Mistakes mistakes;
  CheckInfo(ObjectReader(*info, "plugin-info", mistakes));
  if (!mistakes.none()) return Invalid(mistakes.Sentence());
  return info;
}

Result<Json> ReadPluginInfo(const std::filesystem::path& folder) {
  auto text = ReadMember(folder, "plugin-info");
  if (!text) return Fail(text.error());
  return ParsePluginInfo(*text);
}

Result<Manifest> ReadManifest(const std::filesystem::path& folder, const Json& info) {
  Mistakes mistakes;
  auto manifest = ReadManifest(folder, info, mistakes);
  if (manifest && !mistakes.none()) return Invalid(mistakes.Sentence());
  return manifest;
}

std::vector<std::string> MistakesIn(const std::filesystem::path& folder) {
  const auto info = ReadMember(folder, "plugin-info").and_then(ParseInfo);
  if (!info) return {info.error().message};
  Mistakes mistakes;
  if (auto manifest = ReadManifest(folder, *info, mistakes); !manifest) return {manifest.error().message};
  std::vector<std::string> sentences = mistakes.all();
  if (mistakes.full()) sentences.emplace_back("and more");
  return sentences;
}

}  // namespace provdlab::server
