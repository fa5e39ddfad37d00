//! Reading, writing, and everything else that goes through a descriptor of a lower file moves the right times and no others.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, file, symlink, write};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, asking, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "reads_and_writes_move_the_right_times",
    promise: "Reading and writing a lower file returns the right count, changes the right bytes, and moves the right times and no others.",
    why: "make compiles again what a read has touched, and misses what a write has not.",
    origin: "POSIX.1-2024 read(), write(), XBD 4.12 (file times update)",
    covers: &["CU1", "CU6", "FD6"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::PWRITE_WRITES_NOTHING)],
    run,
};

const NONE: OFlags = OFlags::empty();

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let five = || vec![file("f", "12345"), owned("f"), chmod("f", 0o646)];
    vec![
        asking("a read", five(), || call::read("f", NONE, 0, 100), 5).marks("f", "A"),
        asking(
            "a read from the middle",
            five(),
            || call::read("f", NONE, 3, 100),
            2,
        )
        .marks("f", "A"),
        asking(
            "a read at the end",
            five(),
            || call::read("f", NONE, 5, 100),
            0,
        )
        .marks("f", "A"),
        asking(
            "a read behind the end",
            five(),
            || call::read("f", NONE, 5000, 100),
            0,
        )
        .marks("f", "A"),
        asking(
            "a read that moves no access time",
            five(),
            || call::read("f", OFlags::NOATIME, 0, 100),
            5,
        ),
        asking(
            "a read of nothing",
            five(),
            || call::read("f", NONE, 0, 0),
            0,
        )
        .marks("f", "A"),
        asking(
            "a read of a directory",
            [dir("d")],
            || call::read("d", NONE, 0, 100),
            0,
        )
        .refused(Errno::ISDIR),
        asking("a write", five(), || call::write("f", NONE, 1, b"BC"), 2)
            .does([write("f", 1, "BC")])
            .marks("f", "mc"),
        asking(
            "a write of the same bytes",
            five(),
            || call::write("f", NONE, 0, b"12345"),
            5,
        )
        .does([write("f", 0, "12345")])
        .marks("f", "mc"),
        asking(
            "a write at the end",
            five(),
            || call::write("f", NONE, 5, b"6"),
            1,
        )
        .does([write("f", 5, "6")])
        .marks("f", "mc"),
        asking(
            "a write far behind the end",
            five(),
            || call::write("f", NONE, 70_000, b"7"),
            1,
        )
        .does([write("f", 70_000, "7")])
        .marks("f", "mc"),
        asking(
            "an append, wherever it is asked for",
            five(),
            || call::write("f", OFlags::APPEND, 0, b"6"),
            1,
        )
        .does([write("f", 5, "6")])
        .marks("f", "mc"),
        asking(
            "a write of nothing",
            five(),
            || call::write("f", NONE, 0, b""),
            0,
        ),
        asking(
            "a write through a link",
            [file("f", "12345"), symlink("s", "f")],
            || call::write("s", NONE, 0, b"A"),
            1,
        )
        .does([write("f", 0, "A")])
        .marks("f", "mc")
        .marks("s", "A"),
        asking(
            "a write by another",
            five(),
            || call::write("f", NONE, 0, b"A"),
            1,
        )
        .by(OTHER)
        .does([write("f", 0, "A")])
        .marks("f", "mc"),
        asking(
            "a write that empties first",
            five(),
            || call::write("f", OFlags::TRUNC, 0, b"A"),
            1,
        )
        .by(OWNER)
        .does([crate::oracle::op::truncate("f", 0), write("f", 0, "A")])
        .marks("f", "mc"),
        asking(
            "a synchronous write",
            five(),
            || call::write("f", OFlags::SYNC, 0, b"A"),
            1,
        )
        .does([write("f", 0, "A")])
        .marks("f", "mc"),
        rule("a write to a descriptor for reading", five(), || {
            let file = rustix::fs::open("f", OFlags::RDONLY, rustix::fs::Mode::empty())?;
            rustix::io::write(file, b"A").map(drop)
        })
        .refused(Errno::BADF),
        rule("a read from a descriptor for writing", five(), || {
            let file = rustix::fs::open("f", OFlags::WRONLY, rustix::fs::Mode::empty())?;
            rustix::io::read(file, &mut [0_u8; 5][..]).map(drop)
        })
        .refused(Errno::BADF)
        .marks("f", "C"),
        rule("a read from a path alone", five(), || {
            let file = rustix::fs::open("f", OFlags::PATH, rustix::fs::Mode::empty())?;
            rustix::io::read(file, &mut [0_u8; 5][..]).map(drop)
        })
        .refused(Errno::BADF),
    ]
}
