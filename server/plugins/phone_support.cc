#include "server/plugins/phone_support.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/files.h"
#include "base/object_reader.h"
#include "base/text.h"
#include "server/plugins/association.h"
#include "server/plugins/escaping.h"
#include "server/plugins/limits.h"
#include "server/plugins/pattern.h"
#include "server/plugins/phone_view.h"
#include "server/plugins/template.h"

namespace provdlab::server {
namespace {

constexpr int kPhonesFormat = 1;

enum class Encoding { kUtf8, kLatin1 };

// One entry of files.common or files.device.
struct FileRule {
  Template path;
  Template content;
  Escaping escaping = *Escaping::BuiltIn("none");
  Encoding encoding = Encoding::kUtf8;
  std::string when{};  // a name in the view; empty: always
};

// Values in file names can't add folders.
const Escaping& NameEscaping() {
  static const Escaping escaping = Escaping::Custom({{'/', "_"}}, "", "");
  return escaping;
}

bool IsSafePath(std::string_view path) {
  if (path.empty() || path.size() > kLongestMemberName) return false;
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-+~@ /").find(c) != std::string_view::npos;
  };
  if (!std::all_of(path.begin(), path.end(), safe)) return false;
  const auto parts = Split(path, '/');
  return parts.size() <= kDeepestMember && std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
           return part.empty() || part == "." || part == ".." || part.size() > 255;
         });
}

// UTF-8 to ISO-8859-1; what that does not have becomes '?'.
std::string Latin1(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 1) {
      bytes += text[at];
    } else if (length == 2 && lead <= 0xc3 && at + 1 < text.size()) {
      bytes += static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(text[at + 1]) & 0x3f));
    } else {
      bytes += '?';
    }
    at += length;
  }
  return bytes;
}

std::string At(const Error& error) {
  return error.position ? ":" + std::to_string(error.position->line) + ":" + std::to_string(error.position->column) + ": " + error.message
                        : ": " + error.message;
}

}  // namespace

struct PhoneSupport::Parts {
  std::set<PhoneRequest::Protocol> serves;
  std::vector<IdentificationRule> rules;
  Association association;
  PhoneTables tables;
  std::vector<FileRule> common, device;
  std::optional<Template> trigger;
  std::vector<Pattern> sensitive;
  Synchronization synchronization;
  std::string fingerprint;

  bool HasNames(const Json& device_view) const;  // whether the device has what its files' names are made of
  Result<std::string> PathOf(const FileRule& rule, const Json& view) const;
  Result<std::vector<RenderedFile>> Render(const std::vector<FileRule>& rules_of_files, const Json& view) const;
};

namespace {

// Reads the member "phones" and the templates that it names.
class SupportReader {
 public:
  SupportReader(const std::filesystem::path& folder, const Json& phones, const Json& info)
      : folder_(folder), phones_(phones, "phones", mistakes_), tables_(PhoneTables::Read(phones_, Capabilities(info))) {
    Note(DumpJson(phones));
    Note(DumpJson(Capabilities(info)));
  }

  const Mistakes& mistakes() const { return mistakes_; }
  PhoneTables& tables() { return tables_; }
  std::string Fingerprint() const { return read_.Hex(); }

  void CheckMembers() {
    phones_.NothingElse({"format", "serves", "identification", "association", "device", "raw_config", "models", "key_types", "maps",
                         "escapings", "files", "trigger", "sensitive", "synchronize"});
    if (phones_.Find("format") == nullptr) phones_.Mistake("there is no format");
    phones_.Integer("format", kPhonesFormat, kPhonesFormat, kPhonesFormat);
  }

  std::set<PhoneRequest::Protocol> Serves() {
    std::set<PhoneRequest::Protocol> serves;
    for (const std::string& name : phones_.Texts("serves")) {
      if (name == "http")
        serves.insert(PhoneRequest::Protocol::kHttp);
      else if (name == "tftp")
        serves.insert(PhoneRequest::Protocol::kTftp);
      else
        phones_.Mistake("serves: '" + name + "' is neither http nor tftp");
    }
    return serves;
  }

  std::vector<IdentificationRule> Rules() {
    std::vector<IdentificationRule> rules;
    phones_.EachOf("identification", [&](const Json& json, const std::string& where) {
      if (auto rule = IdentificationRule::Read(json, where, tables_.model_names, mistakes_)) rules.push_back(std::move(*rule));
    });
    return rules;
  }

  Association ReadAssociation() {
    const Json* json = phones_.Find("association");
    return json == nullptr ? Association() : Association::Read(*json, "phones.association", mistakes_);
  }

  std::vector<FileRule> Files(const char* kind) {
    std::vector<FileRule> files;
    const Json* all = phones_.Find("files");
    if (all == nullptr) return files;
    const ObjectReader reader(*all, "phones.files", mistakes_);
    reader.NothingElse({"common", "device"});
    const bool of_device = std::string_view(kind) == "device";
    reader.EachOf(kind, [&](const Json& json, const std::string& where) {
      if (auto file = ReadFileRule(json, where, of_device)) files.push_back(std::move(*file));
    });
    return files;
  }

  std::optional<Template> Trigger() {
    if (phones_.Find("trigger") == nullptr) return std::nullopt;
    return NameTemplate(phones_, "trigger", true);
  }

  std::vector<Pattern> Sensitive() {
    std::vector<Pattern> patterns;
    for (const std::string& text : phones_.Texts("sensitive")) {
      auto pattern = Pattern::Compile(text, Pattern::Case::kExact);
      if (pattern)
        patterns.push_back(std::move(*pattern));
      else
        phones_.Mistake("sensitive '" + text + "': " + pattern.error().message);
    }
    return patterns;
  }

  Synchronization ReadSynchronization() {
    Synchronization synchronization;
    const Json* json = phones_.Find("synchronize");
    if (json == nullptr) return synchronization;
    const ObjectReader reader(*json, "phones.synchronize", mistakes_);
    reader.NothingElse({"method", "event"});
    const std::string method = reader.Text("method");
    if (method == "sip-notify") {
      synchronization.method = Synchronization::Method::kSipNotify;
      synchronization.event = reader.Text("event");
      const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
      if (!std::all_of(synchronization.event.begin(), synchronization.event.end(), printable))
        reader.Mistake("an event is printable and has no blanks");
    } else if (method != "none") {
      reader.Mistake("the method is neither sip-notify nor none");
    }
    return synchronization;
  }

 private:
  static const Json& Capabilities(const Json& info) {
    static const Json none = Json::object();
    const auto member = info.is_object() ? info.find("capabilities") : info.end();
    return info.is_object() && member != info.end() ? *member : none;
  }

  // A file's name is made of the device alone, so that it can be told without a config.
  std::optional<Template> NameTemplate(const ObjectReader& reader, const char* member, bool of_device) {
    auto name = Template::Parse(reader.Text(member));
    if (!name) {
      reader.Mistake(std::string(member) + At(name.error()));
      return std::nullopt;
    }
    for (const std::string& each : name->names())
      if (!of_device || each != "device")
        reader.Mistake(std::string(member) + " can't be made of '" + each + "'" + (of_device ? ", only of the device" : ""));
    return std::move(*name);
  }

  std::optional<Escaping> EscapingOf(const std::string& name) {
    if (auto known = Escaping::BuiltIn(name)) return known;
    std::optional<Escaping> escaping;
    phones_.EachIn("escapings", [&](const std::string& each, const Json& json, const std::string& where) {
      if (each != name) return;
      const ObjectReader reader(json, where, mistakes_);
      reader.NothingElse({"replace", "quote_when", "quote"});
      std::map<char, std::string> replace;
      reader.EachIn("replace", [&](const std::string& from, const Json& to, const std::string& place) {
        if (from.size() != 1 || from[0] < 0x20 || from[0] > 0x7e || !to.is_string())
          mistakes_.Add(place + " does not replace a printable ASCII character by a string");
        else
          replace[from[0]] = to.get<std::string>();
      });
      escaping = Escaping::Custom(std::move(replace), reader.Text("quote_when", ""), reader.Text("quote", ""));
    });
    return escaping;
  }

  std::optional<FileRule> ReadFileRule(const Json& json, const std::string& where, bool of_device) {
    const ObjectReader reader(json, where, mistakes_);
    reader.NothingElse({"path", "template", "escaping", "encoding", "when"});
    auto path = NameTemplate(reader, "path", of_device);
    const std::string name = reader.Text("template");
    if (mistakes_.first()) return std::nullopt;
    if (!IsSafePath(name)) return reader.Mistake("template is not a path in the package"), std::nullopt;
    const auto text = ReadFile(folder_ / name, Template::kLongestTemplate);
    if (!text) return reader.Mistake("the template " + name + " can't be read: " + text.error().message), std::nullopt;
    if (!IsUtf8(*text)) return reader.Mistake("the template " + name + " is not UTF-8"), std::nullopt;
    Note(*text);
    auto content = Template::Parse(*text);
    if (!content) return mistakes_.Add(name + At(content.error())), std::nullopt;
    CheckNames(name, *content);
    FileRule file{std::move(*path), std::move(*content)};
    const std::string escaping_name = reader.Text("escaping", "line"), encoding = reader.Text("encoding", "utf-8");
    if (auto escaping = EscapingOf(escaping_name))
      file.escaping = std::move(*escaping);
    else
      reader.Mistake("there is no escaping '" + escaping_name + "'");
    if (encoding == "iso-8859-1")
      file.encoding = Encoding::kLatin1;
    else if (encoding != "utf-8")
      reader.Mistake("the encoding is neither utf-8 nor iso-8859-1");
    file.when = reader.Text("when", "");
    return file;
  }

  // A slip in a name would only be seen on a phone's display.
  void CheckNames(const std::string& file, const Template& content) {
    if (!known_names_) known_names_ = tables_.KnownNames();
    for (const std::string& name : content.names())
      if (!known_names_->contains(name))
        mistakes_.Add(file + " uses the name '" + name + "', which no view has; is it in raw_config.accepts?");
  }

  // With its length, so that the texts can't run into one another.
  void Note(std::string_view text) {
    read_.Update(std::to_string(text.size()) + ":");
    read_.Update(text);
  }

  const std::filesystem::path folder_;
  Digest read_{Digest::Algorithm::kSha256};  // of everything so far
  Mistakes mistakes_;
  const ObjectReader phones_;
  PhoneTables tables_;
  std::optional<std::set<std::string>> known_names_;
};

}  // namespace

bool PhoneSupport::Parts::HasNames(const Json& device_view) const {
  return std::all_of(tables.device_needs.begin(), tables.device_needs.end(),
                     [&](const std::string& name) { return IsThere(device_view, name); });
}

Result<std::string> PhoneSupport::Parts::PathOf(const FileRule& rule, const Json& view) const {
  auto path = rule.path.Render(view, NameEscaping());
  if (!path) return path;
  if (!IsSafePath(*path)) return Fail(ErrorKind::kInvalid, "there is no name for the device's file: '" + *path + "' can't be one");
  return path;
}

Result<std::vector<RenderedFile>> PhoneSupport::Parts::Render(const std::vector<FileRule>& rules_of_files, const Json& view) const {
  std::vector<RenderedFile> files;
  for (const FileRule& rule : rules_of_files) {
    if (!rule.when.empty() && !IsThere(view, rule.when)) continue;
    auto path = PathOf(rule, view);
    if (!path) return Fail(path.error());
    auto text = rule.content.Render(view, rule.escaping);
    if (!text) return Fail(text.error());
    files.push_back({std::move(*path), rule.encoding == Encoding::kLatin1 ? Latin1(*text) : std::move(*text)});
  }
  return files;
}

PhoneSupport::PhoneSupport(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
PhoneSupport::~PhoneSupport() = default;

Result<std::shared_ptr<const PhoneSupport>> PhoneSupport::Load(const std::filesystem::path& folder, std::string_view plugin_id,
                                                               const Json& phones, const Json& info) {
  SupportReader reader(folder, phones, info);
  reader.CheckMembers();
  auto parts = std::make_unique<Parts>();
  parts->serves = reader.Serves();
  parts->rules = reader.Rules();
  parts->association = reader.ReadAssociation();
  parts->common = reader.Files("common");
  parts->device = reader.Files("device");
  parts->trigger = reader.Trigger();
  parts->sensitive = reader.Sensitive();
  parts->synchronization = reader.ReadSynchronization();
  parts->tables = std::move(reader.tables());
  parts->fingerprint = reader.Fingerprint();
  if (const auto& mistake = reader.mistakes().first())
    return Fail(ErrorKind::kInvalid, "the phones of '" + std::string(plugin_id) + "': " + *mistake);
  return std::shared_ptr<const PhoneSupport>(new PhoneSupport(std::move(parts)));
}

std::optional<Identity> PhoneSupport::Identify(const PhoneRequest& request) const {
  std::optional<Identity> identity;
  for (const IdentificationRule& rule : parts_->rules) {
    const auto found = rule.Apply(request);
    if (!found) continue;
    if (!identity) identity.emplace();
    identity->Complete(*found);
  }
  return identity;
}

int PhoneSupport::Score(const Identity& identity) const { return parts_->association.Score(identity, parts_->tables); }

Result<std::vector<RenderedFile>> PhoneSupport::Configure(const Json& device, const Json& raw_config) const {
  auto view = ComputeView(parts_->tables, &device, raw_config);
  if (!view) return Fail(view.error());
  return parts_->Render(parts_->device, *view);
}

Result<std::vector<RenderedFile>> PhoneSupport::ConfigureCommon(const Json& raw_config) const {
  auto view = ComputeView(parts_->tables, nullptr, raw_config);
  if (!view) return Fail(view.error());
  return parts_->Render(parts_->common, *view);
}

std::vector<std::string> PhoneSupport::FilesOf(const Json& device) const {
  std::vector<std::string> paths;
  const Json view = {{"device", DeviceView(device)}};
  if (!parts_->HasNames(view["device"])) return paths;
  for (const FileRule& rule : parts_->device)
    if (auto path = parts_->PathOf(rule, view)) paths.push_back(std::move(*path));
  return paths;
}

std::string PhoneSupport::TriggerFile(const Json& device) const {
  const Json view = {{"device", DeviceView(device)}};
  if (!parts_->trigger || !parts_->HasNames(view["device"])) return "";
  return parts_->trigger->Render(view, NameEscaping()).value_or("");
}

bool PhoneSupport::IsSensitive(std::string_view path) const {
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return std::any_of(parts_->sensitive.begin(), parts_->sensitive.end(),
                     [&](const Pattern& pattern) { return pattern.Match(path).has_value(); });
}

Synchronization PhoneSupport::synchronization() const { return parts_->synchronization; }

bool PhoneSupport::serves(PhoneRequest::Protocol protocol) const { return parts_->serves.contains(protocol); }

const std::string& PhoneSupport::fingerprint() const { return parts_->fingerprint; }

}  // namespace provdlab::server
