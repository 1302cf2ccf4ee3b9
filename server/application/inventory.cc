#include "server/application/inventory.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/json_order.h"
#include "server/documents/config_rules.h"
#include "server/documents/device_rules.h"
#include "server/documents/raw_config.h"

namespace provdlab::server {
namespace {

// Configs whose dependants are still to be judged.
constexpr const char* kIntentions = "intentions";
// By plugin, the state of it that its devices were last configured with.
constexpr const char* kPluginStates = "plugin-states";
// By device, when it was configured for the last time: [seconds since 1970, again].
constexpr const char* kConfigured = "configured";

bool IsConfigured(const Json& device) { return device.value("configured", Json()) == true; }

}  // namespace

Inventory::Inventory(Surroundings surroundings, std::unique_ptr<DocumentCollection> devices, std::unique_ptr<DocumentCollection> configs)
    : surroundings_(std::move(surroundings)),
      devices_(std::move(devices)),
      configs_(std::move(configs)),
      again_([this](const std::stop_token& stop) { DoAgainUntilDone(stop); }) {}

Result<std::unique_ptr<Inventory>> Inventory::Open(Surroundings surroundings) {
  auto devices = DocumentCollection::Load(surroundings.store, "devices", {{"mac"}, {"ip"}, {"sn"}, {"uuid"}, {"plugin"}, {"config"}});
  if (!devices) return Fail(devices.error());
  auto configs = DocumentCollection::Load(surroundings.store, "configs", {{"role"}, {"parent_ids", Index::Of::kElements}});
  if (!configs) return Fail(configs.error());
  std::unique_ptr<Inventory> inventory(new Inventory(std::move(surroundings), std::move(*devices), std::move(*configs)));
  if (inventory->devices_->size() > 0 && inventory->faults().starts_again.Strikes())
    return Fail(ErrorKind::kInternal,
                "fault " + std::string(inventory->faults().starts_again.name()) + ": it does not start with a device of its own");
  if (inventory->faults().devices_survive_restart.Strikes()) static_cast<void>(Commit::Clear(inventory->store(), *inventory->devices_));
  if (inventory->faults().configs_survive_restart.Strikes()) static_cast<void>(Commit::Clear(inventory->store(), *inventory->configs_));
  if (auto recovered = inventory->Recover(); !recovered) return Fail(recovered.error());
  return inventory;
}

Result<> Inventory::Recover() {
  auto intentions = store().List(kIntentions);
  if (!intentions) return Fail(intentions.error());
  for (const auto& [config, nothing] : *intentions) {
    ++intended_[config];
    static_cast<void>(ConfigChanged(config, Change::kReplaced));  // what can't be done now is done again
  }
  return FollowPlugins();
}

Result<> Inventory::FollowPlugins() {
  auto states = store().List(kPluginStates);
  if (!states) return Fail(states.error());
  for (const std::string& plugin : devices_->TextsOf("plugin")) {
    const auto kept = states->find(plugin);
    const std::string state = StateOf(plugin);
    if (kept != states->end() && kept->second == state) continue;
    // Devices of a plugin that nobody ever installed are as they should be.
    const auto devices = devices_->FindBy("plugin", plugin);
    const bool configured = std::any_of(devices.begin(), devices.end(), [](const auto& device) { return IsConfigured(device->json); });
    if (configured || !state.empty()) static_cast<void>(PluginChanged(plugin));
  }
  return {};
}

// What a plugin makes of its devices depends on the base values too.
std::string Inventory::StateOf(const std::string& plugin) const {
  const std::string state = surroundings_.configurer.StateOf(plugin);
  return state.empty() ? state : state + " with " + DumpJson(surroundings_.base);
}

std::optional<Json> Inventory::ResolveConfig(const std::string& config, const Json* coming) const {
  return ResolveRawConfig(config, surroundings_.base, [&](const std::string& id) {
    // Nothing owns what is coming for longer than this call.
    if (coming != nullptr && id == TextOf(*coming, "id")) return std::shared_ptr<const Json>(std::shared_ptr<const Json>(), coming);
    return JsonOf(configs_->Find(id));
  });
}

// ---- One device ----

Result<Json> Inventory::UsableRawConfigOf(const std::string& config, const Json* coming) const {
  auto raw_config = ResolveConfig(config, coming);
  if (!raw_config) return Fail(ErrorKind::kNotFound, "there is no config '" + config + "'");
  if (auto valid = CheckRawConfig(*raw_config); !valid) return Fail(valid.error());
  return NormaliseRawConfig(std::move(*raw_config));
}

Result<> Inventory::Accept(const Json& device, const Json* coming) const {
  const std::string plugin = TextOf(device, "plugin");
  const std::string config = TextOf(device, "config");
  if (plugin.empty() || config.empty()) return Fail(ErrorKind::kInvalid, "it has no plugin or no config");
  if (faults().configured_in_a_cycle.is_on()) {
    const Ancestry ancestry = AncestryOf(config, [&](const std::string& id) { return JsonOf(configs_->Find(id)); });
    if ((ancestry.circle || ancestry.own_parent) && faults().configured_in_a_cycle.Strikes())
      return Fail(ErrorKind::kInvalid, "its config's parents form a circle");
  }
  const auto raw_config = UsableRawConfigOf(config, coming);
  if (!raw_config) return Fail(raw_config.error());
  return surroundings_.configurer.Configure(plugin, device, *raw_config);
}

void Inventory::Note(Commit& commit, const std::string& device) {
  const Clock& clock = surroundings_.clock != nullptr ? *surroundings_.clock : SystemClock::Get();
  Configured now{std::chrono::floor<std::chrono::seconds>(clock.Wall())};
  const Configured before = LastConfigured(device);
  if (now.at <= before.at) now = {before.at, true};
  commit.Keep(kConfigured, device, {now.at.time_since_epoch().count(), now.again});
  const std::lock_guard lock(configured_mutex_);
  configured_[device] = now;
  if (faults().own_file_survives_restart.is_on()) made_here_.insert(device);
}

bool Inventory::HasFiles(const std::string& device) const {
  if (!faults().own_file_survives_restart.is_on()) return true;
  const std::lock_guard lock(configured_mutex_);
  return made_here_.contains(device) || !faults().own_file_survives_restart.Strikes();
}

Configured Inventory::LastConfigured(const std::string& device) const {
  {
    const std::lock_guard lock(configured_mutex_);
    if (const auto known = configured_.find(device); known != configured_.end()) return known->second;
  }
  Configured configured;
  const auto kept = surroundings_.store.Get(kConfigured, device);
  if (kept && kept->is_array() && kept->size() == 2 && (*kept)[0].is_number_integer() && (*kept)[1].is_boolean())
    configured = {std::chrono::sys_seconds(std::chrono::seconds((*kept)[0].get<std::int64_t>())), (*kept)[1].get<bool>()};
  const std::lock_guard lock(configured_mutex_);
  return configured_.try_emplace(device, configured).first->second;
}

bool Inventory::Misjudge(const Json* before, const Json& device, bool accepted) {
  const auto has = [](const Json& document, const char* member) { return !TextOf(document, member).empty(); };
  const bool plugin = has(device, "plugin"), config = has(device, "config");
  if (before == nullptr) {
    if (accepted || (!plugin && !config)) return accepted;
    if (!plugin) return faults().unconfigured_without_plugin.Strikes();
    if (!config) return faults().unconfigured_without_config.Strikes();
    const auto raw_config = RawConfigOf(TextOf(device, "config"));
    if (!raw_config) return faults().unconfigured_with_unknown_config.Strikes();
    if (!CheckRawConfig(*raw_config)) return faults().unconfigured_with_unusable_config.Strikes();
    if (StateOf(TextOf(device, "plugin")).empty()) return faults().unconfigured_with_unknown_plugin.Strikes();
    return faults().unconfigured_when_plugin_refuses.Strikes();
  }
  if (!ConcernsPhone(*before, device)) return accepted;
  const bool had_plugin = has(*before, "plugin"), had_config = has(*before, "config");
  if (!accepted) return IsConfigured(*before) && KeepsConfigured(device);
  if (!had_plugin) return !faults().configured_by_put_of_plugin.Strikes();
  if (!had_config) return !faults().configured_by_put_of_config.Strikes();
  if (IsConfigured(*before)) return !faults().configured_after_change_of_identity.Strikes();
  return !faults().configured_once_plugin_accepts.Strikes();
}

bool Inventory::MustConfigure(const Json& before, const Json& after) const {
  if (ConcernsPhone(before, after)) return true;
  if (AreEqual(before, after)) return false;
  const auto raw_config = UsableRawConfigOf(TextOf(after, "config"));
  return raw_config && !surroundings_.configurer.MakesTheSame(TextOf(after, "plugin"), before, after, *raw_config);
}

bool Inventory::KeepsConfigured(const Json& device) const {
  const std::string plugin = TextOf(device, "plugin"), config = TextOf(device, "config");
  if (plugin.empty()) return faults().unconfigured_by_put_without_plugin.Strikes();
  if (config.empty()) return faults().unconfigured_by_put_without_config.Strikes();
  const auto raw_config = RawConfigOf(config);
  if (!raw_config) return faults().unconfigured_by_put_of_unknown_config.Strikes();
  if (!CheckRawConfig(*raw_config)) return false;
  if (StateOf(plugin).empty()) return faults().unconfigured_by_put_of_unknown_plugin.Strikes();
  return faults().unconfigured_when_identity_is_lost.Strikes();
}

bool Inventory::Configure(const Turns::Turn&, Commit& commit, const Json* before, const Json& device, const Json* coming) {
  const bool accepted = Misjudge(before, device, Accept(device, coming).has_value());
  const bool was_configured = before != nullptr && IsConfigured(*before);
  if (was_configured && (!accepted || TextOf(*before, "plugin") != TextOf(device, "plugin")))
    surroundings_.configurer.Deconfigure(TextOf(*before, "plugin"), *before);
  if (accepted) Note(commit, TextOf(device, "id"));
  return accepted;
}

void Inventory::Deconfigure(const Turns::Turn&, Commit& commit, const Json& device) {
  if (IsConfigured(device)) surroundings_.configurer.Deconfigure(TextOf(device, "plugin"), device);
  const std::string id = TextOf(device, "id");
  commit.Forget(kConfigured, id);
  const std::lock_guard lock(configured_mutex_);
  configured_.erase(id);
}

Result<> Inventory::Judge(const Turns::Turn& turn, const std::string& id, Store::Lasting lasting) {
  const auto device = devices_->Find(id);
  if (!device) return Fail(ErrorKind::kNotFound, "there is no device '" + id + "'");
  Commit commit(store());
  const bool configured = Configure(turn, commit, &device->json, device->json);
  const bool changed = configured != IsConfigured(device->json);
  if (!changed && !configured) return {};
  if (changed) {
    Json judged = device->json;
    judged["configured"] = configured;
    commit.Put(*devices_, std::move(judged));
  }
  return commit.Make(lasting);
}

Result<> Inventory::Reconfigure(const std::string& device) {
  const auto turn = TakeTurn();
  if (const auto found = devices_->Find(device); found && IsConfigured(found->json) && faults().configured_after_reconfigure.Strikes()) {
    Json forgotten = found->json;
    forgotten["configured"] = false;
    return Commit(store()).Put(*devices_, std::move(forgotten)).Make();
  }
  if (auto judged = Judge(turn, device, Store::Lasting::kNow); !judged) return judged;
  if (const auto judged = devices_->Find(device); !IsConfigured(judged->json))
    if (const auto accepted = Accept(judged->json); !accepted)
      surroundings_.log("the device '" + device + "' can't be configured: " + accepted.error().message);
  return {};
}

// ---- Many devices ----

std::optional<std::string> Inventory::TransientOf(const Turns::Turn&, const Json& device) const {
  const std::string id = TextOf(device, "config");
  const auto config = configs_->Find(id);
  if (!config || !IsTransient(config->json) || devices_->CountBy("config", id) > 1) return std::nullopt;
  return id;
}

std::vector<std::string> Inventory::DependantsOf(const std::string& config) const {
  std::vector<std::string> devices;
  std::set<std::string> seen = {config};
  std::vector<std::string> open = {config};
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    for (const auto& device : devices_->FindBy("config", id)) devices.push_back(device->id);
    for (const auto& child : configs_->FindBy("parent_ids", id))
      if (seen.insert(child->id).second) open.push_back(child->id);
  }
  return devices;
}

// Devices that come to depend on the change meanwhile are judged by whoever changes them. A judgement that a crash undoes is made
// again because of the intention, so it need not last by itself.
Result<bool> Inventory::JudgeAll(const std::vector<std::string>& devices) {
  for (const std::string& device : devices) {
    if (stopped_) return false;
    const auto turn = TakeTurn();
    const auto judged = Judge(turn, device, Store::Lasting::kWithLater);
    if (judged || judged.error().kind == ErrorKind::kNotFound) continue;
    return Fail(ErrorKind::kUnavailable, "whether the device '" + device + "' is configured can't be kept: " + judged.error().message);
  }
  return true;
}

// Without a dependant there is nothing to do: whoever comes to depend on the config later is judged then.
Result<> Inventory::Make(const Turns::Turn&, Commit& commit, const std::optional<std::string>& config) {
  const bool intends = config && (devices_->CountBy("config", *config) > 0 || configs_->CountBy("parent_ids", *config) > 0);
  if (intends) {
    ++intended_[*config];
    commit.Keep(kIntentions, *config, true);
  }
  auto made = commit.Make();
  if (!made && intends && --intended_[*config] == 0) intended_.erase(*config);
  return made;
}

void Inventory::Overlook(const std::string& config, Change change, std::vector<std::string>& devices) {
  std::vector<std::string> heirs;  // devices that inherit from the config
  std::erase_if(devices, [&](const std::string& id) {
    const auto device = devices_->Find(id);
    if (!device) return true;
    if (change == Change::kReparented && faults().follows_new_parents.Strikes()) return true;
    const std::string own = TextOf(device->json, "config");
    if (own == config) return change == Change::kMade && faults().configured_by_missing_config.Strikes();
    heirs.push_back(id);
    const auto children = configs_->FindBy("parent_ids", config);
    const bool child = std::any_of(children.begin(), children.end(), [&](const auto& found) { return found->id == own; });
    if (change == Change::kMade) return (child ? faults().configured_by_missing_parent : faults().configured_by_missing_ancestor).Strikes();
    if (change == Change::kRemoved)
      return (child ? faults().unconfigured_by_deleted_parent : faults().unconfigured_by_deleted_ancestor).Strikes();
    return (child ? faults().follows_change_of_parent : faults().follows_change_of_ancestor).Strikes();
  });
  if (change == Change::kMade || change == Change::kRemoved || heirs.size() < 2 || !faults().every_dependant_follows.Strikes()) return;
  const std::string first = *std::min_element(heirs.begin(), heirs.end());
  std::erase_if(devices, [&](const std::string& id) { return id != first && std::find(heirs.begin(), heirs.end(), id) != heirs.end(); });
}

Result<> Inventory::ConfigChanged(const std::string& config, Change change) {
  auto devices = DependantsOf(config);
  Overlook(config, change, devices);
  const auto judged = JudgeDependants(config, devices);
  if (!judged) return DoAgain({Undone::Of::kConfig, config}, judged.error());
  return {};
}

Result<> Inventory::JudgeDependants(const std::string& config, const std::vector<std::string>& devices) {
  const auto judged = JudgeAll(devices);
  EndIntention(config, judged && *judged);
  if (!judged) return Fail(judged.error());
  return {};
}

void Inventory::EndIntention(const std::string& config, bool done) {
  const auto turn = TakeTurn();
  const auto intended = intended_.find(config);
  if (intended == intended_.end() || --intended->second > 0) return;
  intended_.erase(intended);
  if (!done) return;
  if (auto kept = Commit(store()).Forget(kIntentions, config).Make(Store::Lasting::kWithLater); !kept)
    surroundings_.log(kept.error().message);
}

Result<> Inventory::PluginChanged(const std::string& plugin) {
  if (StateOf(plugin).empty()) {
    const auto turn = TakeTurn();
    unloaded_.insert(plugin);
  }
  const auto judged = JudgeDevicesOf(plugin);
  if (!judged) return DoAgain({Undone::Of::kPlugin, plugin}, judged.error());
  return {};
}

Result<> Inventory::JudgeDevicesOf(const std::string& plugin) {
  // Taken before, so that a change which happens meanwhile is found at the next start if it is not done by then.
  const std::string state = StateOf(plugin);
  std::vector<std::string> devices;
  {
    // Whoever has asked the plugin before it changed shows its device before this turn; whoever asks it later is told what is so now.
    const auto turn = TakeTurn();
    for (const auto& device : devices_->FindBy("plugin", plugin)) devices.push_back(device->id);
    if (!state.empty() && !devices.empty() && !unloaded_.contains(plugin) && faults().configured_by_install.Strikes()) devices.clear();
    // Until it is done the store must not say that it is, should the plugin come back to the state before.
    if (!devices.empty())
      if (auto kept = Commit(store()).Forget(kPluginStates, plugin).Make(Store::Lasting::kWithLater); !kept)
        return Fail(ErrorKind::kUnavailable, "its devices can't be judged: " + kept.error().message);
  }
  const auto judged = JudgeAll(devices);
  if (!judged) return Fail(judged.error());
  if (!*judged) return {};
  const auto turn = TakeTurn();
  Commit commit(store());
  if (state.empty())
    commit.Forget(kPluginStates, plugin);
  else
    commit.Keep(kPluginStates, plugin, state);
  if (auto kept = commit.Make(Store::Lasting::kWithLater); !kept) surroundings_.log(kept.error().message);
  return {};
}

// ---- What the store could not keep ----

tl::unexpected<Error> Inventory::DoAgain(Undone undone, const Error& error) {
  const std::string what = (undone.of == Undone::Of::kConfig ? "the config '" : "the plugin '") + undone.id + "' has changed, but ";
  {
    const std::lock_guard lock(undone_mutex_);
    undone_.insert(std::move(undone));
  }
  undone_changed_.notify_all();
  Error told{error.kind, what + error.message + "; it is tried again until it can be", std::nullopt};
  surroundings_.log(told.message);
  return Fail(std::move(told));
}

void Inventory::DoAgainUntilDone(const std::stop_token& stop) {
  std::unique_lock lock(undone_mutex_);
  for (;;) {
    undone_changed_.wait(lock, stop, [&] { return !undone_.empty(); });
    undone_changed_.wait_for(lock, stop, surroundings_.pause, [] { return false; });
    for (bool done = true; done && !undone_.empty();) {
      if (stop.stop_requested() || stopped_) return;
      // Taken out before: should it change and fail once more meanwhile, it is put in again.
      const Undone undone = undone_.extract(undone_.begin()).value();
      lock.unlock();
      done = Attempt(undone);
      lock.lock();
      if (!done) undone_.insert(undone);
    }
    if (stop.stop_requested()) return;
  }
}

bool Inventory::Attempt(const Undone& undone) {
  if (undone.of == Undone::Of::kPlugin) return JudgeDevicesOf(undone.id).has_value();
  {
    const auto turn = TakeTurn();
    ++intended_[undone.id];
  }
  return JudgeDependants(undone.id, DependantsOf(undone.id)).has_value();
}

// That nothing is kept of the plugins' states is what has their devices judged, at the next start if not now.
Result<> Inventory::Adopt(std::vector<Json> devices, std::vector<Json> configs) {
  {
    const auto turn = TakeTurn();
    if (devices_->size() > 0 || configs_->size() > 0)
      return Fail(ErrorKind::kConflict, "there are " + std::to_string(devices_->size()) + " devices and " +
                                            std::to_string(configs_->size()) +
                                            " configs already; documents are taken over only where there are none");
    Commit commit(store());
    std::uint64_t autocreated = 0;
    for (Json& config : configs) {
      autocreated = std::max(autocreated, NumberOf(config));
      commit.Put(*configs_, std::move(config));
    }
    if (autocreated > 0) commit.Keep(kCounters, kAutocreated, autocreated);
    std::set<std::string> plugins;
    for (Json& device : devices) {
      plugins.insert(TextOf(device, "plugin"));
      device["configured"] = false;
      commit.Put(*devices_, std::move(device));
    }
    for (const std::string& plugin : plugins) commit.Forget(kPluginStates, plugin);
    if (auto kept = commit.Make(); !kept) return kept;
  }
  return FollowPlugins();
}

Result<> Inventory::Reset() {
  {
    const std::lock_guard lock(undone_mutex_);
    undone_.clear();
  }
  const auto turn = TakeTurn();
  unloaded_.clear();
  for (DocumentCollection* collection : {devices_.get(), configs_.get()})
    if (auto cleared = Commit::Clear(store(), *collection); !cleared) return cleared;
  for (const char* collection : {kIntentions, kPluginStates, kCounters, kConfigured})
    if (auto removed = store().RemoveAll(collection); !removed) return removed;
  const std::lock_guard lock(configured_mutex_);
  configured_.clear();
  return {};
}

}  // namespace provdlab::server
