//! Subvolumes inside a subvolume: found through the tree of trees, so that it costs one search where there are none.

use std::ffi::CString;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Timespec, Timestamps, fstat, futimens};

use super::items::{self, Child, kind};
use super::{search, subvolume};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::btrfs as sys;

/// Deeper nesting is refused: each level holds a descriptor.
const MAX_NESTING: usize = 64;

/// Refuses to go deeper than [`MAX_NESTING`].
pub(super) fn check(depth: usize) -> Result<()> {
    if depth <= MAX_NESTING {
        return Ok(());
    }
    Err(
        Error::new(ErrorKind::Unsupported, "handle nested subvolumes")
            .because(format!("they are nested deeper than {MAX_NESTING}")),
    )
}

/// The subvolumes that lie directly in the subvolume `id`; `on` is anything on the filesystem.
pub(super) fn children(on: BorrowedFd<'_>, id: u64) -> Result<Vec<Child>> {
    let mut found = Vec::new();
    let what = search::of_object(items::ROOT_TREE, id, kind::CHILD_ROOT, kind::CHILD_ROOT);
    search::each(on, what, &mut |item| {
        found.push(Child::read(item));
        ControlFlow::Continue(())
    })?;
    found.into_iter().collect()
}

/// The path of a nested subvolume below the root of the one it lies in.
pub(super) fn path(on: BorrowedFd<'_>, outer: u64, child: &Child) -> Result<Vec<u8>> {
    let mut path = directory(on, outer, child)?;
    path.extend_from_slice(&child.name);
    Ok(path)
}

fn directory(on: BorrowedFd<'_>, outer: u64, child: &Child) -> Result<Vec<u8>> {
    sys::directory_path(on, outer, child.directory).attempt(
        "find the path of the subvolume",
        String::from_utf8_lossy(&child.name).as_ref(),
    )
}

/// Opens a nested subvolume's root; `root` is that of the one it lies in, whose id is `outer`.
pub(super) fn open(root: BorrowedFd<'_>, outer: u64, child: &Child) -> Result<OwnedFd> {
    subvolume::open_below(root, &path(root, outer, child)?)
}

/// Snapshots what is nested in `from` into `to`, which is a snapshot of `from`.
pub(super) fn copy(from: BorrowedFd<'_>, to: BorrowedFd<'_>, depth: usize) -> Result<()> {
    check(depth)?;
    let outer = subvolume::info(from, Path::new("a subvolume"))?.id;
    for child in children(from, outer)? {
        let source = open(from, outer, &child)?;
        let at = subvolume::open_below(to, &directory(from, outer, &child)?)?;
        let before = fstat(&at).attempt("stat", "a directory")?;
        let name = CString::new(child.name.clone()).map_err(|_| {
            Error::new(ErrorKind::Corrupt, "copy a nested subvolume").because("its name holds NUL")
        })?;
        subvolume::remove_placeholder(at.as_fd(), &child.name)?;
        sys::snapshot(source.as_fd(), at.as_fd(), &name).attempt(
            "snapshot the nested subvolume",
            name.to_string_lossy().as_ref(),
        )?;
        let inner = subvolume::open_below(at.as_fd(), &child.name)?;
        copy(source.as_fd(), inner.as_fd(), depth + 1)?;
        // The directory looks as it did below.
        let times = Timestamps {
            last_access: Timespec {
                tv_sec: before.st_atime,
                tv_nsec: before.st_atime_nsec.cast_signed(),
            },
            last_modification: Timespec {
                tv_sec: before.st_mtime,
                tv_nsec: before.st_mtime_nsec.cast_signed(),
            },
        };
        futimens(&at, &times).attempt("set the times of", "a directory")?;
    }
    Ok(())
}
