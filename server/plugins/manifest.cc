#include "server/plugins/manifest.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/http/message.h"
#include "base/text.h"
#include "server/plugins/catalogue.h"
#include "server/plugins/limits.h"

namespace provdlab::server {
namespace {

constexpr int kManifestFormat = 1;
constexpr std::size_t kLongestText = 1 << 20;  // of a parameter's value, in bytes

tl::unexpected<Error> Invalid(std::string message) { return Fail(ErrorKind::kInvalid, std::move(message)); }

bool IsLocalId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && id != "." && id != ".." && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

// A relative path that stays below where it is put.
bool StaysBelow(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.size() > kLongestMemberName) return false;
  if (std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; }))
    return false;
  if (path.ends_with('/')) path.remove_suffix(1);
  const auto segments = Split(path, '/');
  return segments.size() <= kDeepestMember && std::none_of(segments.begin(), segments.end(), [](std::string_view s) {
           return s.empty() || s == "." || s == ".." || s.size() > 255;
         });
}

// Reads the members of one object, with sentences that say where they are.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  const Json* Find(const char* name) const {
    const auto member = object_.find(name);
    return member == object_.end() ? nullptr : &*member;
  }
  Result<std::string> Text(const char* name) const {
    const Json* member = Find(name);
    if (member == nullptr) return Invalid(where_ + " has no " + name);
    if (!member->is_string()) return Invalid(where_ + ": " + name + " is not a string");
    return member->get<std::string>();
  }
  Result<std::string> Id(std::set<std::string>& taken) const {
    auto id = Text("id");
    if (!id) return id;
    if (!IsLocalId(*id)) return Invalid(where_ + ": the id '" + *id + "' is not made of letters, digits, '_', '-' and '.'");
    if (!taken.insert(*id).second) return Invalid(where_ + ": the id '" + *id + "' is there twice");
    return id;
  }
  // The list of that name, or an empty one if it is absent.
  Result<Json> List(const char* name) const {
    const Json* member = Find(name);
    if (member == nullptr) return Json::array();
    if (!member->is_array()) return Invalid(where_ + ": " + name + " is not a list");
    if (member->size() > kMostDefinitions)
      return Invalid(where_ + ": " + name + " has more than " + std::to_string(kMostDefinitions) + " members");
    return *member;
  }
  Result<std::vector<std::string>> Texts(const char* name) const {
    auto list = List(name);
    if (!list) return Fail(list.error());
    std::vector<std::string> texts;
    for (const Json& text : *list) {
      if (!text.is_string()) return Invalid(where_ + ": " + name + " has a member that is not a string");
      texts.push_back(text.get<std::string>());
    }
    return texts;
  }
  // description and description_LOCALE.
  Result<Json> Descriptions() const {
    if (auto description = Text("description"); !description) return Fail(description.error());
    Json descriptions = Json::object();
    for (const auto& [name, value] : object_.items()) {
      if (name != "description" && !name.starts_with("description_")) continue;
      if (!value.is_string()) return Invalid(where_ + ": " + name + " is not a string");
      descriptions[name] = value;
    }
    return descriptions;
  }

 private:
  const Json& object_;
  const std::string where_;
};

Result<ParameterDefinition> ReadParameter(const Json& json, const std::string& where, std::set<std::string>& taken) {
  if (!json.is_object()) return Invalid(where + " is not an object");
  const Reader reader(json, where);
  ParameterDefinition parameter;
  auto id = reader.Id(taken);
  if (!id) return Fail(id.error());
  parameter.id = *id;
  auto descriptions = reader.Descriptions();
  if (!descriptions) return Fail(descriptions.error());
  parameter.descriptions = std::move(*descriptions);
  if (reader.Find("kind") != nullptr) {
    auto kind = reader.Text("kind");
    if (!kind) return Fail(kind.error());
    using Kind = ParameterDefinition::Kind;
    static const std::map<std::string, Kind> kinds = {
        {"text", Kind::kText}, {"integer", Kind::kInteger}, {"boolean", Kind::kBoolean}, {"choice", Kind::kChoice}};
    const auto known = kinds.find(*kind);
    if (known == kinds.end()) return Invalid(where + ": the kind '" + *kind + "' is none of text, integer, boolean and choice");
    parameter.kind = known->second;
  }
  if (parameter.kind == ParameterDefinition::Kind::kChoice) {
    auto choices = reader.Texts("choices");
    if (!choices) return Fail(choices.error());
    if (choices->empty()) return Invalid(where + " is a choice without choices");
    parameter.choices = std::move(*choices);
  }
  for (auto [name, bound] : {std::pair{"least", &parameter.least}, {"most", &parameter.most}}) {
    const Json* member = reader.Find(name);
    if (member == nullptr) continue;
    if (parameter.kind != ParameterDefinition::Kind::kInteger) return Invalid(where + ": " + name + " is for integers only");
    if (!member->is_number_integer()) return Invalid(where + ": " + name + " is not an integer");
    *bound = member->get<std::int64_t>();
  }
  if (const Json* secret = reader.Find("secret")) {
    if (!secret->is_boolean()) return Invalid(where + ": secret is not true or false");
    parameter.secret = secret->get<bool>();
  }
  if (const Json* value = reader.Find("default")) {
    if (auto fits = CheckValue(parameter, *value); !fits) return Invalid(where + ": the default does not fit: " + fits.error().message);
    parameter.default_value = *value;
  }
  return parameter;
}

Result<PackageFile> ReadFileEntry(const Json& json, const std::string& where) {
  if (!json.is_object()) return Invalid(where + " is not an object");
  const Reader reader(json, where);
  PackageFile file;
  for (auto [member, target] : {std::pair{"name", &file.name}, {"url", &file.url}, {"sha1sum", &file.sha1sum}}) {
    auto text = reader.Text(member);
    if (!text) return Fail(text.error());
    *target = std::move(*text);
  }
  if (!IsPlainFileName(file.name)) return Invalid(where + ": '" + file.name + "' is not the plain name of a file");
  if (!IsSha1(file.sha1sum)) return Invalid(where + ": sha1sum is not 40 hex digits");
  file.sha1sum = Lower(file.sha1sum);
  if (file.url.find("://") != std::string::npos ? !http::ParseUrl(file.url).has_value() : (!file.url.empty() && !StaysBelow(file.url)))
    return Invalid(where + ": url is neither an http or https URL, nor a path below plugin_server, nor empty");
  const Json* size = reader.Find("size");
  if (size == nullptr) return Invalid(where + " has no size");
  if (!size->is_number_unsigned() || size->get<std::uint64_t>() > kLargestPackage)
    return Invalid(where + ": size is not a number of bytes up to " + std::to_string(kLargestPackage));
  file.size = size->get<std::uint64_t>();
  return file;
}

Result<PackageDefinition> ReadPackage(const Json& json, const std::string& where, std::set<std::string>& taken) {
  if (!json.is_object()) return Invalid(where + " is not an object");
  const Reader reader(json, where);
  PackageDefinition package;
  auto id = reader.Id(taken);
  if (!id) return Fail(id.error());
  package.id = *id;
  auto descriptions = reader.Descriptions();
  if (!descriptions) return Fail(descriptions.error());
  package.shown = std::move(*descriptions);
  auto version = reader.Text("version");
  if (!version) return Fail(version.error());
  package.shown["version"] = *version;
  auto depends = reader.Texts("depends");
  if (!depends) return Fail(depends.error());
  package.depends = std::move(*depends);
  auto files = reader.List("files");
  if (!files) return Fail(files.error());
  for (std::size_t index = 0; index < files->size(); ++index) {
    auto file = ReadFileEntry((*files)[index], where + ", file " + std::to_string(index + 1));
    if (!file) return Fail(file.error());
    package.files.push_back(std::move(*file));
  }
  if (reader.Find("install") == nullptr) return package;
  auto steps = reader.List("install");
  if (!steps) return Fail(steps.error());
  package.install.emplace();
  for (std::size_t index = 0; index < steps->size(); ++index) {
    const std::string step_where = where + ", step " + std::to_string(index + 1);
    if (!(*steps)[index].is_object()) return Invalid(step_where + " is not an object");
    const Reader step((*steps)[index], step_where);
    auto copy = step.Text("copy");
    if (!copy) return Fail(copy.error());
    auto to = step.Text("to");
    if (!to) return Fail(to.error());
    if (!StaysBelow(*to)) return Invalid(step_where + ": '" + *to + "' is not a path below the folder that files are copied to");
    package.install->push_back({std::move(*copy), std::move(*to)});
  }
  return package;
}

Result<> CheckReferences(const std::vector<PackageDefinition>& packages, const std::set<std::string>& ids) {
  std::map<std::string, const PackageFile*> files;
  for (const PackageDefinition& package : packages) {
    for (const std::string& other : package.depends)
      if (!ids.contains(other)) return Invalid("the package '" + package.id + "' depends on '" + other + "', which is not there");
    for (const PackageFile& file : package.files) {
      const auto [known, fresh] = files.emplace(file.name, &file);
      if (!fresh && (known->second->sha1sum != file.sha1sum || known->second->size != file.size))
        return Invalid("the file '" + file.name + "' is named twice with different contents");
    }
  }
  return {};
}

Result<std::string> ReadMember(const std::filesystem::path& folder, const char* name) {
  auto text = ReadFile(folder / name, kLongestPluginInfo);
  if (text) return text;
  if (text.error().kind == ErrorKind::kNotFound) return Fail(ErrorKind::kNotFound, std::string("it has no ") + name);
  return Fail(text.error());
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

Result<Manifest> ParseManifest(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return Invalid("manifest.json is not JSON: " + json.error().message);
  if (!json->is_object()) return Invalid("manifest.json is not an object");
  const auto format = json->find("format");
  if (format == json->end()) return Invalid("manifest.json has no format");
  if (!format->is_number_integer() || *format != kManifestFormat)
    return Invalid("manifest.json has the format " + DumpJson(*format) + ", this server reads format " + std::to_string(kManifestFormat));
  Manifest manifest;
  const Reader reader(*json, "manifest.json");
  if (reader.Find("parameters") != nullptr) {
    auto list = reader.List("parameters");
    if (!list) return Fail(list.error());
    manifest.parameters.emplace();
    std::set<std::string> taken;
    for (std::size_t index = 0; index < list->size(); ++index) {
      auto parameter = ReadParameter((*list)[index], "manifest.json, parameter " + std::to_string(index + 1), taken);
      if (!parameter) return Fail(parameter.error());
      manifest.parameters->push_back(std::move(*parameter));
    }
  }
  if (reader.Find("packages") != nullptr) {
    auto list = reader.List("packages");
    if (!list) return Fail(list.error());
    manifest.packages.emplace();
    std::set<std::string> taken;
    for (std::size_t index = 0; index < list->size(); ++index) {
      auto package = ReadPackage((*list)[index], "manifest.json, package " + std::to_string(index + 1), taken);
      if (!package) return Fail(package.error());
      manifest.packages->push_back(std::move(*package));
    }
    if (auto sound = CheckReferences(*manifest.packages, taken); !sound) return Invalid("manifest.json: " + sound.error().message);
  }
  if (const Json* phones = reader.Find("phones")) {
    if (!phones->is_object()) return Invalid("manifest.json: phones is not an object");
    manifest.phones = *phones;
  }
  return manifest;
}

Result<Json> ParsePluginInfo(std::string_view text) {
  auto info = ParseJson(text);
  if (!info) return Invalid("plugin-info is not JSON: " + info.error().message);
  if (!info->is_object()) return Invalid("plugin-info is not an object");
  const Reader reader(*info, "plugin-info");
  for (const char* name : {"version", "description"})
    if (auto member = reader.Text(name); !member) return Fail(member.error());
  const Json* capabilities = reader.Find("capabilities");
  if (capabilities == nullptr) return Invalid("plugin-info has no capabilities");
  if (!capabilities->is_object()) return Invalid("plugin-info: capabilities is not an object");
  return info;
}

Result<Json> ReadPluginInfo(const std::filesystem::path& folder) {
  auto text = ReadMember(folder, "plugin-info");
  if (!text) return Fail(text.error());
  return ParsePluginInfo(*text);
}

Result<Manifest> ReadManifest(const std::filesystem::path& folder, const Json& info) {
  const Reader reader(info, "plugin-info");
  for (const auto& [name, least] : {std::pair{"plugin_iface_version_min", true}, {"plugin_iface_version_max", false}}) {
    const Json* member = reader.Find(name);
    if (member == nullptr || member->is_null()) continue;
    if (!member->is_string()) return Invalid(std::string("plugin-info: ") + name + " is not a string");
    const int order = CompareNaturally(kPluginInterface, member->get_ref<const std::string&>());
    if (least ? order < 0 : order > 0)
      return Invalid("it needs the plugin interface " + std::string(least ? "from " : "up to ") + member->get<std::string>() +
                     ", this server has " + std::string(kPluginInterface));
  }
  auto text = ReadMember(folder, "manifest.json");
  if (!text && text.error().kind == ErrorKind::kNotFound)
    return Invalid("it has no manifest.json, so it can be loaded by a Python provd only; docs/packages.md describes the file");
  if (!text) return Fail(text.error());
  return ParseManifest(*text);
}

}  // namespace provdlab::server
