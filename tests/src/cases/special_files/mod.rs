//! Devices, fifos and sockets.

use crate::case::Case;

pub mod special_files_are_kept;
pub mod special_files_survive_copy_up;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &special_files_are_kept::CASE,
    &special_files_survive_copy_up::CASE,
];
