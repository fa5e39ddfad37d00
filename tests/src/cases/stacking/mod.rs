//! Layer stacking.

use crate::case::Case;

pub mod attribute_chains_reach_the_top;
pub mod bookkeeping_is_out_of_sight;
pub mod child_shows_all_of_its_parent;
pub mod deepest_stack_works_and_one_more_is_refused;
pub mod directories_merge_over_layers;
pub mod empty_layer_shows_an_empty_root;
pub mod image_never_changes;
pub mod init_layers_stay_out_of_changes;
pub mod names_are_any_bytes;
pub mod overlays_can_be_mounted_inside;
pub mod root_attributes_are_inherited;
pub mod siblings_are_isolated;
pub mod traversal_order_does_not_matter;
pub mod twenty_layers_are_one_tree;
pub mod upper_name_wins;
pub mod view_refuses_writes;
pub mod volume_outlives_its_container;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &attribute_chains_reach_the_top::CASE,
    &bookkeeping_is_out_of_sight::CASE,
    &child_shows_all_of_its_parent::CASE,
    &deepest_stack_works_and_one_more_is_refused::CASE,
    &directories_merge_over_layers::CASE,
    &empty_layer_shows_an_empty_root::CASE,
    &image_never_changes::CASE,
    &init_layers_stay_out_of_changes::CASE,
    &names_are_any_bytes::CASE,
    &overlays_can_be_mounted_inside::CASE,
    &root_attributes_are_inherited::CASE,
    &siblings_are_isolated::CASE,
    &traversal_order_does_not_matter::CASE,
    &twenty_layers_are_one_tree::CASE,
    &upper_name_wins::CASE,
    &view_refuses_writes::CASE,
    &volume_outlives_its_container::CASE,
];
