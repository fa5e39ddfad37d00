//! link gives a lower file another name, counts it, and is refused where POSIX says so.

use rustix::io::Errno;

use crate::case::{Case, Level, Theme, Verdict};
use crate::context::Context;
use crate::faults::Fault;
use crate::lies;
use crate::oracle::op::{chmod, dir, fifo, file, link, symlink};
use crate::posix::ask::ask;
use crate::posix::call;
use crate::posix::row::{OTHER, OWNER, Row, owned, rule};

/// The promise.
pub const CASE: Case = Case {
    name: "links_follow_the_rules",
    promise: "link gives a lower file another name, counts it, moves the right times, and is refused where POSIX says so.",
    why: "Lock files and package managers tell by link's error and by the link count who came first.",
    origin: "POSIX.1-2024 link(); link(2); pjdfstest link",
    covers: &["HL1", "HL3", "CU5"],
    level: Level::Must,
    theme: Theme::Posix,
    capability: Some("hard_links_survive_copy_up"),
    broken_by: &[Fault::Lie(&lies::LINK_DOES_NOTHING)],
    run,
};

fn run(context: &mut Context<'_>) -> Verdict {
    ask(context, &rows())
}

fn rows() -> Vec<Row> {
    let made = |row: Row, from: &str, to: &str| {
        row.does([link(from, to)])
            .marks(from, "c")
            .marks(to, "c")
            .links(from, 2)
            .links(to, 2)
    };
    vec![
        made(
            rule("a second name", [file("f", "1")], || call::link("f", "g")),
            "f",
            "g",
        )
        .marks("", "mc"),
        made(
            rule(
                "a name in another directory",
                [dir("d"), file("d/f", "1"), dir("e")],
                || call::link("d/f", "e/g"),
            ),
            "d/f",
            "e/g",
        )
        .marks("e", "mc"),
        rule("a third name", [file("f", "1"), link("f", "g")], || {
            call::link("f", "h")
        })
        .does([link("f", "h")])
        .marks("f", "c")
        .marks("g", "c")
        .marks("h", "c")
        .marks("", "mc")
        .links("f", 3)
        .links("g", 3)
        .links("h", 3)
        .turns_on("hard_links_survive_copy_up", |c| {
            c.hard_links_survive_copy_up
        }),
        made(
            rule(
                "a file without permissions",
                [file("f", "1"), chmod("f", 0)],
                || call::link("f", "g"),
            ),
            "f",
            "g",
        )
        .marks("", "mc"),
        made(
            rule(
                "by the owner",
                [chmod("", 0o777), file("f", "1"), owned("f")],
                || call::link("f", "g"),
            )
            .by(OWNER),
            "f",
            "g",
        )
        .marks("", "mc"),
        made(
            rule(
                "a symbolic link is not followed",
                [symlink("s", "f"), file("f", "1")],
                || call::link("s", "t"),
            ),
            "s",
            "t",
        )
        .marks("", "mc"),
        made(
            rule(
                "a symbolic link is followed where asked for",
                [file("f", "1"), symlink("s", "f")],
                || call::link_followed("s", "g"),
            ),
            "f",
            "g",
        )
        .marks("", "mc")
        .marks("s", "A"),
        made(
            rule("a fifo", [fifo("p")], || call::link("p", "q")),
            "p",
            "q",
        )
        .marks("", "mc")
        .turns_on("special_files_survive_copy_up", |c| {
            c.special_files_survive_copy_up
        }),
        rule("over a file", [file("f", "1"), file("g", "2")], || {
            call::link("f", "g")
        })
        .refused(Errno::EXIST),
        rule("over a directory", [file("f", "1"), dir("d")], || {
            call::link("f", "d")
        })
        .refused(Errno::EXIST),
        rule(
            "over a link that leads nowhere",
            [file("f", "1"), symlink("s", "nowhere")],
            || call::link("f", "s"),
        )
        .refused(Errno::EXIST),
        rule("over itself", [file("f", "1")], || call::link("f", "f")).refused(Errno::EXIST),
        rule(
            "over another of its names",
            [file("f", "1"), link("f", "g")],
            || call::link("f", "g"),
        )
        .refused(Errno::EXIST),
        rule("a directory", [dir("d")], || call::link("d", "e")).refused(Errno::PERM),
        rule(
            "a directory by its owner",
            [chmod("", 0o777), dir("d"), owned("d")],
            || call::link("d", "e"),
        )
        .by(OWNER)
        .refused(Errno::PERM),
        rule("a file that is not there", [], || call::link("f", "g")).refused(Errno::NOENT),
        rule(
            "into a directory that is not there",
            [file("f", "1")],
            || call::link("f", "d/g"),
        )
        .refused(Errno::NOENT),
        rule("below a file", [file("f", "1"), file("g", "2")], || {
            call::link("f", "g/h")
        })
        .refused(Errno::NOTDIR),
        rule("a file as a directory", [file("f", "1")], || {
            call::link("f/", "g")
        })
        .refused(Errno::NOTDIR),
        rule("to a name that is a directory's", [file("f", "1")], || {
            call::link("f", "g/")
        })
        .refused_either(Errno::NOENT, Errno::NOTDIR),
        rule(
            "where one may not write",
            [file("f", "1"), owned("f")],
            || call::link("f", "g"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
        rule(
            "from where one may not search",
            [
                chmod("", 0o777),
                dir("d"),
                file("d/f", "1"),
                owned("d/f"),
                chmod("d", 0o600),
            ],
            || call::link("d/f", "g"),
        )
        .by(OTHER)
        .refused(Errno::ACCESS),
        rule(
            "to where one may not search",
            [dir("d"), chmod("d", 0o676), file("f", "1"), owned("f")],
            || call::link("f", "d/g"),
        )
        .by(OWNER)
        .refused(Errno::ACCESS),
    ]
}
