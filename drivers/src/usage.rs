//! The space a tree takes: blocks and inodes, an inode with several names counted once.

use std::collections::HashSet;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;

use rustix::fs::FileType;

use crate::error::{Attempt as _, Error, Result};
use crate::sys::fiemap;
use crate::tree::at::{self, Inode};

/// What a tree takes on its filesystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {
    /// Bytes allocated for contents (st_blocks), blocks shared with other files included.
    pub bytes: u64,
    /// Inodes, the root's included.
    pub inodes: u64,
}

/// What a whole backing store holds, whoever put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreSpace {
    /// Bytes in use, metadata included.
    pub bytes: u64,
    /// Inodes in use; `None` where the store does not count them.
    pub inodes: Option<u64>,
}

/// What the filesystem under `dir` holds as a whole, as of its last sync.
///
/// # Errors
/// The errno.
pub fn of_store(dir: &Path) -> Result<StoreSpace> {
    let op = "read the space taken on";
    let handle = at::open_root(dir)?;
    let stat = rustix::fs::fstatvfs(&handle).attempt(op, dir)?;
    let inodes = (stat.f_files > 0).then(|| stat.f_files.saturating_sub(stat.f_ffree));
    let kind = rustix::fs::fstatfs(&handle).attempt(op, dir)?.f_type;
    let bytes = if u64::try_from(kind).ok() == Some(BTRFS_MAGIC) {
        crate::sys::btrfs::used_bytes(handle.as_fd()).attempt(op, dir)?
    } else {
        stat.f_blocks.saturating_sub(stat.f_bfree) * stat.f_frsize
    };
    Ok(StoreSpace { bytes, inodes })
}

/// `BTRFS_SUPER_MAGIC` (uapi/linux/magic.h).
const BTRFS_MAGIC: u64 = 0x9123_683E;

/// Measures everything under the directory `root`, itself included, without entering other filesystems.
///
/// # Errors
/// Whatever reading gives.
pub fn of_tree(root: &Path) -> Result<Space> {
    Ok(measure(root, false)?.0)
}

/// As [`of_tree`], and how many of the bytes other files have too (reflinks). What was not written to disk yet counts as
/// its own.
///
/// # Errors
/// As [`of_tree`].
pub fn with_sharing(root: &Path) -> Result<(Space, u64)> {
    measure(root, true)
}

fn measure(root: &Path, sharing: bool) -> Result<(Space, u64)> {
    let dir = at::open_root(root)?;
    let meta = at::meta_of(dir.as_fd()).attempt("read the attributes of", root)?;
    let mut walk = Walk {
        root,
        mount: meta.mount,
        seen: HashSet::new(),
        space: Space {
            bytes: meta.blocks * 512,
            inodes: 1,
        },
        shared: sharing.then_some(0),
    };
    walk.contents(dir.as_fd(), &[])?;
    Ok((walk.space, walk.shared.unwrap_or(0)))
}

struct Walk<'a> {
    root: &'a Path,
    mount: u64,
    seen: HashSet<Inode>,
    space: Space,
    shared: Option<u64>,
}

impl Walk<'_> {
    fn contents(&mut self, dir: BorrowedFd<'_>, path: &[u8]) -> Result<()> {
        for name in at::list(dir).attempt("list", at::show(self.root, path))? {
            let fail = |errno| {
                let path = at::join(path, name.name.to_bytes());
                Error::io("measure", at::show(self.root, &path), errno)
            };
            let meta = at::meta(dir, &name.name).map_err(fail)?;
            if meta.mount != self.mount {
                continue;
            }
            let directory = meta.kind() == FileType::Directory;
            if directory || meta.nlink < 2 || self.seen.insert(meta.inode()) {
                self.space.bytes += meta.blocks * 512;
                self.space.inodes += 1;
                if let Some(sum) = &mut self.shared
                    && meta.blocks > 0
                    && meta.kind() == FileType::RegularFile
                {
                    let file = at::open_file(dir, &name.name).map_err(fail)?;
                    *sum += shared(file.as_fd(), meta.blocks * 512);
                }
            }
            if directory {
                let sub = at::open_dir(dir, &name.name).map_err(fail)?;
                let path = at::join(path, name.name.to_bytes());
                self.contents(sub.as_fd(), &path)?;
            }
        }
        Ok(())
    }
}

/// A filesystem that cannot tell shares nothing.
fn shared(file: BorrowedFd<'_>, allocated: u64) -> u64 {
    let extents = fiemap::extents(file, false).unwrap_or_default();
    let shared: u64 = extents
        .iter()
        .filter(|extent| extent.shared)
        .map(|extent| extent.length)
        .sum();
    // Compressed extents are told at their full length.
    shared.min(allocated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_inode_count_once_and_holes_do_not_count() {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let empty = of_tree(dir.path()).unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, vec![7; 1 << 20]).unwrap();
        std::fs::hard_link(&file, dir.path().join("b")).unwrap();
        let sparse = std::fs::File::create(dir.path().join("sparse")).unwrap();
        sparse.set_len(1 << 30).unwrap();
        std::fs::File::open(&file).unwrap().sync_all().unwrap();
        let full = of_tree(dir.path()).unwrap();
        assert_eq!(full.inodes, empty.inodes + 2);
        let grown = full.bytes - empty.bytes;
        assert!(((1 << 20)..(1 << 21)).contains(&grown), "{grown}");
    }
}
