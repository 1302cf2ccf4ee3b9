#include "server/application/plugin_packages.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "server/application/staging.h"
#include "server/plugins/localise.h"

namespace provdlab::server {
namespace {

std::string CollectionOf(const std::string& plugin) { return "plugin-packages/" + plugin; }

tl::unexpected<Error> NotFound(const std::string& id) { return Fail(ErrorKind::kNotFound, "the plugin has no package '" + id + "'"); }

bool Mentions(const Json& installed, const std::string& path) {
  const Json& paths = installed.at("paths");
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

PluginPackages::PluginPackages(std::string plugin, const Surroundings& surroundings, std::function<void()> changed)
    : plugin_(std::move(plugin)), surroundings_(surroundings), cache_(Folder() + "/cache"), changed_(std::move(changed)) {}

std::string PluginPackages::Folder() const { return surroundings_.directory.data() + "/" + plugin_; }

Result<std::shared_ptr<PluginPackages>> PluginPackages::Load(const std::string& plugin, std::vector<PackageDefinition> definitions,
                                                             const Surroundings& surroundings, std::function<void()> changed) {
  auto kept = surroundings.store.List(CollectionOf(plugin));
  if (!kept) return provdlab::Fail(kept.error());
  std::shared_ptr<PluginPackages> packages(new PluginPackages(plugin, surroundings, std::move(changed)));
  if (auto made = MakeFolders(packages->Folder() + "/cache"); !made) return provdlab::Fail(made.error());
  packages->definitions_ = std::move(definitions);
  for (auto& [id, record] : *kept)
    if (record.is_object() && record.contains("shown") && record.contains("paths") && record["paths"].is_array())
      packages->installed_.emplace(id, std::move(record));
  return packages;
}

Result<> PluginPackages::Forget(const std::string& plugin, Store& store) { return store.RemoveAll(CollectionOf(plugin)); }

void PluginPackages::Adopt(std::vector<PackageDefinition> definitions) {
  std::lock_guard lock(mutex_);
  definitions_ = std::move(definitions);
}

void PluginPackages::Close() {
  std::lock_guard placing(placing_);
  std::lock_guard lock(mutex_);
  closed_ = true;
  definitions_.clear();
  installed_.clear();
  for (const auto& [id, operation] : running_) operation->Cancel();
}

Result<std::shared_ptr<Operation>> PluginPackages::Install(const std::string& id) { return Begin(id, false); }

Result<std::shared_ptr<Operation>> PluginPackages::Upgrade(const std::string& id) { return Begin(id, true); }

Result<std::shared_ptr<Operation>> PluginPackages::Update() {
  return provdlab::Fail(ErrorKind::kNotFound, "the packages of a plugin come with the plugin: there is no list to update");
}

Result<std::shared_ptr<Operation>> PluginPackages::Begin(const std::string& id, bool upgrade) {
  Running running;
  std::vector<PackageDefinition> packages;
  {
    std::lock_guard lock(mutex_);
    if (Find(id) == nullptr) return NotFound(id);
    if (upgrade && !installed_.contains(id)) return provdlab::Fail(ErrorKind::kNotFound, "the package '" + id + "' is not installed");
    if (!upgrade && installed_.contains(id) && surroundings_.faults.package_installs_again.Strikes())
      return provdlab::Fail(ErrorKind::kConflict, "the package '" + id + "' is already installed");
    if (running_.contains(id) && !surroundings_.faults.package_in_progress_refused.Strikes())
      return provdlab::Fail(ErrorKind::kConflict, "the package '" + id + "' is being installed");
    packages = WithDependencies(id);
    running.operation = Operation::Make("install_pkg");
    running.download = running.operation->AddPart("download");
    running.install = running.operation->AddPart("install");
    running_[id] = running.operation;
  }
  auto self = shared_from_this();
  surroundings_.workers.Start([self, id, packages, running](const std::stop_token& stop) { self->Run(id, packages, running, stop); },
                              [self, id, running] {
                                {
                                  std::lock_guard lock(self->mutex_);
                                  self->running_.erase(id);
                                }
                                running.operation->Fail();
                              },
                              running.operation->cancellation());
  return running.operation;
}

void PluginPackages::Run(const std::string& id, const std::vector<PackageDefinition>& packages, const Running& running,
                         const std::stop_token& stop) {
  Staging staging(surroundings_.directory);
  Faults& faults = surroundings_.faults;
  Result<> done = staging.Make();
  bool pretend = false;
  if (done) {
    done = Download(packages, running, staging.path(), stop);
    if (done) {
      running.download->Succeed();
    } else {
      running.download->Fail();
      pretend = done.error().kind == ErrorKind::kNotFound && faults.package_unserved_file_fails.Strikes();
    }
  }
  const bool wrong_but_kept = !done && done.error().kind == ErrorKind::kConflict && faults.package_wrong_digest_is_not_installed.Strikes();
  if (done || wrong_but_kept) {
    running.install->Start();
    auto placed = stop.stop_requested() ? provdlab::Fail(ErrorKind::kCancelled, "it was cancelled") : Place(packages, staging.path(), stop);
    if (placed) changed_();
    if (done) done = placed;
  }
  {
    std::lock_guard lock(mutex_);
    // A later install of the same package may have taken the place, if a fault let it.
    if (const auto mine = running_.find(id); mine != running_.end() && mine->second == running.operation) running_.erase(mine);
  }
  if (!done) surroundings_.log("the package '" + id + "' of the plugin '" + plugin_ + "' was not installed: " + done.error().message);
  if (done || pretend) {
    running.install->Succeed();
    running.operation->Succeed();
  } else {
    running.operation->Fail();
  }
}

Result<> PluginPackages::Download(const std::vector<PackageDefinition>& packages, const Running& running, const std::string& staging,
                                  const std::stop_token& stop) {
  std::set<std::string> names;
  for (const PackageDefinition& package : packages) {
    for (const PackageFile& file : package.files) {
      if (!names.insert(file.name).second) continue;
      running.download->Start();
      if (cache_.Take(file.name, {file.size, file.sha1sum}, staging + "/" + file.name)) continue;
      auto part = running.download->AddPart("", file.size, true);
      if (auto downloaded = DownloadFile(file, *part, staging, stop); !downloaded) {
        part->Fail();
        return downloaded;
      }
      part->Succeed();
    }
  }
  return {};
}

Result<> PluginPackages::DownloadFile(const PackageFile& file, Operation& part, const std::string& staging, const std::stop_token& stop) {
  const Parameters& parameters = surroundings_.parameters;
  std::string url = file.url;
  if (url.empty()) return provdlab::Fail(ErrorKind::kInvalid, "the file '" + file.name + "' has no URL and is not in the cache");
  if (url.find("://") == std::string::npos) {
    const std::string server = parameters.plugin_server();
    if (server.empty())
      return provdlab::Fail(ErrorKind::kInvalid, "the file '" + file.name + "' can't be downloaded: plugin_server is not set");
    url = server + (server.ends_with('/') ? "" : "/") + url;
  }
  const std::string path = staging + "/" + file.name;
  part.Start();
  auto got = Fetch({.url = url, .file = path, .most_bytes = file.size, .durability = surroundings_.durability()},
                   {.http_proxy = parameters.http_proxy(), .https_proxy = parameters.https_proxy()}, surroundings_.timeouts, stop,
                   [&](std::uint64_t bytes) { part.Progress(bytes); });
  if (!got) return provdlab::Fail(got.error().kind, "the file '" + file.name + "' was not downloaded: " + got.error().message);
  if (got->bytes != file.size)
    return provdlab::Fail(ErrorKind::kInvalid, "the file '" + file.name + "' has " + std::to_string(got->bytes) + " bytes instead of " +
                                                   std::to_string(file.size));
  if (got->sha1sum != file.sha1sum && !surroundings_.faults.package_wrong_digest_fails.Strikes())
    return provdlab::Fail(ErrorKind::kConflict,
                          "the file '" + file.name + "' has the sha1sum " + got->sha1sum + " instead of " + file.sha1sum);
  return {};
}

// All that can be wrong is found out before anything is copied, so that nothing of a package that fails stays.
Result<> PluginPackages::Place(const std::vector<PackageDefinition>& packages, const std::string& staging, const std::stop_token& stop) {
  std::vector<std::pair<const PackageDefinition*, std::vector<PlacedFile>>> plan;
  for (const PackageDefinition& package : packages) {
    auto files = PrepareInstall(package, staging, stop);
    if (!files) return provdlab::Fail(files.error());
    plan.emplace_back(&package, std::move(*files));
  }
  std::lock_guard placing(placing_);
  {
    std::lock_guard lock(mutex_);
    if (closed_) return provdlab::Fail(ErrorKind::kCancelled, "the plugin was uninstalled");
  }
  std::vector<std::string> made;
  Result<> placed;
  for (const auto& [package, files] : plan) {
    for (const PackageFile& file : package->files)
      if (placed) placed = cache_.Keep(staging + "/" + file.name, file.name);
    for (const PlacedFile& file : files) {
      if (!placed) break;
      made.push_back(file.to);
      placed = LinkFile(staging + "/" + file.from, Folder() + "/var/tftpboot/" + file.to, staging + "/.placed");
    }
  }
  if (placed) placed = SyncToDisk(Folder(), surroundings_.durability());
  for (const auto& [package, files] : plan)
    if (placed) placed = Record(*package, files);
  if (!placed) RemoveUnused(made);
  return placed;
}

Result<> PluginPackages::Record(const PackageDefinition& package, const std::vector<PlacedFile>& files) {
  Json record = {{"shown", package.shown}, {"paths", Json::array()}};
  for (const PlacedFile& file : files) record["paths"].push_back(file.to);
  if (auto kept = surroundings_.store.Put(CollectionOf(plugin_), package.id, record); !kept) return kept;
  Json replaced;
  {
    std::lock_guard lock(mutex_);
    replaced = std::exchange(installed_[package.id], std::move(record));
  }
  if (replaced.is_object()) RemoveUnused(replaced["paths"].get<std::vector<std::string>>());
  return {};
}

Result<> PluginPackages::Uninstall(const std::string& id) {
  auto removed = Remove(id);
  if (removed) changed_();
  return removed;
}

Result<> PluginPackages::Remove(const std::string& id) {
  std::lock_guard placing(placing_);
  std::vector<std::string> sharing;
  {
    std::lock_guard lock(mutex_);
    const auto record = installed_.find(id);
    if (record == installed_.end()) return provdlab::Fail(ErrorKind::kNotFound, "the package '" + id + "' is not installed");
    if (running_.contains(id)) return provdlab::Fail(ErrorKind::kConflict, "the package '" + id + "' is being installed");
    if (surroundings_.faults.package_gone_after_uninstall.Strikes()) return {};
    for (const auto& [other, installed] : installed_)
      for (const Json& path : record->second.at("paths"))
        if (other != id && Mentions(installed, path.get<std::string>())) sharing.push_back(other);
  }
  if (!sharing.empty() && surroundings_.faults.package_shares_files.Strikes())
    for (const std::string& other : sharing)
      if (auto dropped = Drop(other); !dropped) return dropped;
  const bool careless = !sharing.empty() && surroundings_.faults.shared_file_stays.Strikes();
  return Drop(id, careless);
}

// The record goes first: a crash then leaves files that nobody asks for, never a package without its files.
Result<> PluginPackages::Drop(const std::string& id, bool careless) {
  if (auto removed = surroundings_.store.Remove(CollectionOf(plugin_), id); !removed) return removed;
  Json record;
  {
    std::lock_guard lock(mutex_);
    const auto found = installed_.find(id);
    if (found == installed_.end()) return {};
    record = std::move(found->second);
    installed_.erase(found);
  }
  RemoveUnused(record["paths"].get<std::vector<std::string>>(), careless);
  return {};
}

void PluginPackages::RemoveUnused(const std::vector<std::string>& paths, bool careless) {
  for (const std::string& path : paths) {
    if (!careless) {
      std::lock_guard lock(mutex_);
      if (std::any_of(installed_.begin(), installed_.end(), [&](const auto& each) { return Mentions(each.second, path); })) continue;
    }
    std::filesystem::path file = std::filesystem::path(Folder()) / "var/tftpboot" / path;
    unlink(file.c_str());  // it may be gone already
    const std::filesystem::path top = std::filesystem::path(Folder()) / "var/tftpboot";
    for (auto folder = file.parent_path(); folder != top && rmdir(folder.c_str()) == 0;) folder = folder.parent_path();
  }
}

Json PluginPackages::Installable(std::string_view locale) const {
  Json shown = Json::object();
  std::lock_guard lock(mutex_);
  for (const PackageDefinition& package : definitions_) {
    shown[package.id] = Localise(package.shown, locale);
    shown[package.id]["dsize"] = package.size();
  }
  return shown;
}

Json PluginPackages::Installed(std::string_view locale) const {
  Json shown = Json::object();
  std::lock_guard lock(mutex_);
  if (!installed_.empty() && surroundings_.faults.package_installed_after_install.Strikes()) return shown;
  for (const auto& [id, record] : installed_) shown[id] = Localise(record.at("shown"), locale);
  return shown;
}

std::map<std::string, std::string> PluginPackages::InstalledVersions() const {
  std::map<std::string, std::string> versions;
  std::lock_guard lock(mutex_);
  for (const auto& [id, record] : installed_) {
    const Json version = record.at("shown").value("version", Json());
    versions[id] = version.is_string() ? version.get<std::string>() : "";
  }
  return versions;
}

// The package after everything that it depends on and that is not installed yet. Each once, so that rings end.
std::vector<PackageDefinition> PluginPackages::WithDependencies(const std::string& id) const {
  std::vector<PackageDefinition> packages;
  std::set<std::string> seen;
  const bool forget = !Find(id)->depends.empty() && surroundings_.faults.package_dependencies_come_along.Strikes();
  std::function<void(const std::string&)> add = [&](const std::string& name) {
    const PackageDefinition* package = Find(name);
    if (package == nullptr || !seen.insert(name).second || (name != id && (forget || installed_.contains(name)))) return;
    for (const std::string& other : package->depends) add(other);
    packages.push_back(*package);
  };
  add(id);
  return packages;
}

const PackageDefinition* PluginPackages::Find(std::string_view id) const {
  const auto found = std::find_if(definitions_.begin(), definitions_.end(), [&](const auto& each) { return each.id == id; });
  return found == definitions_.end() ? nullptr : &*found;
}

}  // namespace provdlab::server
