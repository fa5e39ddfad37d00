//! System interfaces that no safe crate offers: the only unsafe code, and the only child processes.

pub mod btrfs;
pub mod cachestat;
pub mod clock;
pub mod command;
pub mod daemon;
pub mod dedupe;
pub mod descriptors;
pub mod fiemap;
pub mod lease;
pub mod library;
pub mod loopdev;
pub mod mapped;
pub mod mapping;
pub mod mount_attr;
pub mod project;
pub mod racer;
pub mod residency;
pub mod rooted;
pub mod trace;
pub mod trim;
pub mod userns;
pub mod zfs;
