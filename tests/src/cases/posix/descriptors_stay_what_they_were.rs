//! A descriptor of a lower file or directory that was opened before the first change stays good for what it was opened for.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::fs::{fstat, linkat, mkdirat, mknodat, openat, renameat, statat, symlinkat, unlinkat};
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{
    chmod, chown, dir, fifo, file, link, remove, rename, symlink, truncate, write,
};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OWNER, Row, asking, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "descriptors_stay_what_they_were",
    promise: "A descriptor of a lower file or directory opened before the first change stays good for what it was opened for, and sees the change.",
    why: "Servers open their files first and give up their rights then; tools walk trees by descriptors of directories.",
    origin: "POSIX.1-2024 open(), fstat(), openat() and kin; Documentation/filesystems/overlayfs.rst (non-standard behaviour)",
    covers: &["FD1", "FD3", "CU3"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[
        Fault::Lie(&lies::CHMOD_DOES_NOTHING),
        Fault::Lie(&lies::UNLINK_DOES_NOTHING),
    ],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn open(path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())
}

/// The directory `d`, to be named by a descriptor.
fn directory() -> Result<OwnedFd, Errno> {
    open("d", OFlags::RDONLY | OFlags::DIRECTORY)
}

const R: OFlags = OFlags::RDONLY;
const W: OFlags = OFlags::WRONLY;

fn rows() -> Vec<Row> {
    let mut rows = files();
    rows.extend(directories());
    rows
}

fn files() -> Vec<Row> {
    let mine = || vec![file("f", "12345"), owned("f")];
    vec![
        asking(
            "the mode shows through it",
            mine(),
            || {
                let file = open("f", R)?;
                call::chmod("f", 0o604)?;
                fstat(file).map(|stat| u64::from(stat.st_mode) & 0o7777)
            },
            0o604,
        )
        .by(OWNER)
        .does([chmod("f", 0o604)])
        .marks("f", "c"),
        asking(
            "the owner shows through it",
            mine(),
            || {
                let file = open("f", R)?;
                call::chown("f", Some(7), Some(8))?;
                fstat(file).map(|stat| stat.st_uid.into())
            },
            7,
        )
        .does([chown("f", 7, 8)])
        .marks("f", "c"),
        asking(
            "the size shows through it",
            mine(),
            || {
                let file = open("f", R)?;
                call::truncate("f", 70_000)?;
                fstat(file).map(|stat| u64::try_from(stat.st_size).unwrap_or(0))
            },
            70_000,
        )
        .does([truncate("f", 70_000)])
        .marks("f", "mc")
        .needs(|c| c.open_file_sees_later_writes),
        asking(
            "the links show through it",
            mine(),
            || {
                let file = open("f", R)?;
                call::link("f", "g")?;
                fstat(file).map(|stat| stat.st_nlink)
            },
            2,
        )
        .does([link("f", "g")])
        .marks("", "mc")
        .marks("f", "c")
        .marks("g", "c")
        .links("f", 2)
        .links("g", 2)
        .needs(|c| c.link_counts_follow),
        asking(
            "no link shows through it when the last is gone",
            mine(),
            || {
                let file = open("f", R)?;
                call::unlink("f")?;
                fstat(file).map(|stat| stat.st_nlink)
            },
            0,
        )
        .does([remove("f")])
        .marks("", "mc")
        .needs(|c| c.link_counts_follow),
        asking(
            "it writes, though the permission is gone",
            mine(),
            || {
                let file = open("f", W)?;
                call::chmod("f", 0)?;
                rustix::io::pwrite(file, b"AB", 1).map(|count| count as u64)
            },
            2,
        )
        .by(OWNER)
        .does([chmod("f", 0), write("f", 1, "AB")])
        .marks("f", "mc"),
        asking(
            "it reads, though the permission is gone",
            mine(),
            || {
                let file = open("f", R)?;
                call::chmod("f", 0)?;
                rustix::io::pread(file, &mut [0; 9][..], 0).map(|count| count as u64)
            },
            5,
        )
        .by(OWNER)
        .does([chmod("f", 0)])
        .marks("f", "cA"),
        asking(
            "it writes to the file wherever that was moved",
            [mine(), vec![dir("d")]].concat(),
            || {
                let file = open("f", W)?;
                call::rename("f", "d/g")?;
                rustix::io::pwrite(file, b"A", 0).map(|count| count as u64)
            },
            1,
        )
        .does([rename("f", "d/g"), write("d/g", 0, "A")])
        .marks("", "mc")
        .marks("d", "mc")
        .marks("d/g", "mc"),
        asking(
            "it reads what was replaced",
            [mine(), vec![file("g", "new")]].concat(),
            || {
                let file = open("f", R)?;
                call::rename("g", "f")?;
                rustix::io::pread(file, &mut [0; 9][..], 0).map(|count| count as u64)
            },
            5,
        )
        .does([rename("g", "f")])
        .marks("", "mc")
        .marks("f", "C"),
        asking(
            "two that append do not overwrite",
            mine(),
            || {
                let (one, two) = (
                    open("f", W | OFlags::APPEND)?,
                    open("f", W | OFlags::APPEND)?,
                );
                let first = rustix::io::write(&one, b"6")?;
                let second = rustix::io::write(&two, b"78")?;
                rustix::io::write(&one, b"9").map(|third| (first + second + third) as u64)
            },
            4,
        )
        .does([write("f", 5, "6789")])
        .marks("f", "mc"),
        asking(
            "a path alone sees the new mode",
            mine(),
            || {
                let file = open("f", OFlags::PATH)?;
                call::chmod("f", 0o640)?;
                fstat(file).map(|stat| u64::from(stat.st_mode) & 0o7777)
            },
            0o640,
        )
        .does([chmod("f", 0o640)])
        .marks("f", "c"),
    ]
}

/// What is made, moved and deleted through a descriptor of a lower directory.
fn directories() -> Vec<Row> {
    let full = || vec![dir("d"), file("d/f", "12345"), dir("d/e")];
    vec![
        rule("a directory is made in it", full(), || {
            mkdirat(directory()?, "new", Mode::from_raw_mode(0o755))
        })
        .does([dir("d/new")])
        .marks("d", "mc"),
        rule("a fifo is made in it", full(), || {
            mknodat(
                directory()?,
                "new",
                FileType::Fifo,
                Mode::from_raw_mode(0o644),
                0,
            )
        })
        .does([fifo("d/new")])
        .marks("d", "mc"),
        rule("a link is made in it", full(), || {
            symlinkat("to", directory()?, "new")
        })
        .does([symlink("d/new", "to")])
        .marks("d", "mc"),
        rule("a file is linked in it", full(), || {
            let at = directory()?;
            linkat(&at, "f", &at, "new", AtFlags::empty())
        })
        .does([link("d/f", "d/new")])
        .marks("d", "mc")
        .marks("d/f", "c")
        .marks("d/new", "c")
        .links("d/f", 2)
        .links("d/new", 2),
        rule("a file is renamed out of it", full(), || {
            renameat(directory()?, "f", CWD, "out")
        })
        .does([rename("d/f", "out")])
        .marks("", "mc")
        .marks("d", "mc")
        .marks("out", "C"),
        rule("a file is unlinked in it", full(), || {
            unlinkat(directory()?, "f", AtFlags::empty())
        })
        .does([remove("d/f")])
        .marks("d", "mc"),
        rule("a directory is removed in it", full(), || {
            unlinkat(directory()?, "e", AtFlags::REMOVEDIR)
        })
        .does([remove("d/e")])
        .marks("d", "mc"),
        rule("it finds what was made since", full(), || {
            let at = directory()?;
            call::mkdir("d/later", 0o755)?;
            statat(at, "later", AtFlags::empty()).map(drop)
        })
        .does([dir("d/later")])
        .marks("d", "mc"),
        rule("it finds nothing of what was deleted since", full(), || {
            let at = directory()?;
            call::unlink("d/f")?;
            statat(at, "f", AtFlags::empty()).map(drop)
        })
        .refused(Errno::NOENT)
        .does([remove("d/f")])
        .marks("d", "mc"),
        rule(
            "nothing is made in one that was removed",
            [dir("d")],
            || {
                let at = directory()?;
                call::rmdir("d")?;
                mkdirat(at, "new", Mode::from_raw_mode(0o755))
            },
        )
        .refused(Errno::NOENT)
        .does([remove("d")])
        .marks("", "mc"),
        rule("a file is no directory", full(), || {
            mkdirat(open("d/f", R)?, "new", Mode::from_raw_mode(0o755))
        })
        .refused(Errno::NOTDIR),
    ]
}
