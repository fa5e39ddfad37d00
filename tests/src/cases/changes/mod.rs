//! Changes, export, apply.

use crate::case::Case;

pub mod changes_are_exact_at_every_depth;
pub mod changes_are_exactly_what_was_done;
pub mod changes_equal_the_naive_comparison;
pub mod changes_of_linked_files_are_found;
pub mod committed_layer_exports_like_its_container;
pub mod equal_changes_export_equal_bytes;
pub mod export_applied_elsewhere_is_the_same_tree;
pub mod export_keeps_attributes;
pub mod export_keeps_deletions;
pub mod export_keeps_hard_links;
pub mod facts_tell_of_hidden_costs;
pub mod layers_can_be_applied_in_any_order;
pub mod metadata_changes_are_found;
pub mod reading_changes_nothing;
pub mod rewrite_of_the_same_size_is_found;
pub mod umask_does_not_matter;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &changes_are_exact_at_every_depth::CASE,
    &changes_are_exactly_what_was_done::CASE,
    &changes_equal_the_naive_comparison::CASE,
    &changes_of_linked_files_are_found::CASE,
    &committed_layer_exports_like_its_container::CASE,
    &equal_changes_export_equal_bytes::CASE,
    &export_applied_elsewhere_is_the_same_tree::CASE,
    &export_keeps_attributes::CASE,
    &export_keeps_deletions::CASE,
    &export_keeps_hard_links::CASE,
    &facts_tell_of_hidden_costs::CASE,
    &layers_can_be_applied_in_any_order::CASE,
    &metadata_changes_are_found::CASE,
    &reading_changes_nothing::CASE,
    &rewrite_of_the_same_size_is_found::CASE,
    &umask_does_not_matter::CASE,
];
