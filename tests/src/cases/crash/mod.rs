//! Crashes, failing devices and what is left after them.

use crate::case::Case;

pub mod damage_to_the_store_is_told;
pub mod layer_changed_under_a_mount_does_no_harm;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &damage_to_the_store_is_told::CASE,
    &layer_changed_under_a_mount_does_no_harm::CASE,
];
