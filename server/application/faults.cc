#include "server/application/faults.h"

namespace provdlab::server {

void FaultSwitch::On(std::optional<std::uint64_t> times) {
  std::lock_guard lock(mutex_);
  on_ = times != 0;
  hits_ = 0;
  remaining_ = times;
}

void FaultSwitch::Off() {
  std::lock_guard lock(mutex_);
  on_ = false;
  remaining_.reset();
}

bool FaultSwitch::Strikes() {
  std::lock_guard lock(mutex_);
  if (!on_) return false;
  ++hits_;
  if (remaining_ && --*remaining_ == 0) on_ = false;
  return true;
}

bool FaultSwitch::is_on() const {
  std::lock_guard lock(mutex_);
  return on_;
}

std::uint64_t FaultSwitch::hits() const {
  std::lock_guard lock(mutex_);
  return hits_;
}

std::optional<std::uint64_t> FaultSwitch::remaining() const {
  std::lock_guard lock(mutex_);
  return remaining_;
}

std::vector<FaultSwitch*> Faults::All() {
  return {&delete_does_not_cancel,
          &delete_frees_only_itself,
          &gone_after_delete,
          &finished_monitor_stays,
          &ended_operation_goes_on,
          &ids_are_never_reused,
          &put_is_read_back,
          &refused_put_changes_nothing,
          &null_unsets,
          &null_resets_nat,
          &values_survive_restart,
          &other_values_survive_restart,
          &http_proxy_is_used,
          &locale_translates_packages,
          &second_update_refused,
          &update_shows_new_packages,
          &update_forgets_dropped_packages,
          &update_shows_new_versions,
          &unserved_list_fails_update,
          &bad_list_fails_update,
          &installable_keeps_last_good_list,
          &bad_list_keeps_last_good_list,
          &malformed_sum_hides_only_itself,
          &bad_entry_hides_only_itself,
          &update_recovers,
          &plugin_server_slash_means_nothing,
          &already_installed_refused,
          &in_progress_refused,
          &upgrade_in_progress_refused,
          &packages_in_parallel,
          &installed_after_install,
          &loaded_after_install,
          &gone_after_uninstall,
          &unloaded_after_uninstall,
          &reinstalls,
          &installed_survives_restart,
          &installed_survives_restart_beside_broken,
          &upgrade_brings_new_version,
          &upgrade_to_same_version_accepted,
          &shows_download,
          &counts_bytes,
          &works_from_cache,
          &cache_is_verified,
          &wrong_digest_fails,
          &wrong_digest_is_not_installed,
          &wrong_size_fails,
          &cut_download_fails,
          &unserved_package_fails,
          &nothing_left_behind,
          &wrong_page_fails,
          &slow_start_succeeds,
          &rest_answers_while_held,
          &hostile_archive_is_not_loaded,
          &hostile_filename_is_not_followed,
          &non_archive_fails,
          &hostile_archive_fails,
          &bomb_fails,
          &failed_install_is_not_listed,
          &recovers_after_failed_download,
          &unloadable_plugin_fails,
          &unloadable_plugin_can_go,
          &unloadable_plugin_harms_nobody,
          &unloadable_is_not_listed,
          &consistent_after_failed_upgrade,
          &upgrade_to_unloadable_fails,
          &loaded_after_reload,
          &parameter_is_read_back,
          &null_unsets_parameter,
          &parameters_survive_restart,
          &package_in_progress_refused,
          &package_installs_again,
          &package_installed_after_install,
          &package_gone_after_uninstall,
          &package_wrong_digest_fails,
          &package_wrong_digest_is_not_installed,
          &package_unserved_file_fails,
          &package_dependencies_come_along,
          &package_shares_files,
          &services_end_with_plugin,
          &device_taken_id_changes_nothing,
          &device_refused_create_leaves_nothing,
          &device_refused_id_leaves_nothing,
          &device_put_replaces_document,
          &device_put_makes_no_second_device,
          &config_taken_id_changes_nothing,
          &config_refused_create_leaves_nothing,
          &config_refused_id_leaves_nothing,
          &config_put_replaces_document,
          &transient_goes_with_its_last_device,
          &transient_goes_when_its_last_device_leaves,
          &others_stay_without_devices,
          &no_transient_config_stays,
          &raw_inherits_from_parent,
          &raw_inherits_from_ancestors,
          &raw_own_value_wins,
          &raw_goes_depth_first,
          &raw_takes_each_ancestor_once,
          &raw_merges_objects,
          &raw_replaces_other_values,
          &raw_ends_in_a_cycle,
          &raw_ends_with_itself_as_parent,
          &raw_ignores_unknown_parents,
          &raw_follows_change_of_parent,
          &raw_follows_deleted_parent,
          &raw_follows_new_parents,
          &autocreate_without_base_makes_nothing,
          &autocreated_follows_base,
          &autocreated_ids_stay_unique,
          &autocreated_usernames_survive_restart,
          &unconfigured_without_plugin,
          &unconfigured_with_unknown_plugin,
          &unconfigured_without_config,
          &unconfigured_with_unknown_config,
          &unconfigured_with_unusable_config,
          &unconfigured_when_plugin_refuses,
          &configured_once_plugin_accepts,
          &configured_by_put_of_plugin,
          &configured_by_put_of_config,
          &unconfigured_by_put_without_plugin,
          &unconfigured_by_put_without_config,
          &unconfigured_by_put_of_unknown_plugin,
          &unconfigured_by_put_of_unknown_config,
          &unconfigured_when_identity_is_lost,
          &vendor_and_uuid_count,
          &configured_after_other_changes,
          &configured_after_change_of_identity,
          &configured_after_reconfigure,
          &configured_by_missing_config,
          &configured_by_missing_parent,
          &unconfigured_by_deleted_parent,
          &configured_by_missing_ancestor,
          &unconfigured_by_deleted_ancestor,
          &follows_new_parents,
          &configured_in_a_cycle,
          &follows_change_of_parent,
          &follows_change_of_ancestor,
          &every_dependant_follows,
          &configured_by_install,
          &missing_matches_no_order,
          &order_needs_one_type,
          &sort_numbers_by_value,
          &sort_before_projection,
          &option_identifies,
          &contradicting_mac_is_another_device,
          &contradicting_model_is_another_device,
          &ambiguous_ip_takes_none,
          &older_of_two_is_taken,
          &version_overwritten,
          &config_made_for_known_device,
          &newest_of_equal_plugins,
          &plugin_associated,
          &later_plugin_associated,
          &own_plugin_kept,
          &identified_is_configured,
          &unidentified_gets_no_plugin,
          &foreign_option_identifies_nothing,
          &missing_members_added,
          &wrong_model_corrected,
          &user_agent_identifies,
          &path_identifies,
          &mac_retrieves,
          &ip_retrieves_nameless,
          &nameless_behind_nat_is_nobody,
          &one_device_of_requests_at_once,
          &request_overwrites_version,
          &request_moves_ip,
          &phones_behind_one_address,
          &request_brings_later_plugin,
          &admins_change_stays,
          &repeated_requests_leave_nothing,
          &request_takes_older_of_two,
          &mac_completes_nameless_device,
          &remote_state_after_own_file,
          &remote_state_only_after_own_file,
          &phone_identified,
          &refused_methods_identify,
          &forwarded_for_names_phone,
          &forwarded_claims_ignored,
          &absent_forwarded_for_is_peer,
          &empty_forwarded_for_is_peer,
          &forwarded_for_in_other_spellings,
          &forwarded_garbage_is_no_address,
          &forwarded_for_ignored_without_proxies,
          &second_of_two_proxies,
          &forwarded_for_of_too_few_is_peer,
          &shared_file_stays,
          &tftp_interrupted_harms_nobody,
          &tftp_file_served,
          &tftp_same_file,
          &tftp_missing_file,
          &tftp_leading_slash,
          &tftp_mode_in_any_case,
          &tftp_write_refused,
          &tftp_other_modes_refused,
          &tftp_outside_never_served,
          &tftp_multiple_ends_empty,
          &tftp_blksize_agreed,
          &tftp_tsize_told,
          &tftp_timeout_agreed,
          &tftp_option_names_in_any_case,
          &tftp_unknown_option_left_out,
          &tftp_lost_data_sent_again,
          &tftp_no_apprentice,
          &tftp_stranger_gets_error_5,
          &tftp_stranger_ends_nothing,
          &tftp_unparsable_harms_nobody,
          &synchronize_of_unknown_fails,
          &synchronize_unconfigured_fails,
          &synchronize_uninstalled_plugin_fails,
          &synchronize_untold_phone_fails,
          &synchronize_after_deleted_parent_fails,
          &synchronize_reaches_phone,
          &synchronize_succeeds,
          &synchronize_silent_phone,
          &synchronize_refusal_fails};
}

FaultSwitch* Faults::Find(std::string_view name) {
  for (FaultSwitch* fault : All())
    if (fault->name() == name) return fault;
  return nullptr;
}

void Faults::AllOff() {
  for (FaultSwitch* fault : All()) fault->Off();
}

}  // namespace provdlab::server
