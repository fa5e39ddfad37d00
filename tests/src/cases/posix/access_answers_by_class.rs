//! access answers for owner, group and others of a lower file exactly what its mode says.

use rustix::fs::Access;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, PEER, ROOT, Row, Who, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "access_answers_by_class",
    promise: "access answers for owner, group and others of a lower file exactly what its mode says; the superuser needs one x to execute.",
    why: "Shells and servers ask access before they run or serve a file.",
    origin: "POSIX.1-2024 access(); access(2)",
    covers: &["CU5", "LS2"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::OwnersLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

/// Whose bits a mode has at which place.
const CLASSES: [(&str, Who, u32); 3] = [
    ("the owner", OWNER, 6),
    ("the group", PEER, 3),
    ("another", OTHER, 0),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for granted in 0..8 {
        for (whose, who, shift) in CLASSES {
            // Everybody else has the opposite.
            let others: u32 = [6, 3, 0]
                .iter()
                .filter(|at| **at != shift)
                .map(|at| (7 & !granted) << at)
                .sum();
            let mode = granted << shift | others;
            let there = [file("f", "1"), owned("f"), chmod("f", mode)];
            // Every wish, alone and together, with both calls: the bits that are granted come back.
            let row = crate::posix::row::asking(
                format!("{whose} of a file of mode {mode:03o}"),
                there,
                wishes,
                (0..8)
                    .filter(|wish| wish & granted == *wish)
                    .map(|wish| 1 << wish)
                    .sum(),
            );
            rows.push(row.by(who));
        }
    }
    let refused = |name: &str, mode, wish| {
        rule(name, [file("f", "1"), chmod("f", mode)], move || {
            call::access("f", wish)
        })
    };
    rows.extend([
        refused(
            "the superuser reads and writes without permission",
            0,
            Access::READ_OK | Access::WRITE_OK,
        ),
        refused(
            "the superuser executes nothing without an x",
            0o666,
            Access::EXEC_OK,
        )
        .refused(Errno::ACCESS),
        refused("the superuser executes with any x", 0o001, Access::EXEC_OK).by(ROOT),
        rule(
            "the superuser searches any directory",
            [dir("d"), chmod("d", 0)],
            || call::access("d", Access::EXEC_OK),
        ),
        rule(
            "a link is followed",
            [file("f", "1"), chmod("f", 0o700), symlink("s", "f")],
            || call::access("s", Access::READ_OK),
        )
        .by(OTHER)
        .refused(Errno::ACCESS)
        .marks("s", "A"),
        rule("a link to nowhere", [symlink("s", "nowhere")], || {
            call::access("s", Access::EXISTS)
        })
        .refused(Errno::NOENT)
        .marks("s", "A"),
    ]);
    rows
}

/// A bit for each of the eight combinations of read, write and execute that both calls grant.
fn wishes() -> Result<u64, Errno> {
    let mut granted = 0;
    for wish in 0..8 {
        let access = Access::from_bits_truncate(wish);
        let answers = [
            call::access("f", access),
            call::access_effectively("f", access),
        ];
        match answers {
            [Ok(()), Ok(())] => granted |= 1 << wish,
            [Err(Errno::ACCESS), Err(Errno::ACCESS)] => {}
            [Err(errno), _] | [_, Err(errno)] => return Err(errno),
        }
    }
    Ok(granted)
}
