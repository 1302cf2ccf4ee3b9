#pragma once
// Faults of behaviour that can be switched on while the server runs: each breaks one requirement of the API on purpose, so that
// a suite or a client can be seen to notice. Faults that are visible only in an answer are data at the edge (server/api).
//
//   Faults faults;
//   faults.wrong_digest_fails.On(2);             // the next two times
//   if (faults.wrong_digest_fails.Strikes()) …   // at the one place in the code that the fault is about
//
// A fault is named by the slug of the requirement that it breaks, with "/variant" behind it if there are several. Any thread. A Faults
// outlives everything that has a reference to it.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace provdlab::server {

// One fault. Off when made.
class FaultSwitch {
 public:
  // `name` is the requirement's slug, or slug/variant; `sentence` says what happens instead. Both are literals.
  FaultSwitch(std::string_view name, std::string_view sentence) : name_(name), sentence_(sentence) {}
  FaultSwitch(const FaultSwitch&) = delete;
  FaultSwitch& operator=(const FaultSwitch&) = delete;

  std::string_view name() const { return name_; }
  std::string_view breaks() const { return name_.substr(0, name_.find('/')); }
  std::string_view sentence() const { return sentence_; }

  // On for so many occasions; nullopt: until it is switched off. Begins to count hits anew.
  void On(std::optional<std::uint64_t> times = std::nullopt);
  void Off();

  // Asked at the occasion that the fault is about: true if the fault shall happen now, which counts as one hit.
  bool Strikes();

  bool is_on() const;
  std::uint64_t hits() const;
  std::optional<std::uint64_t> remaining() const;  // nullopt: no limit, or switched off; 0: used up

 private:
  const std::string_view name_, sentence_;
  mutable std::mutex mutex_;
  bool on_ = false;
  std::uint64_t hits_ = 0;
  std::optional<std::uint64_t> remaining_;
};

// That a real server, which a preset behaves like, fails where nobody there has thought of it.
Error FailureOfThatServer();

struct Faults {
  // Operations in progress.
  FaultSwitch delete_does_not_cancel{"oip.delete-does-not-cancel", "Deleting a monitor cancels the operation that it watched."};
  FaultSwitch delete_frees_only_itself{"oip.delete-frees-only-itself", "Deleting a monitor deletes all of its collection."};
  FaultSwitch gone_after_delete{"oip.gone-after-delete", "A deleted monitor stays readable."};
  FaultSwitch finished_monitor_stays{"oip.finished-monitor-stays",
                                     "A monitor is not found any more once it was seen that its operation has ended."};
  FaultSwitch ended_operation_goes_on{"oip.statuses-step-forward/leaves-its-end",
                                      "A monitor that was seen to have ended is in progress at the next look."};
  FaultSwitch ids_are_never_reused{"oip.ids-are-never-reused", "The id of a deleted monitor is given to the next one of its collection."};

  // The manager's configuration.
  FaultSwitch put_is_read_back{"configure.put-is-read-back", "A PUT of a parameter is acknowledged and changes nothing."};
  FaultSwitch refused_put_changes_nothing{"configure.refused-put-changes-nothing", "A value that is refused is kept all the same."};
  FaultSwitch null_unsets{"configure.null-unsets", "null leaves the proxies, the locale and plugin_server as they were."};
  FaultSwitch values_survive_restart{"configure.values-survive-restart", "The values of parameters are kept in memory only."};
  FaultSwitch other_values_survive_restart{"configure.values-survive-restart/all-but-locale",
                                           "The values of all parameters but the locale are kept in memory only."};
  FaultSwitch null_resets_nat{"configure.null-resets-nat", "null leaves NAT as it was."};
  FaultSwitch http_proxy_is_used{"configure.http-proxy-is-used", "Downloads over HTTP ignore http_proxy."};
  FaultSwitch locale_translates_packages{"configure.locale-translates-packages",
                                         "Packages are described in English whatever the locale is."};

  // The list of packages.
  FaultSwitch second_update_refused{"install.second-update-refused", "An update is started although one runs."};
  FaultSwitch update_shows_new_packages{"install.update-shows-new-packages",
                                        "An update leaves out packages that were never listed before."};
  FaultSwitch update_forgets_dropped_packages{"install.update-forgets-dropped-packages",
                                              "An update goes on listing packages that the repository dropped."};
  FaultSwitch update_shows_new_versions{"install.update-shows-new-versions",
                                        "An update keeps the old entries of packages that were listed."};
  FaultSwitch unserved_list_fails_update{"install.unserved-list-fails-update", "An update ends in success though the list was not served."};
  FaultSwitch bad_list_fails_update{"install.bad-list-fails-update", "An update ends in success though the list is no JSON object."};
  FaultSwitch installable_keeps_last_good_list{"install.installable-keeps-last-good-list",
                                               "An update whose list is not served empties the list."};
  FaultSwitch bad_list_keeps_last_good_list{"install.bad-list-keeps-last-good-list", "A list that is no JSON object empties the old one."};
  FaultSwitch malformed_sum_hides_only_itself{"install.malformed-sum-hides-only-itself",
                                              "One malformed sha1sum in plugins.db hides every package."};
  FaultSwitch bad_entry_hides_only_itself{"install.bad-entry-hides-only-itself", "One entry that lacks a member hides every package."};
  FaultSwitch update_recovers{"install.update-recovers", "After a failed update the next one ends in fail too."};
  FaultSwitch plugin_server_slash_means_nothing{"install.plugin-server-slash-means-nothing",
                                                "A slash at the end of plugin_server is doubled in requests to the repository."};

  // Installing, upgrading and uninstalling plugins.
  FaultSwitch already_installed_refused{"install.already-installed-refused", "A package is installed although it is already."};
  FaultSwitch in_progress_refused{"install.in-progress-refused", "A package is installed although it is being installed."};
  FaultSwitch upgrade_in_progress_refused{"install.upgrade-in-progress-refused", "A package is upgraded although it is being upgraded."};
  FaultSwitch packages_in_parallel{"install.packages-in-parallel", "An install is refused while another package is being installed."};
  FaultSwitch installed_after_install{"install.installed-after-install", "An install succeeds and the package is not listed as installed."};
  FaultSwitch loaded_after_install{"plugins.loaded-after-install", "An install succeeds and the plugin is not among the loaded ones."};
  FaultSwitch gone_after_uninstall{"install.gone-after-uninstall", "An uninstalled package stays listed as installed."};
  FaultSwitch unloaded_after_uninstall{"plugins.gone-after-uninstall", "An uninstalled plugin stays among the loaded ones."};
  FaultSwitch installed_survives_restart{"install.installed-survives-restart", "A server that starts knows of no installed plugin."};
  FaultSwitch uninstalled_after_restart{"install.uninstalled-after-restart",
                                        "The plugin without services that was uninstalled last is installed again after a restart."};
  FaultSwitch installed_survives_restart_beside_broken{"install.installed-survives-restart/beside-one-that-does-not-load",
                                                       "A server that starts with a plugin that does not load knows of no installed one."};
  FaultSwitch reinstalls{"install.reinstalls", "A package that is in the cache can't be installed again: the operation fails."};
  FaultSwitch nothing_left_behind{"invariant.nothing-left-behind",
                                  "The uninstall of a plugin that has packages of its own installed is acknowledged and not done."};
  FaultSwitch upgrade_brings_new_version{"install.upgrade-brings-new-version", "An upgrade succeeds and leaves the old version."};
  FaultSwitch upgrade_to_same_version_accepted{"install.upgrade-to-same-version-accepted",
                                               "An upgrade to the version that is installed is refused."};
  FaultSwitch shows_download{"install.shows-download", "An install does not show its download."};
  FaultSwitch counts_bytes{"install.counts-bytes", "A download shows its bytes only when it has ended."};
  FaultSwitch works_from_cache{"install.works-from-cache", "A package is downloaded again although it is in the cache."};
  FaultSwitch cache_is_verified{"install.cache-is-verified", "A package from the cache is installed whatever its sum and size should be."};
  FaultSwitch wrong_digest_fails{"install.wrong-digest-fails", "The sha1sum of a downloaded package is not looked at."};
  FaultSwitch wrong_digest_is_not_installed{"install.wrong-digest-is-not-installed",
                                            "A package with a wrong sha1sum is installed, then the operation fails."};
  FaultSwitch wrong_size_fails{"install.wrong-size-fails", "The dsize of a downloaded package is not looked at."};
  FaultSwitch cut_download_fails{"install.cut-download-fails", "An install whose download breaks off ends in success."};
  FaultSwitch unserved_package_fails{"install.unserved-package-fails", "An install whose file is answered with an error ends in success."};
  FaultSwitch wrong_page_fails{"install.wrong-page-fails",
                               "An install that is given a web page or nothing at all for its package ends in success."};
  FaultSwitch slow_start_succeeds{"install.slow-start-succeeds", "An install whose repository is late with the first byte ends in fail."};
  FaultSwitch rest_answers_while_held{"install.rest-answers-while-held",
                                      "The installable packages are not answered while a plugin is being installed."};
  FaultSwitch non_archive_fails{"install.non-archive-fails", "The install of a file that is no archive ends in success."};
  FaultSwitch hostile_archive_fails{"install.hostile-archive-fails", "The install of an archive that was refused ends in success."};
  FaultSwitch hostile_archive_is_not_loaded{"install.hostile-archive-is-not-loaded",
                                            "A plugin whose archive was refused is among the loaded ones."};
  FaultSwitch hostile_filename_is_not_followed{"install.hostile-filename-is-not-followed",
                                               "A package whose file name leads elsewhere is installed from where its file usually is."};
  FaultSwitch bomb_fails{"install.bomb-fails", "The install of an archive that was too large when unpacked ends in success."};
  FaultSwitch failed_install_is_not_listed{"install.failed-install-is-not-listed",
                                           "A package whose download failed is listed as installed."};
  FaultSwitch recovers_after_failed_download{"install.recovers-after-failed-download",
                                             "A package whose download failed once can't be installed any more."};
  FaultSwitch unloadable_plugin_fails{"install.unloadable-plugin-fails", "The install of a plugin that does not load ends in success."};
  FaultSwitch unloadable_plugin_can_go{"install.unloadable-plugin-can-go", "A plugin that is not loaded can't be uninstalled."};
  FaultSwitch unloadable_plugin_harms_nobody{"install.unloadable-plugin-harms-nobody",
                                             "Nothing can be installed while there is a plugin that is not loaded."};
  FaultSwitch unloadable_is_not_listed{"plugins.unloadable-is-not-listed", "A plugin that did not load is among the loaded ones."};
  FaultSwitch consistent_after_failed_upgrade{
      "device.consistent-after-failed-upgrade",
      "A plugin is not listed as loaded after an upgrade that did not load, and its devices stay configured."};
  FaultSwitch upgrade_to_unloadable_fails{"install.upgrade-to-unloadable-fails",
                                          "The upgrade to a plugin that does not load ends in success."};
  FaultSwitch loaded_after_reload{"plugins.loaded-after-reload", "A plugin that is reloaded is no longer among the loaded ones."};

  // A plugin's own services.
  FaultSwitch parameter_is_read_back{"package.parameter-is-read-back",
                                     "A PUT of a plugin's parameter is acknowledged and changes nothing."};
  FaultSwitch null_unsets_parameter{"package.null-unsets-parameter", "null leaves a plugin's parameter as it was."};
  FaultSwitch parameters_survive_restart{"package.parameters-survive-restart",
                                         "The values of a plugin's parameters are kept in memory only."};
  FaultSwitch package_in_progress_refused{"package.in-progress-refused", "A plugin's package is installed although it is being installed."};
  FaultSwitch package_installs_again{"package.installs-again", "A plugin's package that is installed is refused."};
  FaultSwitch package_installed_after_install{"package.installed-after-install",
                                              "The packages that a plugin has installed are not listed."};
  FaultSwitch package_gone_after_uninstall{"package.gone-after-uninstall", "A plugin's package stays listed after its uninstall."};
  FaultSwitch package_wrong_digest_fails{"package.wrong-digest-fails", "The sha1sum of a plugin's downloaded file is not looked at."};
  FaultSwitch package_wrong_digest_is_not_installed{"package.wrong-digest-is-not-installed",
                                                    "A plugin's package with a wrong sha1sum is installed, then the operation fails."};
  FaultSwitch package_unserved_file_fails{"package.unserved-file-fails",
                                          "The install of a package whose file is not served ends in success."};
  FaultSwitch package_dependencies_come_along{"package.dependencies-come-along",
                                              "A plugin's package is installed without those that it depends on."};
  FaultSwitch package_shares_files{"package.shares-files", "Uninstalling a plugin's package uninstalls those that share a file with it."};
  FaultSwitch services_end_with_plugin{"package.services-end-with-plugin", "The services of an uninstalled plugin go on answering."};

  // Devices and configs.
  FaultSwitch device_taken_id_changes_nothing{"device.taken-id-changes-nothing",
                                              "A device is replaced when a second one of its id is refused."};
  FaultSwitch device_refused_create_leaves_nothing{"device.refused-create-leaves-nothing", "A refused device is kept if it has an id."};
  FaultSwitch device_refused_id_leaves_nothing{"device.refused-create-leaves-nothing/id",
                                               "A device that is refused because of its id is kept under it."};
  FaultSwitch device_put_replaces_document{"device.put-replaces-document", "PUT of a device keeps the members that the document lacks."};
  FaultSwitch device_put_makes_no_second_device{"device.put-makes-no-second-device",
                                                "PUT of a document with another id makes a device of that id too."};
  FaultSwitch config_taken_id_changes_nothing{"config.taken-id-changes-nothing",
                                              "A config is replaced when a second one of its id is refused."};
  FaultSwitch config_refused_create_leaves_nothing{"config.refused-create-leaves-nothing", "A refused config is kept if it has an id."};
  FaultSwitch config_refused_id_leaves_nothing{"config.refused-create-leaves-nothing/id",
                                               "A config that is refused because of its id is kept under it."};
  FaultSwitch config_put_replaces_document{"config.put-replaces-document", "PUT of a config keeps the members that the document lacks."};
  FaultSwitch transient_goes_with_its_last_device{"config.transient-goes-with-its-last-device",
                                                  "A transient config stays when its last device is deleted."};
  FaultSwitch others_stay_without_devices{"config.others-stay-without-devices",
                                          "A config that is not transient goes with its last device too."};
  FaultSwitch no_transient_config_stays{"invariant.no-transient-config-stays",
                                        "A transient config is none any more once its device was put with it again."};
  FaultSwitch transient_goes_when_its_last_device_leaves{"config.transient-goes-when-its-last-device-leaves",
                                                         "A transient config stays when its last device is given another."};

  // How configs are read together with their ancestors (server/application/misreadings.h).
  FaultSwitch raw_inherits_from_parent{"config.raw-inherits-from-parent", "The raw config has nothing of any parent."};
  FaultSwitch raw_inherits_from_ancestors{"config.raw-inherits-from-ancestors", "The raw config has nothing of its parents' parents."};
  FaultSwitch raw_own_value_wins{"config.raw-own-value-wins", "An ancestor's value stands above the config's own."};
  FaultSwitch raw_goes_depth_first{"config.raw-goes-depth-first", "Ancestors are taken generation by generation, the nearest last."};
  FaultSwitch raw_takes_each_ancestor_once{"config.raw-takes-each-ancestor-once", "An ancestor counts again wherever it is met again."};
  FaultSwitch raw_merges_objects{"config.raw-merges-objects", "An object replaces the one of an ancestor."};
  FaultSwitch raw_replaces_other_values{"config.raw-replaces-other-values", "A list is put behind the one of an ancestor."};
  FaultSwitch raw_ends_in_a_cycle{"config.raw-ends-in-a-cycle", "The raw of a config with parents in a circle is refused."};
  FaultSwitch raw_ends_with_itself_as_parent{"config.raw-ends-with-itself-as-parent",
                                             "The raw of a config that is its own parent is refused."};
  FaultSwitch raw_ignores_unknown_parents{"config.raw-ignores-unknown-parents",
                                          "The raw of a config is not found if one of its parents is not there."};
  FaultSwitch raw_follows_change_of_parent{"config.raw-follows-change-of-parent",
                                           "A raw config that was asked for keeps the values that its ancestors had then."};
  FaultSwitch raw_follows_deleted_parent{"config.raw-follows-deleted-parent",
                                         "A raw config that was asked for keeps the values of an ancestor that was deleted."};
  FaultSwitch raw_follows_new_parents{"config.raw-follows-new-parents",
                                      "A raw config that was asked for is the same after its config was given other parents."};

  // What autocreate makes.
  FaultSwitch autocreate_without_base_makes_nothing{"config.autocreate-without-base-makes-nothing",
                                                    "A refused autocreate makes an empty config all the same."};
  FaultSwitch autocreated_follows_base{"config.autocreated-follows-base", "autocreate copies all values of the base into the new config."};
  FaultSwitch autocreated_ids_stay_unique{"config.autocreated-ids-stay-unique",
                                          "The ids of autocreated configs are counted from 1 at each start."};
  FaultSwitch autocreated_usernames_survive_restart{"config.autocreated-has-username-of-its-own/after-a-restart",
                                                    "The usernames of autocreated configs are counted from 1 at each start."};

  // Whether a device is configured.
  FaultSwitch unconfigured_without_plugin{"device.unconfigured-without-plugin", "A new device with a config and no plugin is configured."};
  FaultSwitch unconfigured_with_unknown_plugin{"device.unconfigured-with-unknown-plugin",
                                               "A new device whose plugin is not loaded is configured."};
  FaultSwitch unconfigured_without_config{"device.unconfigured-without-config", "A new device with a plugin and no config is configured."};
  FaultSwitch unconfigured_with_unknown_config{"device.unconfigured-with-unknown-config",
                                               "A new device whose config does not exist is configured."};
  FaultSwitch unconfigured_with_unusable_config{"device.unconfigured-with-unusable-config",
                                                "A new device whose config is unusable is configured."};
  FaultSwitch unconfigured_when_plugin_refuses{"device.unconfigured-when-plugin-refuses",
                                               "A new device that its plugin refuses is configured."};
  FaultSwitch configured_once_plugin_accepts{"device.configured-once-plugin-accepts",
                                             "A device that its plugin refused is not configured by a PUT that mends it."};
  FaultSwitch configured_by_put_of_plugin{"device.configured-by-put-of-plugin", "PUT of a plugin does not configure a device."};
  FaultSwitch configured_by_put_of_config{"device.configured-by-put-of-config", "PUT of a config's name does not configure a device."};
  FaultSwitch unconfigured_by_put_without_plugin{"device.unconfigured-by-put-without-plugin",
                                                 "A device stays configured when a PUT takes its plugin away."};
  FaultSwitch unconfigured_by_put_without_config{"device.unconfigured-by-put-without-config",
                                                 "A device stays configured when a PUT takes its config away."};
  FaultSwitch unconfigured_by_put_of_unknown_plugin{"device.unconfigured-by-put-of-unknown-plugin",
                                                    "A device stays configured when a PUT names a plugin that is not loaded."};
  FaultSwitch unconfigured_by_put_of_unknown_config{"device.unconfigured-by-put-of-unknown-config",
                                                    "A device stays configured when a PUT names a config that does not exist."};
  FaultSwitch unconfigured_when_identity_is_lost{"device.unconfigured-when-identity-is-lost",
                                                 "A device stays configured when a PUT takes away what its plugin needs of it."};
  FaultSwitch vendor_and_uuid_count{"device.unconfigured-when-identity-is-lost/vendor-and-uuid",
                                    "A PUT that changes nothing but vendor and uuid is no reason to ask the plugin."};
  FaultSwitch configured_after_other_changes{"device.configured-after-other-changes",
                                             "A PUT that changes nothing for the phone unconfigures a device."};
  FaultSwitch configured_after_change_of_identity{"device.configured-after-change-of-identity",
                                                  "A PUT of another mac, model, version or options unconfigures a device."};
  FaultSwitch configured_after_reconfigure{"device.configured-after-reconfigure", "reconfigure unconfigures a device."};
  FaultSwitch configured_by_missing_config{"device.configured-by-missing-config",
                                           "A new config does not configure the devices that name it."};
  FaultSwitch configured_by_missing_parent{"device.configured-by-missing-parent",
                                           "A new config does not configure the devices whose configs name it."};
  FaultSwitch unconfigured_by_deleted_parent{"device.unconfigured-by-deleted-parent",
                                             "A device stays configured when its config loses a parent."};
  FaultSwitch configured_by_missing_ancestor{"device.configured-by-missing-ancestor",
                                             "A new config does not configure devices beyond those of its children."};
  FaultSwitch unconfigured_by_deleted_ancestor{"device.unconfigured-by-deleted-ancestor",
                                               "A device stays configured when its config loses an ancestor beyond its parents."};
  FaultSwitch follows_new_parents{"device.follows-new-parents", "A config that is given other parents does not reach its devices."};
  FaultSwitch configured_in_a_cycle{"device.configured-in-a-cycle", "A config with parents in a circle counts as unusable."};
  FaultSwitch follows_change_of_parent{"device.follows-change-of-parent", "A changed config does not reach the devices of its children."};
  FaultSwitch follows_change_of_ancestor{"device.follows-change-of-ancestor",
                                         "A changed config does not reach devices beyond those of its children."};
  FaultSwitch every_dependant_follows{"device.every-dependant-follows",
                                      "A changed config reaches one of the devices that inherit from it."};
  FaultSwitch configured_by_install{"device.configured-by-install", "A plugin that is loaded does not configure the devices that name it."};

  // Finding.
  FaultSwitch missing_matches_no_order{"finding.missing-matches-no-order",
                                       "A missing member is read as null, which is less than everything."};
  FaultSwitch order_needs_one_type{"finding.order-needs-one-type", "Values of two types have an order: numbers come before texts."};
  FaultSwitch sort_numbers_by_value{"finding.sort-numbers-by-value", "Numbers are sorted as texts: 10 before 9."};
  FaultSwitch sort_before_projection{"finding.sort-before-projection", "A list is not sorted by a member that fields leaves out."};

  // What is learnt of phones.
  FaultSwitch option_identifies{"identification.option-identifies",
                                "A device that the server makes does not get the vendor and the model that a plugin recognised."};
  FaultSwitch contradicting_mac_is_another_device{"identification.contradicting-mac-is-another-device",
                                                  "A device of the same address is taken although it has another mac."};
  FaultSwitch contradicting_model_is_another_device{"identification.contradicting-model-is-another-device",
                                                    "A device of the same address is taken although it is of another vendor or model."};
  FaultSwitch ambiguous_ip_takes_none{"identification.ambiguous-ip-takes-none",
                                      "Of several devices of the same address that have no mac one is taken."};
  FaultSwitch older_of_two_is_taken{"identification.older-of-two-is-taken", "Of two devices of one mac the younger is taken."};
  FaultSwitch version_overwritten{"identification.version-overwritten", "A device keeps the version that it has."};
  FaultSwitch config_made_for_known_device{"identification.config-made-for-known-device", "A device that is there already gets no config."};
  FaultSwitch newest_of_equal_plugins{"identification.newest-of-equal-plugins",
                                      "Of plugins that fit equally well that with the greatest id as a text is chosen: 9 before 10."};
  FaultSwitch plugin_associated{"identification.plugin-associated", "A device that the server makes gets no plugin."};
  FaultSwitch later_plugin_associated{"identification.later-plugin-associated", "A device that is there already gets no plugin."};
  FaultSwitch own_plugin_kept{"identification.own-plugin-kept", "A device gets the plugin that recognises it although it has one."};
  FaultSwitch identified_is_configured{"identification.identified-is-configured",
                                       "A device that has got plugin and config by identification is not configured."};
  FaultSwitch unidentified_gets_no_plugin{"identification.unidentified-gets-no-plugin",
                                          "A device of which no plugin knows anything gets one all the same."};
  FaultSwitch foreign_option_identifies_nothing{"identification.foreign-option-identifies-nothing",
                                                "An option that no plugin knows gives a device a vendor."};
  FaultSwitch missing_members_added{"identification.missing-members-added",
                                    "A device that is there already gets none of the members that it lacks."};
  FaultSwitch wrong_model_corrected{"identification.wrong-model-corrected", "A device keeps the vendor and the model that it has."};

  // What phones' own requests do over HTTP.
  FaultSwitch user_agent_identifies{"identification.user-agent-identifies",
                                    "Vendor and model that a plugin reads from a phone's User-Agent are not taken."};
  FaultSwitch path_identifies{"identification.path-identifies",
                              "What a plugin reads from the path that a phone without User-Agent asks for is not taken."};
  FaultSwitch mac_retrieves{"identification.mac-retrieves", "A phone's request does not find the device that has its mac and no ip."};
  FaultSwitch ip_retrieves_nameless{"identification.ip-retrieves-nameless",
                                    "A request that says nothing of its phone does not find the device that has its ip."};
  FaultSwitch nameless_behind_nat_is_nobody{"identification.nameless-behind-nat-is-nobody",
                                            "A request that says nothing and fits several devices of its ip makes another one."};
  FaultSwitch one_device_of_requests_at_once{"identification.one-device-of-requests-at-once",
                                             "Each of several first requests of a phone makes a device."};
  FaultSwitch request_overwrites_version{"identification.request-overwrites-version",
                                         "A device keeps the version that it has, whatever its phone says."};
  FaultSwitch request_moves_ip{"identification.request-moves-ip", "A device keeps the ip that it has, wherever its phone asks from."};
  FaultSwitch phones_behind_one_address{"identification.phones-behind-one-address",
                                        "Behind NAT a device loses its ip to another phone that asks from there."};
  FaultSwitch request_brings_later_plugin{"identification.request-brings-later-plugin",
                                          "A device that is there already gets no plugin from its phone's requests."};
  FaultSwitch admins_change_stays{"identification.admins-change-stays",
                                  "A request that changes something of a device drops its description."};
  FaultSwitch repeated_requests_leave_nothing{"identification.repeated-requests-leave-nothing",
                                              "Each request of a phone makes its device a new config."};

  FaultSwitch request_takes_older_of_two{"identification.request-takes-older-of-two",
                                         "Of two devices of one mac a phone's request takes the younger."};
  FaultSwitch mac_completes_nameless_device{"identification.mac-completes-nameless-device",
                                            "A request that says its mac does not take the device of its address that has none."};
  FaultSwitch starts_again{"invariant.starts-again", "A server that has a device of its own does not start."};
  FaultSwitch devices_survive_restart{"device.survives-restart", "A server that starts has no device."};
  FaultSwitch configs_survive_restart{"config.survives-restart", "A server that starts has no config."};
  FaultSwitch device_changes_survive_restart{"device.changes-survive-restart", "What a PUT changed of a device is lost with a restart."};
  FaultSwitch device_deletes_survive_restart{"device.changes-survive-restart/of-a-delete",
                                             "A deleted device is there again after a restart."};
  FaultSwitch config_changes_survive_restart{"config.changes-survive-restart", "What a PUT changed of a config is lost with a restart."};
  FaultSwitch config_deletes_survive_restart{"config.changes-survive-restart/of-a-delete",
                                             "A deleted config is there again after a restart."};
  FaultSwitch own_file_survives_restart{"provisioning.own-file-survives-restart",
                                        "A server that starts has the own file of no device that was configured before."};
  FaultSwitch remote_state_after_own_file{"identification.remote-state-after-own-file",
                                          "A device does not say with which user its phone has its file."};
  FaultSwitch remote_state_only_after_own_file{"identification.remote-state-only-after-own-file",
                                               "Any file that a phone fetches counts as the one that tells it its user."};
  FaultSwitch phone_identified{"phone.identified",
                               "A device that is there already learns neither vendor nor model from its phone's requests."};

  // Packages of phones' files.
  FaultSwitch refused_methods_identify{"identification.refused-methods-identify",
                                       "A phone's request with another method than GET tells nothing of its phone."};
  FaultSwitch forwarded_for_names_phone{"provisioning.forwarded-for-names-phone",
                                        "What a trusted proxy says of the phone's address is not looked at."};
  FaultSwitch forwarded_claims_ignored{"provisioning.forwarded-claims-ignored",
                                       "The address that stands first in X-Forwarded-For is believed, whoever wrote it."};
  FaultSwitch absent_forwarded_for_is_peer{"provisioning.absent-forwarded-for-is-peer",
                                           "Behind a proxy a request without X-Forwarded-For is refused."};
  FaultSwitch empty_forwarded_for_is_peer{"provisioning.empty-forwarded-for-is-peer",
                                          "A request whose proxy left its entry empty is refused."};
  FaultSwitch forwarded_for_in_other_spellings{"provisioning.forwarded-for-in-other-spellings",
                                               "An entry with a port, or as IPv6 has IPv4 addresses, is refused."};
  FaultSwitch forwarded_garbage_is_no_address{"provisioning.forwarded-garbage-is-no-address",
                                              "What stands in X-Forwarded-For becomes a device's ip, whatever it is."};
  FaultSwitch forwarded_for_ignored_without_proxies{"provisioning.forwarded-for-ignored-without-proxies",
                                                    "X-Forwarded-For is believed though no proxy is trusted."};
  FaultSwitch second_of_two_proxies{"provisioning.second-of-two-proxies", "Behind two proxies the first one is taken for the phone."};
  FaultSwitch forwarded_for_of_too_few_is_peer{"provisioning.forwarded-for-of-too-few-is-peer",
                                               "An X-Forwarded-For with fewer entries than trusted proxies is believed."};
  FaultSwitch shared_file_stays{"provisioning.shared-file-stays", "A file that two packages share goes with the first of them."};

  // Files over TFTP.
  FaultSwitch tftp_interrupted_harms_nobody{"provisioning.interrupted-download-harms-nobody",
                                            "Who has left a transfer in its middle is not answered any more."};
  FaultSwitch tftp_file_served{"tftp.file-served", "Over TFTP there is no file for anybody."};
  FaultSwitch tftp_same_file{"tftp.same-file-as-over-http", "A file that is read over TFTP ends in an empty line."};
  FaultSwitch tftp_missing_file{"tftp.missing-file-is-error-1", "A file that is not there is answered with error 0."};
  FaultSwitch tftp_leading_slash{"tftp.leading-slash-means-nothing", "A name that begins with a slash is that of no file."};
  FaultSwitch tftp_mode_in_any_case{"tftp.mode-in-any-case", "The mode octet is refused in capitals."};
  FaultSwitch tftp_write_refused{"tftp.write-refused", "A request to write is answered as one to read."};
  FaultSwitch tftp_other_modes_refused{"tftp.other-modes-refused", "A file is sent as it is in any mode."};
  FaultSwitch tftp_outside_never_served{"tftp.outside-never-served", "A name with .. is answered with a file."};
  FaultSwitch tftp_multiple_ends_empty{"tftp.multiple-of-block-size-ends-empty",
                                       "A file whose size is a multiple of the block's ends without an empty block."};
  FaultSwitch tftp_blksize_agreed{"tftp.blksize-agreed", "blksize is not looked at."};
  FaultSwitch tftp_tsize_told{"tftp.tsize-told", "tsize is not looked at."};
  FaultSwitch tftp_timeout_agreed{"tftp.timeout-agreed", "timeout is not looked at."};
  FaultSwitch tftp_option_names_in_any_case{"tftp.option-names-in-any-case", "Options in capitals are not looked at."};
  FaultSwitch tftp_unknown_option_left_out{"tftp.unknown-option-left-out", "An option that nobody knows is agreed to."};
  FaultSwitch tftp_lost_data_sent_again{"tftp.lost-data-sent-again", "A block is sent once and never again."};
  FaultSwitch tftp_no_apprentice{"tftp.repeated-ack-sends-nothing", "An acknowledgement that comes twice has the next block sent twice."};
  FaultSwitch tftp_stranger_gets_error_5{"tftp.stranger-gets-error-5", "What a stranger sends to a transfer's port is not answered."};
  FaultSwitch tftp_stranger_ends_nothing{"tftp.stranger-ends-nothing", "What a stranger sends to a transfer's port ends it."};
  FaultSwitch tftp_roll_over{"tftp.block-numbers-roll-over", "A file of more than 65535 blocks is given up after those."};
  FaultSwitch tftp_empty_file{"tftp.empty-file-sent", "An empty file is answered with error 1."};
  FaultSwitch tftp_unacceptable_option{"tftp.unacceptable-option-answered",
                                       "A request with an option's value that can't be is not answered."};
  FaultSwitch tftp_lost_agreement{"tftp.lost-oack-sent-again", "An OACK is sent once and never again."};
  FaultSwitch tftp_lost_last_ack{"tftp.last-block-sent-again", "The last block of a file is sent once and never again."};
  FaultSwitch tftp_resent_as_it_was{"tftp.noise-damages-nothing", "A block that is sent again has other bytes."};
  FaultSwitch tftp_late_ack{"tftp.late-ack-harms-nothing", "An acknowledgement of an earlier block ends the transfer without a word."};
  FaultSwitch tftp_early_ack{"tftp.early-ack-harms-nothing",
                             "An acknowledgement of a block that was not sent ends the transfer without a word."};
  FaultSwitch tftp_unlawful_datagram{"tftp.unlawful-datagram-harms-nothing",
                                     "A datagram that no client sends in a transfer ends it without a word."};
  FaultSwitch tftp_error_ends{"tftp.error-ends-quietly", "An error that the client sends has the last block sent again."};
  FaultSwitch tftp_side_by_side{"tftp.transfers-side-by-side",
                                "Where several transfers of an address run at once, the bytes of one go into another."};
  FaultSwitch tftp_abandoned{"tftp.abandoned-transfers-hold-up-nobody",
                             "While many transfers wait for clients that are gone, a request is refused."};
  FaultSwitch tftp_unknown_phone{"tftp.unknown-phone-gets-error", "A phone that nobody knows is not answered."};
  FaultSwitch tftp_unparsable_harms_nobody{"tftp.unparsable-harms-nobody", "Who has sent something unreadable is not answered any more."};

  // Telling phones.
  std::atomic<int> phones_being_told{0};  // right now; for faults that are about that time
  FaultSwitch synchronize_of_unknown_fails{"synchronize.of-unknown-answered/succeeds",
                                           "The synchronize of a device that does not exist ends in success."};
  FaultSwitch synchronize_unconfigured_fails{"synchronize.unconfigured-fails", "The synchronize of a device without a plugin succeeds."};
  FaultSwitch synchronize_uninstalled_plugin_fails{"synchronize.uninstalled-plugin-fails",
                                                   "The synchronize of a device whose plugin is not loaded succeeds."};
  FaultSwitch synchronize_untold_phone_fails{"synchronize.untold-phone-fails", "The synchronize of a phone without an address succeeds."};
  FaultSwitch synchronize_after_deleted_parent_fails{"synchronize.after-deleted-parent-fails",
                                                     "The synchronize of a device with an unusable config succeeds."};
  FaultSwitch synchronize_reaches_phone{"synchronize.reaches-phone", "A synchronize succeeds and nothing is sent to the phone."};
  FaultSwitch synchronize_succeeds{"synchronize.succeeds-when-phone-accepts", "The synchronize of a phone that accepts it ends in fail."};
  FaultSwitch synchronize_silent_phone{"synchronize.silent-phone-holds-up-nobody", "Phones are told one after the other."};
  FaultSwitch synchronize_silence_fails{"synchronize.silent-phone-fails", "The synchronize of a phone that never answers succeeds."};
  FaultSwitch synchronize_challenge_fails{"synchronize.fails-when-phone-refuses/challenge",
                                          "A phone that asks for a password is taken for one that accepts."};
  FaultSwitch synchronize_lost_notify{"synchronize.lost-notify-sent-again", "A NOTIFY is sent once and never again."};
  FaultSwitch synchronize_provisional{"synchronize.provisional-answer-is-no-end", "A provisional answer is taken for a refusal."};
  FaultSwitch synchronize_unreadable_answer{"synchronize.unreadable-answer-passed-over", "What is no answer is taken for a refusal."};
  FaultSwitch synchronize_notify_is_whole{"synchronize.notify-has-what-sip-demands", "A NOTIFY has no Max-Forwards."};
  FaultSwitch synchronize_change_stays{"synchronize.change-meanwhile-stays",
                                       "A config that a device is given while its phone is told is taken away from it again."};
  FaultSwitch synchronize_new_phone{"synchronize.new-phone-meanwhile",
                                    "While a phone is told, requests of a new phone at once make a device each."};
  FaultSwitch synchronize_to_whom{"synchronize.addressed-as-fetched",
                                  "A phone is addressed by the user of its config, whether it has fetched that or not."};
  FaultSwitch synchronize_shared_user{"synchronize.shared-user-reaches-one",
                                      "With a phone that has a user of automatic provisioning all others that have it are told."};
  FaultSwitch synchronize_new_address{"synchronize.goes-where-the-phone-is", "A phone is told where it was told for the first time."};
  FaultSwitch synchronize_side_by_side{"synchronize.many-side-by-side", "While more than twenty phones are told, a synchronize fails."};
  FaultSwitch synchronize_refusal_fails{"synchronize.fails-when-phone-refuses", "The synchronize of a phone that refuses it succeeds."};

  // Who may ask, tenants and their keys.
  FaultSwitch access_token_needed{"access.token-needed", "A request without a token is answered."};
  FaultSwitch access_wrong_token_refused{"access.wrong-token-refused", "Any token is taken for one of the master."};
  FaultSwitch access_comes_first{"access.comes-before-other-checks", "A path that there is not is 404 also without a token."};
  FaultSwitch access_foreign_tenant_refused{"access.foreign-tenant-refused", "A token acts for any tenant."};
  FaultSwitch another_tenants_device_is_unknown{"tenant.anothers-device-not-read", "A device is read and replaced for any tenant."};
  FaultSwitch another_tenants_device_stays{"tenant.anothers-device-not-deleted", "A device is deleted and reconfigured for any tenant."};
  FaultSwitch list_hides_other_tenants{"tenant.list-hides-others", "The devices of all tenants are listed."};
  FaultSwitch list_has_own_devices_only{"tenant.list-without-recurse-has-own",
                                        "A list has the devices of tenants below also without recurse."};
  FaultSwitch recurse_lists_below{"tenant.recurse-lists-below", "recurse=true changes nothing."};
  FaultSwitch device_carries_its_tenant{"tenant.device-carries-its-tenant", "A new device is the master's whoever makes it."};
  FaultSwitch phones_device_is_new{"tenant.phones-device-is-new", "A device that a phone's request makes is not new."};
  FaultSwitch put_claims_new_device{"tenant.put-claims-new-device", "Replacing a new device leaves it to the master."};
  FaultSwitch put_without_tenant_keeps_it{"tenant.put-without-tenant-keeps-it",
                                          "A PUT without tenant_uuid gives a device back to the master."};
  FaultSwitch put_moves_to_no_tenant{"tenant.put-moves-nothing", "A PUT moves a device to the tenant that it names."};
  FaultSwitch key_malformed_refused{"key.malformed-refused", "A malformed provisioning key is kept."};
  FaultSwitch key_of_another_refused{"key.of-another-refused", "Two tenants may have the same provisioning key."};
  FaultSwitch key_may_be_set_again{"key.may-be-set-again", "A tenant that sets its own key again is refused."};
  FaultSwitch key_is_read_by_its_tenant{"key.read-by-its-tenant-only", "The key of any tenant is shown to one that has none."};
  FaultSwitch key_alone_is_no_file{"key.alone-is-no-file",
                                   "A URL that is nothing but a key is answered as if it were asked the wrong way."};
  FaultSwitch key_is_needed{"key.needed-in-urls", "A phone needs no key."};
  FaultSwitch key_opens_no_other_tenants_files{"key.opens-no-others-files", "A key opens the files of all tenants."};
  FaultSwitch key_in_urls_of_files{"key.in-urls-of-files", "The URLs in files have no key."};
  FaultSwitch raw_config_by_schema{"config.unknown-member-refused", "A raw config may have any members."};

  // What only a preset does (server/api/presets.h), and is no requirement's opposite. Where the real server fails of itself, the
  // application says so with FailureOfThatServer, and the preset's own answers make of it what is seen.
  FaultSwitch fails_at_types{"wazo-2026/fails-at-types", "To compare values of two types is an error of the server's."};
  FaultSwitch undeletable_device_fails{"wazo-2026/undeletable-device-fails",
                                       "The DELETE of a device that is not deletable is an error of the server's."};
  FaultSwitch non_ascii_id_is_kept{"wazo-2026/non-ascii-id-is-kept",
                                   "A document with an id beyond ASCII is kept, and its client left alone."};
  FaultSwitch unusable_raw_config_refused{"wazo-2026/unusable-raw-config-refused",
                                          "A config is refused if no device could be configured by it and what it inherits."};
  FaultSwitch autocreates_without_username{"wazo-2026/autocreates-without-username",
                                           "autocreate from a config without a username makes one without it, too."};
  FaultSwitch plugin_parameters_fail{"wazo-2026/plugin-parameters-fail",
                                     "A plugin's parameter, whether there is one or not, is an error of the server's."};

  std::vector<FaultSwitch*> All();
  FaultSwitch* Find(std::string_view name);  // null if there is none of that name
  void AllOff();
};

}  // namespace provdlab::server
