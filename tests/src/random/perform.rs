//! A step as system calls in the mounted container.

use std::path::{Path, PathBuf};

use drivers::sys::mapping;
use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, Gid, Mode, OFlags, RenameFlags, Timespec, Timestamps,
    UTIME_OMIT, Uid, XattrFlags, chmodat, chownat, fallocate, ftruncate, linkat, lremovexattr,
    lsetxattr, makedev, mkdirat, mknodat, open, renameat, renameat_with, symlinkat, unlinkat,
    utimensat,
};
use rustix::io::{Errno, pwrite, write};

use crate::oracle::live::place;

use super::step::{Action, Fill, NOWHERE, Pair, Step};

type Answer<T = ()> = Result<T, Errno>;

/// Does it. Turns of the container's life are not done here.
pub(super) fn perform(root: &Path, step: &Step) -> Answer {
    match step {
        Step::On(action, path) => on(*action, &place(root, path)),
        Step::Between(pair, from, to) => between(*pair, &place(root, from), &place(root, to)),
        Step::Turn(_) => Ok(()),
    }
}

fn on(action: Action, path: &PathBuf) -> Answer {
    let writable = |flags| open(path, flags | NEVER_WAIT, Mode::empty());
    match action {
        Action::Create(fill) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | NEVER_WAIT;
            let file = open(path, flags, Mode::from_raw_mode(0o644))?;
            all(fill, |bytes| write(&file, bytes))?;
            // Whatever the umask is.
            rustix::fs::fchmod(&file, Mode::from_raw_mode(0o644))
        }
        Action::Write(offset, fill) => {
            let file = writable(OFlags::WRONLY)?;
            let mut at = u64::from(offset);
            all(fill, |bytes| {
                let written = pwrite(&file, bytes, at)?;
                at += written as u64;
                Ok(written)
            })
        }
        Action::Append(fill) => {
            let file = writable(OFlags::WRONLY | OFlags::APPEND)?;
            all(fill, |bytes| write(&file, bytes))
        }
        Action::Truncate(length) => ftruncate(writable(OFlags::WRONLY)?, u64::from(length)),
        Action::Empty => writable(OFlags::WRONLY | OFlags::TRUNC).map(drop),
        Action::Map(letter) => {
            let file = writable(OFlags::RDWR)?;
            if rustix::fs::fstat(&file)?.st_size == 0 {
                return Ok(());
            }
            mapping::write_first(std::os::fd::AsFd::as_fd(&file), &[letter])
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        }
        Action::Punch(offset, length) => {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let file = writable(OFlags::WRONLY)?;
            fallocate(file, flags, u64::from(offset), u64::from(length))
        }
        Action::Mkdir => {
            mkdirat(CWD, path, Mode::from_raw_mode(0o755))?;
            chmodat(CWD, path, Mode::from_raw_mode(0o755), AtFlags::empty())
        }
        Action::Rmdir => unlinkat(CWD, path, AtFlags::REMOVEDIR),
        Action::Unlink => unlinkat(CWD, path, AtFlags::empty()),
        Action::RemoveAll => match unlinkat(CWD, path, AtFlags::empty()) {
            Err(Errno::ISDIR) => drivers::remove::tree(path).map_err(|error| {
                tracing::debug!("{error}");
                Errno::from_raw_os_error(error.raw_os_error().unwrap_or(5))
            }),
            other => other,
        },
        Action::Symlink => symlinkat(NOWHERE, CWD, path),
        Action::Fifo => node(path, FileType::Fifo, 0o644, 0),
        Action::Device => node(path, FileType::CharacterDevice, 0o600, makedev(1, 3)),
        Action::Chmod(mode) => chmodat(CWD, path, Mode::from_raw_mode(mode), AtFlags::empty()),
        Action::Chown(user, group) => chownat(
            CWD,
            path,
            Some(Uid::from_raw(user)),
            Some(Gid::from_raw(group)),
            AtFlags::SYMLINK_NOFOLLOW,
        ),
        Action::Mtime(seconds, nanoseconds) => {
            let times = Timestamps {
                last_access: Timespec {
                    tv_sec: 0,
                    tv_nsec: UTIME_OMIT,
                },
                last_modification: Timespec {
                    tv_sec: seconds,
                    tv_nsec: i64::from(nanoseconds),
                },
            };
            utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)
        }
        Action::SetXattr(name, value) => {
            lsetxattr(path, name.name(), &[value], XattrFlags::empty())
        }
        Action::RemoveXattr(name) => lremovexattr(path, name.name()),
    }
}

fn between(pair: Pair, from: &PathBuf, to: &PathBuf) -> Answer {
    match pair {
        Pair::Rename => renameat(CWD, from, CWD, to),
        Pair::Exchange => renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE),
        Pair::NoReplace => renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE),
        Pair::Link => linkat(CWD, from, CWD, to, AtFlags::empty()),
    }
}

/// Links are not followed, and a fifo without a reader is an error rather than a wait.
const NEVER_WAIT: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

fn all(fill: Fill, mut write: impl FnMut(&[u8]) -> Answer<usize>) -> Answer {
    let bytes = fill.bytes();
    let mut left = &bytes[..];
    while !left.is_empty() {
        match write(left) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => left = &left[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn node(path: &PathBuf, kind: FileType, mode: u32, device: u64) -> Answer {
    let mode = Mode::from_raw_mode(mode);
    mknodat(CWD, path, kind, mode, device)?;
    chmodat(CWD, path, mode, AtFlags::empty())
}
