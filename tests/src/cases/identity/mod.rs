//! Inode and device numbers, listings, watches.

use crate::case::Case;

pub mod backing_file_is_what_is_read;
pub mod device_number_is_uniform;
pub mod directory_links_are_counted;
pub mod files_are_told_apart;
pub mod inode_number_survives_copy_up;
pub mod inode_number_survives_remount;
pub mod listing_agrees_with_stat;
pub mod lower_file_is_cached_once;
pub mod statfs_describes_the_store;
pub mod watches_fire_after_copy_up;
pub mod working_directory_follows_its_directory;

/// The cases of this theme.
pub const CASES: &[&Case] = &[
    &backing_file_is_what_is_read::CASE,
    &device_number_is_uniform::CASE,
    &directory_links_are_counted::CASE,
    &files_are_told_apart::CASE,
    &inode_number_survives_copy_up::CASE,
    &inode_number_survives_remount::CASE,
    &listing_agrees_with_stat::CASE,
    &lower_file_is_cached_once::CASE,
    &statfs_describes_the_store::CASE,
    &watches_fire_after_copy_up::CASE,
    &working_directory_follows_its_directory::CASE,
];
