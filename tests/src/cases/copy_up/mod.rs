//! The first write to a lower file: data and metadata.

use crate::case::Case;

pub mod file_flags_hold;
pub mod file_flags_of_layers_hold;
pub mod file_flags_reach_children;
pub mod first_write_changes_only_those_bytes;
pub mod full_store_refuses_the_first_write;
pub mod hole_shapes_are_kept;
pub mod large_sparse_files_stay_small;
pub mod metadata_change_keeps_everything_else;
pub mod opening_for_writing_changes_nothing;
pub mod parents_keep_their_attributes;
pub mod quiet_file_flags_hold;
pub mod refused_operation_changes_nothing;
pub mod renamed_link_keeps_its_attributes;
pub mod roots_write_takes_capabilities_away;
pub mod setuid_survives_roots_write;
pub mod sparse_file_stays_sparse;
pub mod writing_takes_privileges_away;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &file_flags_hold::CASE,
    &file_flags_of_layers_hold::CASE,
    &file_flags_reach_children::CASE,
    &first_write_changes_only_those_bytes::CASE,
    &full_store_refuses_the_first_write::CASE,
    &hole_shapes_are_kept::CASE,
    &large_sparse_files_stay_small::CASE,
    &metadata_change_keeps_everything_else::CASE,
    &opening_for_writing_changes_nothing::CASE,
    &parents_keep_their_attributes::CASE,
    &quiet_file_flags_hold::CASE,
    &refused_operation_changes_nothing::CASE,
    &renamed_link_keeps_its_attributes::CASE,
    &roots_write_takes_capabilities_away::CASE,
    &setuid_survives_roots_write::CASE,
    &sparse_file_stays_sparse::CASE,
    &writing_takes_privileges_away::CASE,
];
