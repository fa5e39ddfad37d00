//! Removes a directory tree without ever crossing into a mount or following a symbolic link.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, IFlags, Mode, OFlags, RawDir, ResolveFlags, SeekFrom, chmodat,
    ioctl_getflags, ioctl_setflags, openat2, seek, unlinkat,
};
use rustix::io::Errno;

use crate::error::{Error, ErrorKind, Result};
use crate::sys::btrfs;

/// Deeper than any path an image can hold that was made with relative calls; stops a runaway recursion.
const MAX_DEPTH: usize = 4096;

/// Read from a directory at once.
const LISTING_BYTES: usize = 16 << 10;

/// Removes the directory `path` and everything in it. A tree that is not there is not an error.
///
/// # Errors
/// `InUse` when something is mounted inside (nothing of that mount is touched); otherwise the errno that stopped it.
pub fn tree(path: &Path) -> Result<()> {
    all(path, None)
}

/// As [`tree`], and the file `last` directly in it goes only once everything else has gone: a removal that fails half-way
/// leaves the directory marked by it.
///
/// # Errors
/// As [`tree`].
pub fn tree_but_last(path: &Path, last: &CStr) -> Result<()> {
    all(path, Some(last))
}

fn all(path: &Path, last: Option<&CStr>) -> Result<()> {
    match open_dir(
        CWD,
        path.as_os_str().as_encoded_bytes(),
        ResolveFlags::empty(),
    ) {
        Ok(dir) => {
            empty(&dir, path, 0, last)?;
            if let Some(last) = last {
                match unlinkat(dir.as_fd(), last, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(errno) => return Err(Error::io("remove the marker of", path, errno)),
                }
            }
            match rustix::fs::rmdir(path) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(Error::io("remove the directory", path, errno)),
            }
        }
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(Error::io("open for removal", path, errno)),
    }
}

fn open_dir(at: BorrowedFd<'_>, name: &[u8], resolve: ResolveFlags) -> Result<OwnedFd, Errno> {
    openat2(
        at,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
        resolve,
    )
}

/// Empties an open directory; one that turns out to be a read-only btrfs subvolume (a layer that a dead run left) is
/// made writable first, which only its root allows.
fn empty(dir: &OwnedFd, path: &Path, depth: usize, spare: Option<&CStr>) -> Result<()> {
    match contents(dir, path, depth, spare) {
        Err(error)
            if error.raw_os_error() == Some(libc::EROFS)
                && btrfs::set_read_only(dir.as_fd(), false).is_ok() =>
        {
            seek(dir, SeekFrom::Start(0)).map_err(|e| Error::io("list again", path, e))?;
            contents(dir, path, depth, spare)
        }
        other => other,
    }
}

/// Unlinks; flags that forbid it (`chattr +i`, `+a` of the file or its directory, set inside a container) are taken away.
fn unlink(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), Errno> {
    let done = unlinkat(dir, name, AtFlags::empty());
    if done != Err(Errno::PERM) {
        return done;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let within = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    // Links, devices and sockets have no flags, but lie in a directory that may.
    if let Ok(file) = openat2(dir, name, flags, Mode::empty(), within) {
        unlock(file.as_fd());
    }
    unlock(dir);
    unlinkat(dir, name, AtFlags::empty())
}

/// As [`unlink`], for the open directory `sub` called `name`.
fn rmdir(dir: BorrowedFd<'_>, sub: &OwnedFd, name: &CStr) -> Result<(), Errno> {
    let done = unlinkat(dir, name, AtFlags::REMOVEDIR);
    if done != Err(Errno::PERM) {
        return done;
    }
    unlock(sub.as_fd());
    unlock(dir);
    unlinkat(dir, name, AtFlags::REMOVEDIR)
}

/// Takes away the flags that forbid removal; where there are none, or they cannot be changed, the removal will say so.
fn unlock(file: BorrowedFd<'_>) {
    if let Ok(flags) = ioctl_getflags(file) {
        let locked = IFlags::IMMUTABLE | IFlags::APPEND;
        if flags.intersects(locked)
            && let Err(errno) = ioctl_setflags(file, flags - locked)
        {
            tracing::debug!("could not clear the flags of a file to be removed: {errno}");
        }
    }
}

/// What is in an open directory, from where it is read next.
fn list(dir: &OwnedFd, path: &Path) -> Result<Vec<(CString, FileType)>> {
    let mut entries = Vec::new();
    let mut buffer = Vec::with_capacity(LISTING_BYTES);
    // Reads through the descriptor itself: `Dir` would open the directory once more.
    let mut listing = RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = listing.next() {
        let entry = entry.map_err(|e| Error::io("list", path, e))?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            entries.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    Ok(entries)
}

/// Empties an open directory but for `spare`. Recursion holds one descriptor per level; see `MAX_DEPTH`.
fn contents(dir: &OwnedFd, path: &Path, depth: usize, spare: Option<&CStr>) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::new(ErrorKind::Unsupported, "remove")
            .path(path)
            .because("the tree is too deep"));
    }
    // Listed whole first: removing while reading may skip entries on some filesystems.
    for (name, kind) in list(dir, path)? {
        if spare == Some(&*name) {
            continue;
        }
        let fail = |errno| {
            Error::io(
                "remove",
                path.join(String::from_utf8_lossy(name.to_bytes()).as_ref()),
                errno,
            )
        };
        // Most directories of a container layer are empty: no need to look into them first.
        if kind == FileType::Directory {
            // Not empty, mounted on, read-only: what it is shows when it is opened.
            if unlinkat(dir.as_fd(), &name, AtFlags::REMOVEDIR).is_ok() {
                continue;
            }
        } else {
            match unlink(dir.as_fd(), &name) {
                Ok(()) | Err(Errno::NOENT) => continue,
                // Unknown d_type: EISDIR on Linux tells that it is a directory.
                Err(Errno::ISDIR) => {}
                Err(errno) => return Err(fail(errno)),
            }
        }
        let within = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
        let sub = match open_dir(dir.as_fd(), name.to_bytes(), within) {
            Err(Errno::XDEV) => {
                return Err(Error::new(ErrorKind::InUse, "remove")
                    .path(path.join(String::from_utf8_lossy(name.to_bytes()).as_ref()))
                    .because("something is mounted there")
                    .hint("unmount it, then run layerbench sweep"));
            }
            Err(Errno::ACCESS) => {
                // Without root, a directory of our own may lack the permission (overlay's work directory is 000).
                chmodat(dir.as_fd(), &name, Mode::RWXU, AtFlags::empty()).map_err(fail)?;
                open_dir(dir.as_fd(), name.to_bytes(), within)
            }
            other => other,
        }
        .map_err(fail)?;
        empty(
            &sub,
            &path.join(String::from_utf8_lossy(name.to_bytes()).as_ref()),
            depth + 1,
            None,
        )?;
        rmdir(dir.as_fd(), &sub, &name).map_err(fail)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_goes_and_what_its_links_name_stays() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "x").unwrap();
        let tree_dir = dir.path().join("t");
        std::fs::create_dir_all(tree_dir.join("a/b/c")).unwrap();
        std::os::unix::fs::symlink("../../victim", tree_dir.join("a/l")).unwrap();
        std::os::unix::fs::symlink("/", tree_dir.join("a/root")).unwrap();
        tree(&tree_dir).unwrap();
        assert!(!tree_dir.exists() && victim.exists());
        tree(&tree_dir).unwrap();
    }
}
