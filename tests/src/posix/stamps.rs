//! The times and link counts of a tree, and a clock that has moved on since they were taken.

use std::collections::BTreeMap;
use std::path::Path;

use drivers::error::Attempt as _;
use rustix::event::{Timespec, poll};
use rustix::fs::{AtFlags, CWD, FileType, StatxFlags, StatxTimestamp, statx};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::case::Stop;
use crate::oracle::live::place;
use crate::oracle::op::PathBytes;

/// Seconds and nanoseconds.
pub(crate) type Time = (i64, u32);

/// What stat says of one path that a model does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Access, modification, change.
    pub(crate) times: [Time; 3],
    /// Links.
    pub(crate) links: u64,
    /// Whether it is a directory, whose links filesystems count in their own ways.
    pub(crate) is_dir: bool,
    /// Whether it is a symbolic link.
    pub(crate) is_link: bool,
}

/// By path below the row's directory.
pub(crate) type Stamps = BTreeMap<PathBytes, Stamp>;

/// Takes the stamps of some paths, without reading anything, so that no time moves by it. What is not there is left out.
pub(crate) fn take<'a>(
    dir: &Path,
    paths: impl IntoIterator<Item = &'a PathBytes>,
) -> Result<Stamps, Stop> {
    let mut found = Stamps::new();
    for path in paths {
        let at = place(dir, path);
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let seen = match statx(CWD, &at, flags, StatxFlags::BASIC_STATS) {
            Ok(seen) => seen,
            Err(Errno::NOENT | Errno::NOTDIR) => continue,
            Err(errno) => return Err(Err::<(), _>(errno).attempt("stat", &at).unwrap_err().into()),
        };
        let time = |time: StatxTimestamp| (time.tv_sec, time.tv_nsec);
        let kind = FileType::from_raw_mode(seen.stx_mode.into());
        let stamp = Stamp {
            times: [seen.stx_atime, seen.stx_mtime, seen.stx_ctime].map(time),
            links: seen.stx_nlink.into(),
            is_dir: kind == FileType::Directory,
            is_link: kind == FileType::Symlink,
        };
        found.insert(path.clone(), stamp);
    }
    Ok(found)
}

/// Waits until the clock that filesystems stamp with, in units of `unit` nanoseconds, is past every change among the
/// stamps, for two seconds at most; says what it shows.
///
/// # Errors
/// A failure, when a change has a later time than the clock.
pub(crate) fn tick<'a>(
    stamps: impl IntoIterator<Item = &'a Stamps>,
    unit: u64,
) -> Result<Time, Stop> {
    let changes = stamps
        .into_iter()
        .flat_map(BTreeMap::values)
        .map(|stamp| stamp.times[2]);
    let last = changes.max().unwrap_or_default();
    for _ in 0..2000 {
        let now = clock_gettime(ClockId::RealtimeCoarse);
        let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or_default() / unit * unit;
        let now = (now.tv_sec, u32::try_from(nanoseconds).unwrap_or_default());
        if now > last {
            return Ok(now);
        }
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        match poll(&mut [], Some(&moment)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Stop::broken(format!("wait for the clock: {errno}"))),
        }
    }
    Err(Stop::fail(
        "changes are stamped with the clock's time",
        format!("a change time more than two seconds ahead: {last:?}"),
    ))
}
