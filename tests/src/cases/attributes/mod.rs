//! Extended attributes, capabilities, ACLs and labels.

use crate::case::Case;

pub mod acls_are_enforced;
pub mod attributes_and_acls_survive_copy_up;
pub mod capabilities_survive_copy_up;
pub mod user_attributes_can_be_set_listed_and_removed;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &acls_are_enforced::CASE,
    &attributes_and_acls_survive_copy_up::CASE,
    &capabilities_survive_copy_up::CASE,
    &user_attributes_can_be_set_listed_and_removed::CASE,
];
