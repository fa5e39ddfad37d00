//! Subvolumes as directories: made, snapshotted, sealed and destroyed, each with the ones nested in it.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, openat, openat2, unlinkat};

use super::nested;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::sys::btrfs::{self as sys, Subvolume};

/// The name of an item's subvolume in its directory.
pub(super) const CONTENT: &CStr = c"fs";

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Opens a directory.
pub(super) fn open(path: &Path) -> Result<OwnedFd> {
    openat(CWD, path, DIRECTORY, Mode::empty()).attempt("open the directory", path)
}

/// Opens a directory below another, never leaving it, whatever a container has put there.
pub(super) fn open_below(root: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd> {
    let path = if path.is_empty() { b"." } else { path };
    openat2(
        root,
        path,
        DIRECTORY,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
    )
    .attempt("open the directory", String::from_utf8_lossy(path).as_ref())
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
    rustix::fs::chmodat(
        &at,
        CONTENT,
        Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH,
        AtFlags::empty(),
    )
    .attempt("set the mode of the subvolume in", dir)
}

/// Makes a writable snapshot of the subvolume `source` in the directory `dir`, nested ones included.
pub(super) fn snapshot(source: &Path, dir: &Path) -> Result<()> {
    let (from, at) = (open(source)?, open(dir)?);
    sys::snapshot(from.as_fd(), at.as_fd(), CONTENT).attempt("snapshot the subvolume", source)?;
    let id = info(from.as_fd(), source)?.id;
    if nested::children(from.as_fd(), id)?.is_empty() {
        return Ok(());
    }
    let copy = open_below(at.as_fd(), CONTENT.to_bytes())?;
    nested::copy(from.as_fd(), copy.as_fd(), 0)
}

/// Makes the subvolume `path` and all nested in it read-only, or writable.
pub(super) fn set_read_only(path: &Path, read_only: bool) -> Result<()> {
    let root = open(path)?;
    set_tree_read_only(root.as_fd(), read_only, 0).map_err(|error| error.path(path))
}

fn set_tree_read_only(root: BorrowedFd<'_>, read_only: bool, depth: usize) -> Result<()> {
    nested::check(depth)?;
    let id = info(root, Path::new("a subvolume"))?.id;
    for child in nested::children(root, id)? {
        let inner = nested::open(root, id, &child)?;
        set_tree_read_only(inner.as_fd(), read_only, depth + 1)?;
    }
    sys::set_read_only(root, read_only).attempt("set the read-only flag of", "a subvolume")
}

/// Deletes the item's subvolume in the directory `dir`, if there is one, with all nested in it. Gives the ids of those
/// deleted: the filesystem frees their space later.
pub(super) fn destroy(dir: &Path, deleted: &mut Vec<u64>) -> Result<()> {
    let at = open(dir)?;
    let root = match openat(&at, CONTENT, DIRECTORY, Mode::empty()) {
        Ok(root) => root,
        Err(rustix::io::Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(Error::io("open the subvolume in", dir, errno)),
    };
    let id = info(root.as_fd(), dir)?.id;
    if info(at.as_fd(), dir)?.id == id {
        // A plain directory: made by no one we know, so not ours to delete.
        return Err(Error::new(ErrorKind::Corrupt, "delete the subvolume in")
            .path(dir)
            .because("it is a plain directory"));
    }
    destroy_tree(root, at.as_fd(), deleted, 0).map_err(|error| error.path(dir))
}

fn destroy_tree(
    root: OwnedFd,
    at: BorrowedFd<'_>,
    deleted: &mut Vec<u64>,
    depth: usize,
) -> Result<()> {
    nested::check(depth)?;
    let id = info(root.as_fd(), Path::new("a subvolume"))?.id;
    let children = nested::children(root.as_fd(), id)?;
    if !children.is_empty() {
        // The names of nested ones are entries of this one: it has to let them go.
        sys::set_read_only(root.as_fd(), false).attempt("make writable", "a subvolume")?;
    }
    for child in children {
        let inner = nested::open(root.as_fd(), id, &child)?;
        destroy_tree(inner, at, deleted, depth + 1)?;
    }
    drop(root);
    sys::destroy(at, id).attempt("delete the subvolume", format!("with id {id}"))?;
    deleted.push(id);
    Ok(())
}

/// Removes the empty directory that a snapshot leaves where a nested subvolume was.
pub(super) fn remove_placeholder(at: BorrowedFd<'_>, name: &[u8]) -> Result<()> {
    unlinkat(at, name, AtFlags::REMOVEDIR).attempt(
        "remove the directory",
        String::from_utf8_lossy(name).as_ref(),
    )
}
