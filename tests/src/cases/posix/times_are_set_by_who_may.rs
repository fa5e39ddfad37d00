//! utimensat sets exactly the times it is told to, of its owner's files; who may write may only set them to now.

use rustix::fs::Timespec;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, chmod, dir, fifo, file, mtime, symlink};
use crate::posix::ask::ask;
use crate::posix::call::{self, NOW, OMIT};
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "times_are_set_by_who_may",
    promise: "utimensat sets exactly the times it is told to, of its owner's lower files; who may only write may set both to now.",
    why: "make, rsync and tar set times and compare them; a time that moved by itself makes them work again or not at all.",
    origin: "POSIX.1-2024 futimens(); utimensat(2); pjdfstest utimensat",
    covers: &["CU3", "CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("special_files_survive_copy_up"),
    broken_by: &[Fault::Lie(&lies::UTIMES_DO_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

const fn at(seconds: i64, nanoseconds: i64) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds,
    }
}

const PAST: Timespec = at(1_000_000_000, 123_456_789);
const FUTURE: Timespec = at(2_000_000_000, 987_654_321);

/// The modification time of `PAST`.
fn past(path: &str) -> Op {
    mtime(path, 1_000_000_000, 123_456_789)
}

fn rows() -> Vec<Row> {
    let mine = |mode| vec![file("f", "1"), owned("f"), chmod("f", mode)];
    vec![
        rule("the owner sets both", mine(0o644), || {
            call::utimens("f", FUTURE, PAST)
        })
        .by(OWNER)
        .does([past("f")])
        .marks("f", "amc"),
        rule(
            "the owner needs no permission to write",
            mine(0o400),
            || call::utimens("f", FUTURE, PAST),
        )
        .by(OWNER)
        .does([past("f")])
        .marks("f", "amc"),
        rule("the superuser sets both", mine(0), || {
            call::utimens("f", FUTURE, PAST)
        })
        .does([past("f")])
        .marks("f", "amc"),
        rule("the access time alone", mine(0o644), || {
            call::utimens("f", PAST, OMIT)
        })
        .by(OWNER)
        .marks("f", "ac"),
        rule("the modification time alone", mine(0o644), || {
            call::utimens("f", OMIT, PAST)
        })
        .by(OWNER)
        .does([past("f")])
        .marks("f", "mc"),
        rule("neither", mine(0o644), || call::utimens("f", OMIT, OMIT)).by(OWNER),
        rule("neither, by anybody", mine(0o600), || {
            call::utimens("f", OMIT, OMIT)
        })
        .by(OTHER),
        rule("both to now by the owner", mine(0o400), || {
            call::utimens("f", NOW, NOW)
        })
        .by(OWNER)
        .does([chmod("f", 0o400), touched("f")])
        .marks("f", "amc"),
        rule("both to now by who may write", mine(0o666), || {
            call::utimens("f", NOW, NOW)
        })
        .by(OTHER)
        .does([touched("f")])
        .marks("f", "amc"),
        rule("both to now by who may not write", mine(0o644), || {
            call::utimens("f", NOW, NOW)
        })
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule("one to now by who may write", mine(0o666), || {
            call::utimens("f", OMIT, NOW)
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule("the other to now by who may write", mine(0o666), || {
            call::utimens("f", NOW, OMIT)
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule("a time by who may write", mine(0o666), || {
            call::utimens("f", PAST, PAST)
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule("a time by who may not write", mine(0o644), || {
            call::utimens("f", PAST, PAST)
        })
        .by(OTHER)
        .refused(Errno::PERM),
        rule("now and a time by the owner", mine(0o400), || {
            call::utimens("f", NOW, PAST)
        })
        .by(OWNER)
        .does([past("f")])
        .marks("f", "amc"),
        rule(
            "a link is followed",
            [file("f", "1"), symlink("s", "f")],
            || call::utimens("s", OMIT, PAST),
        )
        .does([past("f")])
        .marks("f", "mc")
        .marks("s", "A"),
        rule(
            "the link itself",
            [file("f", "1"), symlink("s", "f")],
            || call::lutimens("s", FUTURE, PAST),
        )
        .does([past("s")])
        .marks("s", "amc"),
        rule(
            "a link that leads nowhere",
            [symlink("s", "nowhere")],
            || call::utimens("s", FUTURE, PAST),
        )
        .refused(Errno::NOENT)
        .marks("s", "A"),
        rule("a directory", [dir("d"), file("d/f", "1")], || {
            call::utimens("d", FUTURE, PAST)
        })
        .does([past("d")])
        .marks("d", "amc"),
        rule("a fifo", [fifo("p")], || call::utimens("p", FUTURE, PAST))
            .does([past("p")])
            .marks("p", "amc")
            .turns_on("special_files_survive_copy_up", |c| {
                c.special_files_survive_copy_up
            }),
        rule("a billion nanoseconds", mine(0o644), || {
            call::utimens("f", OMIT, at(1, 1_000_000_000))
        })
        .refused(Errno::INVAL),
        rule("fewer than none", mine(0o644), || {
            call::utimens("f", OMIT, at(1, -3))
        })
        .refused(Errno::INVAL),
        rule("before 1970", mine(0o644), || {
            call::utimens("f", OMIT, at(-1, 5))
        })
        .does([mtime("f", -1, 5)])
        .marks("f", "mc"),
        rule("the epoch itself", mine(0o644), || {
            call::utimens("f", OMIT, at(0, 0))
        })
        .does([mtime("f", 0, 0)])
        .marks("f", "mc"),
    ]
}

/// The model knows no clock: the content is written again, which leaves its time open.
fn touched(path: &str) -> Op {
    crate::oracle::op::write(path, 0, "1")
}
