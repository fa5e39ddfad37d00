//! The cases, one file each, in the order of [`ALL`].

pub mod acls_are_enforced;
pub mod archive_limits_are_kept;
pub mod attributes_and_acls_survive_copy_up;
pub mod bare_whiteouts_are_refused;
pub mod capabilities_survive_copy_up;
pub mod changes_are_exactly_what_was_done;
pub mod changes_equal_the_naive_comparison;
pub mod child_shows_all_of_its_parent;
pub mod commit_consumes_the_key;
pub mod committed_layer_exports_like_its_container;
pub mod container_grows_by_what_is_written;
pub mod cut_archive_is_refused;
pub mod deepest_stack_works_and_one_more_is_refused;
pub mod deleted_file_comes_back_as_new;
pub mod deleting_a_container_deletes_nothing_else;
pub mod deletion_and_recreation_in_separate_layers;
pub mod deletions_cost_little;
pub mod device_number_is_uniform;
pub mod directories_merge_over_layers;
pub mod directory_attributes_are_replaced;
pub mod duplicate_key_is_refused;
pub mod emptied_lower_directory_can_be_removed;
pub mod empty_layer_shows_an_empty_root;
pub mod entries_follow_linked_parents;
pub mod exchange_and_noreplace_work;
pub mod export_applied_elsewhere_is_the_same_tree;
pub mod export_keeps_attributes;
pub mod export_keeps_deletions;
pub mod export_keeps_hard_links;
pub mod failed_apply_leaves_nothing;
pub mod files_can_be_cloned;
pub mod files_can_be_renamed_in_circles;
pub mod first_write_changes_only_those_bytes;
pub mod first_write_costs_what_is_declared;
pub mod garbage_is_refused;
pub mod global_headers_are_skipped;
pub mod hard_links_are_counted_once;
pub mod hard_links_do_not_lead_outside;
pub mod hard_links_survive_copy_up;
pub mod holes_can_be_punched;
pub mod idle_container_takes_nothing;
pub mod image_never_changes;
pub mod inode_number_survives_copy_up;
pub mod large_ids_are_kept;
pub mod last_of_two_entries_wins;
pub mod layer_in_use_is_kept;
pub mod layers_are_counted_by_what_they_add;
pub mod layers_can_be_applied_in_any_order;
pub mod links_do_not_lead_outside;
pub mod listing_agrees_with_stat;
pub mod long_paths_are_kept;
pub mod longest_names_can_be_deleted;
pub mod lower_directory_can_be_renamed;
pub mod mapping_sees_later_writes;
pub mod marker_place_does_not_matter;
pub mod markers_spare_their_own_layer;
pub mod metadata_change_keeps_data_shared;
pub mod metadata_change_keeps_everything_else;
pub mod metadata_changes_are_found;
pub mod missing_parent_is_refused;
pub mod missing_parents_are_made;
pub mod mounted_item_is_kept;
pub mod names_are_any_bytes;
pub mod no_marker_is_ever_visible;
pub mod nothing_old_shows_in_new_objects;
pub mod odd_spellings_of_paths_are_understood;
pub mod odd_times_are_kept;
pub mod one_container_can_be_mounted_twice;
pub mod opacity_reaches_grandchildren;
pub mod opaque_markers_equal_whiteouts;
pub mod open_file_sees_later_writes;
pub mod parallel_first_writes_all_count;
pub mod parallel_prepare_and_remove;
pub mod parent_references_stay_inside;
pub mod parents_keep_their_attributes;
pub mod reading_changes_nothing;
pub mod recreated_directory_is_empty;
pub mod refused_operation_changes_nothing;
pub mod removal_takes_what_was_made_inside;
pub mod removed_names_can_be_used_again;
pub mod renamed_link_keeps_its_attributes;
pub mod reopen_restores_state;
pub mod rewrite_of_the_same_size_is_found;
pub mod root_attributes_are_inherited;
pub mod running_file_is_busy;
pub mod siblings_are_isolated;
pub mod small_file_in_a_large_image_costs_little;
pub mod sparse_file_stays_sparse;
pub mod special_files_are_kept;
pub mod special_files_survive_copy_up;
pub mod taken_layer_id_is_refused;
pub mod twenty_layers_are_one_tree;
pub mod types_can_be_swapped_in_place;
pub mod unknown_items_are_not_found;
pub mod unlinked_lower_file_stays_gone;
pub mod unlinked_open_file_lives;
pub mod unnamed_file_can_be_linked;
pub mod upper_name_wins;
pub mod user_attributes_can_be_set_listed_and_removed;
pub mod view_refuses_writes;
pub mod views_cannot_be_committed;
pub mod volume_outlives_its_container;
pub mod whiteout_device_is_an_ordinary_device;
pub mod whiteout_hides_one_path_only;
pub mod whiteout_of_nothing_is_harmless;
pub mod whiteout_prefix_is_an_ordinary_name;
pub mod writes_survive_a_remount;
pub mod writing_takes_privileges_away;

use crate::case::Case;

/// Every case, sorted by theme and name.
pub const ALL: &[&Case] = &[
    &child_shows_all_of_its_parent::CASE,
    &deepest_stack_works_and_one_more_is_refused::CASE,
    &directories_merge_over_layers::CASE,
    &empty_layer_shows_an_empty_root::CASE,
    &image_never_changes::CASE,
    &names_are_any_bytes::CASE,
    &root_attributes_are_inherited::CASE,
    &siblings_are_isolated::CASE,
    &twenty_layers_are_one_tree::CASE,
    &upper_name_wins::CASE,
    &view_refuses_writes::CASE,
    &volume_outlives_its_container::CASE,
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
    &opacity_reaches_grandchildren::CASE,
    &opaque_markers_equal_whiteouts::CASE,
    &recreated_directory_is_empty::CASE,
    &types_can_be_swapped_in_place::CASE,
    &unlinked_lower_file_stays_gone::CASE,
    &whiteout_device_is_an_ordinary_device::CASE,
    &whiteout_hides_one_path_only::CASE,
    &whiteout_of_nothing_is_harmless::CASE,
    &whiteout_prefix_is_an_ordinary_name::CASE,
    &acls_are_enforced::CASE,
    &attributes_and_acls_survive_copy_up::CASE,
    &capabilities_survive_copy_up::CASE,
    &device_number_is_uniform::CASE,
    &exchange_and_noreplace_work::CASE,
    &files_can_be_cloned::CASE,
    &files_can_be_renamed_in_circles::CASE,
    &first_write_changes_only_those_bytes::CASE,
    &hard_links_survive_copy_up::CASE,
    &holes_can_be_punched::CASE,
    &inode_number_survives_copy_up::CASE,
    &listing_agrees_with_stat::CASE,
    &lower_directory_can_be_renamed::CASE,
    &mapping_sees_later_writes::CASE,
    &metadata_change_keeps_everything_else::CASE,
    &open_file_sees_later_writes::CASE,
    &parallel_first_writes_all_count::CASE,
    &parents_keep_their_attributes::CASE,
    &refused_operation_changes_nothing::CASE,
    &renamed_link_keeps_its_attributes::CASE,
    &running_file_is_busy::CASE,
    &sparse_file_stays_sparse::CASE,
    &special_files_are_kept::CASE,
    &special_files_survive_copy_up::CASE,
    &unlinked_open_file_lives::CASE,
    &unnamed_file_can_be_linked::CASE,
    &user_attributes_can_be_set_listed_and_removed::CASE,
    &writing_takes_privileges_away::CASE,
    &container_grows_by_what_is_written::CASE,
    &deleting_a_container_deletes_nothing_else::CASE,
    &deletions_cost_little::CASE,
    &first_write_costs_what_is_declared::CASE,
    &hard_links_are_counted_once::CASE,
    &idle_container_takes_nothing::CASE,
    &layers_are_counted_by_what_they_add::CASE,
    &metadata_change_keeps_data_shared::CASE,
    &small_file_in_a_large_image_costs_little::CASE,
    &changes_are_exactly_what_was_done::CASE,
    &changes_equal_the_naive_comparison::CASE,
    &committed_layer_exports_like_its_container::CASE,
    &export_applied_elsewhere_is_the_same_tree::CASE,
    &export_keeps_attributes::CASE,
    &export_keeps_deletions::CASE,
    &export_keeps_hard_links::CASE,
    &layers_can_be_applied_in_any_order::CASE,
    &metadata_changes_are_found::CASE,
    &reading_changes_nothing::CASE,
    &rewrite_of_the_same_size_is_found::CASE,
    &commit_consumes_the_key::CASE,
    &duplicate_key_is_refused::CASE,
    &layer_in_use_is_kept::CASE,
    &missing_parent_is_refused::CASE,
    &mounted_item_is_kept::CASE,
    &one_container_can_be_mounted_twice::CASE,
    &parallel_prepare_and_remove::CASE,
    &removal_takes_what_was_made_inside::CASE,
    &removed_names_can_be_used_again::CASE,
    &reopen_restores_state::CASE,
    &taken_layer_id_is_refused::CASE,
    &unknown_items_are_not_found::CASE,
    &views_cannot_be_committed::CASE,
    &writes_survive_a_remount::CASE,
    &archive_limits_are_kept::CASE,
    &cut_archive_is_refused::CASE,
    &directory_attributes_are_replaced::CASE,
    &failed_apply_leaves_nothing::CASE,
    &garbage_is_refused::CASE,
    &global_headers_are_skipped::CASE,
    &hard_links_do_not_lead_outside::CASE,
    &large_ids_are_kept::CASE,
    &last_of_two_entries_wins::CASE,
    &links_do_not_lead_outside::CASE,
    &long_paths_are_kept::CASE,
    &missing_parents_are_made::CASE,
    &odd_spellings_of_paths_are_understood::CASE,
    &odd_times_are_kept::CASE,
    &parent_references_stay_inside::CASE,
];
