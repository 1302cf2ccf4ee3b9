#include "server/plugins/phone_support.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "server/plugins/association.h"
#include "server/plugins/encoding.h"
#include "server/plugins/escaping.h"
#include "server/plugins/limits.h"
#include "server/plugins/pattern.h"
#include "server/plugins/refusals.h"
#include "server/plugins/template.h"
#include "server/plugins/view_shape.h"

namespace provdlab::server {
namespace {

constexpr int kPhonesFormat = 1;

// One entry of files.common or files.device.
struct FileRule {
  Template path;
  Template content;
  Escaping escaping = *Escaping::BuiltIn("none");
  Encoding encoding = Encoding::kUtf8;
  std::vector<std::string> when{};  // a name in the view; empty: always
};

// Values in file names can't add folders.
const Escaping& NameEscaping() {
  static const Escaping escaping = Escaping::Custom({.replace = {{'/', "_"}}});
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

// The last part of a path.
std::string PlainName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// A device that has everything that names can be made of.
const Json& SampleDevice() {
  static const Json view = {{"device", DeviceView({{"id", "1"},
                                                   {"ip", "192.0.2.1"},
                                                   {"mac", "00:11:22:aa:bb:cc"},
                                                   {"model", "model"},
                                                   {"sn", "1"},
                                                   {"uuid", "1"},
                                                   {"vendor", "vendor"},
                                                   {"version", "1"}})}};
  return view;
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
  Refusals refusals;
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
  SupportReader(const std::filesystem::path& folder, const Json& phones, const std::vector<Capability>& capabilities,
                std::vector<std::string> packages, Mistakes& mistakes)
      : folder_(folder), mistakes_(mistakes), phones_(phones, "phones", mistakes), vendors_(VendorsOf(capabilities)) {
    Note(DumpJson(phones));
    for (const Capability& each : capabilities)
      Note(each.vendor + "," + each.model + "," + each.version + "," + std::to_string(each.lines));
    for (const std::string& id : packages) Note(id);
    phones_.NothingElse({"format", "serves", "identification", "association", "device", "raw_config", "models", "key_types", "maps",
                         "escapings", "files", "trigger", "sensitive", "synchronize", "refuse", "exact"});
    tables_ = PhoneTables::Read(phones_, capabilities, std::move(packages));
    device_shape_ = tables_.ShapeOf(PhoneTables::Scope::kDevice);
    common_shape_ = tables_.ShapeOf(PhoneTables::Scope::kCommon);
    name_shape_.members["device"] = ShapeOfDevice();
  }

  PhoneTables& tables() { return tables_; }
  std::string Fingerprint() const { return read_.Hex(); }

  std::set<PhoneRequest::Protocol> Serves() {
    std::set<PhoneRequest::Protocol> serves;
    for (const std::string& name : phones_.Texts("serves")) {
      if (name == "http")
        serves.insert(PhoneRequest::Protocol::kHttp);
      else if (name == "tftp")
        serves.insert(PhoneRequest::Protocol::kTftp);
      else
        phones_.Mistake("serves: '" + name + "' is neither http nor tftp" + Meaning(name, {"http", "tftp"}));
    }
    return serves;
  }

  Association ReadAssociation() {
    const Json* json = phones_.Find("association");
    return json == nullptr ? Association() : Association::Read(*json, "phones.association", vendors_, mistakes_);
  }

  std::vector<IdentificationRule> Rules() {
    std::vector<IdentificationRule> rules;
    phones_.EachOf("identification", [&](const Json& json, const std::string& where) {
      rules.push_back(IdentificationRule::Read(json, where, {tables_.model_names, vendors_}, mistakes_));
    });
    return rules;
  }

  void ReadEscapings() {
    phones_.EachIn("escapings", [&](const std::string& name, const Json& json, const std::string& where) {
      const ObjectReader reader(json, where, mistakes_);
      reader.NothingElse({"replace", "quote_when", "quote_at_start", "quote_at_end", "quote", "in_quotes"});
      Escaping::Rules rules{.replace = Replacements(reader, "replace"),
                            .quote_when = reader.Text("quote_when", ""),
                            .quote_at_start = reader.Text("quote_at_start", ""),
                            .quote_at_end = reader.Text("quote_at_end", ""),
                            .quote = reader.Text("quote", ""),
                            .in_quotes = Replacements(reader, "in_quotes")};
      const bool quotes = !rules.quote_when.empty() || !rules.quote_at_start.empty() || !rules.quote_at_end.empty();
      if (quotes && rules.quote.empty()) reader.Mistake("it says when to quote, but there is no quote");
      if (!quotes && (!rules.quote.empty() || !rules.in_quotes.empty()))
        reader.Mistake("it never quotes: there is none of quote_when, quote_at_start and quote_at_end");
      if (Escaping::BuiltIn(name)) reader.Mistake("'" + name + "' is there already");
      escapings_.emplace(name, Escaping::Custom(std::move(rules)));
    });
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
    auto trigger = NameTemplate(phones_, "trigger", name_shape_);
    if (!trigger) return std::nullopt;
    const std::string name = SampleName(*trigger);
    if (name.find('/') != std::string::npos)
      phones_.Mistake("trigger is the plain name of a file, without its folders");
    else if (!device_names_.contains(name))
      phones_.Mistake("trigger: none of files.device is called so");
    return trigger;
  }

  std::vector<Pattern> Sensitive() {
    std::vector<Pattern> patterns;
    for (const std::string& text : phones_.Texts("sensitive")) {
      auto pattern = Pattern::Compile(text, Pattern::Case::kExact);
      if (pattern)
        patterns.push_back(std::move(*pattern));
      else
        phones_.Mistake("sensitive '" + text + "', column " + std::to_string(pattern.error().position.value_or(Position{}).column) + ": " +
                        pattern.error().message);
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
    } else if (method == "none") {
      if (reader.Find("event") != nullptr) reader.Mistake("without a method there is no event");
    } else if (!method.empty()) {
      reader.Mistake("the method is neither sip-notify nor none" + Meaning(method, {"none", "sip-notify"}));
    }
    return synchronization;
  }

  Refusals ReadRefusals() {
    Refusals refusals = Refusals::Read(phones_, device_shape_);
    for (const auto& name : refusals.Names()) used_.insert(name.begin(), name.end());
    return refusals;
  }

  // What a plugin adds to views is for templates: a slip in its name would go unseen.
  void CheckUse() {
    if (!all_read_) return;
    for (const auto& [name, map] : tables_.maps) used_.insert(map.of.begin(), map.of.end());
    for (const auto& [name, where] : tables_.AddedNames())
      if (!used_.contains(name)) mistakes_.Add("phones, " + where + ": no template asks for '" + name + "'");
  }

 private:
  static std::vector<std::string> VendorsOf(const std::vector<Capability>& capabilities) {
    std::set<std::string> vendors;
    for (const Capability& capability : capabilities) vendors.insert(capability.vendor);
    return {vendors.begin(), vendors.end()};
  }

  static std::string SampleName(const Template& name) { return name.Render(SampleDevice(), NameEscaping()).value_or(""); }

  // A file's name is made of the device alone, so that it can be told without a config.
  std::optional<Template> NameTemplate(const ObjectReader& reader, const char* member, const Shape& shape) {
    const std::string text = reader.Text(member), where = reader.where() + ", " + member;
    auto name = Template::Parse(text);
    if (!name) return mistakes_.Add(where + At(name.error())), std::nullopt;
    CheckTemplate(*name, text, where, shape, mistakes_);
    return std::move(*name);
  }

  std::map<char, std::string> Replacements(const ObjectReader& reader, const char* member) {
    std::map<char, std::string> replacements;
    reader.EachIn(member, [&](const std::string& from, const Json& to, const std::string& place) {
      if (from.size() != 1 || from[0] < 0x20 || from[0] > 0x7e || !to.is_string())
        mistakes_.Add(place + " does not replace a printable ASCII character by a string");
      else
        replacements[from[0]] = to.get<std::string>();
    });
    return replacements;
  }

  std::optional<Escaping> EscapingOf(const ObjectReader& reader) {
    const std::string name = reader.Text("escaping", "line");
    if (auto known = Escaping::BuiltIn(name)) return known;
    if (const auto own = escapings_.find(name); own != escapings_.end()) return own->second;
    std::vector<std::string> names = Escaping::BuiltInNames();
    for (const auto& [each, escaping] : escapings_) names.push_back(each);
    reader.Mistake("there is no escaping '" + name + "'" + Meaning(name, names));
    return std::nullopt;
  }

  std::optional<FileRule> ReadFileRule(const Json& json, const std::string& where, bool of_device) {
    const ObjectReader reader(json, where, mistakes_);
    reader.NothingElse({"path", "template", "escaping", "encoding", "when"});
    const Shape& shape = of_device ? device_shape_ : common_shape_;
    auto path = NameTemplate(reader, "path", of_device ? name_shape_ : Shape());
    if (path) CheckPath(reader, *path, of_device);
    auto content = ReadTemplate(reader, shape);
    all_read_ = all_read_ && content.has_value();
    const auto escaping = EscapingOf(reader);
    const std::string encoding_name = reader.Text("encoding", "utf-8");
    const auto encoding = EncodingOf(encoding_name);
    if (!encoding) reader.Mistake("the encoding is neither utf-8 nor iso-8859-1" + Meaning(encoding_name, EncodingNames()));
    std::vector<std::string> when;
    if (reader.Find("when") != nullptr) {
      when = SplitName(reader.Text("when"));
      used_.insert(when.begin(), when.end());
      if (const auto found = shape.Find(when); !found && when != std::vector<std::string>{""})
        reader.Mistake("when: " + found.error().message);
    }
    if (!path || !content || !escaping || !encoding) return std::nullopt;
    return FileRule{std::move(*path), std::move(*content), *escaping, *encoding, std::move(when)};
  }

  void CheckPath(const ObjectReader& reader, const Template& path, bool of_device) {
    const std::string name = SampleName(path);
    if (!name.empty() && !IsSafePath(name)) reader.Mistake("path: '" + name + "' can't be the name of a file");
    if (!paths_.insert(name).second) reader.Mistake("path: another file has it already");
    if (of_device) device_names_.insert(PlainName(name));
  }

  std::optional<Template> ReadTemplate(const ObjectReader& reader, const Shape& shape) {
    const std::string name = reader.Text("template");
    if (name.empty()) return std::nullopt;
    if (!IsSafePath(name)) return reader.Mistake("template: '" + name + "' is not a path in the package"), std::nullopt;
    const auto text = ReadFile(folder_ / name, Template::kLongestTemplate);
    if (!text && text.error().kind == ErrorKind::kNotFound) return reader.Mistake("the package has no " + name), std::nullopt;
    if (!text) {
      reader.Mistake(name + " can't be read: it is no file, or has more than " + std::to_string(Template::kLongestTemplate) + " bytes");
      return std::nullopt;
    }
    if (!IsUtf8(*text)) return reader.Mistake(name + " is not UTF-8"), std::nullopt;
    Note(*text);
    auto content = Template::Parse(*text);
    if (!content) return mistakes_.Add(name + At(content.error())), std::nullopt;
    // A slip in a name would only be seen on a phone's display.
    CheckTemplate(*content, *text, name, shape, mistakes_);
    for (const Template::Part& part : content->parts()) used_.insert(part.name.begin(), part.name.end());
    return std::move(*content);
  }

  // With its length, so that the texts can't run into one another.
  void Note(std::string_view text) {
    read_.Update(std::to_string(text.size()) + ":");
    read_.Update(text);
  }

  const std::filesystem::path folder_;
  Digest read_{Digest::Algorithm::kSha256};  // of everything so far
  Mistakes& mistakes_;
  const ObjectReader phones_;
  const std::vector<std::string> vendors_;
  PhoneTables tables_;
  Shape device_shape_, common_shape_, name_shape_;
  std::map<std::string, Escaping> escapings_;
  std::set<std::string> paths_, device_names_;  // of the sample's files
  std::set<std::string> used_;                  // parts of names that are asked for
  bool all_read_ = true;                        // of the templates
};

}  // namespace

bool PhoneSupport::Parts::HasNames(const Json& device_view) const {
  return std::all_of(tables.device_needs.begin(), tables.device_needs.end(),
                     [&](const std::string& name) { return IsThere(FindInView(device_view, {name})); });
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
    if (!rule.when.empty() && !IsThere(FindInView(view, rule.when))) continue;
    auto path = PathOf(rule, view);
    if (!path) return Fail(path.error());
    auto text = rule.content.Render(view, rule.escaping);
    if (!text) return Fail(text.error());
    files.push_back({std::move(*path), Encode(std::move(*text), rule.encoding)});
  }
  return files;
}

PhoneSupport::PhoneSupport(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
PhoneSupport::~PhoneSupport() = default;

std::shared_ptr<const PhoneSupport> PhoneSupport::Read(const std::filesystem::path& folder, const Json& phones,
                                                       const std::vector<Capability>& capabilities, std::vector<std::string> packages,
                                                       Mistakes& mistakes) {
  // Of another format nothing else can be judged.
  const auto format = phones.is_object() ? phones.find("format") : phones.end();
  if (phones.is_object() && format == phones.end()) return mistakes.Add("phones: there is no format"), nullptr;
  if (phones.is_object() && (!format->is_number_integer() || *format != kPhonesFormat)) {
    mistakes.Add("phones has the format " + DumpJson(*format) + "; format " + std::to_string(kPhonesFormat) + " is read here");
    return nullptr;
  }
  SupportReader reader(folder, phones, capabilities, std::move(packages), mistakes);
  auto parts = std::make_unique<Parts>();
  parts->serves = reader.Serves();
  parts->association = reader.ReadAssociation();
  parts->rules = reader.Rules();
  reader.ReadEscapings();
  parts->common = reader.Files("common");
  parts->device = reader.Files("device");
  parts->trigger = reader.Trigger();
  parts->sensitive = reader.Sensitive();
  parts->synchronization = reader.ReadSynchronization();
  parts->refusals = reader.ReadRefusals();
  reader.CheckUse();
  parts->tables = std::move(reader.tables());
  parts->fingerprint = reader.Fingerprint();
  return std::shared_ptr<const PhoneSupport>(new PhoneSupport(std::move(parts)));
}

Result<std::shared_ptr<const PhoneSupport>> PhoneSupport::Load(const std::filesystem::path& folder, std::string_view plugin_id,
                                                               const Json& phones, const Json& info, std::vector<std::string> packages) {
  Mistakes mistakes;
  auto support = Read(folder, phones, ReadCapabilities(info, mistakes), std::move(packages), mistakes);
  if (!mistakes.none()) return Fail(ErrorKind::kInvalid, "the phones of '" + std::string(plugin_id) + "': " + mistakes.Sentence());
  return support;
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

Result<std::vector<RenderedFile>> PhoneSupport::Configure(const Json& device, const Json& raw_config,
                                                          const InstalledPackages& installed) const {
  auto view = ComputeView(parts_->tables, &device, raw_config, installed);
  if (!view) return Fail(view.error());
  const auto holds = [this](std::string_view value) {
    return std::all_of(parts_->device.begin(), parts_->device.end(),
                       [&](const FileRule& rule) { return rule.escaping.Holds(value) && Fits(value, rule.encoding); });
  };
  if (auto fine = parts_->refusals.Check(*view, holds); !fine) return Fail(fine.error());
  return parts_->Render(parts_->device, *view);
}

Result<std::vector<RenderedFile>> PhoneSupport::ConfigureCommon(const Json& raw_config, const InstalledPackages& installed) const {
  auto view = ComputeView(parts_->tables, nullptr, raw_config, installed);
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
