//! Exchanges of directories.

use std::os::fd::BorrowedFd;

use rustix::fs::{
    AtFlags, Mode, RenameFlags, Timespec, Timestamps, mkdirat, renameat_with, statat, unlinkat,
    utimensat,
};
use rustix::io::Errno;

use crate::capabilities::Capabilities;

const DIRECTORIES: [&str; 4] = ["x", "y", "x/moved", "y/moved"];

/// Exchanges two directories across directories: xfs takes them for modified.
pub(super) fn probe(dir: BorrowedFd<'_>, found: &mut Capabilities) -> Result<(), Errno> {
    for name in DIRECTORIES {
        mkdirat(dir, name, Mode::RWXU)?;
    }
    let long_ago = Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: long_ago,
        last_modification: long_ago,
    };
    utimensat(dir, "x/moved", &times, AtFlags::empty())?;
    let flags = RenameFlags::EXCHANGE;
    // Where nothing is exchanged no time is lost.
    if renameat_with(dir, "x/moved", dir, "y/moved", flags).is_ok() {
        let stat = statat(dir, "y/moved", AtFlags::empty())?;
        found.exchanged_directory_keeps_time = stat.st_mtime == long_ago.tv_sec;
    }
    for name in DIRECTORIES.into_iter().rev() {
        unlinkat(dir, name, AtFlags::REMOVEDIR)?;
    }
    Ok(())
}
