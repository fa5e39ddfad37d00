//! Whether reading moves access times.

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{
    Mode, OFlags, StatVfsMountFlags, Timespec, Timestamps, fstat, fstatvfs, futimens, openat,
};
use rustix::io::{Errno, pread, pwrite};

use super::names::{create, remove};
use crate::capabilities::Capabilities;

pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    let file = create(dir, "a")?;
    let quiet = fstatvfs(&file)?.f_flag.contains(StatVfsMountFlags::NOATIME);
    let moved = quiet || reading_moves(dir, file.as_fd())?;
    found.reading_own_updates_access_time = moved;
    found.reading_lower_updates_access_time = moved;
    remove(dir, "a")
}

/// Whether reading the file moves its access time, which is older than its modification time.
fn reading_moves(dir: BorrowedFd<'_>, file: BorrowedFd<'_>) -> Result<bool, Errno> {
    pwrite(file, b"x", 0)?;
    let time = Timespec {
        tv_sec: 2_000_000_000,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    futimens(file, &times)?;
    let reader = openat(dir, "a", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let access = || fstat(file).map(|meta| (meta.st_atime, meta.st_atime_nsec));
    let before = access()?;
    pread(&reader, &mut [0; 1], 0)?;
    Ok(access()? != before)
}
