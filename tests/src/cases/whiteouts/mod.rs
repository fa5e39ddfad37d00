//! Whiteouts and opaque directories.

use crate::case::Case;

pub mod bare_whiteouts_are_refused;
pub mod deleted_file_comes_back_as_new;
pub mod deletion_and_recreation_in_separate_layers;
pub mod emptied_lower_directory_can_be_removed;
pub mod entries_follow_linked_parents;
pub mod longest_names_can_be_deleted;
pub mod marker_place_does_not_matter;
pub mod markers_spare_their_own_layer;
pub mod no_marker_is_ever_visible;
pub mod nothing_old_shows_in_new_objects;
pub mod odd_whiteouts_delete_what_they_name;
pub mod opacity_reaches_grandchildren;
pub mod opaque_markers_equal_whiteouts;
pub mod recreated_directory_is_empty;
pub mod renames_over_deleted_names_leave_no_trace;
pub mod types_can_be_swapped_in_place;
pub mod unlinked_lower_file_stays_gone;
pub mod whiteout_device_is_an_ordinary_device;
pub mod whiteout_hides_one_path_only;
pub mod whiteout_of_nothing_is_harmless;
pub mod whiteout_prefix_is_an_ordinary_name;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &bare_whiteouts_are_refused::CASE,
    &deleted_file_comes_back_as_new::CASE,
    &deletion_and_recreation_in_separate_layers::CASE,
    &emptied_lower_directory_can_be_removed::CASE,
    &entries_follow_linked_parents::CASE,
    &longest_names_can_be_deleted::CASE,
    &marker_place_does_not_matter::CASE,
    &markers_spare_their_own_layer::CASE,
    &no_marker_is_ever_visible::CASE,
    &nothing_old_shows_in_new_objects::CASE,
    &odd_whiteouts_delete_what_they_name::CASE,
    &opacity_reaches_grandchildren::CASE,
    &opaque_markers_equal_whiteouts::CASE,
    &recreated_directory_is_empty::CASE,
    &renames_over_deleted_names_leave_no_trace::CASE,
    &types_can_be_swapped_in_place::CASE,
    &unlinked_lower_file_stays_gone::CASE,
    &whiteout_device_is_an_ordinary_device::CASE,
    &whiteout_hides_one_path_only::CASE,
    &whiteout_of_nothing_is_harmless::CASE,
    &whiteout_prefix_is_an_ordinary_name::CASE,
];
