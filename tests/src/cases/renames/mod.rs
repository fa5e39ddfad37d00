//! Renames of what lies in lower layers.

use crate::case::Case;

pub mod exchange_and_noreplace_work;
pub mod files_can_be_renamed_in_circles;
pub mod lower_directory_can_be_renamed;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &exchange_and_noreplace_work::CASE,
    &files_can_be_renamed_in_circles::CASE,
    &lower_directory_can_be_renamed::CASE,
];
