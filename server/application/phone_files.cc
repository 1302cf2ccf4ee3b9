#include "server/application/phone_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "server/application/file_tree.h"
#include "server/application/plugin_manager.h"
#include "server/documents/device_rules.h"
#include "server/plugins/phone_support.h"

namespace provdlab::server {
namespace {

constexpr std::array<std::pair<FileRoute, std::string_view>, 14> kRoutes = {{
    {FileRoute::kFile, "file"},
    {FileRoute::kFolder, "folder"},
    {FileRoute::kEmptyName, "empty-name"},
    {FileRoute::kNoFile, "no-file"},
    {FileRoute::kNotConfigured, "not-configured"},
    {FileRoute::kNotMade, "not-made"},
    {FileRoute::kNotServed, "not-served"},
    {FileRoute::kNotLoaded, "not-loaded"},
    {FileRoute::kNoPlugin, "no-plugin"},
    {FileRoute::kNoKey, "no-key"},
    {FileRoute::kNobody, "nobody"},
    {FileRoute::kNotRead, "not-read"},
    {FileRoute::kNotUnderstood, "not-understood"},
    {FileRoute::kFailed, "failed"},
}};

std::string Joined(const std::vector<std::string>& path) { return Join(path, "/"); }

// Below a plugin's folders.
std::vector<std::string> OnDisk(const std::vector<std::string>& path) {
  std::vector<std::string> below = {"var", "tftpboot"};
  below.insert(below.end(), path.begin(), path.end());
  return below;
}

// A part that stands for itself: "%2e%2e" and "%2f" must not mean more when they are decoded than they would as they are.
bool IsPlain(const std::string& part) {
  return part != "." && part != ".." && part.find('/') == std::string::npos && part.find('\0') == std::string::npos;
}

bool IsConfigured(const Json& device) { return device.value("configured", Json()) == true; }

bool HasFolder(const std::vector<std::string>& names, const std::string& folder) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.size() > folder.size() && name.starts_with(folder) && name[folder.size()] == '/';
  });
}

}  // namespace

std::string_view RouteName(FileRoute route) {
  return std::find_if(kRoutes.begin(), kRoutes.end(), [&](const auto& each) { return each.first == route; })->second;
}

// ---- One file ----

PhoneFile::PhoneFile(Of of, std::string path, std::shared_ptr<const std::string> bytes, Configured made)
    : of_(of), path_(std::move(path)), size_(bytes->size()), made_(made), bytes_(std::move(bytes)) {}

PhoneFile::PhoneFile(std::string path, std::shared_ptr<const Descriptor> file, std::uint64_t size, Configured placed)
    : of_(Of::kDisk), path_(std::move(path)), size_(size), made_(placed), descriptor_(std::move(file)) {}

Result<std::string> PhoneFile::Read(std::uint64_t offset, std::size_t most) const {
  if (bytes_) return offset < bytes_->size() ? bytes_->substr(static_cast<std::size_t>(offset), most) : std::string();
  const std::uint64_t left = offset < size_ ? size_ - offset : 0;
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(most, left)), '\0');
  for (std::size_t read = 0; read < bytes.size();) {
    const ssize_t count = ::pread(descriptor_->get(), bytes.data() + read, bytes.size() - read, static_cast<off_t>(offset + read));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(ErrorKind::kUnavailable, "cannot read " + path_ + ": " + std::generic_category().message(errno));
    if (count == 0) return Fail(ErrorKind::kUnavailable, path_ + " has become shorter while it was sent");
    read += static_cast<std::size_t>(count);
  }
  return bytes;
}

// ---- Finding one ----

namespace {

// What plugins make of it: docs/packages.md.
void SetKey(const std::string& key, Json& raw_config) {
  raw_config.erase("provisioning_key");  // not what a client wrote there
  if (!key.empty()) raw_config["provisioning_key"] = key;
}

}  // namespace

FileAnswer PhoneFiles::FindOwn(FileAnswer answer, const Json& device, const LoadedPlugin& plugin, const Json* coming) const {
  const Inventory& inventory = surroundings_.inventory;
  answer.route = FileRoute::kNotConfigured;
  if (!IsConfigured(device)) {
    const auto accepted = inventory.Accept(device, coming);
    answer.problem = accepted ? "it is about to be" : accepted.error().message;
    return answer;
  }
  if (!inventory.HasFiles(TextOf(device, "id"))) {
    answer.route = FileRoute::kNotMade;
    return answer;
  }
  // A config may have changed while the device is not judged anew yet.
  auto raw_config = inventory.UsableRawConfigOf(TextOf(device, "config"), coming);
  if (raw_config) SetKey(KeyOf(device), *raw_config);
  auto files = raw_config ? plugin.phones->Configure(device, *raw_config, plugin.packages) : Fail(raw_config.error());
  if (!files) {
    answer.problem = files.error().message;
    return answer;
  }
  const auto file = std::find_if(files->begin(), files->end(), [&](const RenderedFile& each) { return each.path == answer.path; });
  if (file == files->end()) {
    answer.route = FileRoute::kNotMade;
    return answer;
  }
  answer.route = FileRoute::kFile;
  answer.file.emplace(PhoneFile::Of::kDevice, answer.path, std::make_shared<const std::string>(std::move(file->bytes)),
                      inventory.LastConfigured(TextOf(device, "id")));
  return answer;
}

std::string PhoneFiles::KeyOf(const Json& device) const {
  return surroundings_.key ? surroundings_.key(device).value_or("") : std::string();
}

std::shared_ptr<const PhoneFiles::Common> PhoneFiles::CommonOf(const std::shared_ptr<const LoadedPlugin>& plugin,
                                                               const std::string& key) const {
  const std::string name = plugin->id + "\n" + key;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = common_.find(name); known != common_.end() && known->second->of == plugin) return known->second;
  }
  auto made = std::make_shared<Common>();
  made->of = plugin;
  Json base = surroundings_.inventory.base_raw_config();
  SetKey(key, base);
  if (auto files = plugin->phones->ConfigureCommon(base, plugin->packages)) {
    for (RenderedFile& file : *files) made->files[file.path] = std::make_shared<const std::string>(std::move(file.bytes));
  } else {
    made->problem = files.error().message;
  }
  const Clock& clock = surroundings_.clock != nullptr ? *surroundings_.clock : SystemClock::Get();
  made->made.at = std::chrono::floor<std::chrono::seconds>(clock.Wall());
  const std::lock_guard lock(mutex_);
  auto& kept = common_[name];
  if (kept && kept->of == plugin) return kept;  // another thread was quicker
  made->made.again = kept && kept->made.at == made->made.at;
  kept = made;
  std::erase_if(common_,
                [&](const auto& each) { return each.second != made && surroundings_.plugin(each.second->of->id) != each.second->of; });
  return made;
}

FileAnswer PhoneFiles::Find(const Json& device, const std::vector<std::string>& path, PhoneRequest::Protocol protocol,
                            const Json* coming) const {
  FileAnswer answer{.path = Joined(path)};
  answer.plugin = TextOf(device, "plugin");
  const auto at = [&answer](FileRoute route) {
    answer.route = route;
    return answer;
  };
  if (answer.plugin.empty()) return at(FileRoute::kNoPlugin);
  const auto plugin = surroundings_.plugin(answer.plugin);
  if (!plugin) return at(FileRoute::kNotLoaded);
  if (!plugin->phones || !plugin->phones->serves(protocol)) return at(FileRoute::kNotServed);

  if (path.empty() || answer.path.empty()) return at(FileRoute::kFolder);  // the top one
  if (std::any_of(path.begin(), path.end() - 1, [](const std::string& part) { return part.empty(); })) return at(FileRoute::kEmptyName);
  if (!std::all_of(path.begin(), path.end(), IsPlain)) return at(FileRoute::kNoFile);
  const auto common = CommonOf(plugin, KeyOf(device));
  const auto own = plugin->phones->FilesOf(device);
  const bool wants_folder = path.back().empty();
  if (!wants_folder) {
    if (std::find(own.begin(), own.end(), answer.path) != own.end()) return FindOwn(std::move(answer), device, *plugin, coming);
    if (const auto file = common->files.find(answer.path); file != common->files.end()) {
      answer.file.emplace(PhoneFile::Of::kCommon, answer.path, file->second, common->made);
      return at(FileRoute::kFile);
    }
  }
  std::vector<std::string> parts = path;
  if (wants_folder) parts.pop_back();
  std::vector<std::string> made_names = own;
  for (const auto& [name, bytes] : common->files) made_names.push_back(name);
  FileRoute route = HasFolder(made_names, Joined(parts)) ? FileRoute::kFolder : FileRoute::kNoFile;
  for (const std::string& folder : plugin->folders) {
    const TreeEntry entry = OpenInTree(folder, OnDisk(parts));
    if (entry.kind == TreeEntry::Kind::kFile && !wants_folder) {
      answer.file.emplace(answer.path, entry.file, entry.bytes, Configured{entry.placed});
      return at(FileRoute::kFile);
    }
    if (entry.kind == TreeEntry::Kind::kFolder) route = FileRoute::kFolder;
    if (entry.kind == TreeEntry::Kind::kFailed) {
      answer.problem = entry.problem;
      return at(FileRoute::kFailed);
    }
  }
  return at(route);
}

std::vector<std::string> PhoneFiles::NamesFor(const Json& device) const {
  const auto plugin = surroundings_.plugin(TextOf(device, "plugin"));
  if (!plugin || !plugin->phones) return {};
  const auto own = plugin->phones->FilesOf(device);
  std::vector<std::string> names;
  if (IsConfigured(device)) names = own;
  for (const auto& [name, bytes] : CommonOf(plugin, KeyOf(device))->files) names.push_back(name);
  for (const std::string& folder : plugin->folders)
    for (std::string& name : FilesInTree(folder, OnDisk({}), kMostNames))
      if (std::find(own.begin(), own.end(), name) == own.end()) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.size() > kMostNames) names.resize(kMostNames);
  return names;
}

}  // namespace provdlab::server
