//! Extended attributes, capabilities, ACLs and labels.

use crate::case::Case;

pub mod acls_are_enforced;
pub mod attribute_changes_are_found;
pub mod attributes_and_acls_survive_copy_up;
pub mod capabilities_survive_copy_up;
pub mod driver_names_are_no_magic;
pub mod labels_survive_copy_up;
pub mod large_attributes_are_kept;
pub mod user_attributes_can_be_set_listed_and_removed;
pub mod work_directories_leave_no_trace;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &acls_are_enforced::CASE,
    &attribute_changes_are_found::CASE,
    &attributes_and_acls_survive_copy_up::CASE,
    &capabilities_survive_copy_up::CASE,
    &driver_names_are_no_magic::CASE,
    &labels_survive_copy_up::CASE,
    &large_attributes_are_kept::CASE,
    &user_attributes_can_be_set_listed_and_removed::CASE,
    &work_directories_leave_no_trace::CASE,
];
