//! System calls on names inside an open directory; no link is ever followed.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, ResolveFlags, StatxFlags, Timespec, Timestamps,
    openat, openat2, statx,
};
use rustix::io::Errno;

use crate::error::{Attempt as _, Result};

/// A device and an inode on it.
pub(crate) type Inode = ((u32, u32), u64);

/// What statx says of one inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) dev: (u32, u32),
    pub(crate) ino: u64,
    pub(crate) nlink: u32,
    /// Type and permission bits.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) rdev: (u32, u32),
    pub(crate) size: u64,
    /// Units of 512 bytes.
    pub(crate) blocks: u64,
    pub(crate) atime: (i64, u32),
    pub(crate) mtime: (i64, u32),
    pub(crate) mount: u64,
}

impl Meta {
    pub(crate) fn inode(&self) -> Inode {
        (self.dev, self.ino)
    }

    pub(crate) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.mode)
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.kind() == FileType::Directory
    }

    /// The permission bits, with set-id and sticky.
    pub(crate) fn permissions(&self) -> Mode {
        Mode::from_raw_mode(self.mode & 0o7777)
    }

    pub(crate) fn times(&self) -> Timestamps {
        let spec = |(sec, nsec): (i64, u32)| Timespec {
            tv_sec: sec,
            tv_nsec: nsec.into(),
        };
        Timestamps {
            last_access: spec(self.atime),
            last_modification: spec(self.mtime),
        }
    }
}

/// The attributes of `name` in `dir`; of `dir` itself when the name is empty.
pub(crate) fn meta(dir: BorrowedFd<'_>, name: &CStr) -> Result<Meta, Errno> {
    let mut flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    if name.is_empty() {
        flags |= AtFlags::EMPTY_PATH;
    }
    let s = statx(
        dir,
        name,
        flags,
        StatxFlags::BASIC_STATS | StatxFlags::MNT_ID,
    )?;
    Ok(Meta {
        dev: (s.stx_dev_major, s.stx_dev_minor),
        ino: s.stx_ino,
        nlink: s.stx_nlink,
        mode: s.stx_mode.into(),
        uid: s.stx_uid,
        gid: s.stx_gid,
        rdev: (s.stx_rdev_major, s.stx_rdev_minor),
        size: s.stx_size,
        blocks: s.stx_blocks,
        atime: (s.stx_atime.tv_sec, s.stx_atime.tv_nsec),
        mtime: (s.stx_mtime.tv_sec, s.stx_mtime.tv_nsec),
        mount: s.stx_mnt_id,
    })
}

/// The attributes of an open file.
pub(crate) fn meta_of(fd: BorrowedFd<'_>) -> Result<Meta, Errno> {
    meta(fd, c"")
}

/// Opens a directory for listing, leaving its access time alone where that is allowed.
pub(crate) fn open_dir(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    open_quietly(dir, name, OFlags::DIRECTORY)
}

/// Opens a file for reading, leaving its access time alone where that is allowed.
pub(crate) fn open_file(dir: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    // NONBLOCK: should a fifo have taken the name's place, this must not hang.
    open_quietly(dir, name, OFlags::NONBLOCK)
}

fn open_quietly(dir: BorrowedFd<'_>, name: &CStr, extra: OFlags) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | extra;
    match openat(dir, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only owners may ask for NOATIME.
        Err(Errno::PERM) => openat(dir, name, flags, Mode::empty()),
        other => other,
    }
}

/// Opens the root of a tree; here, and only here, a link is followed.
pub(crate) fn open_root(path: &Path) -> Result<OwnedFd> {
    openat(
        CWD,
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .attempt("open the directory", path)
}

/// One name of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) name: CString,
    pub(crate) ino: u64,
    /// `Unknown` on filesystems that do not say.
    pub(crate) kind: FileType,
}

/// Lists an open directory, in the filesystem's order.
pub(crate) fn list(dir: BorrowedFd<'_>) -> Result<Vec<Name>, Errno> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 32 << 10];
    let mut entries = RawDir::new(dir, &mut buffer);
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(Name {
                name: entry.file_name().to_owned(),
                ino: entry.ino(),
                kind: entry.file_type(),
            });
        }
    }
    Ok(names)
}

/// A path that reaches `name` in `dir` for the calls that have no `*at` form; the directory `dir` when the name is empty.
pub(crate) fn proc_path(dir: BorrowedFd<'_>, name: &CStr) -> Vec<u8> {
    use std::os::fd::AsRawFd as _;
    let mut path = format!("/proc/self/fd/{}", dir.as_raw_fd()).into_bytes();
    path.push(b'/');
    // The link in /proc must not be the last name, or it would itself be meant.
    path.extend_from_slice(if name.is_empty() {
        b"."
    } else {
        name.to_bytes()
    });
    path
}

/// `name` under the relative path `parent`.
pub(crate) fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(parent.len() + name.len() + 1);
    if !parent.is_empty() {
        path.extend_from_slice(parent);
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// A relative path of bytes under `root`, for messages.
pub(crate) fn show(root: &Path, path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    if path.is_empty() {
        root.to_owned()
    } else {
        root.join(std::ffi::OsStr::from_bytes(path))
    }
}

/// Opens the directory `path` below `root`, in pieces the kernel accepts.
pub(crate) fn open_at(root: BorrowedFd<'_>, path: &[u8]) -> Result<OwnedFd, Errno> {
    const PIECE: usize = 4000;
    let open = |dir: BorrowedFd<'_>, piece: &[u8]| {
        openat2(
            dir,
            piece,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH,
        )
    };
    if path.is_empty() {
        return open(root, b".");
    }
    let mut rest = path;
    let mut dir: Option<OwnedFd> = None;
    while !rest.is_empty() {
        let end = if rest.len() <= PIECE {
            rest.len()
        } else {
            let cut = rest[..PIECE].iter().rposition(|&b| b == b'/');
            cut.ok_or(Errno::NAMETOOLONG)?
        };
        dir = Some(open(
            dir.as_ref().map_or(root, |fd| fd.as_fd()),
            &rest[..end],
        )?);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    dir.ok_or(Errno::NOENT)
}

/// Opens the directory that holds `path`, and gives the last name.
pub(crate) fn open_parent(root: BorrowedFd<'_>, path: &[u8]) -> Result<(OwnedFd, CString), Errno> {
    let (parent, name) = path
        .iter()
        .rposition(|&b| b == b'/')
        .map_or((&[][..], path), |at| (&path[..at], &path[at + 1..]));
    let dir = open_at(root, parent)?;
    Ok((dir, CString::new(name).map_err(|_| Errno::INVAL)?))
}
