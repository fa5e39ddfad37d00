//! Sharing and accounting of space.

use crate::case::Case;

pub mod container_grows_by_what_is_written;
pub mod deduplicated_blocks_stay_shared;
pub mod deleting_a_container_deletes_nothing_else;
pub mod deletions_cost_little;
pub mod first_write_costs_what_is_declared;
pub mod hard_links_are_counted_once;
pub mod idle_container_takes_nothing;
pub mod ids_are_mapped_without_copying;
pub mod layers_are_counted_by_what_they_add;
pub mod metadata_change_keeps_data_shared;
pub mod overwritten_blocks_are_given_back;
pub mod removing_the_last_user_frees_space;
pub mod small_file_in_a_large_image_costs_little;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &container_grows_by_what_is_written::CASE,
    &deduplicated_blocks_stay_shared::CASE,
    &deleting_a_container_deletes_nothing_else::CASE,
    &deletions_cost_little::CASE,
    &first_write_costs_what_is_declared::CASE,
    &hard_links_are_counted_once::CASE,
    &idle_container_takes_nothing::CASE,
    &ids_are_mapped_without_copying::CASE,
    &layers_are_counted_by_what_they_add::CASE,
    &metadata_change_keeps_data_shared::CASE,
    &overwritten_blocks_are_given_back::CASE,
    &removing_the_last_user_frees_space::CASE,
    &small_file_in_a_large_image_costs_little::CASE,
];
