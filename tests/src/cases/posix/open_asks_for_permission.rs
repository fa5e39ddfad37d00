//! open of a lower file asks for the permission of owner, group or others, whichever the caller is, and for no other.

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::oracle::op::{chmod, dir, file, truncate};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, PEER, ROOT, Row, Who, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "open_asks_for_permission",
    promise: "open of a lower file asks for the permission of owner, group or others, whichever the caller is, and for no other.",
    why: "An overlay that checks with its own rights instead of the caller's opens what must stay closed, or the reverse.",
    origin: "POSIX.1-2024 XBD 4.7 (file access permissions); path_resolution(7); pjdfstest open/06",
    covers: &["CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: None,
    broken_by: &[Fault::OwnersLost],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

/// Who asks, and the place of his bits in a mode.
const CLASSES: [(&str, Who, u32); 3] = [
    ("the owner", OWNER, 6),
    ("the group", PEER, 3),
    ("another", OTHER, 0),
];

const WAYS: [(&str, OFlags, u32); 4] = [
    ("reads", OFlags::RDONLY, 4),
    ("writes", OFlags::WRONLY, 2),
    ("reads and writes", OFlags::RDWR, 6),
    (
        "reads and truncates",
        OFlags::RDONLY.union(OFlags::TRUNC),
        6,
    ),
];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (whose, who, shift) in CLASSES {
        for (does, flags, needed) in WAYS {
            for granted in [0, 2, 4, 6] {
                // Everybody else may do what this one may not, and the reverse.
                let others: u32 = [6, 3, 0]
                    .iter()
                    .filter(|at| **at != shift)
                    .map(|at| (6 & !granted) << at)
                    .sum();
                let mode = granted << shift | others;
                let name = format!("{whose} {does} a file of mode {mode:03o}");
                let there = [file("f", "1"), owned("f"), chmod("f", mode)];
                let row = rule(name, there, move || call::open("f", flags)).by(who);
                let allowed = granted & needed == needed;
                rows.push(match allowed {
                    false => row.refused(Errno::ACCESS),
                    true if flags.contains(OFlags::TRUNC) => {
                        row.does([truncate("f", 0)]).marks("f", "mc")
                    }
                    true => row,
                });
            }
        }
    }
    rows.extend([
        rule(
            "the superuser writes a file without permissions",
            [file("f", "1"), chmod("f", 0)],
            || call::open("f", OFlags::RDWR),
        )
        .by(ROOT),
        rule(
            "no access time is for the owner",
            [file("f", "1"), owned("f")],
            || call::open("f", OFlags::RDONLY | OFlags::NOATIME),
        )
        .by(OTHER)
        .refused(Errno::PERM),
        rule(
            "a path needs no permission",
            [file("f", "1"), chmod("f", 0)],
            || call::open("f", OFlags::PATH),
        )
        .by(OTHER),
        rule(
            "create over a file in a directory one may not write",
            [file("f", "1"), chmod("f", 0o666)],
            || call::open("f", OFlags::WRONLY | OFlags::CREATE),
        )
        .by(OTHER),
        rule("create where one may not write", [], || {
            call::open("f", OFlags::WRONLY | OFlags::CREATE)
        })
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule(
            "create where one may write but not search",
            [dir("d"), chmod("d", 0o666)],
            || call::open("d/f", OFlags::WRONLY | OFlags::CREATE),
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule(
            "a directory one may only search",
            [dir("d"), chmod("d", 0o711)],
            || call::open("d", OFlags::RDONLY | OFlags::DIRECTORY),
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
    ]);
    rows
}
