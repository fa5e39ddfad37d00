//! Devices, fifos and sockets.

use crate::case::Case;

pub mod devices_and_programs_can_be_used;
pub mod devices_work_where_the_mount_allows;
pub mod sockets_of_layers_stay_sockets;
pub mod special_files_are_kept;
pub mod special_files_survive_copy_up;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &devices_and_programs_can_be_used::CASE,
    &devices_work_where_the_mount_allows::CASE,
    &sockets_of_layers_stay_sockets::CASE,
    &special_files_are_kept::CASE,
    &special_files_survive_copy_up::CASE,
];
