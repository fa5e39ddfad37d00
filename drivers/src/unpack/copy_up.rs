//! Copies from below into an overlay's upper directory: what the kernel would do at the first write.

use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, SeekFrom, Stat, Uid, XattrFlags, chownat,
    copy_file_range, fchmod, fchown, fgetxattr, fsetxattr, fstat, ftruncate, futimens, linkat,
    mknodat, openat, readlinkat, seek, statat, symlinkat, utimensat,
};
use rustix::io::Errno;

use super::dir::{Dir, Lower, times_of};
use super::entry::shown;
use super::meta::{list_xattrs, overlay_own, set_mode};
use super::path::join;
use crate::error::{Error, ErrorKind, Result};

/// Gives `to` owner, mode and extended attributes of `from`, and says what `from` looks like. Times are the caller's.
pub(super) fn attributes(
    from: impl AsFd,
    to: impl AsFd,
    keep_owners: bool,
    path: &[u8],
) -> Result<Stat> {
    let (from, to) = (from.as_fd(), to.as_fd());
    let step = || -> Result<Stat, Errno> {
        let stat = fstat(from)?;
        if keep_owners {
            fchown(
                to,
                Some(Uid::from_raw(stat.st_uid)),
                Some(Gid::from_raw(stat.st_gid)),
            )?;
        }
        fchmod(to, Mode::from_raw_mode(stat.st_mode))?;
        for name in list_xattrs(from)? {
            if overlay_own(&name) {
                continue;
            }
            // 64 KiB is the most that Linux lets one value hold.
            let mut value = vec![0_u8; 64 << 10];
            let size = match fgetxattr(from, &name[..], &mut value[..]) {
                Err(Errno::NODATA) => continue,
                outcome => outcome?,
            };
            match fsetxattr(to, &name[..], &value[..size], XattrFlags::empty()) {
                Err(Errno::PERM | Errno::OPNOTSUPP)
                    if !name.starts_with(b"user.") && !keep_owners => {}
                outcome => outcome?,
            }
        }
        Ok(stat)
    };
    step().map_err(|e| Error::io("copy the attributes of", shown(path), e))
}

/// Copies anything but a directory from below to the same place in the stage.
pub(super) fn file(lower: &Lower, dir: &Dir, name: &[u8], keep_owners: bool) -> Result<()> {
    let path = join(&dir.path, name);
    let fail = |errno: Errno| Error::io("copy up", shown(&path), errno);
    let stat = statat(&lower.fd, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
    dir.touched.set(true);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let from =
                openat(&lower.fd, name, flags | OFlags::RDONLY, Mode::empty()).map_err(fail)?;
            // Without a name until it is whole.
            let to = openat(
                dir,
                ".",
                OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
                Mode::RUSR | Mode::WUSR,
            );
            let (to, named) = match to {
                Ok(to) => (to, false),
                // Not every filesystem has unnamed files.
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                    let flags = flags | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
                    (
                        openat(dir, name, flags, Mode::RUSR | Mode::WUSR).map_err(fail)?,
                        true,
                    )
                }
                Err(errno) => return Err(fail(errno)),
            };
            data(&from, &to).map_err(fail)?;
            let stat = attributes(&from, &to, keep_owners, &path)?;
            futimens(&to, &times_of(&stat)).map_err(fail)?;
            if !named {
                let magic = format!("/proc/self/fd/{}", to.as_raw_fd());
                linkat(rustix::fs::CWD, magic, dir, name, AtFlags::SYMLINK_FOLLOW).map_err(fail)?;
            }
            return Ok(());
        }
        FileType::Directory => {
            return Err(Error::new(ErrorKind::BadInput, "link to")
                .path(shown(&path))
                .because("it is a directory"));
        }
        FileType::Symlink => {
            let target = readlinkat(&lower.fd, name, Vec::new()).map_err(fail)?;
            symlinkat(&target, dir, name).map_err(fail)?;
        }
        kind => {
            mknodat(
                dir,
                name,
                kind,
                Mode::from_raw_mode(stat.st_mode),
                stat.st_rdev,
            )
            .map_err(fail)?;
            set_mode(dir, name, stat.st_mode).map_err(fail)?;
        }
    }
    if keep_owners {
        let (uid, gid) = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
        chownat(dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW).map_err(fail)?;
    }
    utimensat(dir, name, &times_of(&stat), AtFlags::SYMLINK_NOFOLLOW).map_err(fail)
}

/// Copies content, keeping holes, without passing it through this process where the filesystem can.
fn data(from: &OwnedFd, to: &OwnedFd) -> Result<(), Errno> {
    let size = fstat(from)?.st_size.unsigned_abs();
    ftruncate(to, size)?;
    let mut at = 0;
    while at < size {
        at = match seek(from, SeekFrom::Data(at)) {
            Ok(data) => data,
            Err(Errno::NXIO) => return Ok(()),
            Err(errno) => return Err(errno),
        };
        let end = seek(from, SeekFrom::Hole(at))?;
        while at < end {
            let (mut read, mut write) = (at, at);
            let count = usize::try_from(end - at).unwrap_or(1 << 30);
            let copied = match copy_file_range(from, Some(&mut read), to, Some(&mut write), count) {
                Err(Errno::XDEV | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {
                    let mut buffer = vec![0_u8; count.min(128 << 10)];
                    let n = rustix::io::pread(from, &mut buffer[..], at)?;
                    rustix::io::pwrite(to, &buffer[..n], at)?
                }
                outcome => outcome?,
            };
            if copied == 0 {
                // It shrank: below is immutable, so this cannot be.
                return Err(Errno::IO);
            }
            at += copied as u64;
        }
    }
    Ok(())
}
