//! Renames of what lies in lower layers.

use crate::case::Case;

pub mod dot_dot_follows_a_rename;
pub mod exchange_and_noreplace_work;
pub mod exchange_follows_the_rules;
pub mod exchanged_directory_keeps_its_time;
pub mod files_can_be_renamed_in_circles;
pub mod lower_directory_can_be_renamed;
pub mod mounts_are_boundaries;
pub mod noreplace_hides_what_is_below;
pub mod own_directories_take_any_free_name;
pub mod renames_between_types_follow_posix;
pub mod sticky_directories_guard_renames;
pub mod whiteout_flag_leaves_a_whiteout;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &dot_dot_follows_a_rename::CASE,
    &exchange_and_noreplace_work::CASE,
    &exchange_follows_the_rules::CASE,
    &exchanged_directory_keeps_its_time::CASE,
    &files_can_be_renamed_in_circles::CASE,
    &lower_directory_can_be_renamed::CASE,
    &mounts_are_boundaries::CASE,
    &noreplace_hides_what_is_below::CASE,
    &own_directories_take_any_free_name::CASE,
    &renames_between_types_follow_posix::CASE,
    &sticky_directories_guard_renames::CASE,
    &whiteout_flag_leaves_a_whiteout::CASE,
];
