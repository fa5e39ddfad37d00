//! Inode and device numbers, listings, watches.

use crate::case::Case;

pub mod device_number_is_uniform;
pub mod inode_number_survives_copy_up;
pub mod listing_agrees_with_stat;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &device_number_is_uniform::CASE,
    &inode_number_survives_copy_up::CASE,
    &listing_agrees_with_stat::CASE,
];
