//! Subvolumes as directories: made, snapshotted, sealed and destroyed, each with the ones nested in it.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, IFlags, Mode, OFlags, ioctl_getflags, ioctl_setflags, openat};

use super::items::ROOT_INODE;
use super::nested::{self, Placed};
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::btrfs::{self as sys, Subvolume};

/// The name of an item's subvolume in its directory.
pub(super) const CONTENT: &CStr = c"fs";

/// How a directory is opened.
pub(super) const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Opens a directory of the driver's own.
pub(super) fn open(path: &Path) -> Result<OwnedFd> {
    openat(CWD, path, DIRECTORY, Mode::empty()).attempt("open the directory", path)
}

/// The facts of the subvolume that `inside` lies in.
pub(super) fn info(inside: BorrowedFd<'_>, path: &Path) -> Result<Subvolume> {
    sys::info(inside).attempt("read the subvolume's facts of", path)
}

/// Makes an empty subvolume in the directory `dir`.
pub(super) fn create(dir: &Path) -> Result<()> {
    let at = open(dir)?;
    sys::create(at.as_fd(), CONTENT).attempt("create a subvolume in", dir)?;
    // Whatever the umask: the root of a container is 0755.
    let mode = Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH;
    rustix::fs::chmodat(&at, CONTENT, mode, AtFlags::empty())
        .attempt("set the mode of the subvolume in", dir)
}

/// Makes a writable snapshot of the subvolume `source` in the directory `dir`, nested ones included.
pub(super) fn snapshot(source: &Path, dir: &Path) -> Result<()> {
    let (from, at) = (open(source)?, open(dir)?);
    sys::snapshot(from.as_fd(), at.as_fd(), CONTENT).attempt("snapshot the subvolume", source)?;
    let outer = info(from.as_fd(), source)?.id;
    if nested::children(from.as_fd(), outer)?.is_empty() {
        return Ok(());
    }
    let copy =
        openat(&at, CONTENT, DIRECTORY, Mode::empty()).attempt("open the snapshot in", dir)?;
    nested::copy(from.as_fd(), outer, info(copy.as_fd(), dir)?.id)
}

/// Makes the subvolume `path` and all nested in it read-only, or writable.
pub(super) fn set_read_only(path: &Path, read_only: bool) -> Result<()> {
    let root = open(path)?;
    let id = info(root.as_fd(), path)?.id;
    for placed in nested::with_descendants(root.as_fd(), id)? {
        let one = nested::open(root.as_fd(), placed.id, ROOT_INODE)?;
        sys::set_read_only(one.as_fd(), read_only).attempt("set the read-only flag of", path)?;
    }
    Ok(())
}

/// Deletes the item's subvolume in the directory `dir`, if there is one, with all nested in it. Adds the ids of those
/// deleted: the filesystem frees their space later.
pub(super) fn destroy(dir: &Path, deleted: &mut Vec<u64>) -> Result<()> {
    let at = open(dir)?;
    let root = match openat(&at, CONTENT, DIRECTORY, Mode::empty()) {
        Ok(root) => root,
        Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(Error::io("open the subvolume in", dir, errno)),
    };
    let top = info(root.as_fd(), dir)?.id;
    drop(root);
    if info(at.as_fd(), dir)?.id == top {
        // Never by the id of what it lies in.
        return Err(Error::new(ErrorKind::Corrupt, "delete the subvolume in")
            .path(dir)
            .because("it is a plain directory"));
    }
    let all = nested::with_descendants(at.as_fd(), top)?;
    if all.len() > 1 {
        // The names of nested ones are entries of the outer: it has to let them go.
        for placed in &all {
            let one = nested::open(at.as_fd(), placed.id, ROOT_INODE)?;
            sys::set_read_only(one.as_fd(), false)
                .attempt("make writable the subvolume in", dir)?;
        }
    }
    for placed in all.iter().rev() {
        let outcome = match sys::destroy(at.as_fd(), placed.id) {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => {
                // A container may have said chattr +i to its root, or to the directory that holds a nested one.
                unlock(at.as_fd(), *placed)?;
                sys::destroy(at.as_fd(), placed.id)
            }
            other => other,
        };
        outcome.attempt(
            format!("delete the subvolume with id {} in", placed.id),
            dir,
        )?;
        deleted.push(placed.id);
    }
    Ok(())
}

/// Takes the flags off that forbid to delete a subvolume.
fn unlock(on: BorrowedFd<'_>, placed: Placed) -> Result<()> {
    let own = (placed.id, ROOT_INODE);
    for (tree, inode) in std::iter::once(own).chain(placed.holder) {
        let what = || format!("directory {inode} of subvolume {tree}");
        let directory = nested::open(on, tree, inode)?;
        sys::set_read_only(nested::open(on, tree, ROOT_INODE)?.as_fd(), false)
            .attempt("make writable", what())?;
        let flags = ioctl_getflags(&directory).attempt("read the flags of", what())?;
        let fewer = flags.difference(IFlags::IMMUTABLE | IFlags::APPEND);
        if fewer != flags {
            ioctl_setflags(&directory, fewer).attempt("clear the flags of", what())?;
        }
    }
    Ok(())
}
