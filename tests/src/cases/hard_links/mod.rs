//! Hard links of lower files.

use crate::case::Case;

pub mod hard_links_survive_copy_up;
pub mod link_counts_follow_at_once;
pub mod linked_special_files_stay_one;
pub mod links_to_lower_names_follow_posix;
pub mod writes_through_any_name_are_kept;
pub mod writes_to_links_last;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &hard_links_survive_copy_up::CASE,
    &link_counts_follow_at_once::CASE,
    &linked_special_files_stay_one::CASE,
    &links_to_lower_names_follow_posix::CASE,
    &writes_through_any_name_are_kept::CASE,
    &writes_to_links_last::CASE,
];
