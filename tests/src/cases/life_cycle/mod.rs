//! Names, references, removal, restarts.

use crate::case::Case;

pub mod busy_mount_stays_whole;
pub mod closing_keeps_state_and_refuses_what_is_mounted;
pub mod commit_consumes_the_key;
pub mod cycles_leave_nothing;
pub mod deep_paths_and_wide_directories_are_kept;
pub mod dropped_caches_lose_nothing;
pub mod duplicate_key_is_refused;
pub mod failed_removal_can_be_repeated;
pub mod half_made_items_are_discarded;
pub mod layer_in_use_is_kept;
pub mod leaked_mount_does_no_harm;
pub mod leftovers_in_work_directories_do_no_harm;
pub mod malformed_names_are_refused;
pub mod missing_parent_is_refused;
pub mod mounted_item_is_kept;
pub mod mounts_are_private;
pub mod nested_subvolumes_go_with_their_container;
pub mod one_container_can_be_mounted_twice;
pub mod one_root_has_one_driver;
pub mod removal_takes_what_was_made_inside;
pub mod removed_names_can_be_used_again;
pub mod reopen_restores_state;
pub mod roots_may_be_called_anything;
pub mod taken_layer_id_is_refused;
pub mod unknown_items_are_not_found;
pub mod views_cannot_be_committed;
pub mod writes_survive_a_remount;
pub mod written_times_last;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &busy_mount_stays_whole::CASE,
    &closing_keeps_state_and_refuses_what_is_mounted::CASE,
    &commit_consumes_the_key::CASE,
    &cycles_leave_nothing::CASE,
    &deep_paths_and_wide_directories_are_kept::CASE,
    &dropped_caches_lose_nothing::CASE,
    &duplicate_key_is_refused::CASE,
    &failed_removal_can_be_repeated::CASE,
    &half_made_items_are_discarded::CASE,
    &layer_in_use_is_kept::CASE,
    &leaked_mount_does_no_harm::CASE,
    &leftovers_in_work_directories_do_no_harm::CASE,
    &malformed_names_are_refused::CASE,
    &missing_parent_is_refused::CASE,
    &mounted_item_is_kept::CASE,
    &mounts_are_private::CASE,
    &nested_subvolumes_go_with_their_container::CASE,
    &one_container_can_be_mounted_twice::CASE,
    &one_root_has_one_driver::CASE,
    &removal_takes_what_was_made_inside::CASE,
    &removed_names_can_be_used_again::CASE,
    &reopen_restores_state::CASE,
    &roots_may_be_called_anything::CASE,
    &taken_layer_id_is_refused::CASE,
    &unknown_items_are_not_found::CASE,
    &views_cannot_be_committed::CASE,
    &writes_survive_a_remount::CASE,
    &written_times_last::CASE,
];
