//! Limits of container layers, by simple quotas.
//!
//! Under simple quotas an extent counts for the subvolume that wrote it and for no other, so a snapshot starts at
//! nothing: what it has of its image does not count. The limit is not that of the subvolume's own group `0/ID`: whoever
//! may write in a container may make a subvolume there (no privilege is asked for), which would be counted apart. It is
//! that of a group above, `27746/ID`, of which the kernel makes every subvolume a member that is made inside a member.
//!
//! Ids of subvolumes are never used again, so the group is named after one container of one store. It comes with the
//! first limit and goes with the container, or when that becomes a layer. The groups of full quotas hold no limits here:
//! there a subvolume made in a container stays outside.

use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use super::items::{self, QUOTA_TREE, kind};
use super::{nested, search, subvolume};
use crate::error::{Error, Result};
use crate::sys::btrfs as sys;

/// The level of the groups: no level means anything to the kernel, and administrators begin with 1. Spells "lb".
const LEVEL: u64 = 0x6c62;

/// The group over the subvolume `id`.
fn group(id: u64) -> u64 {
    LEVEL << 48 | id
}

fn name(group: u64) -> String {
    format!("{}/{}", group >> 48, group & ((1 << 48) - 1))
}

/// Limits the subvolume `content` with all nested in it, or lifts its limit.
pub(super) fn set(content: &Path, bytes: Option<u64>) -> Result<()> {
    let (outside, id) = open(content)?;
    let (on, group) = (outside.as_fd(), group(id));
    if bytes.is_none() && find(on, group)?.is_none() {
        return Ok(());
    }
    tolerate(
        sys::create_quota_group(on, group),
        &[libc::EEXIST],
        "make the quota group",
        group,
    )?;
    for member in nested::with_descendants(on, id)? {
        tolerate(
            sys::assign_quota_group(on, member.id, group, true),
            &[libc::EEXIST],
            "add to the quota group",
            group,
        )?;
    }
    tolerate(
        sys::limit_quota_group(on, group, bytes),
        &[],
        "limit the quota group",
        group,
    )
}

/// The limit of the subvolume `content`.
pub(super) fn get(content: &Path) -> Result<Option<u64>> {
    let (outside, id) = open(content)?;
    find(outside.as_fd(), group(id))
}

/// Lifts the limit of the subvolume `content` and removes its group, if it has one.
pub(super) fn end(content: &Path) -> Result<()> {
    let (outside, id) = open(content)?;
    let (on, group) = (outside.as_fd(), group(id));
    if !exists(on, group)? {
        return Ok(());
    }
    for member in nested::with_descendants(on, id)? {
        tolerate(
            sys::assign_quota_group(on, member.id, group, false),
            &[libc::ENOENT],
            "take out of the quota group",
            group,
        )?;
    }
    tolerate(
        sys::remove_quota_group(on, group),
        &[libc::ENOENT],
        "remove the quota group",
        group,
    )
}

/// The directory that holds the subvolume `content`, and its id. Each change of a group counts for the subvolume it is
/// asked in: in one at its limit, the limit could not be lifted.
fn open(content: &Path) -> Result<(OwnedFd, u64)> {
    let root = subvolume::open(content)?;
    let id = subvolume::info(root.as_fd(), content)?.id;
    let outside = content.parent().unwrap_or(content);
    Ok((subvolume::open(outside)?, id))
}

fn tolerate(
    outcome: std::io::Result<()>,
    known: &[i32],
    op: &'static str,
    group: u64,
) -> Result<()> {
    match outcome {
        Err(error)
            if error
                .raw_os_error()
                .is_none_or(|errno| !known.contains(&errno)) =>
        {
            Err(Error::io(op, name(group), error))
        }
        _ => Ok(()),
    }
}

fn find(on: BorrowedFd<'_>, group: u64) -> Result<Option<u64>> {
    Ok(item(on, group, kind::QUOTA_LIMIT, items::quota_limit)?.flatten())
}

fn exists(on: BorrowedFd<'_>, group: u64) -> Result<bool> {
    Ok(item(on, group, kind::QUOTA_COUNT, items::quota_count)?.is_some())
}

fn item<T>(
    on: BorrowedFd<'_>,
    group: u64,
    kind: u8,
    read: impl Fn(&[u8]) -> Result<T>,
) -> Result<Option<T>> {
    let mut found = None;
    let mut what = search::of_object(QUOTA_TREE, 0, kind, kind);
    what.first.offset = group;
    what.last.offset = group;
    search::each(on, what, &mut |item| {
        found = Some(read(item.data));
        ControlFlow::Break(())
    })?;
    found.transpose()
}
