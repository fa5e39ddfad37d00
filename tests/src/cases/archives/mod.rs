//! Odd and hostile archives.

use crate::case::Case;

pub mod archive_limits_are_kept;
pub mod cut_archive_is_refused;
pub mod directory_attributes_are_replaced;
pub mod failed_apply_leaves_nothing;
pub mod garbage_is_refused;
pub mod global_headers_are_skipped;
pub mod hard_links_do_not_lead_outside;
pub mod large_ids_are_kept;
pub mod last_of_two_entries_wins;
pub mod links_do_not_lead_outside;
pub mod long_paths_are_kept;
pub mod missing_parents_are_made;
pub mod odd_spellings_of_paths_are_understood;
pub mod odd_times_are_kept;
pub mod parent_references_stay_inside;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &archive_limits_are_kept::CASE,
    &cut_archive_is_refused::CASE,
    &directory_attributes_are_replaced::CASE,
    &failed_apply_leaves_nothing::CASE,
    &garbage_is_refused::CASE,
    &global_headers_are_skipped::CASE,
    &hard_links_do_not_lead_outside::CASE,
    &large_ids_are_kept::CASE,
    &last_of_two_entries_wins::CASE,
    &links_do_not_lead_outside::CASE,
    &long_paths_are_kept::CASE,
    &missing_parents_are_made::CASE,
    &odd_spellings_of_paths_are_understood::CASE,
    &odd_times_are_kept::CASE,
    &parent_references_stay_inside::CASE,
];
