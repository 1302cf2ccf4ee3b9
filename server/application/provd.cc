#include "server/application/provd.h"

#include <iostream>
#include <limits>
#include <utility>

#include "server/application/document_folders.h"
#include "server/application/identification.h"
#include "server/application/inventory.h"
#include "server/application/limits.h"
#include "server/application/phone_files.h"
#include "server/application/plugin_configurer.h"
#include "server/application/synchronizing.h"
#include "server/store/state_directory.h"
#include "server/store/store.h"

namespace provdlab::server {
namespace {

std::vector<PhonePlugin> PhonePluginsOf(const PluginManager& plugins) {
  std::vector<PhonePlugin> found;
  for (const std::string& id : plugins.plugins())
    if (const auto plugin = plugins.Loaded(id); plugin && plugin->phones) found.push_back({id, plugin->phones});
  return found;
}

Synchronization SynchronizationOf(const PluginManager& plugins, const std::string& id) {
  const auto plugin = plugins.Loaded(id);
  return plugin && plugin->phones ? plugin->phones->synchronization() : Synchronization{};
}

}  // namespace

// In the order in which they need one another; the workers come last, so that they end first.
struct Provd::Parts {
  explicit Parts(StateDirectory where) : directory(std::move(where)) {}

  StateDirectory directory;
  std::function<void(const std::string&)> log;
  std::unique_ptr<Faults> no_faults;  // if none were given
  std::unique_ptr<Store> store;
  std::unique_ptr<Parameters> parameters;
  std::unique_ptr<ProvisioningKeys> keys;  // null without tenants
  std::unique_ptr<PluginManager> plugins;
  std::unique_ptr<PluginConfigurer> configurer;
  std::unique_ptr<Inventory> inventory;
  std::unique_ptr<Devices> devices;
  std::unique_ptr<Configs> configs;
  NoPhoneCaller no_phone_caller;
  std::unique_ptr<Identification> identification;
  std::unique_ptr<PhoneFiles> phone_files;
  std::unique_ptr<PhoneRequests> phones;
  std::unique_ptr<Operations> operations;
  std::unique_ptr<Synchronizing> synchronizing;
  // Phones that do not answer must not keep plugins from being installed.
  std::unique_ptr<Workers> calls = std::make_unique<Workers>(kMostWorkers);
  std::unique_ptr<Workers> workers = std::make_unique<Workers>(kMostWorkers);
};

Provd::Provd(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Provd::~Provd() { Stop(); }

void Provd::Stop() {
  if (parts_->inventory) parts_->inventory->Stop();
}

Result<std::unique_ptr<Provd>> Provd::Open(ProvdOptions options) {
  if (options.only_if_used)
    if (auto kept = StateDirectory::Find(options.state_directory); !kept) return Fail(kept.error());
  auto directory = StateDirectory::Open(options.state_directory);
  if (!directory) return Fail(directory.error());
  auto parts = std::make_unique<Parts>(std::move(*directory));
  if (options.faults == nullptr) {
    parts->no_faults = std::make_unique<Faults>();
    options.faults = parts->no_faults.get();
  }
  if (!options.log) options.log = [](const std::string& sentence) { std::clog << sentence + "\n" << std::flush; };
  parts->log = options.log;
  if (parts->directory.temporary()) {
    parts->store = MakeMemoryStore();
  } else {
    auto store = OpenStore(parts->directory.database(), parts->directory.used());
    if (!store) return Fail(store.error());
    parts->store = std::move(*store);
    if (auto noted = parts->directory.MarkUsed(); !noted) parts->log(noted.error().message);
  }
  auto parameters = Parameters::Load(*parts->store, *options.faults);
  if (!parameters) return Fail(parameters.error());
  parts->parameters = std::move(*parameters);
  if (options.tenants != nullptr) {
    auto keys = ProvisioningKeys::Load(*parts->store, *options.tenants, *options.faults);
    if (!keys) return Fail(keys.error());
    parts->keys = std::move(*keys);
  }
  auto plugins = PluginManager::Open(
      {parts->directory, *parts->store, *parts->parameters, *parts->workers, *options.faults, options.timeouts, options.log});
  if (!plugins) return Fail(plugins.error());
  parts->plugins = std::move(*plugins);
  PluginManager& loaded = *parts->plugins;
  parts->configurer = std::make_unique<PluginConfigurer>([&loaded](std::string_view id) { return loaded.Loaded(id); });
  auto inventory =
      Inventory::Open({*parts->store, *parts->configurer, std::move(options.base_raw_config), options.log, options.faults, options.clock});
  if (!inventory) return Fail(inventory.error());
  parts->inventory = std::move(*inventory);
  parts->plugins->Observe([watching = parts->inventory.get()](const std::string& plugin) { return watching->PluginChanged(plugin); });
  parts->devices = std::make_unique<Devices>(*parts->inventory);
  parts->configs = std::make_unique<Configs>(*parts->inventory, options.raw_configs);
  const Parameters& values = *parts->parameters;
  parts->identification = std::make_unique<Identification>(Identification::Surroundings{
      *parts->inventory, *parts->configs, [&loaded] { return PhonePluginsOf(loaded); },
      [&loaded](const std::string& plugin) { return loaded.IsInstalled(plugin); }, [&values] { return values.nat(); }, options.tenants});
  if (!options.sensitive_log) options.sensitive_log = [](const std::string&) {};
  std::function<std::optional<std::string>(const Json&)> key;
  if (parts->keys)
    key = [keys = parts->keys.get(), &faults = *options.faults](const Json& device) -> std::optional<std::string> {
      auto found = keys->Of(TenantOf(device, keys->tenants()));
      return found && faults.key_in_urls_of_files.Strikes() ? std::nullopt : found;
    };
  parts->phone_files = std::make_unique<PhoneFiles>(PhoneFiles::Surroundings{
      *parts->inventory, [&loaded](std::string_view id) { return loaded.Loaded(id); }, options.clock, std::move(key)});
  parts->phones = std::make_unique<PhoneRequests>(PhoneRequests::Surroundings{*parts->identification, *parts->phone_files, options.log,
                                                                              options.sensitive_log, options.remembered_requests,
                                                                              options.clock, parts->keys.get()});
  parts->synchronizing = std::make_unique<Synchronizing>(
      *parts->inventory, [&loaded](const std::string& plugin) { return SynchronizationOf(loaded, plugin); },
      options.phone_caller != nullptr ? *options.phone_caller : parts->no_phone_caller, *parts->calls, options.log);
  parts->operations = std::make_unique<Operations>(*options.faults);
  return std::unique_ptr<Provd>(new Provd(std::move(parts)));
}

std::shared_ptr<ConfigurationService> Provd::ConfigurationFor(const Caller& caller) {
  if (!parts_->keys) return {std::shared_ptr<void>(), parts_->parameters.get()};
  Devices& devices = *parts_->devices;
  return std::make_shared<TenantConfiguration>(
      *parts_->parameters, *parts_->keys, caller.tenant,
      [&devices, caller](const std::string& tenant) { return devices.KeyChanged(tenant, *caller.tenants); });
}
Parameters& Provd::configuration() { return *parts_->parameters; }
InstallationService& Provd::installation() { return *parts_->plugins; }
PluginManager& Provd::plugins() { return *parts_->plugins; }
Operations& Provd::operations() { return *parts_->operations; }
Devices& Provd::devices() { return *parts_->devices; }
Configs& Provd::configs() { return *parts_->configs; }
PhoneRequests& Provd::phones() { return *parts_->phones; }
std::shared_ptr<Operation> Provd::Synchronize(const std::string& device) { return parts_->synchronizing->Start(device); }
std::string Provd::locale() const { return parts_->parameters->locale(); }

Result<Imported> Provd::Import(const std::string& folder) {
  // Before the folder is read: that may take long.
  if (auto none = parts_->inventory->Adopt({}, {}); !none) return Fail(none.error());
  auto read = ReadDocumentFolders(folder);
  if (!read) return Fail(read.error());
  for (const std::string& name : read->ignored) parts_->log("not imported: " + name + ", which is neither devices nor configs");
  for (const SetAside& file : read->set_aside) parts_->log(SentenceOf(file));
  if (const StateDirectory& directory = parts_->directory; !read->set_aside.empty() && !directory.temporary()) {
    const auto left_out = CopySetAside(folder, read->set_aside, directory.set_aside(), directory.staging());
    if (!left_out) return Fail(left_out.error());
    for (const SetAside& file : *left_out) parts_->log(SentenceWithoutCopy(file));
  }
  const Imported imported{read->devices.size(), read->configs.size(), read->set_aside.size()};
  if (auto adopted = parts_->inventory->Adopt(std::move(read->devices), std::move(read->configs)); !adopted) return Fail(adopted.error());
  return imported;
}

Result<Exported> Provd::Export(const std::string& folder) const {
  WrittenDocuments documents;
  {
    const auto turn = parts_->inventory->TakeTurn();
    documents.devices = parts_->inventory->devices().Behind("", std::numeric_limits<std::size_t>::max());
    documents.configs = parts_->inventory->configs().Behind("", std::numeric_limits<std::size_t>::max());
  }
  if (auto written = WriteDocumentFolders(folder, documents); !written) return Fail(written.error());
  return Exported{documents.devices.size(), documents.configs.size()};
}

Result<> Provd::Reset() {
  parts_->workers->StopAll();
  parts_->calls->StopAll();
  parts_->operations->Clear();
  parts_->phones->Forget();
  if (auto reset = parts_->inventory->Reset(); !reset) return reset;
  if (auto reset = parts_->plugins->Reset(); !reset) return reset;
  if (parts_->keys)
    if (auto reset = parts_->keys->Reset(); !reset) return reset;
  return parts_->parameters->Reset();
}

}  // namespace provdlab::server
