#pragma once
// A plugin's own installation service: the packages of its manifest, most often firmware, copied to where its phones fetch them.
//
//   auto packages = PluginPackages::Load("acme", *manifest.packages, surroundings);
//   auto install = (*packages)->Install("fw");     // install_pkg|progress(download|waiting)(install|waiting)
//
// It owns the folder data/PLUGIN of the state directory: cache (files as downloaded, by name, verified before use) and var/tftpboot (what
// is installed). What is installed is kept in the store and survives restarts and upgrades of the plugin. Any thread.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/application/services.h"
#include "server/application/surroundings.h"
#include "server/plugins/manifest.h"
#include "server/plugins/package_cache.h"
#include "server/plugins/package_install.h"
#include "server/store/store.h"

namespace provdlab::server {

class PluginPackages : public InstallationService, public std::enable_shared_from_this<PluginPackages> {
 public:
  // `changed` is called whenever what is installed has changed, from any thread and before whoever asked for it hears of the end.
  static Result<std::shared_ptr<PluginPackages>> Load(const std::string& plugin, std::vector<PackageDefinition> definitions,
                                                      const Surroundings& surroundings, std::function<void()> changed);
  // What a plugin of that id had installed is forgotten; its folder is the caller's to remove.
  static Result<> Forget(const std::string& plugin, Store& store);

  // Of a newer version of the plugin. Installs that run end as they began.
  void Adopt(std::vector<PackageDefinition> definitions);
  // The plugin is about to go: running installs are cancelled and nothing is copied or recorded any more when it returns.
  void Close();

  bool has_update() const override { return false; }
  Result<std::shared_ptr<Operation>> Install(const std::string& id) override;
  Result<std::shared_ptr<Operation>> Upgrade(const std::string& id) override;
  Result<std::shared_ptr<Operation>> Update() override;
  Result<> Uninstall(const std::string& id) override;
  Json Installable(std::string_view locale) const override;
  Json Installed(std::string_view locale) const override;
  // What is installed, and its versions.
  std::map<std::string, std::string> InstalledVersions() const;

 private:
  struct Running {
    std::shared_ptr<Operation> operation, download, install;
  };

  PluginPackages(std::string plugin, const Surroundings& surroundings, std::function<void()> changed);
  std::string Folder() const;
  Result<std::shared_ptr<Operation>> Begin(const std::string& id, bool upgrade);
  void Run(const std::string& id, const std::vector<PackageDefinition>& packages, const Running& running, const std::stop_token& stop);
  Result<> Download(const std::vector<PackageDefinition>& packages, const Running& running, const std::string& staging,
                    const std::stop_token& stop);
  Result<> DownloadFile(const PackageFile& file, Operation& part, const std::string& staging, const std::stop_token& stop);
  Result<> Place(const std::vector<PackageDefinition>& packages, const std::string& staging, const std::stop_token& stop);
  Result<> Record(const PackageDefinition& package, const std::vector<PlacedFile>& files);
  Result<> Remove(const std::string& id);
  // `careless`: a fault, which takes what others use as well.
  Result<> Drop(const std::string& id, bool careless = false);
  void RemoveUnused(const std::vector<std::string>& paths, bool careless = false);
  std::vector<PackageDefinition> WithDependencies(const std::string& id) const;
  const PackageDefinition* Find(std::string_view id) const;

  const std::string plugin_;
  const Surroundings surroundings_;
  const PackageCache cache_;
  const std::function<void()> changed_;
  std::mutex placing_;        // one change of var/tftpboot at a time; held while the disk and the store work
  mutable std::mutex mutex_;  // guards the rest, never held while they do
  bool closed_ = false;
  std::vector<PackageDefinition> definitions_;
  std::map<std::string, Json> installed_;  // by id: {"shown": {…}, "paths": […]}
  std::map<std::string, std::shared_ptr<Operation>> running_;
};

}  // namespace provdlab::server
