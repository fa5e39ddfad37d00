//! A new mode, owner or time of a lower file moves its change time.

use rustix::fs::{OFlags, Timespec};

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, chown, dir, file, mtime};
use crate::posix::ask::ask_patiently;
use crate::posix::call;
use crate::posix::row::{Row, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "attribute_changes_move_the_change_time",
    promise: "A new mode, owner or time of a lower file moves its change time.",
    why: "A backup that goes by change times, as tar and restic do, misses a new mode or owner where it does not.",
    origin: "POSIX.1-2024 chmod(), chown(), futimens(): mark for update; pjdfstest",
    covers: &["CU3"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::Lie(&lies::CHMOD_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask_patiently(context, &rows())
}

fn rows() -> Vec<Row> {
    let long_ago = Timespec {
        tv_sec: 1_000_000_000,
        tv_nsec: 0,
    };
    [
        rule("a mode", [file("f", "1")], || call::chmod("f", 0o600))
            .does([chmod("f", 0o600)])
            .marks("f", "c"),
        rule("a mode through a descriptor", [file("f", "1")], || {
            call::fchmod("f", OFlags::RDONLY, 0o600)
        })
        .does([chmod("f", 0o600)])
        .marks("f", "c"),
        rule("the mode of a directory", [dir("d")], || {
            call::chmod("d", 0o700)
        })
        .does([chmod("d", 0o700)])
        .marks("d", "c"),
        rule("an owner", [file("f", "1")], || {
            call::chown("f", Some(7), Some(8))
        })
        .does([chown("f", 7, 8)])
        .marks("f", "c"),
        rule("a modification time", [file("f", "1")], move || {
            call::utimens("f", call::OMIT, long_ago)
        })
        .does([mtime("f", 1_000_000_000, 0)])
        .marks("f", "mc"),
    ]
    .into()
}
