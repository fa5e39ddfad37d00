//! Open descriptors, mappings, locks, and what a descriptor can do.

use crate::case::Case;

pub mod direct_io_agrees_with_the_cache;
pub mod files_can_be_cloned;
pub mod fresh_files_can_be_cloned;
pub mod holes_can_be_punched;
pub mod listing_is_whole_while_the_directory_changes;
pub mod locks_hold_over_copy_up;
pub mod mapping_sees_later_writes;
pub mod mappings_agree_with_descriptors;
pub mod open_file_sees_later_writes;
pub mod ranges_can_be_copied;
pub mod ranges_can_be_zeroed_and_shifted;
pub mod reading_updates_access_time;
pub mod running_file_is_busy;
pub mod unlinked_open_file_lives;
pub mod unnamed_file_can_be_linked;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &direct_io_agrees_with_the_cache::CASE,
    &files_can_be_cloned::CASE,
    &fresh_files_can_be_cloned::CASE,
    &holes_can_be_punched::CASE,
    &listing_is_whole_while_the_directory_changes::CASE,
    &locks_hold_over_copy_up::CASE,
    &mapping_sees_later_writes::CASE,
    &mappings_agree_with_descriptors::CASE,
    &open_file_sees_later_writes::CASE,
    &ranges_can_be_copied::CASE,
    &ranges_can_be_zeroed_and_shifted::CASE,
    &reading_updates_access_time::CASE,
    &running_file_is_busy::CASE,
    &unlinked_open_file_lives::CASE,
    &unnamed_file_can_be_linked::CASE,
];
