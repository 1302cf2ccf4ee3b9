#include "server/application/plugin_manager.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/files.h"
#include "base/http/message.h"
#include "server/application/plugin_packages.h"
#include "server/application/plugin_parameters.h"
#include "server/application/staging.h"
#include "server/plugins/catalogue.h"
#include "server/plugins/extraction.h"
#include "server/plugins/limits.h"
#include "server/plugins/localise.h"
#include "server/plugins/manifest.h"
#include "server/plugins/package_cache.h"
#include "server/plugins/phone_support.h"
#include "server/plugins/placing.h"

namespace provdlab::server {
namespace {

constexpr std::string_view kCatalogueCollection = "catalogue";
constexpr std::string_view kCatalogueId = "plugins.db";

// How long faults of lateness hold an answer up, and from when on a repository counts as late.
constexpr std::chrono::seconds kStubbornness{5};
constexpr std::chrono::milliseconds kLate{120};

// Where an install failed; some faults turn one of these into a success.
enum class Cause { kUnserved, kCut, kWrongPage, kWrongDigest, kNotAnArchive, kHostile, kBomb, kNoPlugin, kUnloadable, kOther };

struct InstallFailure {
  Cause cause = Cause::kOther;
  Error error;
};
using InstallResult = tl::expected<void, InstallFailure>;

tl::unexpected<InstallFailure> Failed(Cause cause, Error error) {
  return tl::unexpected<InstallFailure>(InstallFailure{cause, std::move(error)});
}

Cause CauseOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotAnArchive:
      return Cause::kNotAnArchive;
    case Refusal::kHostile:
      return Cause::kHostile;
    case Refusal::kBomb:
      return Cause::kBomb;
    case Refusal::kOther:
      break;
  }
  return Cause::kOther;
}

// What has a folder under plugins.
struct InstalledPlugin {
  Json info = Json::object();                  // plugin-info; if it can't be read, what stands for it
  std::string problem;                         // why it is not loaded
  std::shared_ptr<const LoadedPlugin> loaded;  // null if it is not
  std::shared_ptr<PluginParameters> parameters;
  std::shared_ptr<PluginPackages> packages;
  bool hidden = false;    // by a fault: not listed as installed
  bool unlisted = false;  // by a fault: not listed as loaded
};

// For a fault: the list, in which names of files that lead elsewhere have become what such files are usually called.
std::string WithUsualFileNames(const std::string& text) {
  auto list = ParseJson(text);
  if (!list || !list->is_object()) return text;
  for (const auto& [id, entry] : list->items()) {
    if (!entry.is_object() || !entry.contains("filename") || !entry["filename"].is_string()) continue;
    const std::string name = entry["filename"].get<std::string>();
    if (!name.empty() && name != ".." && name.find('/') == std::string::npos) continue;
    entry["filename"] = id + "-" + entry.value("version", std::string()) + ".tar.bz2";
  }
  return DumpJson(*list);
}

// What faults keep of a plugin that is not there.
struct Ghost {
  Json info;
  std::shared_ptr<const LoadedPlugin> loaded;
  bool installed = false, listed = false, found = false;
  bool can_go = false;  // an uninstall removes it
};

// Everything that may be shown of a plugin whose plugin-info can't be read.
Json NoInfo() { return {{"version", ""}, {"description", ""}, {"capabilities", Json::object()}}; }

}  // namespace

// The work behind PluginManager. Its methods are called by the threads of requests and of the workers.
//
// `busy` has the ids of plugins that an operation, an uninstall or a reload is changing; whoever has put an id there is the only one to
// touch the plugin's folder, and does so without holding `mutex`.
struct PluginManager::State {
  explicit State(const Surroundings& with) : surroundings(with), cache(with.directory.cache()) {}

  std::string FolderOf(const std::string& id) const { return surroundings.directory.plugins() + "/" + id; }
  Proxies ProxiesNow() const;
  // The address of a file of the repository.
  std::string Address(const std::string& file) const;

  Result<> Recover();
  Result<> RecoverPlugin(const std::string& id);
  // Makes ready what the folder holds. `services` are those of the version before, to be kept.
  InstalledPlugin Load(const std::string& id, const std::string& folder, const InstalledPlugin& services);
  InstalledPlugin Ready(const std::string& id, Json info, Manifest manifest, const InstalledPlugin& services);
  InstalledPlugin Broken(const std::string& id, Json info, const std::string& problem, const InstalledPlugin& services);

  Result<std::shared_ptr<Operation>> Begin(const std::string& id, bool upgrade);
  void RunInstall(const std::string& id, const CatalogueEntry& entry, const std::shared_ptr<Operation>& operation,
                  const std::stop_token& stop);
  InstallResult Obtain(const CatalogueEntry& entry, bool upgrade, const std::string& package, Operation& operation,
                       const std::stop_token& stop);
  InstallResult DownloadPackage(const CatalogueEntry& entry, const std::string& package, Operation& operation, const std::stop_token& stop);
  // A plugin that can't be loaded is placed as well, with its problem.
  tl::expected<InstalledPlugin, InstallFailure> Place(const std::string& id, const std::string& package, const std::string& staging,
                                                      const std::stop_token& stop);
  bool EndsInSuccess(const InstallFailure& failure, bool upgrade);

  void RunUpdate(const std::shared_ptr<Operation>& operation, const std::stop_token& stop);
  Result<Catalogue> FetchCatalogue(Operation& operation, const std::stop_token& stop, std::string& text);
  void Distort(Catalogue& fresh);

  Result<> Uninstall(const std::string& id);
  void Release(const std::string& id);
  Result<> Changed(const std::string& id) const;  // tells the observer; without `mutex`
  void PackagesChanged(const std::string& id);    // a package of the plugin was installed or removed; without `mutex`
  void NoLongerBusy(const std::string& id);       // with `mutex` held

  const Surroundings surroundings;
  const PackageCache cache;
  std::function<Result<>(const std::string& id)> observer;
  mutable std::mutex mutex;  // guards what follows; never held while a disk or a network works
  std::shared_ptr<const Catalogue> catalogue = std::make_shared<Catalogue>();
  int updates = 0;
  bool update_failed = false;
  std::multiset<std::string> busy;
  mutable std::condition_variable released;  // something left `busy`
  std::map<std::string, InstalledPlugin, std::less<>> installed;
  std::map<std::string, Ghost, std::less<>> ghosts;
  std::string uninstalled_last;  // for a fault: where its folder is
  std::set<std::string> failed_downloads;
  std::set<std::string> listed_once;  // every package that an update has listed, for the fault that shows no new ones
};

Proxies PluginManager::State::ProxiesNow() const {
  const Parameters& parameters = surroundings.parameters;
  const std::string http_proxy = parameters.http_proxy();
  const bool ignored = !http_proxy.empty() && surroundings.faults.http_proxy_is_used.Strikes();
  return {.http_proxy = ignored ? "" : http_proxy, .https_proxy = parameters.https_proxy()};
}

std::string PluginManager::State::Address(const std::string& file) const {
  std::string server = surroundings.parameters.plugin_server();
  if (!server.ends_with('/') || surroundings.faults.plugin_server_slash_means_nothing.Strikes()) server += '/';
  return server + http::PercentEncode(file);
}

// ---- At the start ----

Result<> PluginManager::State::Recover() {
  const StateDirectory& directory = surroundings.directory;
  if (auto restored = RestorePrevious(directory.staging(), directory.plugins()); !restored) return restored;
  auto leftovers = ListFolder(directory.staging());
  if (!leftovers) return Fail(leftovers.error());
  for (const std::string& name : *leftovers)
    if (auto removed = RemoveTree(directory.staging() + "/" + name); !removed) surroundings.log(removed.error().message);

  auto kept = surroundings.store.Get(kCatalogueCollection, kCatalogueId);
  if (kept && kept->is_string()) {
    auto parsed = Catalogue::Parse(kept->get_ref<const std::string&>());
    if (parsed)
      catalogue = std::make_shared<Catalogue>(std::move(*parsed));
    else
      surroundings.log("the kept list of packages can't be used, update it: " + parsed.error().message);
  } else if (!kept && kept.error().kind != ErrorKind::kNotFound) {
    return Fail(kept.error());
  }

  auto folders = ListFolder(directory.plugins());
  if (!folders) return Fail(folders.error());
  for (const std::string& id : *folders)
    if (auto recovered = RecoverPlugin(id); !recovered) return recovered;
  const bool broken = std::any_of(installed.begin(), installed.end(), [](const auto& each) { return !each.second.problem.empty(); });
  if (broken && surroundings.faults.installed_survives_restart_beside_broken.Strikes()) {
    for (const auto& [id, plugin] : std::exchange(installed, {}))
      if (auto removed = RemoveTree(FolderOf(id)); !removed) return removed;
  }
  auto data = ListFolder(directory.data());
  if (!data) return Fail(data.error());
  for (const std::string& id : *data)
    if (!installed.contains(id))
      if (auto removed = RemoveTree(directory.data() + "/" + id); !removed) surroundings.log(removed.error().message);
  return {};
}

Result<> PluginManager::State::RecoverPlugin(const std::string& id) {
  std::error_code problem;
  if (!std::filesystem::is_directory(FolderOf(id), problem) || !IsAllowedId(id)) {
    surroundings.log(FolderOf(id) + " is no plugin's folder and is left alone");
    return {};
  }
  if (surroundings.faults.installed_survives_restart.Strikes()) return RemoveTree(FolderOf(id));
  installed[id] = Load(id, FolderOf(id), {});
  return {};
}

InstalledPlugin PluginManager::State::Load(const std::string& id, const std::string& folder, const InstalledPlugin& services) {
  auto info = ReadPluginInfo(folder);
  if (!info) return Broken(id, NoInfo(), info.error().message, services);
  auto manifest = ReadManifest(folder, *info);
  if (!manifest) return Broken(id, std::move(*info), manifest.error().message, services);
  return Ready(id, std::move(*info), std::move(*manifest), services);
}

InstalledPlugin PluginManager::State::Ready(const std::string& id, Json info, Manifest manifest, const InstalledPlugin& services) {
  InstalledPlugin plugin;
  auto loaded = std::make_shared<LoadedPlugin>();
  loaded->id = id;
  loaded->version = info.at("version").get<std::string>();
  loaded->phones = std::move(manifest.phones);
  loaded->folders = {surroundings.directory.data() + "/" + id, FolderOf(id)};
  if (manifest.parameters) {
    if (services.parameters) {
      plugin.parameters = services.parameters;
      plugin.parameters->Adopt(std::move(*manifest.parameters));
    } else {
      auto parameters = PluginParameters::Load(id, std::move(*manifest.parameters), surroundings.store, surroundings.faults);
      if (!parameters) return Broken(id, std::move(info), parameters.error().message, services);
      plugin.parameters = std::move(*parameters);
    }
    loaded->configuration = plugin.parameters;
  }
  if (manifest.packages) {
    if (services.packages) {
      plugin.packages = services.packages;
      plugin.packages->Adopt(std::move(*manifest.packages));
    } else {
      auto packages = PluginPackages::Load(id, std::move(*manifest.packages), surroundings, [this, id] { PackagesChanged(id); });
      if (!packages) return Broken(id, std::move(info), packages.error().message, services);
      plugin.packages = std::move(*packages);
    }
    loaded->installation = plugin.packages;
    loaded->packages = plugin.packages->InstalledVersions();
  } else if (services.packages) {
    services.packages->Close();
  }
  plugin.info = std::move(info);
  plugin.loaded = std::move(loaded);
  return plugin;
}

InstalledPlugin PluginManager::State::Broken(const std::string& id, Json info, const std::string& problem,
                                             const InstalledPlugin& services) {
  surroundings.log("the plugin '" + id + "' can't be loaded: " + problem);
  InstalledPlugin plugin;
  plugin.info = std::move(info);
  plugin.problem = problem;
  plugin.parameters = services.parameters;
  plugin.packages = services.packages;
  if (surroundings.faults.unloadable_is_not_listed.Strikes())
    plugin.loaded = std::make_shared<LoadedPlugin>(LoadedPlugin{id, plugin.info.at("version"), nullptr, nullptr});
  return plugin;
}

// ---- Install and upgrade ----

Result<std::shared_ptr<Operation>> PluginManager::State::Begin(const std::string& id, bool upgrade) {
  Faults& faults = surroundings.faults;
  if (surroundings.parameters.plugin_server().empty())
    return Fail(ErrorKind::kInvalid, "plugin_server is not set, so there is no repository to download from");
  CatalogueEntry entry;
  {
    std::lock_guard lock(mutex);
    const auto there = installed.find(id);
    if (upgrade && there == installed.end()) return Fail(ErrorKind::kNotFound, "the plugin '" + id + "' is not installed");
    const CatalogueEntry* listed = catalogue->Find(id);
    if (listed == nullptr) return Fail(ErrorKind::kNotFound, "there is no package '" + id + "' in the list; updating the list may help");
    if (!upgrade && there != installed.end() && !faults.already_installed_refused.Strikes())
      return Fail(ErrorKind::kConflict, "the plugin '" + id + "' is already installed");
    if (busy.contains(id) && !(upgrade ? faults.upgrade_in_progress_refused : faults.in_progress_refused).Strikes())
      return Fail(ErrorKind::kConflict, "the plugin '" + id + "' is being installed, upgraded or removed");
    if (!busy.empty() && !busy.contains(id) && faults.packages_in_parallel.Strikes())
      return Fail(ErrorKind::kConflict, "another plugin is being installed");
    if (upgrade && there->second.info.value("version", Json()) == listed->version && faults.upgrade_to_same_version_accepted.Strikes())
      return Fail(ErrorKind::kConflict, "the plugin '" + id + "' has that version already");
    const bool broken = std::any_of(installed.begin(), installed.end(), [](const auto& each) { return !each.second.problem.empty(); });
    if (broken && faults.unloadable_plugin_harms_nobody.Strikes()) return Fail(ErrorKind::kConflict, "a plugin can't be loaded");
    if (failed_downloads.contains(id) && faults.recovers_after_failed_download.Strikes())
      return Fail(ErrorKind::kConflict, "the plugin '" + id + "' could not be downloaded");
    entry = *listed;
    busy.insert(id);
  }
  auto operation = Operation::Make("install");
  surroundings.workers.Start([this, id, entry, operation](const std::stop_token& stop) { RunInstall(id, entry, operation, stop); },
                             [this, id, operation] {
                               Release(id);
                               operation->Fail();
                             },
                             operation->cancellation());
  return operation;
}

void PluginManager::State::NoLongerBusy(const std::string& id) {
  if (const auto mine = busy.find(id); mine != busy.end()) busy.erase(mine);
  released.notify_all();
}

void PluginManager::State::PackagesChanged(const std::string& id) {
  {
    std::lock_guard lock(mutex);
    const auto plugin = installed.find(id);
    if (plugin == installed.end() || !plugin->second.loaded || !plugin->second.packages) return;
    auto loaded = std::make_shared<LoadedPlugin>(*plugin->second.loaded);
    loaded->packages = plugin->second.packages->InstalledVersions();
    plugin->second.loaded = std::move(loaded);
  }
  static_cast<void>(Changed(id));
}

Result<> PluginManager::State::Changed(const std::string& id) const { return observer ? observer(id) : Result<>(); }

void PluginManager::State::Release(const std::string& id) {
  std::lock_guard lock(mutex);
  NoLongerBusy(id);
}

void PluginManager::State::RunInstall(const std::string& id, const CatalogueEntry& entry, const std::shared_ptr<Operation>& operation,
                                      const std::stop_token& stop) {
  bool upgrade;
  {
    std::lock_guard lock(mutex);
    upgrade = installed.contains(id);
  }
  InstallResult done;
  std::optional<InstalledPlugin> plugin;
  {
    Staging staging(surroundings.directory);
    if (auto made = staging.Make(); !made) done = Failed(Cause::kOther, made.error());
    const std::string package = staging.path() + "/package";
    if (done) done = Obtain(entry, upgrade, package, *operation, stop);
    const bool keep_wrong =
        !done && done.error().cause == Cause::kWrongDigest && surroundings.faults.wrong_digest_is_not_installed.Strikes();
    if (done || keep_wrong) {
      auto placed = Place(id, package, staging.path(), stop);
      if (placed) plugin = std::move(*placed);
      if (done && !placed) done = tl::unexpected(std::move(placed.error()));
      if (done && !plugin->problem.empty()) done = Failed(Cause::kUnloadable, {ErrorKind::kInvalid, plugin->problem, std::nullopt});
    }
  }
  if (!done) surroundings.log("the plugin '" + id + "' was not " + (upgrade ? "upgraded: " : "installed: ") + done.error().error.message);
  {
    std::lock_guard lock(mutex);
    const bool download_failed =
        !done && (done.error().cause == Cause::kUnserved || done.error().cause == Cause::kCut || done.error().cause == Cause::kWrongPage);
    if (!done && done.error().cause == Cause::kHostile && surroundings.faults.hostile_archive_is_not_loaded.Strikes())
      ghosts[id] = {.info = entry.shown, .loaded = nullptr, .listed = true};
    if (!done && done.error().cause == Cause::kUnloadable && upgrade && !plugin &&
        surroundings.faults.consistent_after_failed_upgrade.Strikes())
      installed[id].unlisted = true;
    if (download_failed) failed_downloads.insert(id);
    if (download_failed && !installed.contains(id) && surroundings.faults.failed_install_is_not_listed.Strikes())
      ghosts[id] = {.info = entry.shown, .loaded = nullptr, .installed = true, .can_go = true};
    if (plugin) {
      plugin->hidden = surroundings.faults.installed_after_install.Strikes();
      plugin->unlisted = plugin->loaded && surroundings.faults.loaded_after_install.Strikes();
      installed[id] = std::move(*plugin);
      ghosts.erase(id);
      failed_downloads.erase(id);
    }
    // Whoever sees the plugin installed, or the operation ended, may begin the next one at once.
    NoLongerBusy(id);
  }
  const bool told = !plugin || Changed(id);
  if (told && (done || EndsInSuccess(done.error(), upgrade)))
    operation->Succeed();
  else
    operation->Fail();
}

bool PluginManager::State::EndsInSuccess(const InstallFailure& failure, bool upgrade) {
  Faults& faults = surroundings.faults;
  switch (failure.cause) {
    case Cause::kUnserved:
      return faults.unserved_package_fails.Strikes();
    case Cause::kCut:
      return faults.cut_download_fails.Strikes();
    case Cause::kWrongPage:
      return faults.wrong_page_fails.Strikes();
    case Cause::kNotAnArchive:
      return faults.non_archive_fails.Strikes();
    case Cause::kHostile:
      return faults.hostile_archive_fails.Strikes();
    case Cause::kBomb:
      return faults.bomb_fails.Strikes();
    case Cause::kUnloadable:
      return (upgrade ? faults.upgrade_to_unloadable_fails : faults.unloadable_plugin_fails).Strikes();
    case Cause::kWrongDigest:
    case Cause::kNoPlugin:
    case Cause::kOther:
      break;
  }
  return false;
}

// The package as a file, from the cache or from the repository.
InstallResult PluginManager::State::Obtain(const CatalogueEntry& entry, bool upgrade, const std::string& package, Operation& operation,
                                           const std::stop_token& stop) {
  Faults& faults = surroundings.faults;
  const Measured expected{entry.dsize, entry.sha1sum};
  bool cached = cache.Take(entry.filename, expected, package).has_value();
  if (!cached && faults.cache_is_verified.is_on() && cache.Take(entry.filename, expected, package, false))
    cached = faults.cache_is_verified.Strikes();
  if (cached && !upgrade && faults.reinstalls.Strikes())
    return Failed(Cause::kOther, {ErrorKind::kConflict, "it was installed before", std::nullopt});
  if (cached && !faults.works_from_cache.Strikes()) return {};
  if (auto removed = RemoveTree(package); !removed) return Failed(Cause::kOther, removed.error());
  return DownloadPackage(entry, package, operation, stop);
}

InstallResult PluginManager::State::DownloadPackage(const CatalogueEntry& entry, const std::string& package, Operation& operation,
                                                    const std::stop_token& stop) {
  Faults& faults = surroundings.faults;
  auto part = faults.shows_download.Strikes() ? Operation::Make("download", entry.dsize) : operation.AddPart("download", entry.dsize, true);
  part->Start();
  const bool frozen = faults.counts_bytes.Strikes();
  const bool any_size = faults.wrong_size_fails.Strikes();
  std::uint64_t arrived = 0;
  const auto asked = std::chrono::steady_clock::now();
  bool late = false;
  auto got = Fetch({.url = Address(entry.filename),
                    .file = package,
                    .most_bytes = any_size ? kLargestPackage : entry.dsize,
                    .durability = surroundings.durability()},
                   ProxiesNow(), surroundings.timeouts, stop, [&](std::uint64_t bytes) {
                     if (arrived == 0) late = std::chrono::steady_clock::now() - asked > kLate;
                     arrived = bytes;
                     if (!frozen) part->Progress(bytes);
                   });
  part->Progress(arrived);
  if (!got) {
    part->Fail();
    const ErrorKind kind = got.error().kind;
    const Cause cause = kind == ErrorKind::kNotFound ? Cause::kUnserved : kind == ErrorKind::kUnavailable ? Cause::kCut : Cause::kOther;
    return Failed(cause, {got.error().kind, entry.filename + " was not downloaded: " + got.error().message, std::nullopt});
  }
  if (late && faults.slow_start_succeeds.Strikes()) {
    part->Fail();
    return Failed(Cause::kOther, {ErrorKind::kTimeout, entry.filename + " came late", std::nullopt});
  }
  if (got->bytes != entry.dsize && !any_size) {
    part->Fail();
    const bool page = got->bytes == 0 || ReadFile(package).value_or("").starts_with("<");
    return Failed(
        page ? Cause::kWrongPage : Cause::kCut,
        {ErrorKind::kInvalid, entry.filename + " has " + std::to_string(got->bytes) + " bytes instead of " + std::to_string(entry.dsize),
         std::nullopt});
  }
  if (got->sha1sum != entry.sha1sum && !faults.wrong_digest_fails.Strikes()) {
    part->Fail();
    return Failed(
        Cause::kWrongDigest,
        {ErrorKind::kInvalid, entry.filename + " has the sha1sum " + got->sha1sum + " instead of " + entry.sha1sum, std::nullopt});
  }
  if (auto kept = cache.Keep(package, entry.filename); !kept) surroundings.log(kept.error().message);
  part->Succeed();
  return {};
}

// From the package's bytes to an installed and loaded plugin. Nothing that was there is touched before the new one is known to load.
tl::expected<InstalledPlugin, InstallFailure> PluginManager::State::Place(const std::string& id, const std::string& package,
                                                                          const std::string& staging, const std::stop_token& stop) {
  const std::string unpacked = staging + "/unpacked";
  const std::string fresh = unpacked + "/" + id;
  if (auto made = MakeFolders(unpacked); !made) return Failed(Cause::kOther, made.error());
  if (auto refused = Unpack(package, unpacked, id, stop); !refused) return Failed(CauseOf(refused.error().refusal), refused.error().error);
  auto info = ReadPluginInfo(fresh);
  if (!info) return Failed(Cause::kNoPlugin, info.error());
  auto manifest = ReadManifest(fresh, *info);

  InstalledPlugin services;
  bool upgrade;
  {
    std::lock_guard lock(mutex);
    const auto there = installed.find(id);
    upgrade = there != installed.end();
    if (upgrade) services = there->second;
  }
  if (!manifest && upgrade) return Failed(Cause::kUnloadable, manifest.error());
  if (upgrade && surroundings.faults.upgrade_brings_new_version.Strikes()) return services;
  if (!upgrade) {
    Result<> forgotten = PluginParameters::Forget(id, surroundings.store);
    if (forgotten) forgotten = PluginPackages::Forget(id, surroundings.store);
    if (forgotten) forgotten = RemoveTree(surroundings.directory.data() + "/" + id);
    if (!forgotten) return Failed(Cause::kOther, forgotten.error());
  }
  if (auto synced = SyncToDisk(unpacked, surroundings.durability()); !synced) return Failed(Cause::kOther, synced.error());
  if (stop.stop_requested()) return Failed(Cause::kOther, {ErrorKind::kCancelled, "it was cancelled", std::nullopt});
  if (auto placed = PlaceFolder(fresh, FolderOf(id), unpacked, surroundings.durability()); !placed)
    return Failed(Cause::kOther, placed.error());

  return manifest ? Ready(id, std::move(*info), std::move(*manifest), services)
                  : Broken(id, std::move(*info), manifest.error().message, services);
}

// ---- Uninstall ----

Result<> PluginManager::State::Uninstall(const std::string& id) {
  Faults& faults = surroundings.faults;
  InstalledPlugin plugin;
  {
    std::lock_guard lock(mutex);
    const auto there = installed.find(id);
    if (const auto ghost = ghosts.find(id); there == installed.end() && ghost != ghosts.end() && ghost->second.can_go) {
      ghosts.erase(ghost);
      return {};
    }
    if (there == installed.end()) return Fail(ErrorKind::kNotFound, "the plugin '" + id + "' is not installed");
    if (busy.contains(id)) return Fail(ErrorKind::kConflict, "the plugin '" + id + "' is being installed, upgraded or removed");
    const auto& packages = there->second.packages;
    if (packages && !packages->Installed("").empty() && faults.nothing_left_behind.Strikes()) return {};
    if (!there->second.problem.empty() && faults.unloadable_plugin_can_go.Strikes())
      return Fail(ErrorKind::kConflict, "the plugin '" + id + "' is not loaded");
    plugin = there->second;
    busy.insert(id);
  }
  auto staging = std::make_shared<Staging>(surroundings.directory);
  Result<> removed = staging->Make();
  if (removed && plugin.packages) plugin.packages->Close();
  if (removed && plugin.parameters) plugin.parameters->Close();
  // With its folder the plugin is gone; all else is only swept up, now or at the next start or install.
  std::string discarded = staging->path() + "/plugin";
  if (!plugin.packages && !plugin.parameters && faults.uninstalled_after_restart.Strikes()) {
    if (const std::string last = std::exchange(uninstalled_last, surroundings.directory.staging() + "/previous-" + id); !last.empty())
      static_cast<void>(RemoveTree(last));
    discarded = uninstalled_last;
  }
  if (removed && rename(FolderOf(id).c_str(), discarded.c_str()) != 0 && errno != ENOENT)
    removed = Fail(ErrorKind::kInternal, "cannot remove " + FolderOf(id) + ": " + std::generic_category().message(errno));
  if (removed) {
    rename((surroundings.directory.data() + "/" + id).c_str(), (staging->path() + "/data").c_str());  // there may be none
    for (auto swept : {SyncFolder(surroundings.directory.plugins(), surroundings.durability()),
                       PluginParameters::Forget(id, surroundings.store), PluginPackages::Forget(id, surroundings.store)})
      if (!swept) surroundings.log(swept.error().message);
  }
  InstalledPlugin after = removed ? InstalledPlugin() : Load(id, FolderOf(id), {});
  {
    std::lock_guard lock(mutex);
    if (removed) {
      Ghost ghost{.info = plugin.info, .loaded = plugin.loaded};
      ghost.installed = faults.gone_after_uninstall.Strikes();
      ghost.listed = plugin.loaded && faults.unloaded_after_uninstall.Strikes();
      ghost.found = plugin.loaded && faults.services_end_with_plugin.Strikes();
      if (ghost.installed || ghost.listed || ghost.found) ghosts[id] = std::move(ghost);
      installed.erase(id);
    } else {
      installed[id] = std::move(after);
    }
    NoLongerBusy(id);
  }
  const auto told = Changed(id);
  // A plugin's firmware may be gigabytes: they are removed while nobody waits.
  surroundings.workers.Start([staging = std::move(staging)](const std::stop_token&) mutable { staging.reset(); }, [] {});
  return removed ? told : removed;
}

// ---- Update ----

Result<Catalogue> PluginManager::State::FetchCatalogue(Operation& operation, const std::stop_token& stop, std::string& text) {
  Staging staging(surroundings.directory);
  if (auto made = staging.Make(); !made) return Fail(made.error());
  const std::string file = staging.path() + "/plugins.db";
  auto got = Fetch({.url = Address("plugins.db"), .file = file, .most_bytes = kLongestCatalogue, .durability = surroundings.durability()},
                   ProxiesNow(), surroundings.timeouts, stop, [&](std::uint64_t bytes) { operation.Progress(bytes); });
  if (!got) return Fail(got.error().kind, "plugins.db was not downloaded: " + got.error().message);
  auto read = ReadFile(file, kLongestCatalogue);
  if (!read) return Fail(read.error());
  text = std::move(*read);
  auto parsed = Catalogue::Parse(text);
  const auto leads_out = [](const Omission& each) { return each.member == "filename" && each.malformed; };
  if (parsed && std::any_of(parsed->omissions().begin(), parsed->omissions().end(), leads_out) &&
      surroundings.faults.hostile_filename_is_not_followed.Strikes()) {
    text = WithUsualFileNames(text);
    return Catalogue::Parse(text);
  }
  return parsed;
}

// What the faults of the list make of a good one.
void PluginManager::State::Distort(Catalogue& fresh) {
  Faults& faults = surroundings.faults;
  const auto old = catalogue;
  const bool malformed_sum = std::any_of(fresh.omissions().begin(), fresh.omissions().end(),
                                         [](const Omission& each) { return each.member == "sha1sum" && each.malformed; });
  const bool lacking =
      std::any_of(fresh.omissions().begin(), fresh.omissions().end(), [](const Omission& each) { return !each.malformed; });
  if ((malformed_sum && faults.malformed_sum_hides_only_itself.Strikes()) || (lacking && faults.bad_entry_hides_only_itself.Strikes()))
    fresh = Catalogue();
  if (!listed_once.empty() && faults.update_shows_new_packages.Strikes()) {
    const Catalogue whole = fresh;
    for (const auto& [id, entry] : whole.entries())
      if (!listed_once.contains(id)) fresh.Remove(id);
  }
  for (const auto& [id, entry] : fresh.entries()) listed_once.insert(id);
  if (faults.update_forgets_dropped_packages.Strikes())
    for (const auto& [id, entry] : old->entries())
      if (fresh.Find(id) == nullptr) fresh.Put(id, entry);
  if (faults.update_shows_new_versions.Strikes())
    for (const auto& [id, entry] : old->entries())
      if (fresh.Find(id) != nullptr) fresh.Put(id, entry);
}

void PluginManager::State::RunUpdate(const std::shared_ptr<Operation>& operation, const std::stop_token& stop) {
  Faults& faults = surroundings.faults;
  std::string text;
  auto fresh = FetchCatalogue(*operation, stop, text);
  bool success = fresh.has_value();
  if (fresh) {
    for (const Omission& omission : fresh->omissions()) surroundings.log(omission.sentence);
    if (auto kept = surroundings.store.Put(kCatalogueCollection, kCatalogueId, text); !kept) {
      surroundings.log(kept.error().message);
      success = false;
    }
  } else {
    surroundings.log("the list of packages was not updated: " + fresh.error().message);
  }
  {
    std::lock_guard lock(mutex);
    const bool relapse = success && update_failed && faults.update_recovers.Strikes();
    if (relapse) success = false;
    if (success) {
      Distort(*fresh);
      catalogue = std::make_shared<Catalogue>(std::move(*fresh));
      update_failed = false;
    } else {
      // A list that came whole and can't be used is kInvalid; one that did not come is anything else.
      const bool bad = !fresh && fresh.error().kind == ErrorKind::kInvalid;
      update_failed = !relapse;
      if ((bad ? faults.bad_list_keeps_last_good_list : faults.installable_keeps_last_good_list).Strikes())
        catalogue = std::make_shared<Catalogue>();
      success = (bad ? faults.bad_list_fails_update : faults.unserved_list_fails_update).Strikes();
    }
    --updates;
  }
  if (success)
    operation->Succeed();
  else
    operation->Fail();
}

// ---- The service ----

PluginManager::PluginManager(std::unique_ptr<State> state) : state_(std::move(state)) {}
PluginManager::~PluginManager() = default;

Result<std::unique_ptr<PluginManager>> PluginManager::Open(const Surroundings& surroundings) {
  auto state = std::make_unique<State>(surroundings);
  if (auto recovered = state->Recover(); !recovered) return Fail(recovered.error());
  return std::unique_ptr<PluginManager>(new PluginManager(std::move(state)));
}

Result<std::shared_ptr<Operation>> PluginManager::Install(const std::string& id) { return state_->Begin(id, false); }
Result<std::shared_ptr<Operation>> PluginManager::Upgrade(const std::string& id) { return state_->Begin(id, true); }
Result<> PluginManager::Uninstall(const std::string& id) { return state_->Uninstall(id); }

Result<std::shared_ptr<Operation>> PluginManager::Update() {
  if (state_->surroundings.parameters.plugin_server().empty())
    return Fail(ErrorKind::kInvalid, "plugin_server is not set, so there is no repository to update from");
  {
    std::lock_guard lock(state_->mutex);
    if (state_->updates > 0 && !state_->surroundings.faults.second_update_refused.Strikes())
      return Fail(ErrorKind::kConflict, "the list of packages is being updated");
    ++state_->updates;
  }
  auto operation = Operation::Make("update", 0, true);
  State* state = state_.get();
  state->surroundings.workers.Start([state, operation](const std::stop_token& stop) { state->RunUpdate(operation, stop); },
                                    [state, operation] {
                                      {
                                        std::lock_guard lock(state->mutex);
                                        --state->updates;
                                      }
                                      operation->Fail();
                                    },
                                    operation->cancellation());
  return operation;
}

Json PluginManager::Installable(std::string_view locale) const {
  std::shared_ptr<const Catalogue> catalogue;
  {
    std::unique_lock lock(state_->mutex);
    if (!state_->busy.empty() && state_->surroundings.faults.rest_answers_while_held.Strikes())
      state_->released.wait_for(lock, kStubbornness, [this] { return state_->busy.empty(); });
    catalogue = state_->catalogue;
  }
  if (!locale.empty() && state_->surroundings.faults.locale_translates_packages.Strikes()) locale = "";
  return catalogue->Shown(locale);
}

Json PluginManager::Installed(std::string_view locale) const {
  Json shown = Json::object();
  std::lock_guard lock(state_->mutex);
  for (const auto& [id, plugin] : state_->installed) {
    if (plugin.hidden) continue;
    shown[id] = Localise(plugin.info, locale);
    if (!plugin.problem.empty()) shown[id]["problem"] = plugin.problem;
  }
  for (const auto& [id, ghost] : state_->ghosts)
    if (ghost.installed && !shown.contains(id)) shown[id] = Localise(ghost.info, locale);
  return shown;
}

void PluginManager::Observe(std::function<Result<>(const std::string& id)> observer) { state_->observer = std::move(observer); }

std::vector<std::string> PluginManager::plugins() const {
  std::set<std::string> ids;
  std::lock_guard lock(state_->mutex);
  for (const auto& [id, plugin] : state_->installed)
    if (plugin.loaded && !plugin.unlisted) ids.insert(id);
  for (const auto& [id, ghost] : state_->ghosts)
    if (ghost.listed) ids.insert(id);
  return {ids.begin(), ids.end()};
}

std::shared_ptr<const LoadedPlugin> PluginManager::Loaded(std::string_view id) const {
  std::lock_guard lock(state_->mutex);
  const auto plugin = state_->installed.find(id);
  return plugin == state_->installed.end() ? nullptr : plugin->second.loaded;
}

std::shared_ptr<const LoadedPlugin> PluginManager::Find(std::string_view id) const {
  std::lock_guard lock(state_->mutex);
  if (const auto plugin = state_->installed.find(id); plugin != state_->installed.end()) return plugin->second.loaded;
  if (const auto ghost = state_->ghosts.find(id); ghost != state_->ghosts.end() && ghost->second.found) return ghost->second.loaded;
  return nullptr;
}

bool PluginManager::IsInstalled(std::string_view id) const {
  std::lock_guard lock(state_->mutex);
  return state_->installed.contains(id);
}

Result<Json> PluginManager::Info(std::string_view id, std::string_view locale) const {
  std::lock_guard lock(state_->mutex);
  const auto plugin = state_->installed.find(id);
  if (plugin == state_->installed.end() || !plugin->second.loaded)
    return Fail(ErrorKind::kNotFound, "there is no plugin '" + std::string(id) + "'");
  return Localise(plugin->second.info, locale);
}

Result<> PluginManager::Reload(const std::string& id) {
  InstalledPlugin services;
  {
    std::lock_guard lock(state_->mutex);
    const auto there = state_->installed.find(id);
    if (there == state_->installed.end()) return Fail(ErrorKind::kNotFound, "the plugin '" + id + "' is not installed");
    if (state_->busy.contains(id)) return Fail(ErrorKind::kConflict, "the plugin '" + id + "' is being installed, upgraded or removed");
    services = there->second;
    state_->busy.insert(id);
  }
  InstalledPlugin plugin = state_->Load(id, state_->FolderOf(id), services);
  const std::string problem = plugin.problem;
  if (state_->surroundings.faults.loaded_after_reload.Strikes()) plugin.unlisted = true;
  {
    std::lock_guard lock(state_->mutex);
    state_->installed[id] = std::move(plugin);
    state_->NoLongerBusy(id);
  }
  const auto told = state_->Changed(id);
  if (!problem.empty()) return Fail(ErrorKind::kInvalid, "the plugin '" + id + "' can't be loaded: " + problem);
  return told;
}

Result<> PluginManager::Reset() {
  std::vector<std::string> ids;
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [id, plugin] : state_->installed) ids.push_back(id);
  }
  for (const std::string& id : ids)
    if (auto removed = state_->Uninstall(id); !removed && removed.error().kind != ErrorKind::kNotFound) return removed;
  const StateDirectory& directory = state_->surroundings.directory;
  auto cached = ListFolder(directory.cache());
  if (!cached) return Fail(cached.error());
  for (const std::string& name : *cached)
    if (auto removed = RemoveTree(directory.cache() + "/" + name); !removed) return removed;
  if (auto removed = state_->surroundings.store.RemoveAll(kCatalogueCollection); !removed) return removed;
  std::lock_guard lock(state_->mutex);
  state_->catalogue = std::make_shared<Catalogue>();
  state_->update_failed = false;
  state_->ghosts.clear();
  state_->failed_downloads.clear();
  state_->listed_once.clear();
  return {};
}

}  // namespace provdlab::server
