//! The rules of POSIX, asked of files that come from a lower layer.

use crate::case::Case;

pub mod access_answers_by_class;
pub mod attribute_changes_move_the_change_time;
pub mod change_times_survive_copy_up;
pub mod chmod_is_the_owners;
pub mod chown_is_the_superusers;
pub mod descriptors_stay_what_they_were;
pub mod directories_are_made_by_the_rules;
pub mod directories_are_removed_by_the_rules;
pub mod files_are_made_by_the_rules;
pub mod links_follow_the_rules;
pub mod open_answers_by_type;
pub mod open_asks_for_permission;
pub mod paths_are_resolved_by_the_rules;
pub mod reads_and_writes_move_the_right_times;
pub mod times_are_set_by_who_may;
pub mod truncation_is_exact;
pub mod unlinks_follow_the_rules;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &access_answers_by_class::CASE,
    &attribute_changes_move_the_change_time::CASE,
    &change_times_survive_copy_up::CASE,
    &chmod_is_the_owners::CASE,
    &chown_is_the_superusers::CASE,
    &descriptors_stay_what_they_were::CASE,
    &directories_are_made_by_the_rules::CASE,
    &directories_are_removed_by_the_rules::CASE,
    &files_are_made_by_the_rules::CASE,
    &links_follow_the_rules::CASE,
    &open_answers_by_type::CASE,
    &open_asks_for_permission::CASE,
    &paths_are_resolved_by_the_rules::CASE,
    &reads_and_writes_move_the_right_times::CASE,
    &times_are_set_by_who_may::CASE,
    &truncation_is_exact::CASE,
    &unlinks_follow_the_rules::CASE,
];
