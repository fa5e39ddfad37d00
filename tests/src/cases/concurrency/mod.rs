//! Several at once.

use crate::case::Case;

pub mod parallel_first_writes_all_count;
pub mod parallel_prepare_and_remove;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &parallel_first_writes_all_count::CASE,
    &parallel_prepare_and_remove::CASE,
];
