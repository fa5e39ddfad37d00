//! Several at once.

use crate::case::Case;

pub mod commits_to_one_id_have_one_winner;
pub mod list_is_whole_while_items_come_and_go;
pub mod parallel_first_writes_all_count;
pub mod parallel_first_writes_through_two_names;
pub mod parallel_prepare_and_remove;
pub mod readers_are_not_disturbed;
pub mod storm_loses_nothing;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &commits_to_one_id_have_one_winner::CASE,
    &list_is_whole_while_items_come_and_go::CASE,
    &parallel_first_writes_all_count::CASE,
    &parallel_first_writes_through_two_names::CASE,
    &parallel_prepare_and_remove::CASE,
    &readers_are_not_disturbed::CASE,
    &storm_loses_nothing::CASE,
];
