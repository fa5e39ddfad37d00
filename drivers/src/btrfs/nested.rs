//! Subvolumes inside a subvolume: found through the tree of trees, so that it costs one search where there are none,
//! and opened by number, so that no path is too long and nothing a container puts there is followed.

use std::ffi::CString;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, Timespec, Timestamps, fstat, futimens, openat, unlinkat};

use super::items::{self, Child, ROOT_INODE, kind};
use super::{search, subvolume};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::btrfs as sys;

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

/// A subvolume, and the directory that holds it if it is nested: tree and inode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) id: u64,
    pub(super) holder: Option<(u64, u64)>,
}

/// The subvolume `id` and all in it, each before what it holds.
pub(super) fn with_descendants(on: BorrowedFd<'_>, id: u64) -> Result<Vec<Placed>> {
    let mut all = vec![Placed { id, holder: None }];
    let mut next = 0;
    // A subvolume lies in exactly one other, so the list ends.
    while let Some(&Placed { id: outer, .. }) = all.get(next) {
        all.extend(children(on, outer)?.into_iter().map(|child| Placed {
            id: child.id,
            holder: Some((outer, child.directory)),
        }));
        next += 1;
    }
    Ok(all)
}

/// Opens a directory by its number.
pub(super) fn open(on: BorrowedFd<'_>, tree: u64, inode: u64) -> Result<OwnedFd> {
    sys::open_directory(on, tree, inode)
        .attempt("open", format!("directory {inode} of subvolume {tree}"))
}

/// Snapshots what is nested in the subvolume `from` into `to`, a snapshot of `from`.
///
/// Inode numbers are the same in both, so that a directory is found by its number.
pub(super) fn copy(on: BorrowedFd<'_>, from: u64, to: u64) -> Result<()> {
    let mut pairs = vec![(from, to)];
    while let Some((from, to)) = pairs.pop() {
        for child in children(on, from)? {
            let source = open(on, child.id, ROOT_INODE)?;
            let at = open(on, to, child.directory)?;
            let copy = copy_one(source.as_fd(), at.as_fd(), child.name)?;
            pairs.push((child.id, copy));
        }
    }
    Ok(())
}

/// Puts a snapshot of `source` where the outer snapshot left an empty directory; gives its id.
fn copy_one(source: BorrowedFd<'_>, at: BorrowedFd<'_>, name: Vec<u8>) -> Result<u64> {
    let name = CString::new(name).map_err(|_| {
        Error::new(ErrorKind::Corrupt, "copy a nested subvolume").because("its name holds NUL")
    })?;
    let shown = name.to_string_lossy();
    let before = fstat(at).attempt("stat the directory of", shown.as_ref())?;
    unlinkat(at, &name, AtFlags::REMOVEDIR)
        .attempt("remove the empty directory", shown.as_ref())?;
    sys::snapshot(source, at, &name).attempt("snapshot the nested subvolume", shown.as_ref())?;
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
    futimens(at, &times).attempt("set the times of the directory of", shown.as_ref())?;
    let copy = openat(at, &name, subvolume::DIRECTORY, Mode::empty())
        .attempt("open the snapshot", shown.as_ref())?;
    Ok(sys::info(copy.as_fd())
        .attempt("read the facts of the snapshot", shown.as_ref())?
        .id)
}
