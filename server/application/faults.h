#pragma once
// Faults of behaviour that can be switched on while the server runs: each breaks one requirement of the API on purpose, so that
// a suite or a client can be seen to notice. Faults that are visible only in an answer are data at the edge (server/api).
//
//   Faults faults;
//   faults.wrong_digest_fails.On(2);             // the next two times
//   if (faults.wrong_digest_fails.Strikes()) …   // at the one place in the code that the fault is about
//
// A fault is named by the slug of the requirement that it breaks. Any thread. A Faults outlives everything that has a reference to it.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace provdlab::server {

// One fault. Off when made.
class FaultSwitch {
 public:
  // `slug` names the requirement, `sentence` says what happens instead. Both are literals.
  FaultSwitch(std::string_view slug, std::string_view sentence) : slug_(slug), sentence_(sentence) {}
  FaultSwitch(const FaultSwitch&) = delete;
  FaultSwitch& operator=(const FaultSwitch&) = delete;

  std::string_view name() const { return slug_; }
  std::string_view breaks() const { return slug_; }
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
  const std::string_view slug_, sentence_;
  mutable std::mutex mutex_;
  bool on_ = false;
  std::uint64_t hits_ = 0;
  std::optional<std::uint64_t> remaining_;
};

struct Faults {
  // Operations in progress.
  FaultSwitch delete_does_not_cancel{"oip.delete-does-not-cancel", "Deleting a monitor cancels the operation that it watched."};
  FaultSwitch delete_frees_only_itself{"oip.delete-frees-only-itself", "Deleting a monitor deletes all of its collection."};
  FaultSwitch gone_after_delete{"oip.gone-after-delete", "A deleted monitor stays readable."};
  FaultSwitch finished_monitor_stays{"oip.finished-monitor-stays",
                                     "A monitor is not found any more once it was seen that its operation has ended."};
  FaultSwitch ids_are_never_reused{"oip.ids-are-never-reused", "The id of a deleted monitor is given to the next one of its collection."};

  // The manager's configuration.
  FaultSwitch put_is_read_back{"configure.put-is-read-back", "A PUT of a parameter is acknowledged and changes nothing."};
  FaultSwitch refused_put_changes_nothing{"configure.refused-put-changes-nothing", "A value that is refused is kept all the same."};
  FaultSwitch null_unsets{"configure.null-unsets", "null leaves the proxies, the locale and plugin_server as they were."};
  FaultSwitch values_survive_restart{"configure.values-survive-restart", "The values of parameters are kept in memory only."};
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
                                               "A package whose file name leads elsewhere is listed as installed after an update."};
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

  std::vector<FaultSwitch*> All();
  FaultSwitch* Find(std::string_view name);  // null if there is none of that name
  void AllOff();
};

}  // namespace provdlab::server
