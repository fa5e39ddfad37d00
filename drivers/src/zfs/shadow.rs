//! Private stand-ins for the host's directories that a zfs-fuse writes to, in the calling thread's mount namespace.
//!
//! A daemon takes its lock in /run/lock/zfs and listens in /run/zfs, reads its settings in /etc/zfs, and *imports every
//! pool it finds in /var/lib/zfs/zpool.cache*. Each of these is covered with an empty tmpfs. A directory that is not
//! there is not made: its parent is covered with a tmpfs in which everything that is in the parent is shown by bind
//! mounts, and the directory is made there.

use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, UnmountFlags, move_mount, open_tree, unmount};

use super::namespace;
use crate::error::{Attempt as _, Error, ErrorKind, Result};
use crate::mount::{self, Mount};

/// Directories of the package: without them it is not properly installed.
const OF_PACKAGE: [&str; 2] = ["/etc/zfs", "/var/lib/zfs"];
/// Directories the daemon would make. `/var/run` and `/var/lock` are symbolic links.
const OF_DAEMON: [(&str, &str); 2] = [("/var/run", "zfs"), ("/var/lock", "zfs")];

/// The stand-ins; dropping them shows the host's directories again.
#[derive(Debug, Default)]
pub(super) struct Shadows {
    // A mutex, because a mount guard cannot be shared between threads as it is.
    covers: Mutex<Vec<Mount>>,
    mirrors: Vec<Mirror>,
}

/// A covered parent, and the mounts that were in it when it was ready.
#[derive(Debug)]
struct Mirror {
    path: PathBuf,
    mounts: Vec<u64>,
}

impl Shadows {
    /// Covers them all.
    ///
    /// # Errors
    /// `Missing` when the package's directories are not there; the errno of a mount.
    pub(super) fn new() -> Result<Self> {
        let mut shadows = Self::default();
        for dir in OF_PACKAGE {
            let dir = Path::new(dir);
            if !dir.is_dir() {
                return Err(Error::new(ErrorKind::Missing, "cover the directory")
                    .path(dir)
                    .because("it is not there, and would be made by the package zfs-fuse")
                    .hint("install zfs-fuse again"));
            }
            shadows.push(tmpfs(dir, 0o755)?);
        }
        for (parent, name) in OF_DAEMON {
            let parent = Path::new(parent)
                .canonicalize()
                .attempt("resolve", parent)?;
            let dir = parent.join(name);
            if dir.is_dir() {
                shadows.push(tmpfs(&dir, 0o755)?);
            } else {
                shadows.mirrors.push(Mirror::cover(&parent, name)?);
            }
        }
        for mirror in &mut shadows.mirrors {
            mirror.mounts = mounts_under(&namespace::mounts()?, &mirror.path);
        }
        Ok(shadows)
    }
}

impl Shadows {
    fn push(&mut self, cover: Mount) {
        self.covers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cover);
    }
}

impl Drop for Shadows {
    fn drop(&mut self) {
        let covers = self
            .covers
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        while let Some(cover) = covers.pop() {
            drop(cover);
        }
        for mirror in self.mirrors.drain(..).rev() {
            if let Err(error) = mirror.uncover() {
                tracing::debug!("{error}; it goes with this mount namespace");
            }
        }
    }
}

impl Mirror {
    fn cover(parent: &Path, name: &str) -> Result<Self> {
        let mode = std::fs::metadata(parent).attempt("stat", parent)?.mode() & 0o7777;
        let contents = contents(parent)?;
        let cover = tmpfs(parent, mode)?;
        let filled = fill(parent, contents).and_then(|()| {
            let dir = parent.join(name);
            DirBuilder::new()
                .mode(0o755)
                .create(&dir)
                .attempt("create the directory", &dir)
        });
        // From here on the mirror is taken away whole, not by the guard of its first mount.
        std::mem::forget(cover);
        let mirror = Self {
            path: parent.to_owned(),
            mounts: mounts_under(&namespace::mounts()?, parent),
        };
        match filled {
            Ok(()) => Ok(mirror),
            Err(error) => {
                mirror.uncover()?;
                Err(error)
            }
        }
    }

    /// Takes the tmpfs away with all that is bound in it, unless something was mounted there since: that has to stay.
    fn uncover(self) -> Result<()> {
        let now = mounts_under(&namespace::mounts()?, &self.path);
        // Of other covers inside only fewer may be left.
        if !now.iter().all(|id| self.mounts.contains(id)) {
            return Err(Error::new(ErrorKind::InUse, "uncover the directory")
                .path(&self.path)
                .because("something else was mounted in it since"));
        }
        // Detached as a whole: tmpfs and bind mounts only, never a mount of zfs-fuse, which would hang for good.
        unmount(&self.path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
            .attempt("uncover", &self.path)
    }
}

fn tmpfs(at: &Path, mode: u32) -> Result<Mount> {
    let mode = format!("{mode:o}");
    mount::filesystem("tmpfs", None, &[("mode", Some(&mode))], at)
}

/// One entry of a directory about to be covered.
enum Entry {
    Link(PathBuf),
    /// A clone of it and of what is mounted in it, and whether it is a directory.
    Tree(OwnedFd, bool),
}

fn contents(parent: &Path) -> Result<Vec<(OsString, Entry)>> {
    let mut contents = Vec::new();
    for entry in std::fs::read_dir(parent).attempt("list", parent)? {
        let entry = entry.attempt("list", parent)?;
        let path = entry.path();
        let kind = entry.file_type().attempt("stat", &path)?;
        let kept = if kind.is_symlink() {
            std::fs::read_link(&path).map(Entry::Link)
        } else {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE
                | OpenTreeFlags::OPEN_TREE_CLOEXEC
                | OpenTreeFlags::AT_RECURSIVE
                | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
            open_tree(CWD, &path, flags)
                .map(|tree| Entry::Tree(tree, kind.is_dir()))
                .map_err(std::io::Error::from)
        };
        match kept {
            Ok(kept) => contents.push((entry.file_name(), kept)),
            // The host goes on living: what has gone meanwhile is not missed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("clone the mount of", &path, error)),
        }
    }
    Ok(contents)
}

fn fill(parent: &Path, contents: Vec<(OsString, Entry)>) -> Result<()> {
    for (name, entry) in contents {
        let at = parent.join(name);
        match entry {
            Entry::Link(target) => {
                std::os::unix::fs::symlink(target, &at).attempt("create the link", &at)?;
            }
            Entry::Tree(tree, directory) => {
                if directory {
                    std::fs::create_dir(&at).attempt("create the mountpoint", &at)?;
                } else {
                    drop(File::create_new(&at).attempt("create the mountpoint", &at)?);
                }
                move_mount(
                    tree.as_fd(),
                    "",
                    CWD,
                    &at,
                    MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
                )
                .attempt("bind on", &at)?;
            }
        }
    }
    Ok(())
}

/// The ids of the mounts at and below `path`, from mountinfo text.
fn mounts_under(mountinfo: &str, path: &Path) -> Vec<u64> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let id = fields.next()?.parse().ok()?;
            let at = fields.nth(3)?;
            Path::new(at).starts_with(path).then_some(id)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_below_a_directory_are_told_from_its_namesakes() {
        let text = "1 0 8:1 / / rw - ext4 a rw\n2 1 0:5 / /run rw - tmpfs t rw\n\
                    3 2 0:6 / /run/lock rw - tmpfs t rw\n4 1 0:7 / /runner rw - tmpfs t rw\nx\n";
        assert_eq!(mounts_under(text, Path::new("/run")), [2, 3]);
    }
}
