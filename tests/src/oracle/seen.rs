//! What is really there: a directory tree, read with plain system calls.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use drivers::Result;
use drivers::error::Attempt as _;
use rustix::fs::{lgetxattr, llistxattr, major, minor};
use rustix::io::Errno;

use super::model::Body;
use super::op::PathBytes;

/// One path as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it is; a directory's entries are paths of their own, and empty here.
    pub body: Body,
    /// Permission bits.
    pub mode: u32,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Seconds and nanoseconds.
    pub mtime: (i64, u32),
    /// Extended attributes.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Device and inode number: equal for hard links.
    pub identity: (u64, u64),
}

/// Reads a whole tree, sorted by path; the root is the empty path. Mounts inside are entered.
///
/// # Errors
/// Whatever the first failing system call gives.
pub fn read(root: &Path) -> Result<BTreeMap<PathBytes, Seen>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![Vec::new()];
    while let Some(path) = todo.pop() {
        let here = super::live::place(root, &path);
        let seen = one(&here)?;
        if matches!(seen.body, Body::Directory(_)) {
            for entry in fs::read_dir(&here).attempt("list", &here)? {
                let name = entry.attempt("list", &here)?.file_name();
                let mut below = path.clone();
                if !below.is_empty() {
                    below.push(b'/');
                }
                below.extend_from_slice(name.as_bytes());
                todo.push(below);
            }
        }
        found.insert(path, seen);
    }
    Ok(found)
}

fn one(path: &Path) -> Result<Seen> {
    let meta = fs::symlink_metadata(path).attempt("stat", path)?;
    let kind = meta.file_type();
    let device = (major(meta.rdev()), minor(meta.rdev()));
    let body = if kind.is_dir() {
        Body::Directory(BTreeMap::new())
    } else if kind.is_file() {
        Body::File(fs::read(path).attempt("read", path)?.into())
    } else if kind.is_symlink() {
        let target = fs::read_link(path).attempt("read the link", path)?;
        Body::Symlink(target.as_os_str().as_bytes().to_vec())
    } else if kind.is_fifo() {
        Body::Fifo
    } else if kind.is_socket() {
        Body::Socket
    } else if kind.is_char_device() {
        Body::Character(device.0, device.1)
    } else {
        Body::Block(device.0, device.1)
    };
    Ok(Seen {
        body,
        mode: meta.mode() & 0o7777,
        uid: meta.uid(),
        gid: meta.gid(),
        mtime: (
            meta.mtime(),
            u32::try_from(meta.mtime_nsec()).unwrap_or_default(),
        ),
        xattrs: xattrs(path)?,
        identity: (meta.dev(), meta.ino()),
    })
}

/// The extended attributes of a path itself; none where the filesystem has none.
///
/// # Errors
/// Whatever listing or reading gives otherwise.
pub fn xattrs(path: &Path) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut names = vec![0_u8; 65536];
    let length = match llistxattr(path, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => 0,
        Err(errno) => return Err(errno).attempt("list the extended attributes of", path),
    };
    let mut found = BTreeMap::new();
    // xfs lists an ACL a second time, under a name of its own.
    let own = |name: &[u8]| !name.is_empty() && !name.starts_with(b"trusted.SGI_ACL_");
    for name in names[..length].split(|&b| b == 0).filter(|name| own(name)) {
        let mut value = vec![0_u8; 65536];
        let length = lgetxattr(path, name, &mut value[..])
            .attempt(format!("read {} of", String::from_utf8_lossy(name)), path)?;
        value.truncate(length);
        found.insert(name.to_vec(), value);
    }
    Ok(found)
}
