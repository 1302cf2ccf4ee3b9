#pragma once
// The plugins: which can be had, which are installed, which are loaded, and everything that changes that.
//
//   auto install = plugins.Install("acme-1.0");          // at once: an operation, or why not
//   operations.Create("pg_mgr/install/install", *install);
//   …
//   if (auto plugin = plugins.Find("acme-1.0")) plugin->configuration->List("fr_FR");
//
// *Installed* is what has a folder in the state directory, *loaded* is what could also be understood; a plugin that can't be
// loaded stays listed as installed, with a member "problem", until it is uninstalled or upgraded, and disturbs nobody.
//
// All methods may be called from any thread. What takes time runs on the workers and is seen through the Operation; what answers
// at once (Uninstall, Reload) touches the disk for a few renames or reads, never the network.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/application/operation.h"
#include "server/application/services.h"
#include "server/application/surroundings.h"

namespace provdlab::server {

class PhoneSupport;  // server/plugins/phone_support.h

// A loaded plugin as its readers see it; it never changes. The services live on while somebody holds them; after an uninstall they answer
// that the plugin is gone.
struct LoadedPlugin {
  std::string id;
  std::string version;
  std::shared_ptr<ConfigurationService> configuration;  // null if it offers none
  std::shared_ptr<InstallationService> installation;    // null if it offers none
  std::shared_ptr<const PhoneSupport> phones{};         // null if it knows no phones
  // Folders with files for its phones, below "var/tftpboot" of each: what its packages have installed comes before what it brought along.
  std::vector<std::string> folders{};
  // The plugin's own packages that are installed, and their versions. When they change, another LoadedPlugin takes this one's place.
  std::map<std::string, std::string> packages{};
};

class PluginManager : public InstallationService {
 public:
  // Sweeps what a crash left behind, reads the last good list and loads what is installed. One bad plugin never stops it.
  static Result<std::unique_ptr<PluginManager>> Open(const Surroundings& surroundings);
  ~PluginManager() override;
  PluginManager(const PluginManager&) = delete;
  PluginManager& operator=(const PluginManager&) = delete;

  // The installation service of plugins.
  bool has_update() const override { return true; }
  Result<std::shared_ptr<Operation>> Install(const std::string& id) override;
  Result<std::shared_ptr<Operation>> Upgrade(const std::string& id) override;
  Result<std::shared_ptr<Operation>> Update() override;
  Result<> Uninstall(const std::string& id) override;
  Json Installable(std::string_view locale) const override;
  Json Installed(std::string_view locale) const override;

  // `observer` is told the id of each plugin that was loaded, unloaded or replaced, or whose installed packages changed, after that and
  // before whoever asked for it hears of the end; on any thread, several at a time. If it fails, so does what was asked for, though the
  // plugin is as it was wanted. To be set before anything is asked of the manager, and once.
  void Observe(std::function<Result<>(const std::string& id)> observer);

  // The loaded ones.
  std::vector<std::string> plugins() const;  // their ids, sorted
  // Null if it is not loaded. Find also has what a fault shows to clients; Loaded is what configures and recognises phones.
  std::shared_ptr<const LoadedPlugin> Find(std::string_view id) const;
  std::shared_ptr<const LoadedPlugin> Loaded(std::string_view id) const;
  bool IsInstalled(std::string_view id) const;  // loaded or not
  // {"capabilities", "description", "version"}, and what else plugin-info has; kNotFound.
  Result<Json> Info(std::string_view id, std::string_view locale) const;
  // Reads an installed plugin's folder again. kNotFound: not installed. kInvalid: it can't be loaded; it is unloaded then.
  // kConflict: it is being upgraded.
  Result<> Reload(const std::string& id);

  // Uninstalls everything and forgets the list. No operation may run.
  Result<> Reset();

 private:
  struct State;
  explicit PluginManager(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace provdlab::server
