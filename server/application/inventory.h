#pragma once
// The devices and the configs with everything that joins them: which devices depend on which configs, and whether each is configured.
//
//   auto inventory = Inventory::Open({store, configurer, base, log});
//   {
//     const auto turn = (*inventory)->TakeTurn();
//     device["configured"] = (*inventory)->Configure(turn, nullptr, device);
//     …                                                       // commit the device
//   }
//   auto told = (*inventory)->ConfigChanged("base", Inventory::Change::kReplaced);  // after its commit, without a turn
//
// A device is configured exactly when its plugin is loaded, its config resolves to a valid raw config, and the plugin accepts both. Whoever
// changes one of these says so here, and has the devices' documents right when the call returns: devices are judged one by one, each in a
// turn of its own. What a crash interrupts is done at the next start, because the intention is in the store from the change on. What the
// store can't keep, because its disk is full, is an error of the call, and is done again until it can be kept, on a thread of its own.
//
// Any thread. Readers use devices() and configs() and never wait for a turn.

#include <atomic>
#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "server/application/device_configurer.h"
#include "server/application/faults.h"
#include "server/application/turns.h"
#include "server/store/documents.h"
#include "server/store/store.h"

namespace provdlab::server {

// A collection of the store: what is counted over restarts.
inline constexpr const char* kCounters = "counters";
// In it, how many configs autocreate has made: the last one's number.
inline constexpr const char* kAutocreated = "autocreated";

// When a device was configured for the last time, and so when its phone's files became what they are.
struct Configured {
  std::chrono::sys_seconds at{};
  bool again = false;  // it was configured before in the same second: `at` can't tell the two apart
  friend bool operator==(const Configured&, const Configured&) = default;
};

class Inventory {
 public:
  // All of it outlives the inventory.
  struct Surroundings {
    Store& store;
    DeviceConfigurer& configurer;
    Json base;                                    // the server's own values, which every raw config begins with
    std::function<void(const std::string&)> log;  // gets one sentence for the operator; any thread
    Faults* faults = nullptr;                     // null: none
    const Clock* clock = nullptr;                 // null: the machine's
    std::chrono::milliseconds pause{1'000};       // before what could not be kept is done again
  };

  // What is in the store, with `configured` brought up to date with the plugins that are loaded now.
  static Result<std::unique_ptr<Inventory>> Open(Surroundings surroundings);
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;

  // Indexed by mac, ip, sn, uuid, plugin and config.
  DocumentCollection& devices() { return *devices_; }
  const DocumentCollection& devices() const { return *devices_; }
  // Indexed by role and parent_ids.
  DocumentCollection& configs() { return *configs_; }
  const DocumentCollection& configs() const { return *configs_; }

  // The base values, the ancestors' and the config's own; nullopt if there is no such config.
  std::optional<Json> RawConfigOf(const std::string& config) const { return ResolveConfig(config, nullptr); }
  // The same as plugins are given it: valid, and in the shapes that they rely on. `coming` stands for the config of its id, or is null.
  // kNotFound, kInvalid.
  Result<Json> UsableRawConfigOf(const std::string& config, const Json* coming = nullptr) const;
  // The server's own values, which every raw config begins with.
  const Json& base_raw_config() const { return surroundings_.base; }

  Turns::Turn TakeTurn() { return turns_.Take(); }
  // How many changes have asked for a turn and not got it.
  std::uint64_t waiting() const { return turns_.waiting(); }
  Store& store() { return surroundings_.store; }
  Faults& faults() const { return surroundings_.faults != nullptr ? *surroundings_.faults : no_faults_; }

  // Makes the plugin configure the device; `before` is its document until now, or null. Whether it is configured then; `commit`, which is
  // to be made in the same turn, gets what is kept of it. `coming`: a new config that the same commit makes, or null.
  bool Configure(const Turns::Turn& turn, Commit& commit, const Json* before, const Json& device, const Json* coming = nullptr);
  // Whether a change makes that necessary: something that every plugin may look at is another one, or the plugin makes another thing of it.
  bool MustConfigure(const Json& before, const Json& after) const;
  // For a device that goes with the commit.
  void Deconfigure(const Turns::Turn& turn, Commit& commit, const Json& device);
  // Whether the device, as the document says, could be configured, or why not. Nothing is done.
  Result<> Accept(const Json& device, const Json* coming = nullptr) const;
  // Of a device that is configured; otherwise what it says means nothing.
  Configured LastConfigured(const std::string& device) const;

  // False only by a fault: it was configured before the start, and what its phone is given went then.
  bool HasFiles(const std::string& device) const;

  // The config that goes with the device once it no longer uses it; nullopt if it stays.
  std::optional<std::string> TransientOf(const Turns::Turn& turn, const Json& device) const;
  // Makes the commit. If it changes a config, it keeps as well that the devices which depend on that are still to be judged: then, if
  // it succeeded, ConfigChanged must follow.
  Result<> Make(const Turns::Turn& turn, Commit& commit, const std::optional<std::string>& config);
  // Judges every device that depends on the config through any chain of parents. kUnavailable: not all could be; it is done again.
  enum class Change { kMade, kReplaced, kReparented, kRemoved };  // kReparented: replaced by one that has other parents
  Result<> ConfigChanged(const std::string& config, Change change);
  // The plugin was loaded, unloaded or replaced: configures its devices anew. kUnavailable: not all could be; it is done again.
  Result<> PluginChanged(const std::string& plugin);
  // Configures the device anew; the log is told why it can't be, if so. kNotFound.
  Result<> Reconfigure(const std::string& device);

  // Takes all of these documents over at once, each with its id in it and in accordance with the rules, into an inventory that has none;
  // `configured` is as it should be then. kConflict if it has any. All are in the store when it returns, or none is.
  Result<> Adopt(std::vector<Json> devices, std::vector<Json> configs);

  // What touches many devices ends early from now on; the next start goes on with it.
  void Stop() { stopped_ = true; }
  // Forgets all devices and configs.
  Result<> Reset();

 private:
  Inventory(Surroundings surroundings, std::unique_ptr<DocumentCollection> devices, std::unique_ptr<DocumentCollection> configs);

  Result<> Recover();
  // Has the devices of each plugin judged that is not as it was when they were judged last.
  Result<> FollowPlugins();
  std::vector<std::string> DependantsOf(const std::string& config) const;
  // What a fault makes of a judgement; `before` is the device's document until now, or null.
  bool Misjudge(const Json* before, const Json& device, bool accepted);
  // The same for a device that was configured and can't be any more.
  bool KeepsConfigured(const Json& device) const;
  // Takes away the devices that a fault does not let a change reach.
  void Overlook(const std::string& config, Change change, std::vector<std::string>& devices);
  Result<> Judge(const Turns::Turn& turn, const std::string& device, Store::Lasting lasting);
  // Whether all were done before it was stopped. kUnavailable: the store failed.
  Result<bool> JudgeAll(const std::vector<std::string>& devices);
  Result<> JudgeDependants(const std::string& config, const std::vector<std::string>& devices);
  Result<> JudgeDevicesOf(const std::string& plugin);
  void EndIntention(const std::string& config, bool done);
  // That the device has been configured now.
  void Note(Commit& commit, const std::string& device);
  // What is done again: the judgement of a config's dependants, or of a plugin's devices.
  struct Undone {
    enum class Of { kConfig, kPlugin } of;
    std::string id;
    auto operator<=>(const Undone&) const = default;
  };
  tl::unexpected<Error> DoAgain(Undone undone, const Error& error);
  void DoAgainUntilDone(const std::stop_token& stop);
  bool Attempt(const Undone& undone);
  // The raw config; `coming` stands for the config of its id, or is null.
  std::optional<Json> ResolveConfig(const std::string& config, const Json* coming) const;
  std::string StateOf(const std::string& plugin) const;

  const Surroundings surroundings_;
  mutable Faults no_faults_;
  const std::unique_ptr<DocumentCollection> devices_, configs_;
  Turns turns_;
  std::map<std::string, int> intended_;                             // by config, how many changes of it are not done; used in a turn
  std::set<std::string> unloaded_;                                  // plugins that were; used in a turn, and only a fault asks
  mutable std::mutex configured_mutex_;                             // guards what follows; held for moments
  std::unordered_set<std::string> made_here_;                       // devices configured since the start; only a fault asks, and fills it
  mutable std::unordered_map<std::string, Configured> configured_;  // of the store's, by device, those that were asked for or are new
  std::atomic<bool> stopped_ = false;
  std::mutex undone_mutex_;  // guards what follows
  std::condition_variable_any undone_changed_;
  std::set<Undone> undone_;
  std::jthread again_;  // does it; ends first
};

}  // namespace provdlab::server
