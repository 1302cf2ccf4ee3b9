#pragma once
// Faults of behaviour that can be switched on while the server runs: each breaks one requirement of the API on purpose, so that
// a suite or a client can be seen to notice. Faults that are visible only in an answer are data at the edge (server/api).
//
//   Faults faults;
//   faults.digest_not_checked.On(2);             // the next two times
//   if (faults.digest_not_checked.Strikes()) …   // at the one place in the code that the fault is about
//
// Any thread. A Faults outlives everything that was given a reference to it.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace provdlab::server {

// One fault. Off when made.
class FaultSwitch {
 public:
  // `name` and `breaks` (the slug of the requirement) are for people who switch it; `sentence` says what it does.
  // All three must outlive the switch: they are literals.
  FaultSwitch(std::string_view name, std::string_view breaks, std::string_view sentence)
      : name_(name), breaks_(breaks), sentence_(sentence) {}
  FaultSwitch(const FaultSwitch&) = delete;
  FaultSwitch& operator=(const FaultSwitch&) = delete;

  std::string_view name() const { return name_; }
  std::string_view breaks() const { return breaks_; }
  std::string_view sentence() const { return sentence_; }

  // On for so many occasions; nullopt: until it is switched off. Begins to count hits anew.
  void On(std::optional<std::uint64_t> times = std::nullopt);
  void Off();

  // Asked at the occasion that the fault is about: true if the fault shall happen now, which counts as one hit.
  bool Strikes();

  bool is_on() const;
  std::uint64_t hits() const;
  std::optional<std::uint64_t> remaining() const;  // nullopt: no limit, or off

 private:
  const std::string_view name_, breaks_, sentence_;
  mutable std::mutex mutex_;
  bool on_ = false;
  std::uint64_t hits_ = 0;
  std::optional<std::uint64_t> remaining_;
};

struct Faults {
  // Operations in progress.
  FaultSwitch monitor_delete_cancels{"monitor-delete-cancels", "oip.delete-does-not-cancel",
                                     "Deleting a monitor cancels the operation that it watched."};
  FaultSwitch monitor_ids_reused{"monitor-ids-reused", "oip.ids-never-reused",
                                 "The id of a deleted monitor is given to the next one of its collection."};
  FaultSwitch monitor_gone_when_ended{"monitor-gone-when-ended", "oip.stays-until-deleted",
                                      "A monitor disappears once its operation has ended."};
  FaultSwitch progress_frozen{"progress-frozen", "install.progress-while-bytes-arrive", "A download shows no progress until it has ended."};
  FaultSwitch success_before_load{"success-before-load", "oip.end-state-is-final",
                                  "An install shows success for a moment before the plugin is loaded, then progress again."};

  // Configuration.
  FaultSwitch value_not_kept{"value-not-kept", "configure.put-changes-value", "A PUT of a parameter answers 204 and changes nothing."};
  FaultSwitch value_not_persisted{"value-not-persisted", "configure.values-survive-restart",
                                  "A parameter's value is changed in memory only and lost at a restart."};
  FaultSwitch null_does_not_unset{"null-does-not-unset", "configure.null-unsets", "Setting a parameter to null leaves its old value."};
  FaultSwitch locale_ignored{"locale-ignored", "configure.locale-localises-descriptions",
                             "Descriptions come in English whatever the locale is."};

  // Update and the list.
  FaultSwitch update_loses_list{"update-loses-list", "update.failure-keeps-last-good-list", "A failed update empties the list."};
  FaultSwitch update_hides_failure{"update-hides-failure", "update.unusable-list-fails",
                                   "An update whose plugins.db is not a list of packages ends in success."};
  FaultSwitch bad_entry_spoils_list{"bad-entry-spoils-list", "update.bad-entry-hides-only-itself",
                                    "One malformed entry of plugins.db makes the whole update fail."};
  FaultSwitch second_update_accepted{"second-update-accepted", "update.one-at-a-time", "An update is started although one runs."};

  // Install, upgrade, uninstall.
  FaultSwitch digest_not_checked{"digest-not-checked", "install.digest-is-verified", "A package with a wrong sha1sum is installed."};
  FaultSwitch size_not_checked{"size-not-checked", "install.size-is-verified", "A package of another size than its dsize is installed."};
  FaultSwitch cache_not_used{"cache-not-used", "install.cached-package-needs-no-repository",
                             "A package is downloaded again although it is in the cache."};
  FaultSwitch cache_not_verified{"cache-not-verified", "install.cache-is-verified",
                                 "A package from the cache is installed whatever its sum and size are now."};
  FaultSwitch installs_serialised{"installs-serialised", "install.different-packages-in-parallel",
                                  "An install is refused while another package is being installed."};
  FaultSwitch same_install_twice{"same-install-twice", "install.in-progress-is-refused",
                                 "A package is installed although the same one is being installed."};
  FaultSwitch reinstall_accepted{"reinstall-accepted", "install.installed-is-refused", "A package is installed although it is already."};
  FaultSwitch install_not_loaded{"install-not-loaded", "install.success-loads-plugin", "An installed plugin is not among the loaded ones."};
  FaultSwitch install_not_listed{"install-not-listed", "install.success-is-listed", "An installed plugin is not listed as installed."};
  FaultSwitch upgrade_keeps_old{"upgrade-keeps-old", "upgrade.installs-listed-version", "An upgrade succeeds and leaves the old version."};
  FaultSwitch failed_upgrade_removes{"failed-upgrade-removes", "upgrade.failure-keeps-old",
                                     "An upgrade that fails leaves the plugin unloaded."};
  FaultSwitch uninstall_leaves_plugin{"uninstall-leaves-plugin", "uninstall.removes-plugin",
                                      "An uninstall answers 204 and leaves the plugin installed and loaded."};
  FaultSwitch trailing_slash_doubled{"trailing-slash-doubled", "update.trailing-slash-changes-nothing",
                                     "A trailing slash of plugin_server is doubled in requests to the repository."};
  FaultSwitch broken_plugin_stays{"broken-plugin-stays", "uninstall.works-on-unloaded-plugin",
                                  "A plugin that is not loaded can't be uninstalled."};
  FaultSwitch shared_file_removed{"shared-file-removed", "packages.shared-file-stays",
                                  "Uninstalling a plugin's package removes files that another installed package has too."};
  FaultSwitch dependencies_forgotten{"dependencies-forgotten", "packages.dependencies-are-installed",
                                     "A plugin's package is installed without those that it depends on."};

  std::vector<FaultSwitch*> All();
  FaultSwitch* Find(std::string_view name);  // null if there is none of that name
  void AllOff();
};

}  // namespace provdlab::server
