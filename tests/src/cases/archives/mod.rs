//! Odd and hostile archives.

use crate::case::Case;

pub mod archive_limits_are_kept;
pub mod attributes_do_not_steer_the_driver;
pub mod aufs_names_mean_nothing;
pub mod chance_leads_nowhere;
pub mod cut_archive_is_refused;
pub mod directory_attributes_are_replaced;
pub mod every_dialect_of_tar_is_read;
pub mod failed_apply_leaves_nothing;
pub mod far_times_are_kept_or_refused;
pub mod garbage_is_refused;
pub mod global_headers_are_skipped;
pub mod hard_links_do_not_lead_outside;
pub mod hard_links_join_what_is_there;
pub mod impossible_devices_are_refused;
pub mod large_ids_are_kept;
pub mod last_of_two_entries_wins;
pub mod links_do_not_lead_into_whiteouts;
pub mod links_do_not_lead_outside;
pub mod links_that_lead_nowhere_are_refused;
pub mod long_paths_are_kept;
pub mod missing_parents_are_made;
pub mod nodes_replace_what_is_there;
pub mod nonsense_in_headers_is_refused;
pub mod odd_names_are_kept;
pub mod odd_spellings_of_paths_are_understood;
pub mod odd_times_are_kept;
pub mod parent_references_stay_inside;
pub mod paths_beyond_the_kernels_limit_are_kept;
pub mod racing_processes_gain_nothing;
pub mod sparse_members_stay_sparse;
pub mod what_follows_the_end_is_no_layer;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &archive_limits_are_kept::CASE,
    &attributes_do_not_steer_the_driver::CASE,
    &aufs_names_mean_nothing::CASE,
    &chance_leads_nowhere::CASE,
    &cut_archive_is_refused::CASE,
    &directory_attributes_are_replaced::CASE,
    &every_dialect_of_tar_is_read::CASE,
    &failed_apply_leaves_nothing::CASE,
    &far_times_are_kept_or_refused::CASE,
    &garbage_is_refused::CASE,
    &global_headers_are_skipped::CASE,
    &hard_links_do_not_lead_outside::CASE,
    &hard_links_join_what_is_there::CASE,
    &impossible_devices_are_refused::CASE,
    &large_ids_are_kept::CASE,
    &last_of_two_entries_wins::CASE,
    &links_do_not_lead_into_whiteouts::CASE,
    &links_do_not_lead_outside::CASE,
    &links_that_lead_nowhere_are_refused::CASE,
    &long_paths_are_kept::CASE,
    &missing_parents_are_made::CASE,
    &nodes_replace_what_is_there::CASE,
    &nonsense_in_headers_is_refused::CASE,
    &odd_names_are_kept::CASE,
    &odd_spellings_of_paths_are_understood::CASE,
    &odd_times_are_kept::CASE,
    &parent_references_stay_inside::CASE,
    &paths_beyond_the_kernels_limit_are_kept::CASE,
    &racing_processes_gain_nothing::CASE,
    &sparse_members_stay_sparse::CASE,
    &what_follows_the_end_is_no_layer::CASE,
];
