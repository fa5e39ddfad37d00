//! Open descriptors, mappings, locks, and what a descriptor can do.

use crate::case::Case;

pub mod files_can_be_cloned;
pub mod holes_can_be_punched;
pub mod mapping_sees_later_writes;
pub mod open_file_sees_later_writes;
pub mod running_file_is_busy;
pub mod unlinked_open_file_lives;
pub mod unnamed_file_can_be_linked;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &files_can_be_cloned::CASE,
    &holes_can_be_punched::CASE,
    &mapping_sees_later_writes::CASE,
    &open_file_sees_later_writes::CASE,
    &running_file_is_busy::CASE,
    &unlinked_open_file_lives::CASE,
    &unnamed_file_can_be_linked::CASE,
];
