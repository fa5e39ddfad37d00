//! System calls in short words. Relative paths start from the caller's working directory.

use rustix::fs::{
    Access, AtFlags, CWD, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT,
    Uid,
};
use rustix::io::Errno;

/// What a call answers.
pub type Done = Result<(), Errno>;

/// The errno of a call made through `nix`.
fn rustix(errno: nix::errno::Errno) -> Errno {
    Errno::from_raw_os_error(errno as i32)
}

/// open(2), and close.
///
/// # Errors
/// The errno.
pub fn open(path: &str, flags: OFlags) -> Done {
    create(path, flags, 0o666)
}

/// open(2) with a mode for what it makes, and close.
///
/// # Errors
/// The errno.
pub fn create(path: &str, flags: OFlags, mode: u32) -> Done {
    rustix::fs::openat(
        CWD,
        path,
        flags | OFlags::CLOEXEC,
        Mode::from_raw_mode(mode),
    )
    .map(drop)
}

/// chmod(2).
///
/// # Errors
/// The errno.
pub fn chmod(path: &str, mode: u32) -> Done {
    rustix::fs::chmod(path, Mode::from_raw_mode(mode))
}

/// fchmod(2) of a descriptor opened with `flags`.
///
/// # Errors
/// The errno, of either call.
pub fn fchmod(path: &str, flags: OFlags, mode: u32) -> Done {
    let file = rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
}

/// chown(2); `None` leaves a part as it is.
///
/// # Errors
/// The errno.
pub fn chown(path: &str, user: Option<u32>, group: Option<u32>) -> Done {
    chownat(path, user, group, AtFlags::empty())
}

/// lchown(2).
///
/// # Errors
/// The errno.
pub fn lchown(path: &str, user: Option<u32>, group: Option<u32>) -> Done {
    chownat(path, user, group, AtFlags::SYMLINK_NOFOLLOW)
}

fn chownat(path: &str, user: Option<u32>, group: Option<u32>, flags: AtFlags) -> Done {
    let (user, group) = (user.map(Uid::from_raw), group.map(Gid::from_raw));
    rustix::fs::chownat(CWD, path, user, group, flags)
}

/// fchown(2) of a descriptor opened for reading.
///
/// # Errors
/// The errno, of either call.
pub fn fchown(path: &str, user: Option<u32>, group: Option<u32>) -> Done {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    rustix::fs::fchown(file, user.map(Uid::from_raw), group.map(Gid::from_raw))
}

/// link(2).
///
/// # Errors
/// The errno.
pub fn link(existing: &str, new: &str) -> Done {
    rustix::fs::linkat(CWD, existing, CWD, new, AtFlags::empty())
}

/// linkat(2) that follows a symbolic link.
///
/// # Errors
/// The errno.
pub fn link_followed(existing: &str, new: &str) -> Done {
    rustix::fs::linkat(CWD, existing, CWD, new, AtFlags::SYMLINK_FOLLOW)
}

/// unlink(2).
///
/// # Errors
/// The errno.
pub fn unlink(path: &str) -> Done {
    rustix::fs::unlinkat(CWD, path, AtFlags::empty())
}

/// rmdir(2).
///
/// # Errors
/// The errno.
pub fn rmdir(path: &str) -> Done {
    rustix::fs::unlinkat(CWD, path, AtFlags::REMOVEDIR)
}

/// rename(2).
///
/// # Errors
/// The errno.
pub fn rename(from: &str, to: &str) -> Done {
    rustix::fs::rename(from, to)
}

/// mkdir(2).
///
/// # Errors
/// The errno.
pub fn mkdir(path: &str, mode: u32) -> Done {
    rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(mode))
}

/// mknod(2) of a fifo.
///
/// # Errors
/// The errno.
pub fn mkfifo(path: &str, mode: u32) -> Done {
    mknod(path, FileType::Fifo, mode, 0)
}

/// mknod(2).
///
/// # Errors
/// The errno.
pub fn mknod(path: &str, kind: FileType, mode: u32, device: u64) -> Done {
    rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(mode), device)
}

/// symlink(2).
///
/// # Errors
/// The errno.
pub fn symlink(target: &str, path: &str) -> Done {
    rustix::fs::symlinkat(target, CWD, path)
}

/// readlink(2): how many bytes there are; EILSEQ if they are others than `target`.
///
/// # Errors
/// The errno.
pub fn readlink(path: &str, target: &str) -> Result<u64, Errno> {
    let found = rustix::fs::readlinkat(CWD, path, Vec::new())?;
    if found.as_bytes() == target.as_bytes() {
        Ok(found.as_bytes().len() as u64)
    } else {
        Err(Errno::ILSEQ)
    }
}

/// access(2), which asks for the real user.
///
/// # Errors
/// The errno.
pub fn access(path: &str, access: Access) -> Done {
    rustix::fs::accessat(CWD, path, access, AtFlags::empty())
}

/// faccessat2(2) with AT_EACCESS, which asks for the effective user.
///
/// # Errors
/// The errno.
pub fn access_effectively(path: &str, access: Access) -> Done {
    rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS)
}

/// stat(2).
///
/// # Errors
/// The errno.
pub fn stat(path: &str) -> Done {
    rustix::fs::stat(path).map(drop)
}

/// lstat(2).
///
/// # Errors
/// The errno.
pub fn lstat(path: &str) -> Done {
    rustix::fs::lstat(path).map(drop)
}

/// truncate(2).
///
/// # Errors
/// The errno.
pub fn truncate(path: &str, length: i64) -> Done {
    nix::unistd::truncate(path, length).map_err(rustix)
}

/// ftruncate(2) of a descriptor opened with `flags`.
///
/// # Errors
/// The errno, of either call.
pub fn ftruncate(path: &str, flags: OFlags, length: u64) -> Done {
    let file = rustix::fs::openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::ftruncate(file, length)
}

/// A time for [`utimens`]: left as it is.
pub const OMIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: UTIME_OMIT,
};

/// A time for [`utimens`]: the clock's.
pub const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: UTIME_NOW,
};

/// utimensat(2): access and modification time, of what a symbolic link points to.
///
/// # Errors
/// The errno.
pub fn utimens(path: &str, access: Timespec, modification: Timespec) -> Done {
    set_times(path, access, modification, AtFlags::empty())
}

/// utimensat(2) of a path itself.
///
/// # Errors
/// The errno.
pub fn lutimens(path: &str, access: Timespec, modification: Timespec) -> Done {
    set_times(path, access, modification, AtFlags::SYMLINK_NOFOLLOW)
}

fn set_times(path: &str, access: Timespec, modification: Timespec, flags: AtFlags) -> Done {
    let times = Timestamps {
        last_access: access,
        last_modification: modification,
    };
    rustix::fs::utimensat(CWD, path, &times, flags)
}

/// pwrite(2) to a descriptor opened for writing with further `flags`: how many bytes were written.
///
/// # Errors
/// The errno, of either call.
pub fn write(path: &str, flags: OFlags, offset: u64, bytes: &[u8]) -> Result<u64, Errno> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | flags;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    rustix::io::pwrite(file, bytes, offset).map(|count| count as u64)
}

/// pread(2) of a descriptor opened for reading with further `flags`: how many bytes were read.
///
/// # Errors
/// The errno, of either call.
pub fn read(path: &str, flags: OFlags, offset: u64, length: usize) -> Result<u64, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | flags;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
    let mut bytes = vec![0; length];
    rustix::io::pread(file, &mut bytes[..], offset).map(|count| count as u64)
}
