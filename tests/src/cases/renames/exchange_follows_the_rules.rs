//! renameat2 with RENAME_EXCHANGE and RENAME_NOREPLACE between all types: what works, what is refused, and which times move.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::case::{Case, Level, Stop, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{Op, chmod, dir, fifo, file, link, rename, symlink};
use crate::posix::ask::ask;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "exchange_follows_the_rules",
    promise: "renameat2 exchanges lower files of any types and both directories' times move; what is refused is refused with the right error.",
    why: "Atomic updates of whole trees exchange directories; a silent half exchange would lose one of them.",
    origin: "rename(2); fuse-overlayfs rename tests; xfstests generic/023, 024, 025",
    covers: &["RN4", "RN8"],
    level: Level::Should,
    theme: Theme::Renames,
    capability: Some("rename_lower_dir"),
    broken_by: &[Fault::Lie(&lies::RENAME_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    if !context.capabilities()?.rename_flags {
        return Err(Stop::not_applicable(
            "the driver declares that it has no flags of renameat2, which exchange_and_noreplace_work shows",
        ));
    }
    ask(context, &rows())
}

const EXCHANGE: RenameFlags = RenameFlags::EXCHANGE;
const NOREPLACE: RenameFlags = RenameFlags::NOREPLACE;

fn flagged(from: &str, to: &str, flags: RenameFlags) -> Result<(), Errno> {
    renameat_with(CWD, from, CWD, to, flags)
}

/// What an exchange is to the model.
fn swapped(a: &str, b: &str) -> [Op; 3] {
    [rename(a, "between"), rename(b, a), rename("between", b)]
}

fn rows() -> Vec<Row> {
    let mut rows = exchanges();
    rows.extend(refused_exchanges());
    rows.extend(noreplaces());
    rows
}

fn exchanges() -> Vec<Row> {
    let here = |row: Row, times: &str| {
        row.does(swapped("a", "b"))
            .marks("", "mc")
            .marks("a", times)
            .marks("b", times)
    };
    let dirs = |row: Row| row.turns_on("rename_lower_dir", |c| c.rename_lower_dir);
    let ab = || flagged("a", "b", EXCHANGE);
    vec![
        here(
            rule("two files", [file("a", "1"), file("b", "22")], ab),
            "C",
        ),
        here(
            rule(
                "a file and a link",
                [file("a", "1"), symlink("b", "nowhere")],
                ab,
            ),
            "C",
        ),
        here(
            rule("two links", [symlink("a", "b"), symlink("b", "a")], ab),
            "C",
        ),
        dirs(here(
            rule(
                "a file and a directory",
                [file("a", "1"), dir("b"), file("b/in", "2")],
                ab,
            ),
            "C",
        )),
        dirs(here(
            rule(
                "two directories",
                [dir("a"), file("a/in", "1"), dir("b"), file("b/in", "2")],
                ab,
            ),
            "C",
        )),
        here(
            rule("a fifo and a file", [fifo("a"), file("b", "1")], ab),
            "C",
        )
        .needs(|c| c.special_files_survive_copy_up),
        rule(
            "files of two directories",
            [dir("d"), file("d/a", "1"), dir("e"), file("e/b", "2")],
            || flagged("d/a", "e/b", EXCHANGE),
        )
        .does(swapped("d/a", "e/b"))
        .marks("d", "mc")
        .marks("e", "mc")
        .marks("d/a", "C")
        .marks("e/b", "C"),
        rule(
            "two names of one file",
            [file("a", "1"), link("a", "b")],
            ab,
        )
        .marks("a", "C")
        .marks("b", "C")
        .needs(|c| c.hard_links_survive_copy_up),
        rule("a file with itself", [file("a", "1")], || {
            flagged("a", "a", EXCHANGE)
        }),
        rule(
            "by who may write to the directory",
            [chmod("", 0o777), file("a", "1"), file("b", "2")],
            ab,
        )
        .by(OTHER)
        .does(swapped("a", "b"))
        .marks("", "mc")
        .marks("a", "C")
        .marks("b", "C"),
    ]
}

fn refused_exchanges() -> Vec<Row> {
    let ab = || flagged("a", "b", EXCHANGE);
    vec![
        rule("with nothing", [file("a", "1")], ab).refused(Errno::NOENT),
        rule("nothing with a file", [file("b", "1")], ab).refused(Errno::NOENT),
        rule(
            "a directory with what is in it",
            [dir("a"), file("a/in", "1")],
            || flagged("a", "a/in", EXCHANGE),
        )
        .refused_either(Errno::INVAL, Errno::NOTEMPTY),
        rule("with both flags", [file("a", "1"), file("b", "2")], || {
            flagged("a", "b", EXCHANGE | NOREPLACE)
        })
        .refused(Errno::INVAL),
        rule(
            "by who may not write to the directory",
            [file("a", "1"), file("b", "2")],
            ab,
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule(
            "with another's file in a sticky directory",
            [
                chmod("", 0o1777),
                file("a", "1"),
                owned("a"),
                file("b", "2"),
            ],
            ab,
        )
        .by(OWNER)
        .refused(Errno::PERM),
    ]
}

fn noreplaces() -> Vec<Row> {
    let types = [
        ("a file", vec![file("b", "1")]),
        ("an empty directory", vec![dir("b")]),
        ("a link to nowhere", vec![symlink("b", "nowhere")]),
        ("a fifo", vec![fifo("b")]),
        ("another name of itself", vec![link("a", "b")]),
    ];
    let mut rows: Vec<Row> = types
        .map(|(what, over)| {
            let there = [vec![file("a", "1")], over].concat();
            rule(format!("not over {what}"), there, || {
                flagged("a", "b", NOREPLACE)
            })
            .refused(Errno::EXIST)
        })
        .into();
    rows.extend([
        rule("not over itself", [file("a", "1")], || {
            flagged("a", "a", NOREPLACE)
        })
        .refused(Errno::EXIST),
        rule("to a new name", [symlink("a", "nowhere")], || {
            flagged("a", "b", NOREPLACE)
        })
        .does([rename("a", "b")])
        .marks("", "mc")
        .marks("b", "C"),
        rule(
            "a directory to a new name",
            [dir("a"), file("a/in", "1")],
            || flagged("a", "b", NOREPLACE),
        )
        .does([rename("a", "b")])
        .marks("", "mc")
        .marks("b", "C")
        .turns_on("rename_lower_dir", |c| c.rename_lower_dir),
    ]);
    rows
}
