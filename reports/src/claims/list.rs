//! The statements, in the order of their numbers.

mod caches;
mod copy_up;
mod meaning;
mod reading;
mod space;
mod speed;
mod start;
mod writing;

use super::about::About;
use super::claim::Claim;

/// Every statement.
pub const ALL: &[&Claim] = &[
    &start::FREE,
    &space::SMALL_FILE,
    &start::IDLE,
    &copy_up::FIRST_WRITE_SLOW,
    &copy_up::WHOLE_FILE,
    &copy_up::CHANGED_BLOCKS,
    &copy_up::METADATA,
    &writing::BLOCK_LEVEL,
    &speed::OVERLAY_OR_BTRFS,
    &writing::VOLUMES,
    &writing::VOLUMES_ON_BTRFS,
    &reading::LITTLE_OVERHEAD,
    &reading::DEEP_STACKS,
    &reading::DEEP_ZFS,
    &caches::OVERLAY,
    &caches::BTRFS,
    &caches::ARC,
    &caches::VFS_AND_FUSE,
    &caches::MAPPED,
    &writing::BTRFS_SEQUENTIAL,
    &writing::BTRFS_SMALL_FILES,
    &space::EARLY_ENOSPC,
    &meaning::LAYERS,
    &meaning::OPAQUE,
    &meaning::RENAME,
    &meaning::DESCRIPTORS,
    &space::VIRTUAL_SIZES,
    &space::SIZE,
    &space::INODES,
    &space::DEEP_COPIES,
    &writing::VFS_SLOW,
    &speed::RANKING,
    &start::ID_MAP,
    &speed::NATIVE_DIFF,
    &speed::UNMOUNT,
    &copy_up::REFLINK,
    &start::LIVE,
    &space::SHARED_LAYERS,
    &space::GIVEN_BACK,
    &meaning::IMMUTABLE,
    &start::PULL_DOMINATES,
    &copy_up::RECORDS,
];

/// Whoever copies a file of the image into the container when it is first written.
const COPIERS: About = About::declaring(&[("copy_up", &["whole-file", "reflink"])])
    .such_as(&["overlay2", "fuse-overlayfs"]);
/// Whoever copies all of its data then.
const FULL_COPIERS: About =
    About::declaring(&[("copy_up", &["whole-file"])]).such_as(&["overlay2", "fuse-overlayfs"]);
/// Whoever writes changed blocks only.
const BLOCK_LEVEL: About = About::declaring(&[("copy_up", &["blocks"])]).such_as(&["btrfs", "zfs"]);
const OVERLAY2: About = About::named(&["overlay2"]);
const FUSE: About = About::named(&["fuse-overlayfs"]);
const BTRFS: About = About::named(&["btrfs"]);
const ZFS: About = About::named(&["zfs"]);
const VFS: About = About::named(&["vfs"]);
