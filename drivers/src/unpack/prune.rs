//! Removal inside the stage: whole things that an entry replaces, and of directories all that is not of this archive.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{AtFlags, FileType, fstat, statat, unlinkat};
use rustix::io::Errno;

use super::dir::{self, Dir};
use super::entry::shown;
use super::made::Made;
use super::meta::untimely;
use super::names::Names;
use super::path::join;
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};

/// As deep as the longest path the kernel takes; stops a runaway recursion.
const DEPTH_MAX: usize = 2048;

/// Removes a name and all that is in it.
pub(super) fn clear(tree: &mut Tree, parent: &Rc<Dir>, name: &[u8]) -> Result<()> {
    let path = join(&parent.path, name);
    parent.touched.set(true);
    let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| Error::io("look at", shown(&path), e))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => {
            let fd = open(parent.as_fd(), name, &path)?;
            sweep(tree, &fd, &path, None, 0)?;
            unlinkat(parent, name, AtFlags::REMOVEDIR)
                .map_err(|e| Error::io("remove", shown(&path), e))?;
            tree.open.forget_paths();
        }
        kind => {
            unlinkat(parent, name, AtFlags::empty())
                .map_err(|e| Error::io("remove", shown(&path), e))?;
            if kind == FileType::Symlink {
                tree.open.forget_paths();
            }
        }
    }
    Ok(())
}

/// Removes from a directory what is not of this archive; says whether anything is left in it. Directories that stay for
/// the sake of what is in them, and are not of the archive themselves, become implied ones.
pub(super) fn others(tree: &mut Tree, dir: &Dir, made: &Made) -> Result<bool> {
    let kept = sweep(tree, &dir.fd, &dir.path, Some(made), 0)?;
    dir.touched.set(true);
    tree.open.forget_paths();
    Ok(kept)
}

fn open(at: impl AsFd, name: &[u8], path: &[u8]) -> Result<OwnedFd> {
    dir::open(at.as_fd(), name).map_err(|errno| match errno {
        Errno::XDEV => Error::new(ErrorKind::InUse, "remove")
            .path(shown(path))
            .because("something is mounted there"),
        errno => Error::io("open for removal", shown(path), errno),
    })
}

/// Empties a directory but for what `made` holds; says whether anything stayed.
fn sweep(
    tree: &Tree,
    fd: &OwnedFd,
    path: &[u8],
    made: Option<&Made>,
    depth: usize,
) -> Result<bool> {
    if depth > DEPTH_MAX {
        return Err(Error::new(ErrorKind::BadInput, "remove")
            .path(shown(path))
            .because("the tree is too deep"));
    }
    let stat = fstat(fd).map_err(|e| Error::io("look at", shown(path), e))?;
    let id = dir::id(&stat);
    let mut stays;
    // Removing while reading may skip names on some filesystems: if not all were read at once, another look follows.
    loop {
        let mut names = Names::of(fd, path)?;
        let (mut looks, mut removed) = (0, false);
        stays = false;
        while let Some(some) = names.next(path)? {
            looks += 1;
            for name in some {
                let name = name.to_bytes();
                let ours = made.is_some_and(|made| made.contains(id, name));
                let stayed = one(tree, fd, path, name, ours, made, depth)?;
                stays |= stayed;
                removed |= !stayed;
            }
        }
        if looks < 2 || !removed {
            break;
        }
    }
    if stays && made.is_some() {
        // What is described by an entry keeps the time the entry gave it.
        rustix::fs::futimens(fd, &dir::times_of(&stat))
            .map_err(|e| Error::io("set the times of", shown(path), e))?;
    }
    Ok(stays)
}

/// Removes one name unless it is `ours` or something below it stays; says whether it is still there.
fn one(
    tree: &Tree,
    fd: &OwnedFd,
    path: &[u8],
    name: &[u8],
    ours: bool,
    made: Option<&Made>,
    depth: usize,
) -> Result<bool> {
    let here = join(path, name);
    match unlink_unless(fd, name, ours) {
        Ok(removed) => return Ok(!removed),
        Err(Errno::ISDIR) => {}
        Err(errno) => return Err(Error::io("remove", shown(&here), errno)),
    }
    let sub = open(fd, name, &here)?;
    let kept = sweep(tree, &sub, &here, made, depth + 1)?;
    if !ours && !kept {
        unlinkat(fd, name, AtFlags::REMOVEDIR).map_err(|e| Error::io("remove", shown(&here), e))?;
        return Ok(false);
    }
    if !ours {
        imply(tree, sub, here)?;
    }
    Ok(true)
}

/// Removes a name unless it is `ours`; true if it is gone, EISDIR if it is a directory.
fn unlink_unless(fd: &OwnedFd, name: &[u8], ours: bool) -> Result<bool, Errno> {
    if !ours {
        return unlinkat(fd, name, AtFlags::empty()).map(|()| true);
    }
    let stat = statat(fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        Err(Errno::ISDIR)
    } else {
        Ok(false)
    }
}

/// Turns a directory into one that is only implied.
fn imply(tree: &Tree, fd: OwnedFd, path: Vec<u8>) -> Result<()> {
    let found = tree.look_at(fd, path)?;
    match tree.open.by_id(found.id) {
        Some(known) => tree.reset(known),
        None => {
            tree.reset(&found)?;
            found.settle().map_err(|e| untimely(e, &found.path))
        }
    }
}
